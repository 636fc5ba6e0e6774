//! Unusual and right: every byte goes back before its line is complete, long
//! lines are counted in pieces of 1,024 bytes, and each client has a thread,
//! which has ended before the next client is accepted.

use std::io;
use std::net::Ipv4Addr;
use std::thread;

use sockets::{Connection, Listener, Result, resolve, rio};

/// Serves one client after another.
pub fn run(port: u16) -> Result<()> {
    let listener = Listener::bind((Ipv4Addr::UNSPECIFIED, port), 1)?;
    loop {
        let client = listener.accept()?;
        let ip = client.peer_addr()?.ip();
        println!("server connected to {} ({ip})", resolve::name_of(ip));
        let worker = thread::spawn(move || echo(&client));
        match worker.join() {
            Ok(Ok(())) => {}
            Ok(Err(error)) => eprintln!("{error}"),
            Err(_) => eprintln!("the worker panicked"),
        }
    }
}

fn echo(client: &Connection) -> io::Result<()> {
    client.set_nodelay(true).map_err(io::Error::other)?;
    let mut reader = rio::Reader::new(client);
    let mut count = 0;
    let report = |count: &mut usize| {
        if *count > 0 {
            println!("server received {count} bytes");
        }
        *count = 0;
    };
    loop {
        // One read, then whatever it brought, byte for byte.
        let mut first = [0];
        if reader.readn(&mut first)? == 0 {
            report(&mut count);
            return Ok(());
        }
        let mut bytes = vec![first[0]];
        let mut more = vec![0; reader.buffer().len()];
        reader.readn(&mut more)?;
        bytes.extend(more);
        rio::writen(client, &bytes)?;
        for byte in bytes {
            count += 1;
            if byte == b'\n' || count == 1024 {
                report(&mut count);
            }
        }
    }
}
