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
    // <student: COUNT clients, one after another; one that is gone costs no other its greeting>
    for _ in 0..count {
        let (client, address) = match accept(listener) {
            Ok(accepted) => accepted,
            // Gone before its turn, on systems that say so here.
            Err(Errno::ECONNABORTED) => continue,
            Err(cause) => return Err(Failure::new("accept", "the listening socket", cause)),
        };
        if let Err(failure) = greet(&client, address) {
            eprintln!("accept: a client is gone: {failure}");
        }
        // `client` goes out of scope here, which closes the connection.
    }
    Ok(())
    // </student>
}

/// The next client. A signal that interrupts the wait changes nothing.
fn accept(listener: &OwnedFd) -> Result<(OwnedFd, SocketAddrV4), Errno> {
    // <student: what `call::accept` gives; only, an interruption is neither a client nor a failure>
    loop {
        match call::accept(listener) {
            Err(Errno::EINTR) => {}
            accepted => return accepted,
        }
    }
    // </student>
}

/// Says who has come, and sends the greeting.
fn greet(client: &OwnedFd, address: SocketAddrV4) -> Result<(), Failure> {
    // <student: print `accepted NAME (IP:PORT)` and send `hello\n`>
    println!("accepted {} ({address})", call::name_of(*address.ip()));
    write(client, b"hello\n").map_err(|cause| Failure::new("write", address, cause))?;
    Ok(())
    // </student>
}
