//! The ends of connections, as the system calls make them. What fails here is
//! the lab's own fault.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use nix::poll::{PollFd, PollFlags, poll};
use nix::sys::socket::{self, Shutdown, SockaddrStorage, sockopt};

use crate::clock;
use crate::lab::Lab;
use crate::peer::{Buffers, ready, tcp_socket};
use crate::story::{Outcome, Wrong};

/// Two ends of a connection.
pub(super) struct Pair {
    /// The end that connected.
    pub client: OwnedFd,
    /// The end that was accepted.
    pub server: OwnedFd,
    /// The client's own end.
    pub client_at: SocketAddr,
    /// The server's own end.
    pub server_at: SocketAddr,
    /// Whether its sockets are those of IPv6.
    pub v6: bool,
}

fn ungraded(error: impl Into<io::Error>) -> Wrong {
    Wrong::Ungraded(format!("the lab's own sockets: {}", error.into()))
}

impl Pair {
    /// A connection between two addresses of this machine.
    pub fn new(lab: &mut Lab, from: IpAddr, to: IpAddr, buffers: Buffers) -> Outcome<Pair> {
        let (listener, server_at) = listen(lab, to, 16, buffers)?;
        let client = connect(Some((lab, from)), server_at, buffers)?;
        let server = accept(lab, &listener)?;
        Ok(Pair {
            client_at: local(&client)?,
            client,
            server,
            server_at,
            v6: to.is_ipv6(),
        })
    }

    /// Both ends have little room.
    pub fn narrow(lab: &mut Lab, from: IpAddr, to: IpAddr) -> Outcome<Pair> {
        let buffers = Buffers {
            receive: Some(4096),
            send: Some(8192),
            segment: None,
        };
        Pair::new(lab, from, to, buffers)
    }

    /// Both ends have room for many bytes, as much as every machine allows
    /// (`net.core.rmem_max`, `man 7 socket`).
    pub fn wide(lab: &mut Lab, from: IpAddr, to: IpAddr) -> Outcome<Pair> {
        let buffers = Buffers {
            receive: Some(212_992),
            send: Some(212_992),
            segment: None,
        };
        Pair::new(lab, from, to, buffers)
    }
}

fn bind(fd: &OwnedFd, at: SocketAddr) -> Outcome {
    socket::setsockopt(fd, sockopt::ReuseAddr, &true).map_err(ungraded)?;
    #[cfg(target_os = "linux")]
    socket::setsockopt(fd, sockopt::IpFreebind, &true).map_err(ungraded)?;
    socket::bind(fd.as_raw_fd(), &SockaddrStorage::from(at)).map_err(ungraded)
}

/// A socket that listens on a port of its own.
pub(super) fn listen(
    lab: &mut Lab,
    at: IpAddr,
    backlog: i32,
    buffers: Buffers,
) -> Outcome<(OwnedFd, SocketAddr)> {
    let fd = tcp_socket(at).map_err(ungraded)?;
    buffers.apply(&fd).map_err(ungraded)?;
    bind(&fd, SocketAddr::new(at, lab.another_port()))?;
    let backlog = socket::Backlog::new(backlog).map_err(ungraded)?;
    socket::listen(&fd, backlog).map_err(ungraded)?;
    let address = local(&fd)?;
    Ok((fd, address))
}

/// A connection that is completed, from an address of its own where one is
/// given.
pub(super) fn connect(
    from: Option<(&mut Lab, IpAddr)>,
    to: SocketAddr,
    buffers: Buffers,
) -> Outcome<OwnedFd> {
    let fd = begin_to_connect(from, to, buffers)?;
    // On loopback it is there at once; who has to wait does so by poll.
    let mut wait = [PollFd::new(fd.as_fd(), PollFlags::POLLOUT)];
    poll(&mut wait, 5_000u16).map_err(ungraded)?;
    match socket::getsockopt(&fd, sockopt::SocketError).map_err(ungraded)? {
        0 => Ok(fd),
        number => Err(ungraded(io::Error::from_raw_os_error(number))),
    }
}

