//! The client's side: a connection to a host and a port.

use crate::{Connection, Error, Result, resolve, sys};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{getsockopt, sockopt};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

/// Connects to `host` (a name or an address) at `port`: the lecture's `open_clientfd`.
///
/// A host may have several addresses, and its server listen on some of them only (`localhost` is
/// often `::1` and `127.0.0.1`): they are tried in the resolver's order until one answers. The
/// socket of each that did not is closed before the next is tried.
///
/// # Errors
///
/// [`Error::is_resolution`] when `host` is unknown; else the last address's failure, e.g. `connect
/// localhost:4321 (127.0.0.1): Connection refused`.
///
/// ```
/// use sockets::{Listener, connect};
/// use std::net::{Ipv4Addr, SocketAddr};
///
/// let listener = Listener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), 16)?;
/// let port = listener.local_addr()?.port();
/// let connection = connect("localhost", port)?;
/// assert_eq!(connection.peer_addr()?.port(), port);
///
/// drop((listener, connection));
/// let refused = connect("127.0.0.1", port).unwrap_err();
/// assert_eq!(refused.to_string(), format!("connect 127.0.0.1:{port}: Connection refused"));
/// # Ok::<(), sockets::Error>(())
/// ```
pub fn connect(host: &str, port: u16) -> Result<Connection> {
    try_each(host, port, None)
}

/// As [`connect()`], from this machine's address `source`: a machine with several may be known to a
/// server by one of them. Addresses of the other family than `source`'s are not tried.
///
/// # Errors
///
/// Those of [`connect()`], and `bind` with `source`, e.g. `bind 192.0.2.1: Cannot assign requested
/// address`.
///
/// ```
/// # use sockets::{Listener, connect_from};
/// # use std::net::{Ipv4Addr, SocketAddr};
/// let listener = Listener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), 16)?;
/// let port = listener.local_addr()?.port();
/// let client = connect_from(Ipv4Addr::LOCALHOST, "localhost", port)?;
/// assert_eq!(client.local_addr()?.ip(), Ipv4Addr::LOCALHOST);
/// # Ok::<(), sockets::Error>(())
/// ```
pub fn connect_from(source: impl Into<IpAddr>, host: &str, port: u16) -> Result<Connection> {
    try_each(host, port, Some(source.into()))
}

fn try_each(host: &str, port: u16, source: Option<IpAddr>) -> Result<Connection> {
    let mut addresses = resolve::addresses(host)?;
    for address in &mut addresses {
        address.set_port(port);
    }
    first_that_answers(host, addresses, source)
}

fn first_that_answers(
    host: &str,
    addresses: Vec<SocketAddr>,
    source: Option<IpAddr>,
) -> Result<Connection> {
    let literal = host.parse::<IpAddr>().is_ok();
    let mut failure = Error::resolve(host, "no address of the family asked for");
    for address in addresses {
        if source.is_some_and(|source| source.is_ipv4() != address.is_ipv4()) {
            continue;
        }
        match open(address, source) {
            Ok(connection) => return Ok(connection),
            Err(error) if literal || !concerns(&error, address) => failure = error,
            Err(error) => failure = named(error, host, address),
        }
    }
    Err(failure)
}

/// Connects to one address.
///
/// A signal that interrupts the call does not undo it: the connection is made meanwhile, so this
/// waits for it (a second `connect` would fail with `EALREADY`; `man 2 connect`).
///
/// # Errors
///
/// `socket` or `connect` and the address, e.g. `connect 127.0.0.1:4321: Connection refused`.
///
/// ```
/// # use sockets::{Listener, connect_to};
/// # use std::net::{Ipv4Addr, SocketAddr};
/// let listener = Listener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), 16)?;
/// let connection = connect_to(listener.local_addr()?)?;
/// assert_eq!(connection.peer_addr()?, listener.local_addr()?);
/// # Ok::<(), sockets::Error>(())
/// ```
pub fn connect_to(address: SocketAddr) -> Result<Connection> {
    open(address, None)
}

