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
    // <student: listen with a queue of SIZE; fill it; say how many wait; accept them all; say how many they were>
    let listener = Listener::bind((Ipv4Addr::UNSPECIFIED, port), size)?;
    let clients = fill(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
    println!("queued: {}", clients.len());
    let accepted = accept_all(&listener)?;
    println!("accepted: {accepted}");
    Ok(())
    // </student>
}

/// Connects to `server` until a connection is not completed; gives those that
/// are.
fn fill(server: SocketAddr) -> Result<Vec<OwnedFd>> {
    // <student: one connection after another, until one is not completed; keep those that are open>
    let mut clients = Vec::new();
    while let Some(client) = connect_in_time(server)? {
        clients.push(client);
    }
    Ok(clients)
    // </student>
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
    // <student: start the connection without waiting for it, wait for at most PATIENCE, and learn how it went>
    set_nonblocking(&client)?;
    match connect(client.as_raw_fd(), &SockaddrStorage::from(server)) {
        Ok(()) => return Ok(Some(client)),
        Err(Errno::EINPROGRESS) => (),
        Err(cause) => return Err(failed(cause)),
    }
    let mut wait = [PollFd::new(client.as_fd(), PollFlags::POLLOUT)];
    if poll(&mut wait, PATIENCE).map_err(failed)? == 0 {
        return Ok(None);
    }
    match getsockopt(&client, sockopt::SocketError).map_err(failed)? {
        0 => Ok(Some(client)),
        number => Err(failed(Errno::from_raw(number))),
    }
    // </student>
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
    // <student: accept until the queue is empty, without waiting for more>
    listener.set_nonblocking(true)?;
    let mut accepted = Vec::new();
    loop {
        match listener.accept() {
            Ok(connection) => accepted.push(connection),
            Err(error) if error.is_would_block() => return Ok(accepted.len()),
            Err(error) => return Err(error),
        }
    }
    // </student>
}
