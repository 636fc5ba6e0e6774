//! The server: the main thread accepts, and each connection has a thread.

use std::convert::Infallible;
use std::error::Error;
use std::io;
use std::net::Ipv4Addr;
use std::thread;

use sockets::{Connection, Listener};

use crate::echo;

/// How many clients may wait until they are accepted.
const BACKLOG: i32 = 128;

/// Serves every client that connects to `port`, for ever.
///
/// # Errors
///
/// The port cannot be listened on, or no more clients can be accepted.
pub fn run(port: u16) -> Result<Infallible, Box<dyn Error>> {
    todo!("listen on all IPv4 addresses; accept for ever, a thread for each client")
}

/// Starts a thread for this client, and does not wait for its end.
///
/// # Errors
///
/// There can be no further thread. The connection is closed then.
fn serve_in_a_thread(connection: Connection) -> io::Result<()> {
    todo!("a thread that owns the connection, and of which nothing stays here")
}

/// What a thread does: it serves one client, and ends.
fn serve(connection: &Connection) {
    todo!("echo until the client has finished; what goes wrong with it concerns nobody else")
}
