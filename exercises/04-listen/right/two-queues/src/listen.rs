//! Unusual and right: starts slowly, with much to say on standard error; asks
//! for a queue twice, the second time for the right one; waits on a thread.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddrV4};
use std::os::fd::{AsRawFd, OwnedFd};
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, Backlog, SockFlag, SockType, SockaddrIn, bind, listen, setsockopt, socket,
    sockopt,
};

use crate::failure::Failure;

/// Listens on PORT, says so, and keeps the socket until the input ends.
pub fn run(port: u16, backlog: Backlog) -> Result<(), Failure> {
    eprintln!("listen: a moment, please");
    #[allow(clippy::disallowed_methods)]
    std::thread::sleep(Duration::from_millis(100));
    let listener = open_listenfd(port, Backlog::MAXCONN)?;
    listen(&listener, backlog).map_err(|cause| Failure::new("listen", port, cause))?;
    let line = format!("listening on 0.0.0.0:{port}\n");
    // In two pieces, the second of which is a single byte.
    let (head, tail) = line.as_bytes().split_at(line.len() - 1);
    let mut stdout = io::stdout();
    for piece in [head, tail] {
        stdout
            .write_all(piece)
            .and_then(|()| stdout.flush())
            .map_err(|error| failure("write", &error))?;
    }
    let waiter = std::thread::spawn(wait_for_end_of_input);
    let ended = waiter.join().unwrap_or(Ok(()));
    eprintln!("listen: the input has ended");
    drop(listener);
    ended
}

fn open_listenfd(port: u16, backlog: Backlog) -> Result<OwnedFd, Failure> {
    let address = SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, port);
    let failed = |operation| move |cause: Errno| Failure::new(operation, address, cause);
    let listener = socket(
        AddressFamily::Inet,
        SockType::Stream,
        SockFlag::SOCK_CLOEXEC,
        None,
    )
    .map_err(failed("socket"))?;
    setsockopt(&listener, sockopt::ReuseAddr, &true).map_err(failed("setsockopt"))?;
    bind(listener.as_raw_fd(), &SockaddrIn::from(address)).map_err(failed("bind"))?;
    listen(&listener, backlog).map_err(failed("listen"))?;
    Ok(listener)
}

/// One byte at a time.
fn wait_for_end_of_input() -> Result<(), Failure> {
    let mut stdin = io::stdin();
    let mut byte = [0];
    while stdin
        .read(&mut byte)
        .map_err(|error| failure("read", &error))?
        > 0
    {}
    Ok(())
}

fn failure(operation: &'static str, error: &io::Error) -> Failure {
    let cause = Errno::from_raw(error.raw_os_error().unwrap_or(0));
    Failure::new(operation, "a standard stream", cause)
}
