//! The server: one watcher that accepts, and a worker for each connection.

use std::convert::Infallible;
use std::error::Error;
use std::io;
use std::net::Ipv4Addr;

use nix::errno::Errno;
use nix::libc;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};
use sockets::{Connection, Listener};

use crate::echo;

/// How many clients may wait until the watcher accepts them.
const BACKLOG: i32 = 128;

/// Serves every client that connects to `port`, for ever.
///
/// # Errors
///
/// The port cannot be listened on, or the watcher cannot go on.
pub fn run(port: u16) -> Result<Infallible, Box<dyn Error>> {
    todo!("listen on all IPv4 addresses, have ended workers reaped, and watch")
}

/// The watcher: accepts clients and hands each to a worker of its own.
fn watch(listener: Listener) -> Result<Infallible, Box<dyn Error>> {
    todo!("accept for ever; a worker for each client, and keep nothing of it here")
}

/// A worker: serves one client, then ends.
fn work(connection: Connection) -> ! {
    todo!("echo until the client has finished, then end this process, and only it")
}

/// From now on, a worker that ends leaves no zombie.
fn reap_workers() -> nix::Result<()> {
    todo!("however many workers end at the same moment")
}
