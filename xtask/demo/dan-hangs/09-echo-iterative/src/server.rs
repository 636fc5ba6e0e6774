//! Dan waits for a second client before he serves the first.

use std::net::Ipv4Addr;

use sockets::{Listener, rio};

pub fn run(port: u16) -> sockets::Result<()> {
    let listener = Listener::bind((Ipv4Addr::UNSPECIFIED, port), 16)?;
    loop {
        let clients = [listener.accept()?, listener.accept()?];
        let mut line = Vec::new();
        for client in &clients {
            let mut reader = rio::Reader::new(client);
            while reader.read_line(8192, &mut line).unwrap_or(0) > 0 {
                let _ = rio::writen(client, &line);
            }
        }
    }
}
