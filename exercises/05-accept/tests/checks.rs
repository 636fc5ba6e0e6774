//! What clients see of a server that greets COUNT of them, and what it says of
//! them.

use std::net::{IpAddr, SocketAddr, TcpStream};

use testbed::failure::{is_failed_call, is_wrong_usage};
use testbed::prelude::*;
use testbed::proc;

const EXERCISE: &str = include_str!("../exercise.toml");
const PROGRAM: &str = "accept";

/// Starts the program for so many clients, and waits until it listens.
fn start(lab: &mut Lab, count: usize) -> Outcome<Program> {
    let port = lab.port();
    let program = lab.program(PROGRAM).arg(port).arg(count);
    program.start_listening(port)
}

/// A client connects from this port of 127.0.0.1 to the program that waits for
/// it.
fn comes(lab: &mut Lab, name: &str, from_port: u16) -> Outcome<Peer> {
    comes_from(lab, name, [127, 0, 0, 1], from_port)
}

/// The program prints the client's port. In a cell nobody else can have it;
/// elsewhere the kernel finds one that is free.
fn comes_from(lab: &mut Lab, name: &str, ip: impl Into<IpAddr>, from_port: u16) -> Outcome<Peer> {
    lab.settle();
    connects(lab, name, ip, from_port)
}

fn connects(lab: &mut Lab, name: &str, ip: impl Into<IpAddr>, from_port: u16) -> Outcome<Peer> {
    connects_to(lab, name, ip, from_port, [127, 0, 0, 1])
}

fn connects_to(
    lab: &mut Lab,
    name: &str,
    from: impl Into<IpAddr>,
    from_port: u16,
    to: [u8; 4],
) -> Outcome<Peer> {
    let port = lab.port();
    let from_port = if lab.in_cell() { from_port } else { 0 };
    let client = lab.peer(name).from(from).from_port(from_port);
    client.to(to).connect(port)
}

/// Stops the program while it waits for a client: what the next one does is
/// done before it is accepted.
fn stop(lab: &Lab, program: &Program) -> Outcome {
    program.signal(Signal::SIGSTOP)?;
    lab.eventually("it is stopped, while it waits for a client", || {
        let stopped = proc::stat(program.pid()).is_none_or(|stat| stat.state == 'T');
        stopped.then_some(()).ok_or_else(|| "It still runs.".into())
    })
}

/// The client gets its greeting, and then the end of file.
fn is_greeted(lab: &Lab, client: &mut Peer) -> Outcome {
    client.expect(b"hello\n")?;
    lab.settle();
    client.expect_eof()
}

/// A client comes and is greeted.
fn comes_and_is_greeted(lab: &mut Lab, name: &str, from_port: u16) -> Outcome {
    let mut client = comes(lab, name, from_port)?;
    is_greeted(lab, &mut client)
}

/// What the program prints of a client, without `\n`.
fn line_of(lab: &Lab, client: &Peer) -> String {
    let SocketAddr::V4(address) = client.local_addr() else {
        return String::new();
    };
    format!("accepted {} ({address})", lab.name_of(*address.ip()))
}

// One client.

#[test]
fn sends_hello() {
    check(EXERCISE, |lab| {
        let _program = start(lab, 1)?;
        let mut ada = comes(lab, "ada", 48898)?;
        ada.expect(b"hello\n")
    });
}

#[test]
fn closes_each_connection_at_once() {
    check(EXERCISE, |lab| {
        let _program = start(lab, 2)?;
        let mut ada = comes(lab, "ada", 48898)?;
        is_greeted(lab, &mut ada)
    });
}

#[test]
fn says_who_has_come() {
    check(EXERCISE, |lab| {
        let mut program = start(lab, 2)?;
        let mut ada = comes(lab, "ada", 48898)?;
        let line = line_of(lab, &ada);
        is_greeted(lab, &mut ada)?;
        program.expect_stdout_line(&line)
    });
}

#[test]
fn knows_clients_of_other_addresses() {
    check(EXERCISE, |lab| {
        let mut program = start(lab, 4)?;
        for (name, last, port) in [("ada", 5, 40005), ("cleo", 2, 40002), ("bob", 6, 40006)] {
            let mut client = comes_from(lab, name, [127, 0, 0, last], port)?;
            let line = line_of(lab, &client);
            is_greeted(lab, &mut client)?;
            program.expect_stdout_line(&line)?;
        }
        Ok(())
    });
}

