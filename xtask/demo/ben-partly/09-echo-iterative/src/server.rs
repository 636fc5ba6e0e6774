//! Ben takes what one read gives for a line.

use std::fs::File;
use std::io::{Read, Write};
use std::net::Ipv4Addr;
use std::os::fd::{AsFd, OwnedFd};

use sockets::{Connection, Listener, resolve};

pub fn run(port: u16) -> sockets::Result<()> {
    let listener = Listener::bind((Ipv4Addr::UNSPECIFIED, port), 16)?;
    loop {
        let client = listener.accept()?;
        let ip = client.peer_addr()?.ip();
        println!("server connected to {} ({ip})", resolve::name_of(ip));
        echo(&client);
    }
}

fn echo(client: &Connection) {
    let descriptor: OwnedFd = client.as_fd().try_clone_to_owned().unwrap();
    let mut socket = File::from(descriptor);
    let mut buffer = [0; 1024];
    loop {
        match socket.read(&mut buffer) {
            Ok(0) | Err(_) => return,
            Ok(count) => {
                println!("server received {count} bytes");
                if socket.write(&buffer[..count]).is_err() {
                    return;
                }
            }
        }
    }
}
