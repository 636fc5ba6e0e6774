//! Ben counts a line without its end, and waits for that end for ever: a last
//! line that has none is dropped.

use std::io;
use std::net::Ipv4Addr;

use sockets::{Connection, Listener, resolve, rio};

pub fn run(port: u16) -> sockets::Result<()> {
    let listener = Listener::bind((Ipv4Addr::UNSPECIFIED, port), 16)?;
    loop {
        let client = listener.accept()?;
        if let Ok(peer) = client.peer_addr() {
            let ip = peer.ip();
            println!("server connected to {} ({ip})", resolve::name_of(ip));
        }
        if let Err(error) = echo(&client) {
            eprintln!("a client left: {error}");
        }
    }
}

fn echo(client: &Connection) -> io::Result<()> {
    let mut reader = rio::Reader::new(client);
    let mut line = Vec::new();
    while reader.read_line(8192, &mut line)? > 0 {
        if line.ends_with(b"\n") {
            println!("server received {} bytes", line.len() - 1);
            rio::writen(client, &line)?;
        }
    }
    Ok(())
}
