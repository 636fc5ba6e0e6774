//! The forking server, talked to, signalled, and left to its clients.
#![cfg(target_os = "linux")] // the tests look at it through /proc
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use assert_cmd::Command;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use predicates::prelude::*;
use server_tests::{Client, Server, eventually, limit, raise_descriptors};
use sockets::connect;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::time::{Duration, Instant};

const PROGRAM: &str = "forking-server";

fn program() -> Command {
    Command::cargo_bin(PROGRAM).unwrap()
}

/// The server, one that asks no name server.
fn start(arguments: &[&str]) -> Server {
    Server::start(PROGRAM, &[&["--numeric"], arguments].concat())
}

/// A client that has a worker: its first line has come back.
fn served(server: &Server) -> Client {
    let client = server.connect();
    client.says_and_hears(b"hello\n");
    client
}

fn last_line(server: &mut Server) -> String {
    server
        .output()
        .lines()
        .last()
        .unwrap_or_default()
        .to_owned()
}

fn is_a_zombie(pid: Pid) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(')')
        .next()
        .is_some_and(|rest| rest.trim().starts_with('Z'))
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
        &["0"][..],
        &["65536"],
        &["abc"],
        &[],
        &["--max-workers", "0", "4321"],
        &["--grace", "-1", "4321"],
        &["--grace", "1.5", "4321"],
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
fn a_taken_port_is_told() {
    let server = start(&[]);
    let port = server.port.to_string();
    program()
        .arg(&port)
        .assert()
        .code(1)
        .stdout("")
        .stderr(format!(
            "forking-server: bind 0.0.0.0:{port}: Address already in use\n"
        ));
}

#[test]
fn prints_the_two_lines() {
    let mut server = start(&[]);
    let ada = served(&server);
    assert_eq!(server.line(), "server connected to 127.0.0.1 (127.0.0.1)\n");
    assert_eq!(server.line(), "server received 6 bytes\n");
    ada.says_and_hears(b"lo\n");
    assert_eq!(server.line(), "server received 3 bytes\n");
}

#[test]
fn fifty_clients_are_served_while_all_others_are_silent() {
    let server = start(&["--quiet"]);
    let clients: Vec<_> = (0..50).map(|_| server.connect()).collect();
    for client in clients.iter().rev() {
        client.says_and_hears(b"hello\n");
    }
    assert_eq!(server.workers().len(), 50);
}

#[test]
fn the_watcher_keeps_nothing_of_a_client() {
    let server = start(&["--quiet"]);
    let idle = server.descriptors();
    let clients: Vec<_> = (0..10).map(|_| served(&server)).collect();
    // The worker may have answered before the watcher has closed.
    eventually("it has closed the connections", || {
        (server.descriptors() == idle).then_some(())
    });
    drop(clients);
    eventually("no process is left", || {
        server.workers().is_empty().then_some(())
    });
    assert_eq!(server.descriptors(), idle);
}

#[test]
fn two_hundred_clients_at_once_leave_no_zombie() {
    let server = start(&["--quiet"]);
    for _ in 0..2 {
        let clients: Vec<_> = (0..200).map(|_| served(&server)).collect();
        drop(clients);
        eventually("no process is left", || {
            server.workers().is_empty().then_some(())
        });
    }
    served(&server);
}

#[test]
fn a_zombie_is_reaped_also_while_others_keep_the_watcher_busy() {
    let server = start(&["--quiet"]);
    let ada = served(&server);
    let worker = server.workers()[0];
    kill(worker, Signal::SIGKILL).unwrap();
    ada.hears_the_end();
    let deadline = Instant::now() + Duration::from_millis(500);
    while Instant::now() < deadline {
        served(&server);
    }
    assert!(!is_a_zombie(worker));
}

#[test]
fn a_worker_that_is_killed_ends_its_own_connection_alone() {
    let server = start(&["--quiet"]);
    let ada = served(&server);
    let worker = server.workers()[0];
    let bob = served(&server);
    kill(worker, Signal::SIGKILL).unwrap();
    ada.hears_the_end();
    bob.says_and_hears(b"still here\n");
    served(&server);
}

