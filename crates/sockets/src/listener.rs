//! The server's side: a socket that waits for connections.

use crate::{Connection, Error, Result, sys};
use nix::sys::socket::{setsockopt, sockopt};
use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// A socket that is bound and listens: the lecture's `open_listenfd`.
///
/// Dropping it closes it; clients still in its queue are reset.
///
/// ```
/// use sockets::{Listener, connect};
/// use std::net::{Ipv4Addr, SocketAddr};
///
/// let listener = Listener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), 16)?;
/// let port = listener.local_addr()?.port();
/// let client = connect("127.0.0.1", port)?; // connected, though nobody has accepted it
/// drop(listener);
/// assert!(connect("127.0.0.1", port).is_err()); // nobody listens any more
/// # Ok::<(), sockets::Error>(())
/// ```
#[derive(Debug)]
pub struct Listener {
    fd: OwnedFd,
}

impl Listener {
    /// Makes a socket, binds it to `address` and listens, with room for `backlog` connections that
    /// nobody has accepted yet (Linux keeps one more, and cuts `backlog` at
    /// `net.core.somaxconn`; `man 2 listen`).
    ///
    /// Port 0 lets the kernel choose: [`Listener::local_addr`] tells which. `SO_REUSEADDR` is set,
    /// so that a server that restarts need not wait for its old connections in `TIME_WAIT`
    /// (`man 7 socket`). The address `::` takes IPv4 clients too.
    ///
    /// # Errors
    ///
    /// Names the call that failed and the address, e.g. `bind 0.0.0.0:4321: Address already in use`
    /// or `bind 0.0.0.0:80: Permission denied`.
    ///
    /// ```
    /// use sockets::Listener;
    /// use std::net::{Ipv4Addr, SocketAddr};
    ///
    /// let any = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
    /// let listener = Listener::bind(any, 16)?;
    /// let taken = Listener::bind(listener.local_addr()?, 16).unwrap_err();
    /// assert!(taken.to_string().ends_with("Address already in use"));
    /// # Ok::<(), sockets::Error>(())
    /// ```
    pub fn bind(address: impl Into<SocketAddr>, backlog: i32) -> Result<Self> {
        let address = address.into();
        let failed = |operation| move |cause: io::Error| Error::call(operation, address, cause);

        let fd = sys::tcp_socket(&address).map_err(failed("socket"))?;
        setsockopt(&fd, sockopt::ReuseAddr, &true)
            .map_err(io::Error::from)
            .map_err(failed("setsockopt SO_REUSEADDR"))?;
        if address.is_ipv6() && address.ip().is_unspecified() {
            setsockopt(&fd, sockopt::Ipv6V6Only, &false)
                .map_err(io::Error::from)
                .map_err(failed("setsockopt IPV6_V6ONLY"))?;
        }
        sys::bind(&fd, &address).map_err(failed("bind"))?;
        sys::listen(&fd, backlog).map_err(failed("listen"))?;
        Ok(Listener { fd })
    }

    /// Waits for the next connection and takes it out of the queue.
    ///
    /// A signal that interrupts the wait changes nothing, and neither does a client that gave up
    /// before it was accepted, nor the network errors that `man 2 accept` tells a server to treat
    /// as such: it waits on.
    ///
    /// # Errors
    ///
    /// What is left concerns the server itself. When the process or the system is out of
    /// descriptors ([`Error::is_exhausted`]) **do not call again at once**: the connection stays in
    /// the queue, so the next call fails the same way, and the loop uses a whole processor. Close
    /// something, wait until one of the connections in service has ended, or at least wait a
    /// moment (`poll` without descriptors and with a time limit), and accept then: clients
    /// wait in the queue meanwhile. Where the listener does not block
    /// ([`Listener::set_nonblocking`]), an empty queue is [`Error::is_would_block`].
    ///
    /// ```
    /// # use sockets::{Listener, connect};
    /// # use std::net::{Ipv4Addr, SocketAddr};
    /// let listener = Listener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), 16)?;
    /// let client = connect("127.0.0.1", listener.local_addr()?.port())?;
    /// let connection = listener.accept()?;
    /// assert_eq!(connection.peer_addr()?, client.local_addr()?);
    /// # Ok::<(), sockets::Error>(())
    /// ```
    pub fn accept(&self) -> Result<Connection> {
        loop {
            match self.accept_interruptible() {
                Err(error) if error.is_interrupted() => (),
                accepted => return accepted,
            }
        }
    }

