//! What a server sees of a program that connects, and what its user sees.

use std::net::{IpAddr, ToSocketAddrs};

use predicates::prelude::{PredicateBooleanExt, predicate};
use testbed::bytes;
use testbed::client::{self, Client};
use testbed::failure::{is_failed_call, is_wrong_usage};
use testbed::prelude::*;
use testbed::server::ServerOptions;
use testbed::table::State;

const EXERCISE: &str = include_str!("../exercise.toml");
const PROGRAM: &str = "connect";
const CLIENT: Client<'_> = Client {
    program: PROGRAM,
    arguments: &[],
};

/// The scripted server, not yet listening. Ports are the story's where stories
/// are compared, and else those that the kernel finds to be free.
fn server(lab: &mut Lab) -> ServerOptions {
    // A port whose two bytes, exchanged, are another port that may be seen.
    lab.fix_local_port(48898);
    client::server(lab)
}

fn start(lab: &Lab, host: &str, port: u16) -> Outcome<Program> {
    let program = lab.program(PROGRAM).arg(host).arg(port);
    program.stdin(Stdin::Null).start()
}

/// A program that has connected to 127.0.0.1, and its connection.
fn connected(lab: &mut Lab) -> Outcome<(Program, Peer)> {
    let listening = server(lab).listen()?;
    let program = start(lab, "127.0.0.1", listening.port())?;
    Ok((program, listening.accept()?))
}

/// What the program prints of its connection, with `\n`. The server's own end
/// is the program's other one.
fn line_of(server: &Peer) -> String {
    format!("{} -> {}\n", server.peer_addr(), server.local_addr())
}

/// Reads this line; where it is another, says what the other one is.
fn prints_the_ends(program: &mut Program, server: &Peer) -> Outcome {
    let mut outcome = program.expect_stdout(line_of(server).as_bytes());
    if let Err(Wrong::Failed(failure)) = &mut outcome {
        let (local, remote) = (server.peer_addr(), server.local_addr());
        let others = [
            (
                format!("{remote} -> {local}"),
                "These are the two ends in the wrong order.",
            ),
            (format!("{local} -> {local}"), "This is its own end, twice."),
            (
                format!("{remote} -> {remote}"),
                "This is the server's end, twice.",
            ),
        ];
        let printed = String::from_utf8_lossy(&program.stdout()).into_owned();
        let what = others.iter().find(|(line, _)| printed.trim_end() == line);
        failure.seen.extend(what.map(|(_, what)| (*what).into()));
    }
    outcome
}

// A connection.

#[test]
fn connects() {
    check(EXERCISE, |lab| {
        let listening = server(lab).listen()?;
        let program = start(lab, "127.0.0.1", listening.port())?;
        let mut outcome = listening.accept().map(drop);
        if let Err(Wrong::Failed(failure)) = &mut outcome {
            let targets = program.observe().descriptor_targets().unwrap_or_default();
            let any = targets
                .iter()
                .any(|(_, target)| target.starts_with("socket:"));
            let tcp = program.observe().sockets().unwrap_or_default();
            if any && tcp.is_empty() {
                failure
                    .seen
                    .push("It has a socket that is no TCP socket.".into());
            }
        }
        outcome
    });
}

#[test]
fn prints_both_ends_of_the_connection() {
    check(EXERCISE, |lab| {
        let listening = server(lab).at([127, 0, 0, 9]).listen()?;
        let mut program = start(lab, "127.0.0.9", listening.port())?;
        let server = listening.accept()?;
        prints_the_ends(&mut program, &server)
    });
}

#[test]
fn copies_what_the_server_sends() {
    check(EXERCISE, |lab| {
        let (mut program, mut server) = connected(lab)?;
        server.send_in_pieces(b"hello\nthis is all\n", &[6])?;
        server.close();
        let ended = program.expect_exit(0)?;
        // What the first line says is the business of another check.
        let rest = ended.stdout.iter().position(|&byte| byte == b'\n');
        let rest = rest.map_or(&[][..], |end| &ended.stdout[end + 1..]);
        lab.require(
            rest == b"hello\nthis is all\n",
            "behind its first line there is all that the server sent, and no more",
            match rest.len() {
                0 => "There is nothing.".into(),
                _ => format!("There is {}.", bytes::show(rest)),
            },
        )
    });
}