#[test]
fn a_worker_that_is_told_to_end_does_not_stop_the_server() {
    let server = start(&["--quiet"]);
    let ada = served(&server);
    kill(server.workers()[0], Signal::SIGTERM).unwrap();
    ada.hears_the_end();
    served(&server);
    assert!(server.is_listening());
}

#[test]
fn the_port_is_free_when_the_watcher_is_killed_with_a_worker_at_work() {
    let mut server = start(&["--quiet"]);
    let ada = served(&server);
    server.child.kill().unwrap();
    server.wait();
    assert!(!server.is_listening());
    let command = std::process::Command::new(assert_cmd::cargo::cargo_bin(PROGRAM));
    let next = Server::start_on(server.port, command);
    served(&next);
    ada.says_and_hears(b"still here\n");
}

#[test]
fn stops_with_a_client_in_service() {
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let mut server = start(&["--grace", "60"]);
        let ada = served(&server);
        drop(served(&server));
        server.signal(signal);
        eventually("it listens no more", || {
            (!server.is_listening()).then_some(())
        });
        let refused = connect("127.0.0.1", server.port).unwrap_err();
        assert_eq!(refused.errno(), Some(libc::ECONNREFUSED));

        ada.says_and_hears(b"still here\n");
        assert!(server.child.try_wait().unwrap().is_none());
        drop(ada);
        assert_eq!(server.wait().code(), Some(0));
        assert_eq!(last_line(&mut server), "server stopped: 2 clients served");
    }
}

#[test]
fn stops_at_once_when_nobody_is_served() {
    let mut server = start(&[]);
    server.signal(Signal::SIGTERM);
    assert_eq!(server.wait().code(), Some(0));
    assert_eq!(server.output(), "server stopped: 0 clients served\n");
}

#[test]
fn what_a_client_had_sent_is_still_echoed() {
    let mut server = start(&["--quiet", "--grace", "60"]);
    let ada = served(&server);
    let worker = server.workers()[0];
    // The worker cannot have read it when the signal comes.
    kill(worker, Signal::SIGSTOP).unwrap();
    ada.says(b"before the signal\n");
    server.signal(Signal::SIGTERM);
    eventually("it listens no more", || {
        (!server.is_listening()).then_some(())
    });
    kill(worker, Signal::SIGCONT).unwrap();
    ada.hears(b"before the signal\n");
    drop(ada);
    assert_eq!(server.wait().code(), Some(0));
}

#[test]
fn no_grace_ends_the_workers_at_once() {
    let mut server = start(&["--grace", "0"]);
    let ada = served(&server);
    server.signal(Signal::SIGTERM);
    ada.hears_the_end();
    assert_eq!(server.wait().code(), Some(0));
    assert_eq!(last_line(&mut server), "server stopped: 1 clients served");
}

#[test]
fn grace_ends_also_for_a_worker_that_is_stopped() {
    let mut server = start(&["--grace", "1", "--quiet"]);
    let ada = served(&server);
    kill(server.workers()[0], Signal::SIGSTOP).unwrap();
    let begin = Instant::now();
    server.signal(Signal::SIGTERM);
    assert_eq!(server.wait().code(), Some(0));
    assert!(begin.elapsed() >= Duration::from_secs(1));
    ada.hears_the_end();
}

#[test]
fn a_second_signal_ends_the_time_of_grace() {
    let mut server = start(&["--grace", "3600", "--quiet"]);
    let ada = served(&server);
    server.signal(Signal::SIGTERM);
    eventually("it listens no more", || {
        (!server.is_listening()).then_some(())
    });
    ada.says_and_hears(b"still here\n");
    server.signal(Signal::SIGINT);
    ada.hears_the_end();
    assert_eq!(server.wait().code(), Some(0));
    assert_eq!(server.output(), "server stopped: 1 clients served\n");
}

#[test]
fn an_interrupt_from_the_terminal_leaves_the_workers_at_work() {
    let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin(PROGRAM));
    command.args(["--quiet", "--grace", "60"]).process_group(0);
    let mut server = Server::start_command(command);
    let ada = served(&server);
    // As ^C does: the whole group.
    nix::sys::signal::killpg(server.pid(), Signal::SIGINT).unwrap();
    eventually("it listens no more", || {
        (!server.is_listening()).then_some(())
    });
    ada.says_and_hears(b"still here\n");
    drop(ada);
    assert_eq!(server.wait().code(), Some(0));
    assert_eq!(server.output(), "server stopped: 1 clients served\n");
}

