//! The client, against servers that follow a script.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use assert_cmd::Command;
use nix::poll::{PollFd, PollFlags, poll};
use nix::sys::socket::{setsockopt, sockopt};
use predicates::prelude::*;
use sockets::rio::{self, Reader};
use sockets::{Connection, Listener};
use std::net::{Ipv4Addr, SocketAddr};
use std::os::fd::AsFd;
use std::thread;
use std::time::Duration;

fn program() -> Command {
    let mut command = Command::cargo_bin("client").unwrap();
    command.timeout(Duration::from_secs(20));
    command
}

/// A server that does `script` with its only client, and the client that is sent there.
fn against(script: impl FnOnce(Connection) + Send + 'static) -> (Command, thread::JoinHandle<()>) {
    let listener = Listener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), 4).unwrap();
    let port = listener.local_addr().unwrap().port();
    // What is accepted has its buffers from its listener. Small ones show who waits for whom.
    setsockopt(&listener, sockopt::RcvBuf, &4096).unwrap();
    setsockopt(&listener, sockopt::SndBuf, &4096).unwrap();
    let server = thread::spawn(move || {
        let connection = listener.accept().unwrap();
        drop(listener);
        script(connection);
    });
    let mut command = program();
    command.args(["--quiet", "127.0.0.1", &port.to_string()]);
    (command, server)
}

/// The next line of `reader`.
fn line(reader: &mut Reader<&Connection>) -> Vec<u8> {
    let mut line = Vec::new();
    reader.read_line(1 << 20, &mut line).unwrap();
    line
}

fn echo(connection: &Connection) {
    let mut bytes = [0; 1000];
    loop {
        match rio::read(connection, &mut bytes).unwrap() {
            0 => break,
            count => rio::writen(connection, &bytes[..count]).unwrap(),
        }
    }
}

#[test]
fn help_has_examples_and_the_exit_status() {
    program()
        .arg("--help")
        .assert()
        .success()
        .stdout(predicate::str::contains("Examples:").and(predicate::str::contains("Exit status")));
}

#[test]
fn wrong_usage_is_told() {
    for wrong in [
        &["localhost"][..],
        &["localhost", "0"],
        &["localhost", "65536"],
        &["localhost", "abc"],
        &["--numeric", "localhost", "4321"],
        &["--bind", "nowhere", "localhost", "4321"],
    ] {
        program()
            .args(wrong)
            .assert()
            .code(2)
            .stdout("")
            .stderr(predicate::str::contains("Usage: "));
    }
}

#[test]
fn a_host_that_is_unknown_is_status_3() {
    program()
        .args(["host.invalid", "4321"])
        .assert()
        .code(3)
        .stdout("")
        .stderr(predicate::str::starts_with(
            "client: resolve host.invalid: ",
        ));
}

#[test]
fn nobody_listening_is_status_1() {
    // Bound and closed to clients, so that nobody else listens there.
    let listener = Listener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), 1).unwrap();
    let port = listener.local_addr().unwrap().port();
    let fd = std::os::fd::AsRawFd::as_raw_fd(&listener.as_fd());
    nix::sys::socket::shutdown(fd, nix::sys::socket::Shutdown::Both).unwrap();
    program()
        .args(["127.0.0.1", &port.to_string()])
        .assert()
        .code(1)
        .stdout("")
        .stderr(format!(
            "client: connect 127.0.0.1:{port}: Connection refused\n"
        ));
}

#[test]
fn sends_a_line_after_the_answer_to_the_last() {
    let (mut client, server) = against(|connection| {
        let mut reader = Reader::new(&connection);
        for expected in [&b"one\n"[..], b"\n", b"\0\xff\n"] {
            assert_eq!(line(&mut reader), expected);
            assert_eq!(reader.buffer(), b"");
            let mut wait = [PollFd::new(connection.as_fd(), PollFlags::POLLIN)];
            assert_eq!(poll(&mut wait, 50u8), Ok(0), "the next line came too early");
            rio::writen(&connection, expected).unwrap();
        }
        assert_eq!(line(&mut reader), b"");
    });
    let expected = &b"one\n\n\0\xff\n"[..];
    client
        .write_stdin(expected)
        .assert()
        .success()
        .stdout(expected)
        .stderr("");
    server.join().unwrap();
}

#[test]
fn a_last_line_without_newline_gets_its_answer() {
    let (mut client, server) = against(|connection| echo(&connection));
    client
        .write_stdin("one\ntwo")
        .assert()
        .success()
        .stdout("one\ntwo");
    server.join().unwrap();
}

