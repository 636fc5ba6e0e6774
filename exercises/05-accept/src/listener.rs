//! The listening socket of exercise 04. Given.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::os::fd::{AsRawFd, OwnedFd};

use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, Backlog, SockFlag, SockType, SockaddrIn, bind, listen, setsockopt, socket,
    sockopt,
};

use crate::failure::Failure;

/// How many clients may wait in the queue.
const BACKLOG: i32 = 16;

/// A socket that listens on PORT, on every IPv4 address of this machine.
pub fn open_listenfd(port: u16) -> Result<OwnedFd, Failure> {
    let address = SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, port);
    let failed = |operation| move |cause: Errno| Failure::new(operation, address, cause);
    let listener = socket(
        AddressFamily::Inet,
        SockType::Stream,
        SockFlag::empty(),
        None,
    )
    .map_err(failed("socket"))?;
    setsockopt(&listener, sockopt::ReuseAddr, &true).map_err(failed("setsockopt"))?;
    bind(listener.as_raw_fd(), &SockaddrIn::from(address)).map_err(failed("bind"))?;
    let backlog = Backlog::new(BACKLOG).unwrap_or(Backlog::MAXCONN);
    listen(&listener, backlog).map_err(failed("listen"))?;
    Ok(listener)
}
