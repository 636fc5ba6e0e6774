//! What a server sees of an echo client, and what its user sees.

use std::net::{IpAddr, ToSocketAddrs};

use testbed::client::{Client, server};
use testbed::failure::is_wrong_usage;
use testbed::prelude::*;

const EXERCISE: &str = include_str!("../exercise.toml");
const PROGRAM: &str = "echo-client";
const CLIENT: Client<'_> = Client {
    program: PROGRAM,
    arguments: &[],
};

/// A client that has connected to a server, which then listens no more.
fn connected(lab: &mut Lab) -> Outcome<(Program, Peer)> {
    let listening = server(lab).listen()?;
    let client = start(lab, &listening, Stdin::Pipe)?;
    Ok((client, listening.accept()?))
}

/// The same with its whole input there at once, and then at its end. The
/// server has little room, so that much of the input stays with the client.
fn connected_to_a_narrow_server(lab: &mut Lab, input: &[u8]) -> Outcome<(Program, Peer)> {
    let narrow = server(lab)
        .receive_buffer(4096)
        .send_buffer(4096)
        .segment(536);
    let listening = narrow.listen()?;
    let client = start(lab, &listening, Stdin::Bytes(input.to_vec()))?;
    Ok((client, listening.accept()?))
}

fn start(lab: &Lab, server: &Server, stdin: Stdin) -> Outcome<Program> {
    let client = lab.program(PROGRAM).arg("127.0.0.1").arg(server.port());
    client.stdin(stdin).start()
}

/// One line out, its answer in and on standard output.
fn exchange(client: &mut Program, server: &mut Peer, line: &[u8], answer: &[u8]) -> Outcome {
    client.send(line)?;
    server.expect(line)?;
    server.send(answer)?;
    client.expect_stdout(answer)
}

/// It ends with status 1 and says why; `before` is what it had said until then.
fn gives_up(lab: &Lab, client: &mut Program, before: &str) -> Outcome<Ended> {
    let ended = client.expect_exit(1)?;
    lab.require(
        ended.stderr.len() > before.len(),
        "it says on standard error why it gives up",
        "It said nothing.",
    )?;
    Ok(ended)
}

// A line and its answer.

#[test]
fn sends_a_line_and_prints_the_answer() {
    check(EXERCISE, |lab| {
        let (mut client, mut server) = connected(lab)?;
        client.send(b"hello\n")?;
        server.expect(b"hello\n")?;
        server.send(b"hello\n")?;
        // What else it prints is the business of the next check.
        lab.eventually("the answer is on its standard output", || {
            let printed = client.stdout();
            let there = printed.windows(6).any(|bytes| bytes == b"hello\n");
            there.then_some(()).ok_or_else(|| match printed.len() {
                0 => "It printed nothing for 2 s.".into(),
                _ => "For 2 s it was not there.".into(),
            })
        })
    });
}

#[test]
fn stdout_carries_only_answers() {
    check(EXERCISE, |lab| {
        let (mut client, mut server) = connected(lab)?;
        exchange(&mut client, &mut server, b"one\n", b"one\n")?;
        exchange(&mut client, &mut server, b"two\n", b"two\n")?;
        client.expect_no_more_stdout()
    });
}

#[test]
fn waits_for_each_answer_before_the_next_line() {
    check(EXERCISE, |lab| {
        let (mut client, mut server) = connected(lab)?;
        client.send(b"one\ntwo\nthree\n")?;
        server.expect(b"one\n")?;
        server.expect_silence()?;
        server.send(b"one\n")?;
        client.expect_stdout(b"one\n")?;
        server.expect(b"two\n")?;
        server.expect_silence()?;
        server.send(b"two\n")?;
        server.expect(b"three\n")?;
        client.expect_stdout(b"two\n")
    });
}

#[test]
fn prints_what_the_server_says() {
    check(EXERCISE, |lab| {
        let (mut client, mut server) = connected(lab)?;
        let long = b"an answer that is longer than its question\n";
        exchange(&mut client, &mut server, b"short\n", long)?;
        exchange(&mut client, &mut server, b"a longer question\n", b"no\n")?;
        exchange(&mut client, &mut server, b"again\n", b"yes\n")
    });
}

