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
    // <student: listen on all IPv4 addresses; accept for ever, a thread for each client>
    let listener = Listener::bind((Ipv4Addr::UNSPECIFIED, port), BACKLOG)?;
    loop {
        let connection = listener.accept()?;
        if let Err(error) = serve_in_a_thread(connection) {
            eprintln!("echo-threads: no thread for a client: {error}");
        }
    }
    // </student>
}

/// Starts a thread for this client, and does not wait for its end.
///
/// # Errors
///
/// There can be no further thread. The connection is closed then.
fn serve_in_a_thread(connection: Connection) -> io::Result<()> {
    // <student: a thread that owns the connection, and of which nothing stays here>
    // The handle is dropped at once, which detaches the thread: when it ends,
    // its stack goes with it, and nobody has to join it.
    thread::Builder::new().spawn(move || serve(&connection))?;
    Ok(())
    // </student>
}

/// What a thread does: it serves one client, and ends.
fn serve(connection: &Connection) {
    // <student: echo until the client has finished; what goes wrong with it concerns nobody else>
    if let Err(error) = echo::serve(connection) {
        eprintln!("echo-threads: a connection ended: {error}");
    }
    // </student>
}
