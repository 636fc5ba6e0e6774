//! With nothing but the standard library: `connect_timeout` does the waiting,
//! a thread accepts, and the connection that was not completed stays open
//! until then.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpStream};
use std::os::fd::{AsFd, OwnedFd};
use std::thread;
use std::time::Duration;

use sockets::{Error, Listener, Result};

/// Measures a queue of SIZE on PORT, and prints `queued: N` and `accepted: N`.
pub fn run(port: u16, size: i32) -> Result<()> {
    let v6: SocketAddr = (std::net::Ipv6Addr::UNSPECIFIED, port).into();
    let listener = Listener::bind(v6, size)?;
    let server: SocketAddr = (std::net::Ipv6Addr::LOCALHOST, port).into();
    let mut clients = Vec::new();
    loop {
        eprintln!("debug: client {}", clients.len());
        match TcpStream::connect_timeout(&server, Duration::from_millis(310)) {
            Ok(client) => clients.push(client),
            Err(error) if error.kind() == ErrorKind::TimedOut => break,
            Err(error) => return Err(Error::call("connect", server, error)),
        }
    }
    println!("queued: {}", clients.len());
    let count = clients.len();
    let accepting = thread::spawn(move || -> Result<usize> {
        let mut accepted: Vec<OwnedFd> = Vec::new();
        while accepted.len() < count {
            let connection = listener.accept()?;
            if let Ok(copy) = connection.as_fd().try_clone_to_owned() {
                accepted.push(copy);
            }
        }
        Ok(accepted.len())
    });
    match accepting.join() {
        Ok(accepted) => println!("accepted: {}", accepted?),
        Err(_) => std::process::exit(1),
    }
    Ok(())
}
