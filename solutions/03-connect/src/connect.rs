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
    // <student: connect, print the two ends of the connection, then what the server sends>
    let server = open_clientfd(addresses)?;
    let (local, remote) = ends_of(&server)?;
    println!("{local} -> {remote}");
    copy_to_stdout(&server)
    // </student>
}

/// A connection to the first of the addresses that answers; if none does, the
/// failure of the last.
fn open_clientfd(addresses: &[SocketAddr]) -> Result<OwnedFd, Failure> {
    let mut failure = Failure::new("connect", "nowhere", Errno::EDESTADDRREQ);
    // <student: try one address after the other; what failed is closed before the next is tried>
    for &address in addresses {
        match connect_to(address) {
            Ok(server) => return Ok(server),
            Err(this) => failure = this,
        }
    }
    Err(failure)
    // </student>
}

/// A connection to this address. When that fails, its socket is closed.
fn connect_to(address: SocketAddr) -> Result<OwnedFd, Failure> {
    // <student: a TCP socket of the address's family, connected to the address>
    let family = match address {
        SocketAddr::V4(_) => AddressFamily::Inet,
        SocketAddr::V6(_) => AddressFamily::Inet6,
    };
    let server = socket(family, SockType::Stream, SockFlag::empty(), None)
        .map_err(|cause| Failure::new("socket", address, cause))?;
    connect(server.as_raw_fd(), &*sockaddr::of(address))
        .map_err(|cause| Failure::new("connect", address, cause))?;
    Ok(server)
    // </student>
}

/// The two ends of a connection: ours, and the server's.
fn ends_of(server: &OwnedFd) -> Result<(SocketAddr, SocketAddr), Failure> {
    // <student: ask the kernel for both ends of the connection>
    let local: SockaddrStorage = getsockname(server.as_raw_fd())
        .map_err(|cause| Failure::new("getsockname", "the connection", cause))?;
    let remote: SockaddrStorage = getpeername(server.as_raw_fd())
        .map_err(|cause| Failure::new("getpeername", "the connection", cause))?;
    sockaddr::to_std(&local)
        .zip(sockaddr::to_std(&remote))
        .ok_or_else(|| Failure::new("getsockname", "the connection", Errno::EAFNOSUPPORT))
    // </student>
}

/// Prints every byte that the server sends, as soon as it is there, up to end
/// of file.
fn copy_to_stdout(server: &OwnedFd) -> Result<(), Failure> {
    let mut buffer = [0; 8192];
    // <student: what comes goes to standard output at once, until no more comes>
    loop {
        let count = read(server, &mut buffer)
            .map_err(|cause| Failure::new("read", "the connection", cause))?;
        if count == 0 {
            return Ok(());
        }
        print(&buffer[..count])?;
    }
    // </student>
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
