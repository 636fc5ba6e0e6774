//! Either end of a connection.

use crate::{Error, Result, sys};
use nix::sys::socket::{setsockopt, sockopt};
use std::net::{Shutdown, SocketAddr};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::time::Duration;

/// A connected TCP socket: what `accept` and `connect` give.
///
/// Read from it and write to it with [`rio`](crate::rio). Dropping it closes it.
///
/// ```
/// use sockets::{Listener, connect, rio};
/// use std::net::{Ipv4Addr, SocketAddr};
///
/// let listener = Listener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), 16)?;
/// let client = connect("127.0.0.1", listener.local_addr()?.port())?;
/// let server = listener.accept()?;
/// rio::writen(&client, b"hello")?;
/// drop(client); // close: the server reads what was sent, then the end
///
/// let mut bytes = [0; 8];
/// assert_eq!(rio::readn(&server, &mut bytes)?, 5);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Connection {
    fd: OwnedFd,
    /// What `accept` or `connect` knew: the kernel forgets it once the peer has reset.
    peer: Option<SocketAddr>,
}

impl Connection {
    pub(crate) fn accepted(fd: OwnedFd, peer: Option<SocketAddr>) -> Self {
        Connection { fd, peer }
    }

    /// This end's address and port.
    ///
    /// # Errors
    ///
    /// `getsockname` fails only when the system is out of memory.
    ///
    /// ```
    /// # use sockets::{Listener, connect};
    /// # use std::net::{Ipv4Addr, SocketAddr};
    /// # let listener = Listener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), 16)?;
    /// let client = connect("127.0.0.1", listener.local_addr()?.port())?;
    /// let server = listener.accept()?;
    /// // The two ends see the same four-tuple, each from its side.
    /// assert_eq!(client.local_addr()?, server.peer_addr()?);
    /// assert_eq!(client.peer_addr()?, server.local_addr()?);
    /// # Ok::<(), sockets::Error>(())
    /// ```
    pub fn local_addr(&self) -> Result<SocketAddr> {
        sys::local_addr(&self.fd)
            .map_err(|cause| Error::call("getsockname", sys::name(self.peer), cause))
    }

    /// The other end's address and port. An IPv4 peer of an IPv6 socket (`::ffff:1.2.3.4`) is shown
    /// as what it is, `1.2.3.4`.
    ///
    /// # Errors
    ///
    /// None for a connection from [`accept`](crate::Listener::accept) or
    /// [`connect`](crate::connect()), also when the peer is gone. For one made from a descriptor:
    /// `getpeername`, e.g. `Transport endpoint is not connected`.
    ///
    /// ```
    /// # use sockets::{Listener, connect};
    /// # use std::net::{Ipv6Addr, SocketAddr};
    /// # fn main() -> sockets::Result<()> {
    /// # let Ok(listener) = Listener::bind(SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)), 16)
    /// # else { return Ok(()) }; // a machine without IPv6
    /// let client = connect("127.0.0.1", listener.local_addr()?.port())?;
    /// assert_eq!(listener.accept()?.peer_addr()?.ip().to_string(), "127.0.0.1");
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn peer_addr(&self) -> Result<SocketAddr> {
        match self.peer {
            Some(peer) => Ok(peer),
            None => sys::peer_addr(&self.fd)
                .map_err(|cause| Error::call("getpeername", "connection", cause)),
        }
    }