#[test]
fn a_half_closed_client_gets_its_greeting() {
    check(EXERCISE, |lab| {
        let program = start(lab, 2)?;
        stop(lab, &program)?;
        let mut ada = comes(lab, "ada", 48898)?;
        ada.half_close()?;
        program.signal(Signal::SIGCONT)?;
        lab.step("so it accepts a connection on which nothing will come");
        is_greeted(lab, &mut ada)
    });
}

// COUNT clients.

#[test]
fn serves_one_after_another() {
    check(EXERCISE, |lab| {
        let mut program = start(lab, 4)?;
        let mut clients = Vec::new();
        for (name, port) in [("ada", 40001), ("bob", 40002), ("cleo", 40003)] {
            clients.push(comes(lab, name, port)?);
        }
        // Nobody has read anything so far, and nobody waits for anybody.
        for client in clients.iter_mut().rev() {
            is_greeted(lab, client)?;
        }
        for client in &clients {
            let line = line_of(lab, client);
            program.expect_stdout_line(&line)?;
        }
        Ok(())
    });
}

#[test]
fn ends_after_the_last() {
    check(EXERCISE, |lab| {
        let port = lab.port();
        let count = lab.number(3..7);
        let mut program = start(lab, usize::try_from(count).unwrap_or(3))?;
        for i in 1..=count {
            let from = 40_000 + u16::try_from(i).unwrap_or(0);
            comes_and_is_greeted(lab, &format!("client {i}"), from)?;
        }
        program.expect_exit(0)?;
        lab.step("one client more tried to connect");
        match TcpStream::connect(("127.0.0.1", port)) {
            Err(_) => Ok(()),
            Ok(_) => Err(lab.wrong(
                "nobody listens any more",
                &["It was connected: something still listens.".into()],
            )),
        }
    });
}

#[test]
fn stdout_carries_only_these_lines() {
    check(EXERCISE, |lab| {
        let mut program = start(lab, 2)?;
        let mut expected = String::new();
        for (name, port) in [("ada", 40001), ("bob", 40002)] {
            let mut client = comes(lab, name, port)?;
            expected += &line_of(lab, &client);
            expected.push('\n');
            is_greeted(lab, &mut client)?;
        }
        program.expect_exit(0)?.stdout_is(expected.as_bytes())
    });
}

// Signals.

#[test]
fn a_signal_changes_nothing() {
    check(EXERCISE, |lab| {
        let lab_port = lab.port();
        let mut program = start(lab, 2)?;
        wait_until_prepared(lab, &program)?;
        for (name, port) in [("ada", 40001), ("bob", 40002)] {
            for _ in 0..2 {
                // It sits in its accept, and nowhere else, when the signal comes.
                lab.settle();
                program.signal(Signal::SIGUSR1)?;
                lab.settle();
                lab.require(
                    lab.listening(lab_port).is_some(),
                    "it goes on waiting for clients",
                    "Its listening socket is gone.",
                )?;
            }
            let mut client = comes(lab, name, port)?;
            let line = line_of(lab, &client);
            is_greeted(lab, &mut client)?;
            program.expect_stdout_line(&line)?;
        }
        program.expect_exit(0).map(drop)
    });
}

/// A handler is what the contract names; who ignores or blocks the signal is
/// not interrupted either.
fn wait_until_prepared(lab: &mut Lab, program: &Program) -> Outcome {
    if !proc::available() {
        return Err(lab.ungraded("this system does not tell which signals a program handles"));
    }
    lab.eventually("it has a handler for SIGUSR1", || {
        let bit = 1_u64 << (Signal::SIGUSR1 as i32 - 1);
        let set = |field| {
            proc::status(program.pid(), field)
                .and_then(|mask| u64::from_str_radix(&mask, 16).ok())
                .is_some_and(|mask| mask & bit != 0)
        };
        let prepared = ["SigCgt", "SigIgn", "SigBlk"].into_iter().any(set);
        prepared.then_some(()).ok_or_else(|| "It has none.".into())
    })
}

// Clients that vanish.

#[test]
fn a_reset_in_the_queue_costs_nobody() {
    check(EXERCISE, |lab| {
        let mut program = start(lab, 3)?;
        stop(lab, &program)?;
        comes(lab, "ada", 40001)?.reset()?;
        program.signal(Signal::SIGCONT)?;
        lab.step("so it accepts ada's connection, which is dead already");
        comes_and_is_greeted(lab, "bob", 40002)?;
        comes_and_is_greeted(lab, "cleo", 40003)?;
        lab.step("with ada these were all 3 clients");
        program.expect_exit(0).map(drop)
    });
}