#[test]
fn puts_a_line_of_its_input_together() {
    check(EXERCISE, |lab| {
        let (mut client, mut server) = connected(lab)?;
        client.send(b"hel")?;
        // It may send what it has, or wait for the rest; no answer is due.
        client.expect_no_more_stdout()?;
        client.send(b"lo\n")?;
        server.expect(b"hello\n")?;
        server.send(b"hello\n")?;
        client.expect_stdout(b"hello\n")
    });
}

#[test]
fn reads_an_answer_that_comes_in_pieces() {
    check(EXERCISE, |lab| {
        let (mut client, mut server) = connected(lab)?;
        client.send(b"hello\nbye\n")?;
        server.expect(b"hello\n")?;
        server.send(b"hel")?;
        server.expect_silence()?;
        server.send_bytewise(b"lo\n")?;
        client.expect_stdout(b"hello\n")?;
        server.expect(b"bye\n")?;
        server.send_bytewise(b"bye\n")?;
        client.expect_stdout(b"bye\n")
    });
}

#[test]
fn keeps_empty_lines() {
    check(EXERCISE, |lab| {
        let (mut client, mut server) = connected(lab)?;
        exchange(&mut client, &mut server, b"\n", b"\n")?;
        exchange(&mut client, &mut server, b"one\n", b"one\n")?;
        exchange(&mut client, &mut server, b"\n", b"\n")
    });
}

#[test]
fn passes_every_byte_unchanged() {
    check(EXERCISE, |lab| {
        let (mut client, mut server) = connected(lab)?;
        let mut all: Vec<u8> = (0..=255).filter(|&byte| byte != b'\n').collect();
        all.push(b'\n');
        let lines: [&[u8]; 5] = [
            b"a\0b\n",
            b"\xff\xfe\n",
            // The first two bytes of a euro sign.
            b"cut \xe2\x82\n",
            b" \t blanks around \t \r\n",
            &all,
        ];
        for line in lines {
            exchange(&mut client, &mut server, line, line)?;
        }
        Ok(())
    });
}

#[test]
fn passes_a_long_line() {
    check(EXERCISE, |lab| {
        let line = lab.text_line(199_999);
        let listening = server(lab).listen()?;
        let mut client = start(lab, &listening, Stdin::Bytes(line.clone()))?;
        lab.step("its standard input got one line of 200,000 bytes");
        let mut server = listening.accept()?;
        server.expect(&line)?;
        server.send(&line)?;
        client.expect_stdout(&line)
    });
}

#[test]
fn sends_all_of_a_line_to_a_slow_server() {
    check(EXERCISE, |lab| {
        let line = lab.text_line(299_999);
        let (mut client, mut server) = connected_to_a_narrow_server(lab, &line)?;
        lab.step("its standard input got one line of 300,000 bytes; the server did not read yet");
        server.wait_for_unread()?;
        // One that waits in `poll`, or in several small writes, may never be
        // found in its write: that is as good.
        for _ in 0..5 {
            if lab.stop_and_continue(&client)? {
                lab.step("it was stopped and continued (^Z, fg) while its write waited for room");
                break;
            }
        }
        server.expect_in_full(&line)?;
        server.send(&line)?;
        client.expect_stdout(&line)
    });
}

// The end of the input.

#[test]
fn closes_its_sending_side_at_end_of_input() {
    check(EXERCISE, |lab| {
        let (mut client, mut server) = connected(lab)?;
        exchange(&mut client, &mut server, b"hello\n", b"hello\n")?;
        client.close_stdin();
        server.expect_eof()?;
        server.close();
        client.expect_exit(0)?.stdout_is(b"hello\n")
    });
}

#[test]
fn prints_what_comes_after_its_input_ended() {
    check(EXERCISE, |lab| {
        let (mut client, mut server) = connected(lab)?;
        exchange(&mut client, &mut server, b"hello\n", b"hello\n")?;
        client.close_stdin();
        server.expect_eof()?;
        server.send(b"before you go\n")?;
        client.expect_stdout(b"before you go\n")?;
        server.send(b"good\nbye")?;
        server.close();
        client
            .expect_exit(0)?
            .stdout_is(b"hello\nbefore you go\ngood\nbye")
    });
}

