//! The measurement: listen, connect until the kernel completes no further
//! connection, and only then accept.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, poll};
use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, SockaddrStorage, connect, getsockopt, socket, sockopt,
};
use sockets::{Error, Listener, Result};

/// How long a connection may take, in milliseconds. One that takes longer will
/// not be completed as long as nobody accepts.
const PATIENCE: u16 = 300;

/// Measures a queue of SIZE on PORT, and prints `queued: N` and `accepted: N`.
pub fn run(port: u16, size: i32) -> Result<()> {
    todo!(
        "listen with a queue of SIZE; fill it; say how many wait; accept them all; say how many they were"
    )
}

/// Connects to `server` until a connection is not completed; gives those that
/// are.
fn fill(server: SocketAddr) -> Result<Vec<OwnedFd>> {
    todo!("one connection after another, until one is not completed; keep those that are open")
}

/// A connection to `server`, or none if it is not completed within PATIENCE.
/// The socket of one that is not completed is closed.
fn connect_in_time(server: SocketAddr) -> Result<Option<OwnedFd>> {
    let failed = |cause: Errno| Error::call("connect", server, cause.into());
    let client = socket(
        AddressFamily::Inet,
        SockType::Stream,
        SockFlag::empty(),
        None,
    )
    .map_err(|cause| Error::call("socket for", server, cause.into()))?;
    todo!(
        "start the connection without waiting for it, wait for at most PATIENCE, and learn how it went"
    )
}

/// From now on no call on this socket waits.
fn set_nonblocking(socket: &OwnedFd) -> Result<()> {
    use nix::fcntl::{FcntlArg, OFlag, fcntl};
    fcntl(socket, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))
        .map(drop)
        .map_err(|cause| Error::call("fcntl", "O_NONBLOCK", io::Error::from(cause)))
}

/// Takes every connection out of the queue; gives how many there were.
fn accept_all(listener: &Listener) -> Result<usize> {
    todo!("accept until the queue is empty, without waiting for more")
}
