//! The server: one loop that waits for all sockets at once, and serves those
//! that are ready.

use std::convert::Infallible;
use std::error::Error;
use std::net::Ipv4Addr;
use std::os::fd::AsFd;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use sockets::Listener;

use crate::client::Client;

/// How many clients may wait until they are accepted.
const BACKLOG: i32 = 128;

/// Serves every client that connects to `port`, for ever.
///
/// # Errors
///
/// The port cannot be listened on, or no more clients can be accepted.
pub fn run(port: u16) -> Result<Infallible, Box<dyn Error>> {
    let listener = Listener::bind((Ipv4Addr::UNSPECIFIED, port), BACKLOG)?;
    listener.set_nonblocking(true)?;
    let mut clients = Vec::new();
    loop {
        let ready = wait(&listener, &clients)?;
        serve(&mut clients, &ready.clients);
        if ready.listener {
            accept(&listener, &mut clients)?;
        }
    }
}

/// Which sockets are ready: those of the clients in the order of their list.
struct Ready {
    listener: bool,
    clients: Vec<bool>,
}

/// Waits until the listening socket or one of the clients is ready.
fn wait(listener: &Listener, clients: &[Client]) -> nix::Result<Ready> {
    todo!("one poll for all of them, each with what it is waited for")
}

/// Serves the clients that are ready, and lets go of those that have finished
/// or whose connection broke.
fn serve(clients: &mut Vec<Client>, ready: &[bool]) {
    todo!("each ready client proceeds; what goes wrong with one concerns nobody else")
}

/// Accepts every client in the queue.
fn accept(listener: &Listener, clients: &mut Vec<Client>) -> Result<(), Box<dyn Error>> {
    todo!("until the queue is empty; a client that cannot be served is let go")
}
