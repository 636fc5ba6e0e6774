//! Cleo uses the connection after it was given away.

use std::net::Ipv4Addr;

use sockets::{Connection, Listener};

pub fn run(port: u16) -> sockets::Result<()> {
    let listener = Listener::bind((Ipv4Addr::UNSPECIFIED, port), 16)?;
    loop {
        let client = listener.accept()?;
        serve(client);
        println!("{:?} has left", client.peer_addr()?);
    }
}

fn serve(client: Connection) {}
