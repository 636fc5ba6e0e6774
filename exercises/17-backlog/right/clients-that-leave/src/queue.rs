//! Each client leaves as soon as it is connected: its place in the queue stays
//! taken. It needs few descriptors. Several connections at a time are tried for
//! the last place, from other addresses of this machine.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use sockets::{Error, Listener, Result};

/// Measures a queue of SIZE on PORT, and prints `queued: N` and `accepted: N`.
pub fn run(port: u16, size: i32) -> Result<()> {
    let listener = Listener::bind((Ipv4Addr::UNSPECIFIED, port), size)?;
    let mut queued = 0;
    loop {
        let server = SocketAddr::from(([127, 0, 0, 2], port));
        let (told, answer) = mpsc::channel();
        // The last of these threads sits in `connect` when the program ends.
        thread::spawn(move || {
            let client = TcpStream::connect(server);
            let _ = told.send(client.map(drop));
        });
        match answer.recv_timeout(Duration::from_millis(300)) {
            Ok(Ok(())) => queued += 1,
            Ok(Err(error)) => return Err(Error::call("connect", server, error)),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
        }
    }
    println!("queued: {queued}");
    let listener = TcpListener::from(
        std::os::fd::AsFd::as_fd(&listener)
            .try_clone_to_owned()
            .map_err(|cause| Error::call("dup", "the listening socket", cause))?,
    );
    let failed = |cause| Error::call("accept", port, cause);
    for _ in 0..queued {
        listener.accept().map_err(failed)?;
    }
    println!("accepted: {queued}");
    Ok(())
}