#[test]
fn a_reset_at_any_moment_costs_nobody() {
    check(EXERCISE, |lab| {
        const CLIENTS: u16 = 60;
        let mut program = start(lab, CLIENTS.into())?;
        let summary = "60 clients came: some reset, some left without reading, some were greeted";
        lab.repeat(CLIENTS.into(), summary, |lab, i| {
            let from = 40_000 + u16::try_from(i).unwrap_or(0);
            let mut client = connects(lab, "ada", [127, 0, 0, 1], from)?;
            match i % 4 {
                // The program has done all that it does for this client.
                _ if i == 0 => {
                    client.wait_for_unread()?;
                    lab.settle();
                    client.reset()?;
                    lab.settle();
                    Ok(())
                }
                // From here on nobody waits for the program.
                0 => client.reset(),
                1 => {
                    client.wait_for_unread()?;
                    client.reset()
                }
                2 => {
                    client.close();
                    Ok(())
                }
                _ => {
                    client.expect(b"hello\n")?;
                    client.expect_eof()
                }
            }
        })?;
        program.expect_exit(0).map(drop)
    });
}

#[test]
fn clients_leave_nothing_behind() {
    check(EXERCISE, |lab| {
        // A number of 16 bits would be 0.
        let program = start(lab, 65_536)?;
        come_and_go(lab, 20, 40_000)?;
        let before = program.observe().descriptors()?;
        come_and_go(lab, 200, 41_000)?;
        let summary = "3 clients reset before they were accepted (SIGSTOP, SIGCONT), each followed \
                       by one who was greeted";
        lab.repeat(3, summary, |lab, i| {
            stop(lab, &program)?;
            let from = 42_000 + 2 * u16::try_from(i).unwrap_or(0);
            connects(lab, "ada", [127, 0, 0, 1], from)?.reset()?;
            program.signal(Signal::SIGCONT)?;
            // Ada has had her turn when bob is greeted.
            connects(lab, "bob", [127, 0, 0, 1], from + 1)?.expect(b"hello\n")
        })?;
        lab.eventually(
            "it has as many descriptors open as before them",
            || match program.observe().descriptors() {
                Ok(now) if now <= before => Ok(()),
                Ok(now) => Err(format!("It has {} descriptors more.", now - before)),
                Err(_) => Err("It has ended.".into()),
            },
        )
    });
}

/// So many clients come and go, one after another.
fn come_and_go(lab: &mut Lab, clients: u16, first_port: u16) -> Outcome {
    let summary = format!("{clients} clients came, and were greeted; some of them reset");
    lab.repeat(clients.into(), &summary, |lab, i| {
        let from = first_port + u16::try_from(i).unwrap_or(0);
        let mut client = connects(lab, "ada", [127, 0, 0, 1], from)?;
        client.expect(b"hello\n")?;
        if i % 5 == 3 {
            return client.reset();
        }
        client.expect_eof()
    })
}

// The program as a whole.

#[test]
fn listens_on_all_addresses() {
    check(EXERCISE, |lab| {
        let _program = start(lab, 2)?;
        for (name, port, last) in [("ada", 40001, 1), ("bob", 40002, 9)] {
            let to = [127, 0, 0, last];
            let mut client = connects_to(lab, name, [127, 0, 0, 1], port, to)?;
            client.expect(b"hello\n")?;
        }
        Ok(())
    });
}

#[test]
fn a_taken_port_is_an_error() {
    check(EXERCISE, |lab| {
        let port = lab.port();
        let _other = lab.server("another server").port(port).listen()?;
        let ended = lab.program(PROGRAM).arg(port).arg(1).run()?;
        is_failed_call(&ended, "Address already in use")
    });
}

#[test]
fn refuses_what_is_no_port() {
    check(EXERCISE, |lab| {
        for port in ["0", "65536", "-1", "abc", "4321x", "", "4294971617"] {
            is_wrong_usage(lab, PROGRAM, &[port, "1"])?;
        }
        is_wrong_usage(lab, PROGRAM, &[])?;
        // The greatest port is one. Elsewhere somebody may have it.
        if lab.in_cell() {
            let program = lab.program(PROGRAM).arg(65_535).arg(1);
            let _program = program.start_listening(65_535)?;
        }
        Ok(())
    });
}

#[test]
fn refuses_what_is_no_count() {
    check(EXERCISE, |lab| {
        let port = lab.port().to_string();
        for count in ["abc", "3x", ""] {
            is_wrong_usage(lab, PROGRAM, &[&port, count])?;
        }
        is_wrong_usage(lab, PROGRAM, &[&port])
    });
}

#[test]
fn waits_without_spinning() {
    check(EXERCISE, |lab| {
        let program = start(lab, 3)?;
        program.expect_waiting()?;
        comes_and_is_greeted(lab, "ada", 48898)?;
        program.expect_waiting()
    });
}