/// The same, not waited for.
pub(super) fn begin_to_connect(
    from: Option<(&mut Lab, IpAddr)>,
    to: SocketAddr,
    buffers: Buffers,
) -> Outcome<OwnedFd> {
    let fd = tcp_socket(to.ip()).map_err(ungraded)?;
    buffers.apply(&fd).map_err(ungraded)?;
    if let Some((lab, ip)) = from {
        bind(&fd, SocketAddr::new(ip, lab.another_port()))?;
    }
    match socket::connect(fd.as_raw_fd(), &SockaddrStorage::from(to)) {
        Ok(()) | Err(nix::Error::EINPROGRESS) => Ok(fd),
        Err(error) => Err(ungraded(error)),
    }
}

/// The next client.
pub(super) fn accept(lab: &Lab, listener: &OwnedFd) -> Outcome<OwnedFd> {
    wait_for(lab, listener, PollFlags::POLLIN)?;
    let listener = TcpListener::from(listener.try_clone().map_err(ungraded)?);
    let (stream, _) = listener.accept().map_err(ungraded)?;
    stream.set_nonblocking(true).map_err(ungraded)?;
    Ok(stream.into())
}

/// Its own end.
pub(super) fn local(fd: &OwnedFd) -> Outcome<SocketAddr> {
    let stream = TcpListener::from(fd.try_clone().map_err(ungraded)?);
    stream.local_addr().map_err(ungraded)
}

/// Waits until it is ready for reading or writing.
pub(super) fn wait_for(lab: &Lab, fd: &OwnedFd, what: PollFlags) -> Outcome {
    let deadline = lab.scene.deadline(clock::STEP);
    while !ready(fd, what, &deadline) {
        if deadline.is_over() {
            return Err(lab.ungraded("the lab's own sockets: one is not ready"));
        }
    }
    Ok(())
}

/// Sends all of it at once.
pub(super) fn send(fd: &OwnedFd, bytes: &[u8]) -> Outcome {
    match nix::unistd::write(fd, bytes).map_err(ungraded)? {
        sent if sent == bytes.len() => Ok(()),
        _ => Err(ungraded(io::Error::from(io::ErrorKind::WriteZero))),
    }
}

/// Sends until there is no room on either side, and none comes.
pub(super) fn send_until_full(lab: &Lab, fd: &OwnedFd) -> Outcome {
    let deadline = lab.scene.deadline(clock::STEP);
    let mut full = 0;
    while full < 2 {
        match nix::unistd::write(fd, &[b'.'; 1000]) {
            Ok(_) => full = 0,
            Err(nix::Error::EAGAIN) => {
                full += 1;
                // What is on its way may still make room.
                clock::rest(clock::SILENCE / 12);
            }
            Err(error) => return Err(ungraded(error)),
        }
        if deadline.is_over() {
            return Err(lab.ungraded("the lab's own sockets: one never fills up"));
        }
    }
    Ok(())
}

/// Closes its sending side.
pub(super) fn shut(fd: &OwnedFd) -> Outcome {
    socket::shutdown(fd.as_raw_fd(), Shutdown::Write).map_err(ungraded)
}

/// Waits for the end of file, and reads it.
pub(super) fn read_end(lab: &Lab, fd: &OwnedFd) -> Outcome {
    wait_for(lab, fd, PollFlags::POLLIN)?;
    match nix::unistd::read(fd, &mut [0; 16]).map_err(ungraded)? {
        0 => Ok(()),
        _ => Err(lab.ungraded("the lab's own sockets: bytes in place of the end")),
    }
}

/// Whether this system has such a thing.
#[cfg(target_os = "linux")]
pub(super) fn defer_accept(listener: &OwnedFd) -> bool {
    let seconds: libc::c_int = 30;
    // SAFETY: the option's value is an int, which outlives the call.
    let answer = unsafe {
        libc::setsockopt(
            listener.as_raw_fd(),
            libc::IPPROTO_TCP,
            libc::TCP_DEFER_ACCEPT,
            (&raw const seconds).cast(),
            size_of::<libc::c_int>() as libc::socklen_t,
        )
    };
    answer == 0
}

#[cfg(not(target_os = "linux"))]
pub(super) fn defer_accept(_: &OwnedFd) -> bool {
    false
}
