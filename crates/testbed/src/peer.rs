//! A scripted client or server: the other end of a program's connection.

mod options;
mod receive;
mod send;
mod stream;

use std::io;
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;

use nix::poll::{PollFd, PollFlags, poll};
use nix::sys::socket::{self, sockopt};

use crate::clock::Deadline;
use crate::scene::Scene;
use crate::story::{Outcome, Wrong};

pub use options::PeerOptions;
pub(crate) use options::{Buffers, tcp_socket};

/// More than any check asks for, in bytes. A program that sends without end
/// shall not fill the judge's memory.
const MOST: usize = 64 << 20;

/// Waits until a descriptor is ready, or a slice of the deadline passed.
pub(crate) fn ready(fd: &impl AsFd, what: PollFlags, deadline: &Deadline) -> bool {
    let mut wait = [PollFd::new(fd.as_fd(), what)];
    matches!(poll(&mut wait, deadline.poll_milliseconds()), Ok(n) if n > 0)
}

/// What a wait for bytes came to.
#[derive(Debug, PartialEq, Eq)]
enum Arrival {
    Bytes,
    End,
    Reset,
    Nothing,
}

/// One end of a connection, with a name for the story. It is closed when it
/// is dropped.
pub struct Peer {
    scene: Arc<Scene>,
    name: String,
    stream: TcpStream,
    local: SocketAddr,
    remote: SocketAddr,
    received: Vec<u8>,
    ended: Option<bool>,
}

impl Peer {
    pub(crate) fn adopt(scene: Arc<Scene>, name: &str, fd: OwnedFd) -> Outcome<Peer> {
        let stream = TcpStream::from(fd);
        let trouble =
            |error: io::Error| Wrong::Ungraded(format!("the lab's socket of {name}: {error}"));
        stream.set_nonblocking(true).map_err(trouble)?;
        // A connection that was reset already has no option to set.
        let _ = stream.set_nodelay(true);
        let canonical =
            |address: SocketAddr| SocketAddr::new(address.ip().to_canonical(), address.port());
        let local = canonical(stream.local_addr().map_err(trouble)?);
        let remote = stream.peer_addr().map_or(local, canonical);
        scene.add_peer(name, local, remote);
        Ok(Peer {
            scene,
            name: name.into(),
            stream,
            local,
            remote,
            received: Vec::new(),
            ended: None,
        })
    }

    /// Its own end of the connection.
    pub fn local_addr(&self) -> SocketAddr {
        self.local
    }

    /// The program's end.
    pub fn peer_addr(&self) -> SocketAddr {
        self.remote
    }

    /// Waits until bytes have come, without taking them, so that they lie
    /// unread in the kernel.
    ///
    /// # Errors
    ///
    /// None came within a step.
    pub fn wait_for_unread(&mut self) -> Outcome {
        let deadline = self.scene.step_deadline();
        while !ready(&self.stream, PollFlags::POLLIN, &deadline) {
            if deadline.is_over() {
                return Err(self.scene.wrong(
                    format!("{} is sent something", self.name),
                    vec!["Nothing came for 2 s.".into()],
                ));
            }
        }
        Ok(())
    }

    /// Ends its sending side (`man 2 shutdown`); it can still receive. Where
    /// the program has reset the connection meanwhile, there is nothing to
    /// end, and what is received next tells so.
    ///
    /// # Errors
    ///
    /// Ungraded when the lab's socket cannot be shut down.
    pub fn half_close(&mut self) -> Outcome {
        self.scene
            .step(format!("{} closed its sending side", self.name));
        match self.stream.shutdown(Shutdown::Write) {
            Err(error) if error.kind() != io::ErrorKind::NotConnected => Err(Wrong::Ungraded(
                format!("the lab's socket: {}", system_text(&error)),
            )),
            _ => Ok(()),
        }
    }

    /// Resets the connection: linger 0 and close (`man 7 socket`).
    ///
    /// # Errors
    ///
    /// Ungraded when the option cannot be set.
    pub fn reset(self) -> Outcome {
        self.scene
            .step(format!("{} reset its connection", self.name));
        let linger = libc::linger {
            l_onoff: 1,
            l_linger: 0,
        };
        socket::setsockopt(&self.stream, sockopt::Linger, &linger)
            .map_err(|error| Wrong::Ungraded(format!("the lab's socket: {}", error.desc())))
    }

    /// Closes the connection.
    pub fn close(self) {
        self.scene
            .step(format!("{} closed its connection", self.name));
    }

    /// The name in the story.
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// The system's own text, without Rust's `(os error 32)`.
pub(crate) fn system_text(error: &io::Error) -> String {
    let text = error.to_string();
    match text.split_once(" (os error") {
        Some((text, _)) => text.into(),
        None => text,
    }
}
