//! The server: listen, then serve one client after another.

use std::error::Error;
use std::io;
use std::net::Ipv4Addr;

use sockets::{Connection, Listener, resolve, rio};

/// How many clients may wait in the queue while another one is served.
const BACKLOG: i32 = 16;

/// A line longer than this, in bytes, is handled in pieces.
const MAX_LINE: usize = 8192;

/// Serves one client after another, for ever. Returns only when a system call
/// that concerns all clients has failed.
pub fn run(port: u16) -> sockets::Result<()> {
    let listener = listen(port)?;
    todo!("serve one client after another; an error of one ends that client's connection alone")
}

/// A socket that listens on PORT, on every IPv4 address of this machine.
fn listen(port: u16) -> sockets::Result<Listener> {
    todo!("a listening socket on PORT, on all addresses, where BACKLOG clients may wait")
}

/// Serves one client, until it leaves.
fn serve(client: &Connection) -> Result<(), Box<dyn Error>> {
    greet(client)?;
    echo(client)?;
    Ok(())
}

/// Prints who has connected: `server connected to NAME (IP)`.
fn greet(client: &Connection) -> sockets::Result<()> {
    todo!("print who has connected; NAME is the address itself where it has no name")
}

/// Sends every line of the client back to it, until the client has no more.
fn echo(client: &Connection) -> io::Result<()> {
    todo!("until end of file: a line in, `server received N bytes` on stdout, the line out")
}
