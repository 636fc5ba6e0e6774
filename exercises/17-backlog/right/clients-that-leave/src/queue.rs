//! Each client leaves as soon as it is connected: its place in the queue stays
//! taken, and few descriptors are needed. A thread of its own connects, to
//! another address of this machine.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use sockets::{Error, Listener, Result};

/// Measures a queue of SIZE on PORT, and prints `queued: N` and `accepted: N`.
pub fn run(port: u16, size: i32) -> Result<()> {
    let listener = Listener::bind((Ipv4Addr::UNSPECIFIED, port), size)?;
    let server = SocketAddr::from(([127, 0, 0, 2], port));
    let (told, answers) = mpsc::channel();
    thread::spawn(move || {
        loop {
            let client = TcpStream::connect_timeout(&server, Duration::from_millis(300));
            let last = client.is_err();
            if told.send(client.map(drop)).is_err() || last {
                return;
            }
        }
    });
    let mut queued = 0;
    for answer in answers {
        match answer {
            Ok(()) => queued += 1,
            Err(error) if error.kind() == ErrorKind::TimedOut => break,
            Err(error) => return Err(Error::call("connect", server, error)),
        }
    }
    println!("queued: {queued}");
    let copy = listener.as_fd().try_clone_to_owned();
    let copy = copy.map_err(|cause| Error::call("dup", "the listening socket", cause))?;
    let listener = TcpListener::from(copy);
    for _ in 0..queued {
        let accepted = listener.accept();
        accepted.map_err(|cause| Error::call("accept", port, cause))?;
    }
    println!("accepted: {queued}");
    Ok(())
}
