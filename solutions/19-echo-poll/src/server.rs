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
    // <student: one poll for all of them, each with what it is waited for>
    let mut sockets = vec![PollFd::new(listener.as_fd(), PollFlags::POLLIN)];
    sockets.extend(
        clients
            .iter()
            .map(|client| PollFd::new(client.as_fd(), client.interest())),
    );
    while let Err(error) = poll(&mut sockets, PollTimeout::NONE) {
        if error != Errno::EINTR {
            return Err(error);
        }
    }
    // Any event is one: an error or a hangup shows at the next read or write.
    let mut ready = sockets.iter().map(|socket| socket.any().unwrap_or(true));
    Ok(Ready {
        listener: ready.next().unwrap_or(false),
        clients: ready.collect(),
    })
    // </student>
}

/// Serves the clients that are ready, and lets go of those that have finished
/// or whose connection broke.
fn serve(clients: &mut Vec<Client>, ready: &[bool]) {
    // <student: each ready client proceeds; what goes wrong with one concerns nobody else>
    let mut ready = ready.iter();
    clients.retain_mut(|client| {
        if ready.next() != Some(&true) {
            return true;
        }
        client.proceed().unwrap_or_else(|error| {
            eprintln!("echo-poll: a connection ended: {error}");
            false
        })
    });
    // </student>
}

/// Accepts every client in the queue.
fn accept(listener: &Listener, clients: &mut Vec<Client>) -> Result<(), Box<dyn Error>> {
    // <student: until the queue is empty; a client that cannot be served is let go>
    loop {
        match listener.accept() {
            Ok(connection) => match Client::new(connection) {
                Ok(client) => clients.push(client),
                Err(error) => eprintln!("echo-poll: a connection ended: {error}"),
            },
            Err(error) if error.is_would_block() => return Ok(()),
            Err(error) => return Err(error.into()),
        }
    }
    // </student>
}