#[test]
fn last_line_without_newline_gets_its_answer() {
    check(EXERCISE, |lab| {
        let (mut client, mut server) = connected(lab)?;
        exchange(&mut client, &mut server, b"first\n", b"first\n")?;
        client.send(b"last")?;
        client.close_stdin();
        server.expect(b"last")?;
        // Only now does a server know that nothing follows.
        server.expect_eof()?;
        server.send(b"last")?;
        server.close();
        client.expect_exit(0)?.stdout_is(b"first\nlast")
    });
}

#[test]
fn no_input_at_all() {
    check(EXERCISE, |lab| {
        let (mut client, mut server) = connected(lab)?;
        client.close_stdin();
        server.expect_eof()?;
        server.send(b"goodbye\n")?;
        server.close();
        client.expect_exit(0)?.stdout_is(b"goodbye\n")
    });
}

#[test]
fn keeps_what_comes_with_an_answer() {
    check(EXERCISE, |lab| {
        let (mut client, mut server) = connected(lab)?;
        client.send(b"hello\n")?;
        server.expect(b"hello\n")?;
        server.send(b"hello\nand more\nand")?;
        client.close_stdin();
        server.expect_eof()?;
        server.send(b" more\n")?;
        server.close();
        client
            .expect_exit(0)?
            .stdout_is(b"hello\nand more\nand more\n")
    });
}

// The server leaves.

#[test]
fn says_when_the_server_closes_early() {
    check(EXERCISE, |lab| {
        lab.step("first client: the server closes in place of an answer");
        let (mut client, mut server) = connected(lab)?;
        client.send(b"hello\n")?;
        server.expect(b"hello\n")?;
        let before = client.stderr();
        server.close();
        gives_up(lab, &mut client, &before)?.stdout_is(b"")?;

        lab.begin_anew("second client: the server closes between two lines");
        let (mut client, mut server) = connected(lab)?;
        exchange(&mut client, &mut server, b"one\n", b"one\n")?;
        let before = client.stderr();
        server.close();
        // A client that has noticed already is gone, and reads no more.
        let _ = client.send(b"two\n");
        gives_up(lab, &mut client, &before)?.stdout_is(b"one\n")
    });
}

#[test]
fn says_when_the_server_resets() {
    check(EXERCISE, |lab| {
        lab.step("first client: the server resets in place of an answer");
        let (mut client, mut server) = connected(lab)?;
        client.send(b"hello\n")?;
        server.expect(b"hello\n")?;
        let before = client.stderr();
        server.reset()?;
        gives_up(lab, &mut client, &before)?.stdout_is(b"")?;

        lab.begin_anew("second client: the server resets between two lines");
        let (mut client, mut server) = connected(lab)?;
        exchange(&mut client, &mut server, b"one\n", b"one\n")?;
        let before = client.stderr();
        server.reset()?;
        // A client that has noticed already is gone, and reads no more.
        let _ = client.send(b"two\n");
        gives_up(lab, &mut client, &before)?.stdout_is(b"one\n")?;

        lab.begin_anew("third client: the input has ended, its last line has no answer yet");
        let (mut client, mut server) = connected(lab)?;
        exchange(&mut client, &mut server, b"one\n", b"one\n")?;
        client.send(b"last")?;
        client.close_stdin();
        server.expect(b"last")?;
        server.expect_eof()?;
        let before = client.stderr();
        server.reset()?;
        gives_up(lab, &mut client, &before)?.stdout_is(b"one\n")
    });
}

#[test]
fn keeps_what_came_before_the_server_left() {
    check(EXERCISE, |lab| {
        lab.step("first client: the server closes in the middle of an answer");
        let (mut client, mut server) = connected(lab)?;
        exchange(&mut client, &mut server, b"one\n", b"one\n")?;
        client.send(b"two\n")?;
        server.expect(b"two\n")?;
        server.send_bytewise(b"tw")?;
        server.close();
        client.expect_exit(1)?.stdout_is(b"one\ntw")?;

        lab.begin_anew("second client: the server resets in the middle of an answer");
        let (mut client, mut server) = connected(lab)?;
        exchange(&mut client, &mut server, b"one\n", b"one\n")?;
        client.send(b"two\n")?;
        server.expect(b"two\n")?;
        server.send_bytewise(b"tw")?;
        server.reset()?;
        client.expect_exit(1)?.stdout_is(b"one\ntw")?;

        lab.begin_anew("third client: its input has ended, and the server resets in an answer");
        let (mut client, mut server) = connected(lab)?;
        exchange(&mut client, &mut server, b"one\n", b"one\n")?;
        client.send(b"last")?;
        client.close_stdin();
        server.expect(b"last")?;
        server.expect_eof()?;
        server.send_bytewise(b"la")?;
        server.reset()?;
        client.expect_exit(1)?.stdout_is(b"one\nla")
    });
}

