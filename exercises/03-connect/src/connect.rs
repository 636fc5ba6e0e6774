//! Connecting: to the first of a host's addresses that answers.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::os::fd::{AsRawFd, OwnedFd};

use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, SockaddrStorage, connect, getpeername, getsockname, socket,
};
use nix::unistd::read;

use crate::failure::Failure;
use crate::sockaddr;

/// Connects to one of the addresses, says between which ends, and prints what
/// the server sends.
pub fn run(addresses: &[SocketAddr]) -> Result<(), Failure> {
    todo!("connect, print the two ends of the connection, then what the server sends")
}

/// A connection to the first of the addresses that answers; if none does, the
/// failure of the last.
fn open_clientfd(addresses: &[SocketAddr]) -> Result<OwnedFd, Failure> {
    let mut failure = Failure::new("connect", "nowhere", Errno::EDESTADDRREQ);
    todo!("try one address after the other; what failed is closed before the next is tried")
}

/// A connection to this address. When that fails, its socket is closed.
fn connect_to(address: SocketAddr) -> Result<OwnedFd, Failure> {
    todo!("a TCP socket of the address's family, connected to the address")
}

/// The two ends of a connection: ours, and the server's.
fn ends_of(server: &OwnedFd) -> Result<(SocketAddr, SocketAddr), Failure> {
    todo!("ask the kernel for both ends of the connection")
}

/// Prints every byte that the server sends, as soon as it is there, up to end
/// of file.
fn copy_to_stdout(server: &OwnedFd) -> Result<(), Failure> {
    let mut buffer = [0; 8192];
    todo!("what comes goes to standard output at once, until no more comes")
}

/// Prints the bytes at once, also when no `\n` ends them.
fn print(bytes: &[u8]) -> Result<(), Failure> {
    let mut stdout = io::stdout();
    stdout
        .write_all(bytes)
        .and_then(|()| stdout.flush())
        .map_err(|error| {
            let cause = Errno::from_raw(error.raw_os_error().unwrap_or(0));
            Failure::new("write", "standard output", cause)
        })
}