#[test]
fn prints_what_comes_at_once() {
    check(EXERCISE, |lab| {
        let (mut program, mut server) = connected(lab)?;
        prints_the_ends(&mut program, &server)?;
        server.send(b"the first line\n")?;
        program.expect_stdout(b"the first line\n")?;
        server.send(b"the second\nand the third\n")?;
        program.expect_stdout(b"the second\nand the third\n")
    });
}

#[test]
fn copies_every_byte_unchanged() {
    check(EXERCISE, |lab| {
        let mut data: Vec<u8> = (0..=255).collect();
        data.extend(lab.bytes(2_000));
        data.extend(b"\r\n\n\0\xff and no newline at the end");
        let (mut program, mut server) = connected(lab)?;
        let mut expected = line_of(&server).into_bytes();
        expected.extend(&data);
        server.send(&data)?;
        server.close();
        program.expect_exit(0)?.stdout_is(&expected)
    });
}

#[test]
fn copies_much_and_slowly() {
    check(EXERCISE, |lab| {
        let much = lab.text_line(299_999);
        let (mut program, mut server) = connected(lab)?;
        let mut expected = line_of(&server).into_bytes();
        server.send_bytewise(b"byte after byte\n")?;
        server.send(&much)?;
        server.send_in_pieces(b"in three pieces", &[3, 6])?;
        server.close();
        expected.extend(b"byte after byte\n");
        expected.extend(&much);
        expected.extend(b"in three pieces");
        program.expect_exit(0)?.stdout_is(&expected)
    });
}

#[test]
fn prints_what_came_before_a_reset() {
    check(EXERCISE, |lab| {
        let (mut program, mut server) = connected(lab)?;
        let expected = [line_of(&server), "not al".into()].concat();
        server.send_bytewise(b"not al")?;
        server.reset()?;
        let ended = program.expect_exit(1)?;
        ended.stdout_is(expected.as_bytes())?;
        ended.stderr_matches(
            "on standard error is a message",
            &predicate::str::is_empty().not(),
        )
    });
}

#[test]
fn connects_over_ipv6() {
    check(EXERCISE, |lab| {
        let loopback = IpAddr::from(std::net::Ipv6Addr::LOCALHOST);
        let listening = server(lab).at(loopback).listen()?;
        let mut program = start(lab, "::1", listening.port())?;
        let server = listening.accept()?;
        prints_the_ends(&mut program, &server)
    });
}

// Names.

#[test]
fn takes_a_name_for_the_host() {
    check(EXERCISE, |lab| {
        let (host, ip) = if lab.in_cell() {
            ("server.lab", [127, 0, 0, 9])
        } else if addresses_of("localhost") == [IpAddr::from([127, 0, 0, 1])] {
            ("localhost", [127, 0, 0, 1])
        } else {
            return Err(lab.ungraded("no name of this machine has one address alone"));
        };
        lab.step(format!("{host} is {}", IpAddr::from(ip)));
        let listening = server(lab).at(ip).listen()?;
        let mut program = start(lab, host, listening.port())?;
        let server = listening.accept()?;
        prints_the_ends(&mut program, &server)
    });
}

/// The addresses of a name, in the resolver's order.
fn addresses_of(name: &str) -> Vec<IpAddr> {
    let found = (name, 0).to_socket_addrs();
    found.map_or_else(|_| Vec::new(), |all| all.map(|one| one.ip()).collect())
}

/// The first and the last address of a name that has several, which only a cell
/// is known to have.
fn first_and_last(lab: &Lab, name: &str) -> Outcome<(IpAddr, IpAddr)> {
    match addresses_of(name)[..] {
        [first, .., last] if lab.in_cell() => {
            lab.step(format!("{name} is {first} and {last}, in this order"));
            Ok((first, last))
        }
        _ => Err(lab.ungraded("no name is known to have several addresses here")),
    }
}

#[test]
fn tries_each_address() {
    check(EXERCISE, |lab| {
        for name in ["two.lab", "many.lab"] {
            let (_, last) = first_and_last(lab, name)?;
            let port = lab.another_port();
            let listening = server(lab).at(last).port(port).listen()?;
            let mut program = start(lab, name, port)?;
            let server = listening.accept()?;
            prints_the_ends(&mut program, &server)?;
            server.close();
            program.expect_exit(0)?;
        }
        Ok(())
    });
}

