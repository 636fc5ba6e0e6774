//! Unusual and right: lets the standard library try the addresses, reads a few
//! bytes at a time without blocking, on a thread of its own, and talks on
//! standard error.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::AsFd;
use std::thread;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::failure::Failure;

/// Connects to one of the addresses, says between which ends, and prints what
/// the server sends.
pub fn run(addresses: &[SocketAddr]) -> Result<(), Failure> {
    eprintln!("{} addresses to try", addresses.len());
    let failed = |operation| move |error: io::Error| failure(operation, &error);
    let server = TcpStream::connect(addresses).map_err(failed("connect"))?;
    server
        .set_nonblocking(true)
        .map_err(failed("set_nonblocking"))?;
    let local = server.local_addr().map_err(failed("getsockname"))?;
    let remote = server.peer_addr().map_err(failed("getpeername"))?;
    println!("{local} -> {remote}");
    eprintln!("connected");
    let copied = thread::spawn(move || copy(server)).join();
    copied.unwrap_or(Ok(())).map_err(failed("copy"))
}

fn copy(mut server: TcpStream) -> io::Result<()> {
    let mut few = [0; 700];
    let mut stdout = io::stdout();
    loop {
        match server.read(&mut few) {
            Ok(0) => return Ok(()),
            Ok(count) => {
                stdout.write_all(&few[..count])?;
                stdout.flush()?;
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                let mut wait = [PollFd::new(server.as_fd(), PollFlags::POLLIN)];
                let _ = poll(&mut wait, PollTimeout::from(1_000_u16));
            }
            Err(error) => return Err(error),
        }
    }
}

fn failure(operation: &'static str, error: &io::Error) -> Failure {
    let cause = Errno::from_raw(error.raw_os_error().unwrap_or(0));
    Failure::new(operation, "the server", cause)
}
