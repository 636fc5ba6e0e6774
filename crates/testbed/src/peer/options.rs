//! A client about to connect, and the socket that it gets.

use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::Arc;

use nix::poll::PollFlags;
use nix::sys::socket::{self, sockopt};

use super::{Peer, ready};
use crate::scene::Scene;
use crate::story::{Outcome, Wrong};
use crate::table;

/// A TCP socket with the lab's defaults: closed at exec, sending at once.
pub(crate) fn tcp_socket(ip: IpAddr) -> nix::Result<OwnedFd> {
    let family = match ip {
        IpAddr::V4(_) => socket::AddressFamily::Inet,
        IpAddr::V6(_) => socket::AddressFamily::Inet6,
    };
    let fd = socket::socket(
        family,
        socket::SockType::Stream,
        socket::SockFlag::empty(),
        None,
    )?;
    nix::fcntl::fcntl(
        &fd,
        nix::fcntl::FcntlArg::F_SETFD(nix::fcntl::FdFlag::FD_CLOEXEC),
    )?;
    nix::fcntl::fcntl(
        &fd,
        nix::fcntl::FcntlArg::F_SETFL(nix::fcntl::OFlag::O_NONBLOCK),
    )?;
    Ok(fd)
}

/// Sizes of a socket's buffers, in bytes; the kernel doubles them
/// (`man 7 socket`).
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Buffers {
    pub receive: Option<usize>,
    pub send: Option<usize>,
    /// The largest segment (`TCP_MAXSEG`, `man 7 tcp`), where it can be set.
    pub segment: Option<u32>,
}

impl Buffers {
    pub fn apply(self, fd: &OwnedFd) -> nix::Result<()> {
        if let Some(bytes) = self.receive {
            socket::setsockopt(fd, sockopt::RcvBuf, &bytes)?;
        }
        if let Some(bytes) = self.send {
            socket::setsockopt(fd, sockopt::SndBuf, &bytes)?;
        }
        #[cfg(target_os = "linux")]
        if let Some(bytes) = self.segment {
            // Where it cannot be set, the buffers are large.
            let _ = socket::setsockopt(fd, sockopt::TcpMaxSeg, &bytes);
        }
        Ok(())
    }
}

/// A client about to connect.
#[must_use]
pub struct PeerOptions {
    scene: Arc<Scene>,
    name: String,
    from: Option<IpAddr>,
    from_port: u16,
    to: IpAddr,
    buffers: Buffers,
}

impl PeerOptions {
    pub(crate) fn new(scene: &Arc<Scene>, name: &str) -> PeerOptions {
        PeerOptions {
            scene: Arc::clone(scene),
            name: name.into(),
            from: None,
            from_port: 0,
            to: IpAddr::from([127, 0, 0, 1]),
            buffers: Buffers::default(),
        }
    }

    /// The address that it comes from; the one it connects to, if not called.
    pub fn from(mut self, ip: impl Into<IpAddr>) -> Self {
        self.from = Some(ip.into());
        self
    }

    /// The port that it comes from; one that the kernel chooses, if not called
    /// or 0. Where the program prints it, stories differ otherwise.
    pub fn from_port(mut self, port: u16) -> Self {
        self.from_port = port;
        self
    }

    /// The address that it connects to; 127.0.0.1, if not called.
    pub fn to(mut self, ip: impl Into<IpAddr>) -> Self {
        self.to = ip.into();
        self
    }

    /// A small receive buffer, in bytes: a program that sends to a peer that
    /// does not read soon cannot.
    pub fn receive_buffer(mut self, bytes: usize) -> Self {
        self.buffers.receive = Some(bytes);
        self
    }

    /// A small send buffer, in bytes.
    pub fn send_buffer(mut self, bytes: usize) -> Self {
        self.buffers.send = Some(bytes);
        self
    }

    /// Segments of at most so many bytes, in both directions. The program's
    /// send buffer, which the kernel makes for some segments, is then small
    /// as well: megabytes otherwise.
    pub fn segment(mut self, bytes: u32) -> Self {
        self.buffers.segment = Some(bytes);
        self
    }

    /// Connects.
    ///
    /// # Errors
    ///
    /// It is refused, or not completed within a step.
    pub fn connect(self, port: u16) -> Outcome<Peer> {
        let to = SocketAddr::new(self.to, port);
        let whence = match (self.from, self.from_port) {
            (None, 0) => String::new(),
            (Some(ip), 0) => format!(" from {ip}"),
            (None, port) => format!(" from port {port}"),
            (Some(ip), port) => format!(" from {}", SocketAddr::new(ip, port)),
        };
        let where_to = if self.to == IpAddr::from([127, 0, 0, 1]) {
            String::new()
        } else {
            format!(" to {}", self.to)
        };
        self.scene
            .step(format!("{} connected{whence}{where_to}", self.name));
        let ungraded =
            |error: nix::Error| Wrong::Ungraded(format!("the lab's socket: {}", error.desc()));
        let fd = tcp_socket(self.to).map_err(ungraded)?;
        self.buffers.apply(&fd).map_err(ungraded)?;
        if self.from.is_some() || self.from_port != 0 {
            let any: IpAddr = match self.to {
                IpAddr::V4(_) => std::net::Ipv4Addr::UNSPECIFIED.into(),
                IpAddr::V6(_) => std::net::Ipv6Addr::UNSPECIFIED.into(),
            };
            let from = SocketAddr::new(self.from.unwrap_or(any), self.from_port);
            let from = socket::SockaddrStorage::from(from);
            socket::bind(fd.as_raw_fd(), &from).map_err(ungraded)?;
        }
        let deadline = self.scene.step_deadline();
        let expected = format!("{}'s connection is completed", self.name);
        let address = socket::SockaddrStorage::from(to);
        match socket::connect(fd.as_raw_fd(), &address) {
            Ok(()) => {}
            Err(nix::Error::EINPROGRESS | nix::Error::EINTR) => {
                while !ready(&fd, PollFlags::POLLOUT, &deadline) {
                    if deadline.is_over() {
                        return Err(self.scene.wrong(
                            expected,
                            vec![
                                "The connection was not completed for 2 s: the queue of the \
                                 listening socket is full."
                                    .into(),
                            ],
                        ));
                    }
                }
                let error = socket::getsockopt(&fd, sockopt::SocketError).map_err(ungraded)?;
                if error != 0 {
                    return Err(self.refused(to, expected, nix::Error::from_raw(error)));
                }
            }
            Err(error) => return Err(self.refused(to, expected, error)),
        }
        Peer::adopt(self.scene, &self.name, fd)
    }

    fn refused(&self, to: SocketAddr, expected: String, error: nix::Error) -> Wrong {
        let mut seen = vec![format!("{}'s connect failed: {}.", self.name, error.desc())];
        let listening = table::listening(to.port()).map(|socket| socket.local);
        if let Some(local) = listening.filter(|local| local.is_ipv6() && to.is_ipv4()) {
            seen.push(format!(
                "A socket listens on {local} all the same: for IPv6 alone (IPV6_V6ONLY), it seems."
            ));
        }
        self.scene.wrong(expected, seen)
    }
}
