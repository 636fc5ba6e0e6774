//! The iterative server, talked to.
#![cfg(target_os = "linux")] // the tests look at it through /proc
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use assert_cmd::Command;
use predicates::prelude::*;
use server_tests::{Client, Server, limit, raise_descriptors};

const PROGRAM: &str = "iterative-server";

fn program() -> Command {
    Command::cargo_bin(PROGRAM).unwrap()
}

/// The server, one that asks no name server.
fn start() -> Server {
    Server::start(PROGRAM, &["--numeric"])
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
fn a_port_is_a_number_from_1_to_65535() {
    for wrong in [
        &["0"][..],
        &["65536"],
        &["abc"],
        &[""],
        &["-1"],
        &[],
        &["1", "2"],
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
fn an_address_is_an_address() {
    let wrong = ["--bind", "localhost", "4321"];
    program().args(wrong).assert().code(2).stdout("");
}

#[test]
fn a_taken_port_is_told() {
    let server = start();
    let port = server.port.to_string();
    program()
        .arg(&port)
        .assert()
        .code(1)
        .stdout("")
        .stderr(format!(
            "iterative-server: bind 0.0.0.0:{port}: Address already in use\n"
        ));
}

#[test]
fn echoes_a_line_before_the_next_comes() {
    let mut server = start();
    let ada = server.connect();
    ada.says_and_hears(b"hello\n");
    ada.says_and_hears(b"\0\xff\n");
    assert_eq!(server.line(), "server connected to 127.0.0.1 (127.0.0.1)\n");
    assert_eq!(server.line(), "server received 6 bytes\n");
    assert_eq!(server.line(), "server received 3 bytes\n");
}

#[test]
fn shows_the_name_of_a_client() {
    let mut server = Server::start(PROGRAM, &[]);
    server.connect().says_and_hears(b"x\n");
    let name = sockets::resolve::name_of([127, 0, 0, 1].into());
    assert_eq!(
        server.line(),
        format!("server connected to {name} (127.0.0.1)\n")
    );
}

#[test]
fn second_client_waits_until_the_first_leaves() {
    let server = start();
    let ada = server.connect();
    ada.says_and_hears(b"first\n");
    let bob = server.connect();
    bob.says(b"second\n");
    bob.hears_nothing();
    ada.says_and_hears(b"still here\n");
    drop(ada);
    bob.hears(b"second\n");
}

#[test]
fn counts_lines_however_they_are_cut() {
    let mut server = start();
    let ada = server.connect();
    ada.says_and_hears(b"one\ntwo");
    ada.says_and_hears(b" and more\n\nlast");
    ada.ends_its_side();
    ada.hears_the_end();
    server.line();
    for count in [4, 13, 1, 4] {
        assert_eq!(server.line(), format!("server received {count} bytes\n"));
    }
}

#[test]
fn a_long_line_comes_back_while_it_is_still_being_sent() {
    let mut server = start();
    let ada = server.connect();
    let piece = vec![b'x'; 50_000];
    for _ in 0..20 {
        ada.says_and_hears(&piece);
    }
    ada.says_and_hears(b"\n");
    server.line();
    assert_eq!(server.line(), "server received 1000001 bytes\n");
}

#[test]
fn an_unterminated_last_line_comes_back_through_a_half_closed_connection() {
    let server = start();
    let ada = server.connect();
    ada.says(b"no newline");
    ada.ends_its_side();
    ada.hears(b"no newline");
    ada.hears_the_end();
}

#[test]
fn clients_that_vanish_cost_no_other_its_service() {
    let server = start();
    for _ in 0..20 {
        let reset = server.connect();
        reset.says(b"hello\n");
        reset.resets();
        let deaf = server.connect();
        deaf.says(&vec![b'x'; 100_000]);
        drop(deaf); // closes without reading
        let silent = server.connect();
        drop(silent);
    }
    server.connect().says_and_hears(b"still here\n");
}

#[test]
fn many_clients_leave_its_descriptors_as_they_were() {
    let server = start();
    let ada = server.connect();
    ada.says_and_hears(b"x\n");
    let before = server.descriptors();
    drop(ada);
    for _ in 0..300 {
        server.connect().says_and_hears(b"hello\n");
    }
    let last = server.connect();
    last.says_and_hears(b"x\n");
    assert_eq!(server.descriptors(), before);
}

#[test]
fn quiet_prints_nothing() {
    let server = Server::start(PROGRAM, &["--quiet", "--numeric"]);
    server.connect().says_and_hears(b"hello\n");
    assert_eq!(server.kill(), "");
}

#[test]
fn serves_ipv6_and_ipv4_at_once() {
    if !sockets_have_ipv6() {
        return;
    }
    let mut server = Server::start(PROGRAM, &["--numeric", "--bind", "::"]);
    server.connect().says_and_hears(b"v4\n");
    assert_eq!(server.line(), "server connected to 127.0.0.1 (127.0.0.1)\n");
    server.line();
    let bob = Client::new(sockets::connect("::1", server.port).unwrap());
    bob.says_and_hears(b"v6\n");
    assert_eq!(server.line(), "server connected to ::1 (::1)\n");
}

fn sockets_have_ipv6() -> bool {
    let any = std::net::SocketAddr::from((std::net::Ipv6Addr::LOCALHOST, 0));
    sockets::Listener::bind(any, 1).is_ok()
}

#[test]
fn goes_on_when_nobody_reads_what_it_prints() {
    let mut server = start();
    drop(server.child.stdout.take());
    for _ in 0..3 {
        server.connect().says_and_hears(b"hello\n");
    }
}

#[test]
fn without_descriptors_it_waits_for_them_without_spinning() {
    let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin(PROGRAM));
    command.arg("--numeric");
    // Standard input, output, error, and the listening socket.
    limit(&mut command, libc::RLIMIT_NOFILE, 4);
    let mut server = Server::start_command(command);
    let ada = server.connect();
    ada.says(b"patience\n");
    ada.hears_nothing();
    ada.hears_nothing();
    assert!(server.ticks() <= 2, "{} ticks", server.ticks());

    raise_descriptors(&server);
    ada.hears(b"patience\n");
    server.child.kill().unwrap();
    assert!(server.complaints().contains("accept 0.0.0.0:"));
}

#[test]
fn restarts_at_once() {
    let server = start();
    let port = server.port;
    let ada = server.connect();
    ada.says_and_hears(b"x\n");
    // Killed first, it is the side that waits in TIME_WAIT.
    drop(server);
    drop(ada);
    let command = std::process::Command::new(assert_cmd::cargo::cargo_bin(PROGRAM));
    Server::start_on(port, command)
        .connect()
        .says_and_hears(b"y\n");
}