#[test]
fn takes_the_first_address_that_answers() {
    check(EXERCISE, |lab| {
        let (first, last) = first_and_last(lab, "two.lab")?;
        let listening = server(lab).at(first).listen()?;
        let other = lab.server("another server").at(last);
        let other = other.port(listening.port()).listen()?;
        let mut program = start(lab, "two.lab", listening.port())?;
        let server = listening.accept()?;
        prints_the_ends(&mut program, &server)?;
        other.expect_no_client()
    });
}

#[test]
fn closes_what_failed_at_once() {
    check(EXERCISE, |lab| {
        let (_, last) = first_and_last(lab, "many.lab")?;
        let listening = server(lab).at(last).listen()?;
        let program = start(lab, "many.lab", listening.port())?;
        let _server = listening.accept()?;
        // It waits for what the server will say: all that it has now stays.
        lab.settle();
        let useless = sockets_without_connection(&program)?;
        lab.step("while it waited for the server, the sockets that it has open were counted");
        lab.require(
            useless == 0,
            "it has one socket, the connection",
            match useless {
                1 => "It has one more, which is not connected.".into(),
                more => format!("It has {more} more, which are not connected."),
            },
        )
    });
}

/// How many of its sockets are no connections. A pair of Unix sockets, which
/// some languages make for themselves, is none of them.
fn sockets_without_connection(program: &Program) -> Outcome<usize> {
    let others = std::fs::read_to_string("/proc/net/unix").unwrap_or_default();
    let others: Vec<&str> = others
        .lines()
        .filter_map(|line| line.split_ascii_whitespace().nth(6))
        .collect();
    let observer = program.observe();
    let connected: Vec<String> = observer
        .sockets()?
        .iter()
        // Who half closes at once is connected none the less.
        .filter(|socket| !matches!(socket.state, State::Close | State::SynSent | State::Listen))
        .map(|socket| socket.inode.to_string())
        .collect();
    let targets = observer.descriptor_targets()?;
    let inodes = targets.iter().filter_map(|(_, target)| {
        let inode = target.strip_prefix("socket:[")?;
        inode.strip_suffix(']')
    });
    Ok(inodes
        .filter(|inode| !others.contains(inode))
        .filter(|inode| !connected.iter().any(|one| one == inode))
        .count())
}

// Nobody there.

#[test]
fn names_a_refused_connection() {
    check(EXERCISE, |lab| CLIENT.names_a_refused_connection(lab));
}

#[test]
fn gives_up_when_all_addresses_refuse() {
    check(EXERCISE, |lab| {
        first_and_last(lab, "two.lab")?;
        let port = lab.port();
        lab.step("nobody listened on the port, on neither of them");
        let ended = lab.program(PROGRAM).arg("two.lab").arg(port).run()?;
        is_failed_call(&ended, "Connection refused")
    });
}

#[test]
fn tells_an_unknown_host_from_a_refusal() {
    check(EXERCISE, |lab| {
        CLIENT.tells_an_unknown_host_from_a_refusal(lab)
    });
}

// The program as a whole.

#[test]
fn refuses_wrong_usage() {
    check(EXERCISE, |lab| {
        for port in ["0", "65536", "-1", "abc", "4321x", "", "4294971617"] {
            is_wrong_usage(lab, PROGRAM, &["127.0.0.1", port])?;
        }
        is_wrong_usage(lab, PROGRAM, &["127.0.0.1"])?;
        is_wrong_usage(lab, PROGRAM, &[])?;
        // The greatest port is one. Elsewhere somebody may have it.
        if lab.in_cell() {
            let listening = lab.server("the server").port(65_535).listen()?;
            let _program = start(lab, "127.0.0.1", listening.port())?;
            listening.accept()?;
        }
        Ok(())
    });
}

#[test]
fn waits_without_spinning() {
    check(EXERCISE, |lab| {
        let (program, mut server) = connected(lab)?;
        program.expect_patience("the server")?;
        server.send(b"one moment\n")?;
        program.expect_waiting()
    });
}