fn open(address: SocketAddr, source: Option<IpAddr>) -> Result<Connection> {
    let fd = sys::tcp_socket(&address).map_err(|cause| Error::call("socket", address, cause))?;
    if let Some(source) = source {
        sys::bind(&fd, &SocketAddr::new(source, 0))
            .map_err(|cause| Error::call("bind", source, cause))?;
    }
    connect_socket(&fd, address).map_err(|cause| Error::call("connect", address, cause))?;
    Ok(Connection::accepted(fd, Some(sys::canonical(address))))
}

fn connect_socket(fd: &OwnedFd, address: SocketAddr) -> io::Result<()> {
    match nix::sys::socket::connect(fd.as_raw_fd(), &*sys::to_nix(&address)) {
        Ok(()) => (),
        Err(Errno::EINTR) => wait_until_connected(fd)?,
        Err(errno) => return Err(errno.into()),
    }
    // A port of the range that the kernel gives to clients can meet itself when nobody listens on
    // it: both ends are this socket (RFC 9293, 3.5, simultaneous open). Nobody is there.
    if sys::local_addr(fd)? == sys::canonical(address) {
        return Err(Errno::ECONNREFUSED.into());
    }
    Ok(())
}

fn wait_until_connected(fd: &OwnedFd) -> io::Result<()> {
    let mut wait = [PollFd::new(fd.as_fd(), PollFlags::POLLOUT)];
    loop {
        match poll(&mut wait, PollTimeout::NONE) {
            Ok(_) => break,
            Err(Errno::EINTR) => (),
            Err(errno) => return Err(errno.into()),
        }
    }
    match getsockopt(fd, sockopt::SocketError)? {
        0 => Ok(()),
        number => Err(io::Error::from_raw_os_error(number)),
    }
}

/// Whether `error` is about the server's address, not about this machine's.
fn concerns(error: &Error, address: SocketAddr) -> bool {
    matches!(error, Error::Call { object, .. } if *object == address.to_string())
}

fn named(error: Error, host: &str, address: SocketAddr) -> Error {
    match error {
        Error::Call {
            operation, source, ..
        } => {
            let object = format!("{host}:{} ({})", address.port(), address.ip());
            Error::call(operation, object, source)
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Listener;
    use std::net::Ipv4Addr;

    fn any_port() -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, 0))
    }

    /// A port that is taken, so that nobody else listens on it, by a socket that does not listen.
    fn deaf() -> (OwnedFd, SocketAddr) {
        let fd = sys::tcp_socket(&any_port()).unwrap();
        sys::bind(&fd, &any_port()).unwrap();
        let address = sys::local_addr(&fd).unwrap();
        (fd, address)
    }

    #[test]
    fn goes_on_to_the_next_address_and_closes_what_failed() {
        let (_guard, refusing) = deaf();
        let listener = Listener::bind(any_port(), 4).unwrap();
        let answering = listener.local_addr().unwrap();

        // More failures than this process may have descriptors.
        let few = 200;
        let limit = libc::rlimit {
            rlim_cur: few,
            rlim_max: few,
        };
        // SAFETY: the structure outlives the call.
        assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &limit) }, 0);
        let mut addresses = vec![refusing; few as usize + 1];
        addresses.push(answering);
        let connection = first_that_answers("many.lab", addresses, None).unwrap();
        assert_eq!(connection.peer_addr().unwrap(), answering);
    }

    #[test]
    fn names_host_and_last_address_when_none_answers() {
        let (_guard, refusing) = deaf();
        let error = first_that_answers("many.lab", vec![refusing, refusing], None).unwrap_err();
        let port = refusing.port();
        assert_eq!(
            error.to_string(),
            format!("connect many.lab:{port} (127.0.0.1): Connection refused")
        );
        assert!(!error.is_resolution());
    }

    #[test]
    fn skips_addresses_of_another_family_than_the_source() {
        let source = Some(IpAddr::from([127, 0, 0, 1]));
        let v6 = "[::1]:4321".parse().unwrap();
        let error = first_that_answers("many.lab", vec![v6], source).unwrap_err();
        assert!(error.is_resolution());
    }
}
