//! A scripted server: what a client under judgement connects to.

use std::net::{IpAddr, SocketAddr, TcpListener};
use std::os::fd::AsRawFd;
use std::sync::Arc;

use nix::poll::PollFlags;
use nix::sys::socket::{self, sockopt};

use crate::clock;
use crate::peer::{Buffers, Peer, ready, tcp_socket};
use crate::scene::Scene;
use crate::story::{Outcome, Wrong};

/// A scripted server about to listen.
#[must_use]
pub struct ServerOptions {
    scene: Arc<Scene>,
    name: String,
    ip: IpAddr,
    port: u16,
    backlog: i32,
    buffers: Buffers,
}

impl ServerOptions {
    pub(crate) fn new(scene: &Arc<Scene>, name: &str) -> ServerOptions {
        ServerOptions {
            scene: Arc::clone(scene),
            name: name.into(),
            ip: IpAddr::from([127, 0, 0, 1]),
            port: 0,
            backlog: 64,
            buffers: Buffers::default(),
        }
    }

    /// The address that it listens on; 127.0.0.1, if not called.
    pub fn at(mut self, ip: impl Into<IpAddr>) -> Self {
        self.ip = ip.into();
        self
    }

    /// The port; a free one, if not called.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// The length of its queue.
    pub fn backlog(mut self, backlog: i32) -> Self {
        self.backlog = backlog;
        self
    }

    /// A small receive buffer for its connections, in bytes.
    pub fn receive_buffer(mut self, bytes: usize) -> Self {
        self.buffers.receive = Some(bytes);
        self
    }

    /// A small send buffer for its connections, in bytes.
    pub fn send_buffer(mut self, bytes: usize) -> Self {
        self.buffers.send = Some(bytes);
        self
    }

    /// Segments of at most so many bytes, in both directions: the client's send
    /// buffer, which the kernel makes for some segments, is then small as well.
    pub fn segment(mut self, bytes: u32) -> Self {
        self.buffers.segment = Some(bytes);
        self
    }

    /// Listens.
    ///
    /// # Errors
    ///
    /// Ungraded when the lab's own socket cannot be had.
    pub fn listen(self) -> Outcome<Server> {
        let ungraded = |error: nix::Error| {
            Wrong::Ungraded(format!("the lab's listening socket: {}", error.desc()))
        };
        let fd = tcp_socket(self.ip).map_err(ungraded)?;
        socket::setsockopt(&fd, sockopt::ReuseAddr, &true).map_err(ungraded)?;
        self.buffers.apply(&fd).map_err(ungraded)?;
        let address = socket::SockaddrStorage::from(SocketAddr::new(self.ip, self.port));
        socket::bind(fd.as_raw_fd(), &address).map_err(ungraded)?;
        let backlog = socket::Backlog::new(self.backlog).map_err(ungraded)?;
        socket::listen(&fd, backlog).map_err(ungraded)?;
        let listener = TcpListener::from(fd);
        let address = listener
            .local_addr()
            .map_err(|error| Wrong::Ungraded(format!("the lab's listening socket: {error}")))?;
        self.scene
            .step(format!("{} listened on {}", self.name, self.ip));
        Ok(Server {
            scene: self.scene,
            name: self.name,
            listener,
            address,
        })
    }
}

/// A scripted server. It stops listening when it is dropped.
pub struct Server {
    scene: Arc<Scene>,
    name: String,
    listener: TcpListener,
    address: SocketAddr,
}

impl Server {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Accepts the next client. The connection has the server's name.
    ///
    /// # Errors
    ///
    /// None comes within a step.
    pub fn accept(&self) -> Outcome<Peer> {
        self.scene
            .step(format!("{} waited for the client", self.name));
        // The program may be an interpreter that was started a moment ago.
        let deadline = self.scene.deadline(clock::STEP);
        loop {
            // Asked first: it may connect and end at once.
            let programs = self.scene.programs();
            let ended = programs.last().is_some_and(|last| last.end().is_some());
            match self.listener.accept() {
                Ok((stream, _)) => {
                    return Peer::adopt(Arc::clone(&self.scene), &self.name, stream.into());
                }
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                    if ended || deadline.is_over() {
                        let how_long = if ended { "" } else { " for 2 s" };
                        return Err(self.scene.wrong(
                            format!("the program connects to {}", self.name),
                            vec![format!("No client came{how_long}.")],
                        ));
                    }
                    ready(&self.listener, PollFlags::POLLIN, &deadline);
                }
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => {
                    return Err(Wrong::Ungraded(format!("the lab's accept: {error}")));
                }
            }
        }
    }

    /// No client comes, watched for a moment.
    ///
    /// # Errors
    ///
    /// One comes.
    pub fn expect_no_client(&self) -> Outcome {
        self.scene
            .step(format!("{} watched that no client comes", self.name));
        let deadline = self.scene.deadline(clock::SILENCE);
        while !deadline.is_over() {
            if ready(&self.listener, PollFlags::POLLIN, &deadline) {
                return Err(self.scene.wrong(
                    format!("no client connects to {}", self.name),
                    vec!["One connected.".into()],
                ));
            }
        }
        Ok(())
    }

    /// Stops listening.
    pub fn close(self) {
        self.scene.step(format!("{} stopped listening", self.name));
    }
}