#[test]
fn with_all_workers_busy_the_next_client_waits_without_spinning() {
    let server = start(&["--quiet", "--max-workers", "2"]);
    let ada = served(&server);
    let _bob = served(&server);
    let eve = server.connect();
    eve.says(b"patience\n");
    let before = server.ticks();
    eve.hears_nothing();
    eve.hears_nothing();
    assert!(server.ticks() <= before + 1);
    assert_eq!(server.workers().len(), 2);
    drop(ada);
    eve.hears(b"patience\n");
}

#[test]
fn stops_also_while_it_does_not_accept() {
    let mut server = start(&["--quiet", "--max-workers", "1", "--grace", "60"]);
    let ada = served(&server);
    let _waiting = server.connect();
    server.signal(Signal::SIGTERM);
    eventually("it listens no more", || {
        (!server.is_listening()).then_some(())
    });
    drop(ada);
    assert_eq!(server.wait().code(), Some(0));
    assert_eq!(server.output(), "server stopped: 1 clients served\n");
}

#[test]
fn a_fork_that_fails_costs_that_client_alone() {
    if !nix::unistd::geteuid().is_root() {
        return; // nobody else can become a user that has no processes but these
    }
    // The program where any user may read it.
    let folder = std::env::temp_dir().join(format!("forking-server-{}", std::process::id()));
    std::fs::create_dir(&folder).unwrap();
    std::fs::set_permissions(&folder, PermissionsExt::from_mode(0o755)).unwrap();
    let copy = folder.join(PROGRAM);
    std::fs::copy(assert_cmd::cargo::cargo_bin(PROGRAM), &copy).unwrap();
    let mut command = std::process::Command::new(&copy);
    command.args(["--quiet", "--grace", "0"]);
    command.uid(61_234).gid(61_234);
    // The watcher and one worker.
    limit(&mut command, libc::RLIMIT_NPROC, 2);
    let mut server = Server::start_command(command);
    std::fs::remove_dir_all(&folder).unwrap();

    let ada = served(&server);
    for _ in 0..3 {
        server.connect().hears_the_end();
    }
    ada.says_and_hears(b"still here\n");
    drop(ada);
    eventually("no process is left", || {
        server.workers().is_empty().then_some(())
    });
    served(&server);
    server.signal(Signal::SIGTERM);
    assert_eq!(server.wait().code(), Some(0));
    assert_eq!(server.output(), "server stopped: 5 clients served\n");
    let complaint = "fork a worker: Resource temporarily unavailable\n";
    assert!(server.complaints().contains(complaint));
}

#[test]
fn without_descriptors_it_waits_for_them_without_spinning() {
    let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin(PROGRAM));
    command.arg("--quiet");
    // Standard input, output, error, the pipe for signals, the listening socket.
    limit(&mut command, libc::RLIMIT_NOFILE, 6);
    let server = Server::start_command(command);
    let ada = server.connect();
    ada.says(b"patience\n");
    let before = server.ticks();
    ada.hears_nothing();
    ada.hears_nothing();
    assert!(server.ticks() <= before + 2);
    raise_descriptors(&server);
    ada.hears(b"patience\n");
}

#[test]
fn an_idle_server_with_idle_clients_sleeps() {
    let server = start(&["--quiet"]);
    let _clients: Vec<_> = (0..5).map(|_| served(&server)).collect();
    drop(served(&server));
    let ada = served(&server);
    let switches = || -> u64 {
        let status = format!("/proc/{}/status", server.child.id());
        let status = std::fs::read_to_string(status).unwrap();
        let line = status
            .lines()
            .find(|line| line.starts_with("voluntary_ctxt"));
        line.unwrap().rsplit('\t').next().unwrap().parse().unwrap()
    };
    // Past the moment in which it may wake to reap.
    ada.hears_nothing();
    let before = switches();
    ada.hears_nothing();
    assert_eq!(switches(), before);
}
