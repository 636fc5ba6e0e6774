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
    // <student: serve one client after another; an error of one ends that client's connection alone>
    loop {
        let client = listener.accept()?;
        if let Err(error) = serve(&client) {
            eprintln!("echo-iterative: a connection broke: {error}");
        }
        // `client` goes out of scope here, which closes the connection.
    }
    // </student>
}

/// A socket that listens on PORT, on every IPv4 address of this machine.
fn listen(port: u16) -> sockets::Result<Listener> {
    // <student: a listening socket on PORT, on all addresses, where BACKLOG clients may wait>
    Listener::bind((Ipv4Addr::UNSPECIFIED, port), BACKLOG)
    // </student>
}

/// Serves one client, until it leaves.
fn serve(client: &Connection) -> Result<(), Box<dyn Error>> {
    greet(client)?;
    echo(client)?;
    Ok(())
}

/// Prints who has connected: `server connected to NAME (IP)`.
fn greet(client: &Connection) -> sockets::Result<()> {
    // <student: print who has connected; NAME is the address itself where it has no name>
    let ip = client.peer_addr()?.ip();
    println!("server connected to {} ({ip})", resolve::name_of(ip));
    Ok(())
    // </student>
}

/// Sends every line of the client back to it, until the client has no more.
fn echo(client: &Connection) -> io::Result<()> {
    // <student: until end of file: a line in, `server received N bytes` on stdout, the line out>
    let mut reader = rio::Reader::new(client);
    let mut line = Vec::new();
    loop {
        let count = reader.read_line(MAX_LINE, &mut line)?;
        if count == 0 {
            return Ok(());
        }
        println!("server received {count} bytes");
        rio::writen(client, &line)?;
    }
    // </student>
}
