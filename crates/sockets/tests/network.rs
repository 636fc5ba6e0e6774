//! Listener and connection, as they see each other.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod support;

use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use sockets::{Connection, Listener, connect, connect_to, resolve, rio};
use std::net::{Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr};
use std::os::fd::{AsFd, AsRawFd};
use std::time::Duration;
use support::{any_port, connection, listener};

fn is_close_on_exec(fd: impl AsFd) -> bool {
    let flags = fcntl(fd, FcntlArg::F_GETFD).unwrap();
    FdFlag::from_bits_retain(flags).contains(FdFlag::FD_CLOEXEC)
}

#[test]
fn every_descriptor_is_closed_on_exec() {
    let listener = listener();
    let client = connect_to(listener.local_addr().unwrap()).unwrap();
    let server = listener.accept().unwrap();
    assert!(is_close_on_exec(&listener));
    assert!(is_close_on_exec(&client));
    assert!(is_close_on_exec(&server));
}

#[test]
fn a_taken_port_is_told_with_its_address() {
    let listener = listener();
    let address = listener.local_addr().unwrap();
    let error = Listener::bind(address, 16).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("bind {address}: Address already in use")
    );
}

#[test]
fn an_address_of_another_machine_is_told() {
    let elsewhere: SocketAddr = "192.0.2.1:4321".parse().unwrap();
    let error = Listener::bind(elsewhere, 16).unwrap_err();
    assert_eq!(
        error.to_string(),
        "bind 192.0.2.1:4321: Cannot assign requested address"
    );
}

#[test]
fn restarts_at_once_on_a_port_in_time_wait() {
    let listener = listener();
    let address = listener.local_addr().unwrap();
    let client = connect_to(address).unwrap();
    // Who closes first waits.
    drop(listener.accept().unwrap());
    assert_eq!(rio::readn(&client, &mut [0; 1]).unwrap(), 0);
    drop(client);
    drop(listener);
    Listener::bind(address, 16).unwrap();
}

#[test]
fn a_client_that_is_gone_before_it_is_accepted_has_an_address() {
    let listener = listener();
    let client = connect_to(listener.local_addr().unwrap()).unwrap();
    let address = client.local_addr().unwrap();
    client.set_linger(Some(Duration::ZERO)).unwrap();
    drop(client);
    let server = listener.accept().unwrap();
    assert_eq!(server.peer_addr().unwrap(), address);
    // The kernel has forgotten it.
    let bare = Connection::from(std::os::fd::OwnedFd::from(server));
    let error = bare.peer_addr().unwrap_err();
    assert_eq!(error.errno(), Some(libc::ENOTCONN));
}

#[test]
fn one_listener_takes_both_families_and_shows_each_as_it_is() {
    let both = SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0));
    let Ok(listener) = Listener::bind(both, 16) else {
        return; // a machine without IPv6
    };
    let port = listener.local_addr().unwrap().port();
    let v4 = connect("127.0.0.1", port).unwrap();
    let server = listener.accept().unwrap();
    assert!(server.peer_addr().unwrap().is_ipv4());
    assert_eq!(server.peer_addr().unwrap(), v4.local_addr().unwrap());
    assert_eq!(server.local_addr().unwrap(), v4.peer_addr().unwrap());

    let v6 = connect("::1", port).unwrap();
    let server = listener.accept().unwrap();
    assert!(server.peer_addr().unwrap().is_ipv6());
    assert_eq!(server.peer_addr().unwrap(), v6.local_addr().unwrap());
}

#[test]
fn the_queue_of_a_listener_that_does_not_block_may_be_empty() {
    let listener = listener();
    listener.set_nonblocking(true).unwrap();
    assert!(listener.accept().unwrap_err().is_would_block());
    let client = connect_to(listener.local_addr().unwrap()).unwrap();
    let server = listener.accept().unwrap();
    // The connection blocks: this waits for the client.
    rio::writen(&client, b"x").unwrap();
    assert_eq!(rio::readn(&server, &mut [0; 1]).unwrap(), 1);
}

#[test]
fn an_answer_comes_through_a_connection_that_is_half_closed() {
    let (client, server) = connection();
    rio::writen(&client, b"question").unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    let mut question = [0; 20];
    assert_eq!(rio::readn(&server, &mut question).unwrap(), 8);
    rio::writen(&server, b"answer").unwrap();
    drop(server);
    let mut answer = [0; 20];
    assert_eq!(rio::readn(&client, &mut answer).unwrap(), 6);
    assert_eq!(&answer[..6], b"answer");
}

#[test]
fn a_port_that_nobody_listens_on_refuses() {
    // Bound, so that nobody else listens there meanwhile.
    let listener = listener();
    let address = listener.local_addr().unwrap();
    nix::sys::socket::shutdown(
        listener.as_fd().as_raw_fd(),
        nix::sys::socket::Shutdown::Both,
    )
    .unwrap();
    let error = connect("127.0.0.1", address.port()).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("connect {address}: Connection refused")
    );
    assert!(!error.is_resolution());
}

#[test]
fn unknown_names_are_errors_of_resolution() {
    for error in [
        connect("host.invalid", 4321).map(drop).unwrap_err(),
        connect("a\0b", 4321).map(drop).unwrap_err(),
        resolve::lookup("127.0.0.1", "70000").map(drop).unwrap_err(),
        resolve::lookup("127.0.0.1", "no-such-service")
            .map(drop)
            .unwrap_err(),
    ] {
        assert!(error.is_resolution(), "{error}");
        assert!(error.to_string().starts_with("resolve "), "{error}");
    }
}

#[test]
fn an_address_is_its_own_name_and_literals_come_back() {
    let found = resolve::lookup("::1", "80").unwrap();
    assert_eq!(found, [SocketAddr::from((Ipv6Addr::LOCALHOST, 80))]);
    let found = resolve::lookup("127.0.0.9", "080").unwrap();
    assert_eq!(found, [SocketAddr::from((Ipv4Addr::new(127, 0, 0, 9), 80))]);
}

#[test]
fn each_address_of_a_name_comes_once() {
    let found = resolve::lookup("localhost", "80").unwrap();
    let mut once = found.clone();
    once.dedup();
    assert!(!found.is_empty());
    assert_eq!(found, once);
}

#[test]
fn a_queue_length_may_be_any_number() {
    for backlog in [-1, 0, i32::MAX] {
        Listener::bind(any_port(), backlog).unwrap();
    }
}