// The program as a whole.

#[test]
fn does_not_spin_while_waiting() {
    check(EXERCISE, |lab| {
        let (mut client, mut server) = connected(lab)?;
        lab.step("it waits for its input");
        client.expect_waiting()?;
        client.send(b"one\ntwo\n")?;
        server.expect(b"one\n")?;
        lab.step("it waits for an answer, and more input is there");
        client.expect_patience("the server")?;
        server.send(b"one\n")?;
        server.expect(b"two\n")?;
        server.send(b"two\n")?;
        client.close_stdin();
        server.expect_eof()?;
        lab.step("its input has ended, and it waits for the server's end");
        client.expect_waiting()?;
        server.close();
        client.expect_exit(0)?.stdout_is(b"one\ntwo\n")
    });
}

#[test]
fn takes_a_name_for_the_host() {
    check(EXERCISE, |lab| {
        let (host, ip) = if lab.in_cell() {
            ("server.lab", [127, 0, 0, 9])
        } else if only_here("localhost") {
            ("localhost", [127, 0, 0, 1])
        } else {
            // No name of this machine has this address alone.
            ("127.0.0.1", [127, 0, 0, 1])
        };
        let ip = IpAddr::from(ip);
        lab.step(format!("`{host}` was a name of {ip}"));
        let listening = server(lab).at(ip).listen()?;
        let client = lab.program(PROGRAM).arg(host).arg(listening.port());
        let mut client = client.start()?;
        let mut server = listening.accept()?;
        exchange(&mut client, &mut server, b"hello\n", b"hello\n")
    });
}

/// Whether a name stands for 127.0.0.1 and nothing else.
fn only_here(name: &str) -> bool {
    (name, 0)
        .to_socket_addrs()
        .is_ok_and(|mut all| all.all(|address| address.ip().to_string() == "127.0.0.1"))
}

#[test]
fn names_a_refused_connection() {
    check(EXERCISE, |lab| CLIENT.names_a_refused_connection(lab));
}

#[test]
fn tells_an_unknown_host_from_a_refusal() {
    check(EXERCISE, |lab| {
        CLIENT.tells_an_unknown_host_from_a_refusal(lab)
    });
}

#[test]
fn an_error_of_its_input_is_no_end() {
    check(EXERCISE, |lab| {
        let listening = server(lab).listen()?;
        let client = lab.program(PROGRAM).arg("127.0.0.1").arg(listening.port());
        let mut client = client.stdin(Stdin::Socket).keep_stdin().start()?;
        client.reset_stdin()?;
        // One that opens its input by name, which a socket refuses, may leave
        // without a connection. Another takes leave of the server first.
        if let Ok(mut server) = listening.accept() {
            server.expect_eof_or_reset()?;
            server.close();
        }
        gives_up(lab, &mut client, "")?;
        Ok(())
    });
}

#[test]
fn refuses_wrong_usage() {
    check(EXERCISE, |lab| {
        for port in [
            "0",
            "65536",
            "-1",
            "abc",
            "43 21",
            "4321x",
            "",
            "4294971617",
        ] {
            is_wrong_usage(lab, PROGRAM, &["127.0.0.1", port])?;
        }
        is_wrong_usage(lab, PROGRAM, &["127.0.0.1"])?;
        is_wrong_usage(lab, PROGRAM, &[])
    });
}

// Beyond.

#[test]
fn does_not_deadlock_on_a_huge_line() {
    check(EXERCISE, |lab| {
        let line = lab.text_line(2_999_999);
        let (mut client, mut server) = connected_to_a_narrow_server(lab, &line)?;
        lab.step("its standard input got one line of 3,000,000 bytes");
        server.echo_while_it_reads(&line)?;
        client.expect_stdout(&line)
    });
}
