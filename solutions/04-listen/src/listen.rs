//! The listening socket: made by four calls, held until the input ends.

use std::io;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::os::fd::{AsRawFd, OwnedFd};

use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, Backlog, SockFlag, SockType, SockaddrIn, bind, listen, setsockopt, socket,
    sockopt,
};

use crate::failure::Failure;

/// Listens on PORT, says so, and keeps the socket until the input ends.
pub fn run(port: u16, backlog: Backlog) -> Result<(), Failure> {
    // <student: a listening socket, the line that says so, then nothing until the input ends>
    let listener = open_listenfd(port, backlog)?;
    println!("listening on 0.0.0.0:{port}");
    wait_for_end_of_input()?;
    drop(listener);
    Ok(())
    // </student>
}

/// A socket that listens on PORT, on every IPv4 address of this machine, with
/// room for `backlog` clients in its queue.
fn open_listenfd(port: u16, backlog: Backlog) -> Result<OwnedFd, Failure> {
    let address = SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, port);
    let failed = |operation| move |cause: Errno| Failure::new(operation, address, cause);
    // <student: four calls make a listening socket that can be restarted at once; each may fail>
    let listener = socket(
        AddressFamily::Inet,
        SockType::Stream,
        SockFlag::empty(),
        None,
    )
    .map_err(failed("socket"))?;
    setsockopt(&listener, sockopt::ReuseAddr, &true).map_err(failed("setsockopt"))?;
    bind(listener.as_raw_fd(), &SockaddrIn::from(address)).map_err(failed("bind"))?;
    listen(&listener, backlog).map_err(failed("listen"))?;
    Ok(listener)
    // </student>
}

/// Reads standard input to its end, whatever it holds.
fn wait_for_end_of_input() -> Result<(), Failure> {
    io::copy(&mut io::stdin(), &mut io::sink())
        .map(drop)
        .map_err(|error| {
            let cause = Errno::from_raw(error.raw_os_error().unwrap_or(0));
            Failure::new("read", "standard input", cause)
        })
}
