//! What the tests of this library share.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]
#![allow(dead_code, reason = "each test target uses a part of it")]

use nix::poll::poll;
use nix::sys::socket::{AddressFamily, SockFlag, SockType, setsockopt, socketpair, sockopt};
use sockets::{Connection, Listener, connect_to};
use std::net::{Ipv4Addr, SocketAddr};
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

/// Long enough for a loaded machine; nothing waits so long that goes well.
const PATIENCE: Duration = Duration::from_secs(20);

/// Waits until `condition` holds.
pub fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < deadline, "never happened: {what}");
        let _ = poll(&mut [], 1u8);
    }
}

pub fn any_port() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, 0))
}

pub fn listener() -> Listener {
    Listener::bind(any_port(), 16).unwrap()
}

/// Both ends of a TCP connection.
pub fn connection() -> (Connection, Connection) {
    let listener = listener();
    let client = connect_to(listener.local_addr().unwrap()).unwrap();
    (client, listener.accept().unwrap())
}

/// Two stream sockets with buffers as small as the system has them.
pub fn narrow_pair() -> (OwnedFd, OwnedFd) {
    let pair = pair(SockType::Stream);
    for end in [&pair.0, &pair.1] {
        setsockopt(end, sockopt::SndBuf, &1).unwrap();
        setsockopt(end, sockopt::RcvBuf, &1).unwrap();
    }
    pair
}

/// Two sockets between which each `read` gives what one `write` wrote: short counts at will.
pub fn packet_pair() -> (OwnedFd, OwnedFd) {
    pair(SockType::SeqPacket)
}

fn pair(kind: SockType) -> (OwnedFd, OwnedFd) {
    socketpair(AddressFamily::Unix, kind, None, SockFlag::empty()).unwrap()
}