    /// As [`Listener::accept`], but a signal that interrupts the wait is an error
    /// ([`Error::is_interrupted`]): for a server whose handler sets a flag that it must look at.
    ///
    /// A signal that comes between the look at the flag and this call interrupts nothing. Where
    /// that matters, wait with `poll` for the listener and for a pipe that the handler writes to.
    ///
    /// # Errors
    ///
    /// As [`Listener::accept`].
    ///
    /// ```
    /// # use sockets::{Listener, connect};
    /// # use std::net::{Ipv4Addr, SocketAddr};
    /// # let listener = Listener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), 16)?;
    /// # let client = connect("127.0.0.1", listener.local_addr()?.port())?;
    /// # fn told_to_stop() -> bool { false }
    /// while !told_to_stop() {
    ///     match listener.accept_interruptible() {
    ///         Ok(connection) => drop(connection),
    ///         Err(error) if error.is_interrupted() => continue,
    ///         Err(error) => return Err(error),
    ///     }
    /// #   break;
    /// }
    /// # Ok::<(), sockets::Error>(())
    /// ```
    pub fn accept_interruptible(&self) -> Result<Connection> {
        loop {
            match sys::accept(self.fd.as_fd()) {
                Ok((fd, peer)) => return Ok(Connection::accepted(fd, peer)),
                Err(cause) if sys::is_transient(&cause) => (),
                Err(cause) => return Err(Error::call("accept", self.name(), cause)),
            }
        }
    }

    /// The address it listens on, with the port that the kernel chose for port 0.
    ///
    /// # Errors
    ///
    /// `getsockname` fails only when the system is out of memory.
    ///
    /// ```
    /// # use sockets::Listener;
    /// # use std::net::{Ipv6Addr, SocketAddr};
    /// # fn main() -> sockets::Result<()> {
    /// # let Ok(listener) = Listener::bind(SocketAddr::from((Ipv6Addr::LOCALHOST, 0)), 16)
    /// # else { return Ok(()) }; // a machine without IPv6
    /// let address = listener.local_addr()?;
    /// assert!(address.is_ipv6());
    /// assert_ne!(address.port(), 0);
    /// # Ok(())
    /// # }
    /// ```
    pub fn local_addr(&self) -> Result<SocketAddr> {
        sys::local_addr(&self.fd).map_err(|cause| Error::call("getsockname", "listener", cause))
    }

    /// Makes `accept` return at once when the queue is empty, or wait again.
    ///
    /// A server that waits with `poll` needs it: the client that woke it may be gone by the time it
    /// accepts. Accepted connections block in any case.
    ///
    /// # Errors
    ///
    /// None that a listener is known to give.
    ///
    /// ```
    /// # use sockets::Listener;
    /// # use std::net::{Ipv4Addr, SocketAddr};
    /// let listener = Listener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), 16)?;
    /// listener.set_nonblocking(true)?;
    /// assert!(listener.accept().unwrap_err().is_would_block());
    /// # Ok::<(), sockets::Error>(())
    /// ```
    pub fn set_nonblocking(&self, on: bool) -> Result<()> {
        sys::set_nonblocking(&self.fd, on)
            .map_err(|cause| Error::call("fcntl O_NONBLOCK", self.name(), cause))
    }

    /// Sets `TCP_NODELAY` (`man 7 tcp`) for every connection accepted from now on: they have it
    /// from their listener, without a call for each.
    ///
    /// # Errors
    ///
    /// None that a listener is known to give.
    ///
    /// ```
    /// # use sockets::{Listener, connect};
    /// # use std::net::{Ipv4Addr, SocketAddr};
    /// # use nix::sys::socket::{getsockopt, sockopt::TcpNoDelay};
    /// let listener = Listener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), 16)?;
    /// listener.set_nodelay(true)?;
    /// let client = connect("127.0.0.1", listener.local_addr()?.port())?;
    /// assert!(getsockopt(&listener.accept()?, TcpNoDelay).unwrap());
    /// # Ok::<(), sockets::Error>(())
    /// ```
    pub fn set_nodelay(&self, on: bool) -> Result<()> {
        setsockopt(&self.fd, sockopt::TcpNoDelay, &on)
            .map_err(|cause| Error::call("setsockopt TCP_NODELAY", self.name(), cause.into()))
    }

    fn name(&self) -> String {
        sys::name(self.local_addr().ok())
    }
}

impl AsFd for Listener {
    #[inline]
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}
