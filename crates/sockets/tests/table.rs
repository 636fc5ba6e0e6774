//! The kernel's table, against sockets that are known.
#![cfg(target_os = "linux")] // elsewhere there is none
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod support;

use sockets::table::{self, State};
use sockets::{Listener, connect_to, rio};
use std::net::{Ipv6Addr, SocketAddr};
use std::os::fd::{AsFd, AsRawFd};
use support::{eventually, listener};

#[test]
fn the_table_shows_both_ends_and_the_queue() {
    let listener = listener();
    let address = listener.local_addr().unwrap();
    let client = connect_to(address).unwrap();
    rio::writen(&client, b"12345").unwrap();
    let row = |local: SocketAddr, state: State| {
        table::read()
            .unwrap()
            .into_iter()
            .find(|row| row.local == local && row.state == state)
    };

    eventually("the connection is queued", || {
        row(address, State::Listen).is_some_and(|row| row.receive_queue == 1)
    });
    let server = listener.accept().unwrap();
    eventually("the bytes have come", || {
        row(address, State::Established).is_some_and(|row| row.receive_queue == 5)
    });
    let seen = row(address, State::Established).unwrap();
    assert_eq!(seen.remote, client.local_addr().unwrap());
    assert_eq!(seen.inode, inode(&server));

    drop(client);
    eventually("the client's end has come", || {
        row(address, State::CloseWait).is_some()
    });
}

/// The number in `socket:[4711]`.
fn inode(fd: impl AsFd) -> u64 {
    let link = std::fs::read_link(format!("/proc/self/fd/{}", fd.as_fd().as_raw_fd())).unwrap();
    let name = link.to_string_lossy().into_owned();
    name.trim_matches(|letter: char| !letter.is_ascii_digit())
        .parse()
        .unwrap()
}

#[test]
fn the_table_has_ipv6_too() {
    let Ok(listener) = Listener::bind(SocketAddr::from((Ipv6Addr::LOCALHOST, 0)), 7) else {
        return; // a machine without IPv6
    };
    let address = listener.local_addr().unwrap();
    let rows = table::read().unwrap();
    let row = rows.iter().find(|row| row.local == address).unwrap();
    assert_eq!(row.state, State::Listen);
    assert_eq!(row.remote.to_string(), "[::]:0");
}