#[test]
fn prints_what_still_comes_after_the_last_line() {
    let (mut client, server) = against(|connection| {
        let mut reader = Reader::new(&connection);
        assert_eq!(line(&mut reader), b"one\n");
        rio::writen(&connection, b"1\n2\n3").unwrap();
        assert_eq!(line(&mut reader), b"");
        rio::writen(&connection, b" and 4").unwrap();
    });
    client
        .write_stdin("one\n")
        .assert()
        .success()
        .stdout("1\n2\n3 and 4");
    server.join().unwrap();
}

#[test]
fn no_input_is_no_dialogue() {
    let (mut client, server) = against(|connection| echo(&connection));
    client
        .write_stdin("")
        .assert()
        .success()
        .stdout("")
        .stderr("");
    server.join().unwrap();
}

#[test]
fn a_server_that_closes_early_is_told_and_loses_nothing() {
    let (mut client, server) = against(|connection| {
        let mut reader = Reader::new(&connection);
        assert_eq!(line(&mut reader), b"one\n");
        rio::writen(&connection, b"one\nhalf an ans").unwrap();
    });
    client
        .write_stdin("one\ntwo\nthree\n")
        .assert()
        .code(1)
        .stdout("one\nhalf an ans")
        .stderr(predicate::str::starts_with("client: "));
    server.join().unwrap();
}

#[test]
fn a_reset_is_told_and_loses_nothing() {
    let (mut client, server) = against(|connection| {
        let mut reader = Reader::new(&connection);
        assert_eq!(line(&mut reader), b"one\n");
        rio::writen(&connection, b"one\n").unwrap();
        assert_eq!(line(&mut reader), b"two\n");
        connection.set_linger(Some(Duration::ZERO)).unwrap();
    });
    client
        .write_stdin("one\ntwo\nthree\n")
        .assert()
        .code(1)
        .stdout("one\n")
        .stderr(predicate::str::contains("Connection reset by peer"));
    server.join().unwrap();
}

#[test]
fn a_line_larger_than_all_buffers_does_not_deadlock() {
    let (mut client, server) = against(|connection| echo(&connection));
    let mut lines = vec![b'x'; 12 << 20];
    lines.extend_from_slice(b"\nshort\n");
    let output = client.write_stdin(lines.clone()).output().unwrap();
    assert!(output.status.success());
    assert!(output.stdout == lines);
    server.join().unwrap();
}

#[test]
fn a_server_that_says_more_than_it_is_asked_does_not_stop_a_long_line() {
    let (mut client, server) = against(|connection| {
        let mut bytes = [0; 1000];
        let mut said = 0;
        loop {
            match rio::read(&connection, &mut bytes).unwrap() {
                0 => break,
                _ if said < 300_000 => {
                    rio::writen(&connection, b"what?\n").unwrap();
                    said += 6;
                }
                _ => (),
            }
        }
    });
    let mut lines = vec![b'x'; 4 << 20];
    lines.push(b'\n');
    let output = client.write_stdin(lines).output().unwrap();
    assert!(output.status.success());
    assert!(output.stdout.starts_with(b"what?\nwhat?\n"));
    server.join().unwrap();
}

#[test]
fn output_that_nobody_reads_is_an_error_and_no_signal() {
    let (client, server) = against(|connection| {
        let mut reader = Reader::new(&connection);
        let one = line(&mut reader);
        let _ = rio::writen(&connection, &one);
    });
    let (reading, writing) = nix::unistd::pipe().unwrap();
    drop(reading);
    let mut command = std::process::Command::new(client.get_program());
    let child = command
        .args(client.get_args())
        .stdin(std::process::Stdio::piped())
        .stdout(writing)
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    rio::writen(child.stdin.as_ref().unwrap(), b"one\n").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(message, "client: write standard output: Broken pipe\n");
    server.join().unwrap();
}

#[test]
#[cfg(target_os = "linux")] // all of 127.0.0.0/8 is this machine
fn connects_from_the_address_that_it_is_told() {
    let (mut client, server) = against(|connection| {
        let peer = connection.peer_addr().unwrap().ip();
        assert_eq!(peer, Ipv4Addr::new(127, 0, 0, 9));
    });
    client
        .args(["--bind", "127.0.0.9"])
        .write_stdin("")
        .assert()
        .success();
    server.join().unwrap();
}

#[test]
fn says_what_it_is_connected_to_on_standard_error() {
    let listener = Listener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), 4).unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = thread::spawn(move || echo(&listener.accept().unwrap()));
    program()
        .args(["localhost", &port.to_string()])
        .write_stdin("hello\n")
        .assert()
        .success()
        .stdout("hello\n")
        .stderr("client: connected to localhost (127.0.0.1)\n");
    server.join().unwrap();
}