    /// Ends one direction or both, while the descriptor stays open (`man 2 shutdown`).
    ///
    /// After [`Shutdown::Write`] the peer reads end of file, and this end may still read its answer.
    ///
    /// # Errors
    ///
    /// `Transport endpoint is not connected` when the peer has reset the connection.
    ///
    /// ```
    /// # use sockets::{Listener, connect, rio};
    /// # use std::net::{Ipv4Addr, Shutdown, SocketAddr};
    /// # let listener = Listener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), 16)?;
    /// # let client = connect("127.0.0.1", listener.local_addr()?.port())?;
    /// # let server = listener.accept()?;
    /// client.shutdown(Shutdown::Write)?;
    /// assert_eq!(rio::readn(&server, &mut [0; 8])?, 0); // end of file at the server
    /// rio::writen(&server, b"bye\n")?; // which may still answer
    /// # let mut answer = [0; 4];
    /// assert_eq!(rio::readn(&client, &mut answer)?, 4);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn shutdown(&self, how: Shutdown) -> Result<()> {
        use nix::sys::socket;
        let how = match how {
            Shutdown::Read => socket::Shutdown::Read,
            Shutdown::Write => socket::Shutdown::Write,
            Shutdown::Both => socket::Shutdown::Both,
        };
        socket::shutdown(self.fd.as_raw_fd(), how)
            .map_err(|cause| Error::call("shutdown", self.name(), cause.into()))
    }

    /// Says what closing does with bytes that the peer has not acknowledged (`SO_LINGER`,
    /// `man 7 socket`): `None` sends them in the background, a time waits so long for them (whole
    /// seconds, rounded up, at most 65,535), and a time of zero throws them away and resets the
    /// connection.
    ///
    /// # Errors
    ///
    /// None that a connection is known to give.
    ///
    /// ```
    /// # use sockets::{Listener, connect, rio};
    /// # use std::net::{Ipv4Addr, SocketAddr};
    /// # use std::time::Duration;
    /// # let listener = Listener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), 16)?;
    /// # let client = connect("127.0.0.1", listener.local_addr()?.port())?;
    /// # let server = listener.accept()?;
    /// client.set_linger(Some(Duration::ZERO))?;
    /// drop(client);
    /// let reset = rio::readn(&server, &mut [0; 8]).unwrap_err();
    /// assert_eq!(reset.kind(), std::io::ErrorKind::ConnectionReset);
    /// # Ok::<(), sockets::Error>(())
    /// ```
    pub fn set_linger(&self, time: Option<Duration>) -> Result<()> {
        let seconds = time.map_or(0, |time| {
            let up = u64::from(time.subsec_nanos() > 0);
            time.as_secs().saturating_add(up).min(65_535)
        });
        let linger = libc::linger {
            l_onoff: time.is_some().into(),
            l_linger: seconds as libc::c_int,
        };
        setsockopt(&self.fd, sockopt::Linger, &linger)
            .map_err(|cause| Error::call("setsockopt SO_LINGER", self.name(), cause.into()))
    }

    /// Sends small pieces at once instead of collecting them until the peer has acknowledged
    /// the last (`TCP_NODELAY`, `man 7 tcp`).
    ///
    /// # Errors
    ///
    /// None that a TCP connection is known to give.
    ///
    /// ```
    /// # use sockets::{Listener, connect};
    /// # use std::net::{Ipv4Addr, SocketAddr};
    /// # let listener = Listener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), 16)?;
    /// let client = connect("127.0.0.1", listener.local_addr()?.port())?;
    /// client.set_nodelay(true)?;
    /// # use nix::sys::socket::{getsockopt, sockopt::TcpNoDelay};
    /// assert!(getsockopt(&client, TcpNoDelay).unwrap());
    /// # Ok::<(), sockets::Error>(())
    /// ```
    pub fn set_nodelay(&self, on: bool) -> Result<()> {
        setsockopt(&self.fd, sockopt::TcpNoDelay, &on)
            .map_err(|cause| Error::call("setsockopt TCP_NODELAY", self.name(), cause.into()))
    }

    fn name(&self) -> String {
        sys::name(self.peer_addr().ok())
    }
}

impl AsFd for Connection {
    #[inline]
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl AsRawFd for Connection {
    #[inline]
    fn as_raw_fd(&self) -> RawFd {
        self.fd.as_raw_fd()
    }
}

/// A descriptor that is known to be a connected socket, e.g. one inherited or handed over.
///
/// ```
/// # use sockets::{Connection, Listener, connect};
/// # use std::net::{Ipv4Addr, SocketAddr};
/// # use std::os::fd::OwnedFd;
/// # let listener = Listener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), 16)?;
/// let client = connect("127.0.0.1", listener.local_addr()?.port())?;
/// let peer = client.peer_addr()?;
/// let fd = OwnedFd::from(client);
/// assert_eq!(Connection::from(fd).peer_addr()?, peer);
/// # Ok::<(), sockets::Error>(())
/// ```
impl From<OwnedFd> for Connection {
    fn from(fd: OwnedFd) -> Self {
        Connection { fd, peer: None }
    }
}

impl From<Connection> for OwnedFd {
    fn from(connection: Connection) -> Self {
        connection.fd
    }
}
