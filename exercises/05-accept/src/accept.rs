//! Accepting: one client after another, COUNT in all.

use std::net::SocketAddrV4;
use std::os::fd::OwnedFd;

use nix::errno::Errno;
use nix::unistd::write;

use crate::call;
use crate::failure::Failure;

/// Accepts COUNT clients one after another, and greets each.
///
/// # Errors
///
/// What concerns the listening socket. What is wrong with one client ends with
/// its connection.
pub fn run(listener: &OwnedFd, count: u32) -> Result<(), Failure> {
    todo!("COUNT clients, one after another; one that is gone costs no other its greeting")
}

/// The next client. A signal that interrupts the wait changes nothing.
fn accept(listener: &OwnedFd) -> Result<(OwnedFd, SocketAddrV4), Errno> {
    todo!("what `call::accept` gives; only, an interruption is neither a client nor a failure")
}

/// Says who has come, and sends the greeting.
fn greet(client: &OwnedFd, address: SocketAddrV4) -> Result<(), Failure> {
    todo!("print `accepted NAME (IP:PORT)` and send `hello\\n`")
}
