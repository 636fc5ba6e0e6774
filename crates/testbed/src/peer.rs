//! A scripted client or server: the other end of a program's connection.

mod stream;

use std::io::{self, Read, Write};
use std::net::{IpAddr, Shutdown, SocketAddr, TcpStream};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::sync::Arc;

use nix::poll::{PollFd, PollFlags, poll};
use nix::sys::socket::{self, sockopt};

use crate::bytes;
use crate::clock::{self, Deadline};
use crate::scene::Scene;
use crate::story::{Outcome, Wrong};

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

/// More than any check asks for, in bytes. A program that sends without end
/// shall not fill the judge's memory.
const MOST: usize = 64 << 20;

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
                    return Err(self.refused(expected, nix::Error::from_raw(error)));
                }
            }
            Err(error) => return Err(self.refused(expected, error)),
        }
        Peer::adopt(self.scene, &self.name, fd)
    }

    fn refused(&self, expected: String, error: nix::Error) -> Wrong {
        self.scene.wrong(
            expected,
            vec![format!("{}'s connect failed: {}.", self.name, error.desc())],
        )
    }
}

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

    /// Sends all of these bytes.
    ///
    /// # Errors
    ///
    /// The program closed the connection, or did not read for a whole step.
    pub fn send(&mut self, message: &[u8]) -> Outcome {
        self.scene
            .step(format!("{} sent {}", self.name, bytes::show(message)));
        self.push(message)
    }

    /// Sends the bytes cut into pieces of these sizes, each a segment of its
    /// own; what is left over is the last piece.
    ///
    /// # Errors
    ///
    /// As [`Peer::send`].
    pub fn send_in_pieces(&mut self, message: &[u8], sizes: &[usize]) -> Outcome {
        self.scene.step(format!(
            "{} sent {} in pieces of {sizes:?} bytes and the rest",
            self.name,
            bytes::show(message)
        ));
        let mut rest = message;
        for &size in sizes {
            let (piece, after) = rest.split_at(size.min(rest.len()));
            self.push_segment(piece)?;
            rest = after;
        }
        self.push_segment(rest)
    }

    /// Sends the bytes one by one, each a segment of its own.
    ///
    /// # Errors
    ///
    /// As [`Peer::send`].
    pub fn send_bytewise(&mut self, message: &[u8]) -> Outcome {
        self.scene.step(format!(
            "{} sent {}, a byte at a time",
            self.name,
            bytes::show(message)
        ));
        message
            .chunks(1)
            .try_for_each(|byte| self.push_segment(byte))
    }

    /// Sends a piece and lets the program take it before the next one: what
    /// was not read yet would be joined to it.
    fn push_segment(&mut self, piece: &[u8]) -> Outcome {
        self.push(piece)?;
        // A busy machine lets the program wait for its turn; one that sleeps
        // without taking the piece does not want it now.
        for _ in 0..4 {
            let taken = crate::table::sockets().into_iter().any(|socket| {
                socket.local == self.remote
                    && socket.remote == self.local
                    && socket.receive_queue == 0
            });
            if taken {
                break;
            }
            self.scene.settle();
        }
        Ok(())
    }

    fn push(&mut self, message: &[u8]) -> Outcome {
        let deadline = self.scene.step_deadline();
        let mut rest = message;
        while !rest.is_empty() {
            match self.stream.write(rest) {
                Ok(n) => rest = &rest[n..],
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if deadline.is_over() {
                        return Err(self.scene.wrong(
                            format!("the program reads what {} sends", self.name),
                            vec![format!(
                                "The buffers are full and for 2 s nothing of {} more was read.",
                                if rest.len() == message.len() {
                                    "it"
                                } else {
                                    "the rest"
                                }
                            )],
                        ));
                    }
                    ready(&self.stream, PollFlags::POLLOUT, &deadline);
                }
                Err(error) => {
                    return Err(self.scene.wrong(
                        format!("{} can send", self.name),
                        vec![format!("The connection is gone: {}.", system_text(&error))],
                    ));
                }
            }
        }
        Ok(())
    }

    /// Sends until the buffers between the two are full and stay full for a
    /// moment, `max` bytes at most. Gives how many bytes went out.
    ///
    /// # Errors
    ///
    /// The program closed the connection.
    pub fn send_until_blocked(&mut self, message: &[u8]) -> Outcome<usize> {
        self.scene.step(format!(
            "{} sent as much of {} as the buffers took, and read nothing",
            self.name,
            bytes::count(message.len())
        ));
        let mut sent = 0;
        while sent < message.len() {
            match self.stream.write(&message[sent..]) {
                Ok(n) => sent += n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    let quiet = self.scene.deadline(clock::SILENCE);
                    let mut writable = false;
                    while !writable && !quiet.is_over() {
                        writable = ready(&self.stream, PollFlags::POLLOUT, &quiet);
                    }
                    if !writable {
                        break;
                    }
                }
                Err(error) => {
                    return Err(self.scene.wrong(
                        format!("{} can send", self.name),
                        vec![format!("The connection is gone: {}.", system_text(&error))],
                    ));
                }
            }
        }
        Ok(sent)
    }

    /// Sends the bytes and reads at the same time, so that nothing can
    /// deadlock on full buffers; all of them come back.
    ///
    /// # Errors
    ///
    /// Something else comes back, or nothing for the whole step.
    pub fn exchange(&mut self, message: &[u8]) -> Outcome {
        self.scene.step(format!(
            "{} sent {}, reading at the same time",
            self.name,
            bytes::show(message)
        ));
        let deadline = self.scene.transfer_deadline();
        let mut rest = message;
        while !rest.is_empty() {
            match self.stream.write(rest) {
                Ok(n) => {
                    deadline.moved();
                    rest = &rest[n..];
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if deadline.is_over() {
                        return Err(self.short_of(message, Arrival::Nothing));
                    }
                    ready(
                        &self.stream,
                        PollFlags::POLLOUT | PollFlags::POLLIN,
                        &deadline,
                    );
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return Err(self.short_of(message, Arrival::Reset)),
            }
            if self.take() == Arrival::Bytes {
                deadline.moved();
            }
        }
        self.expect_under(message, &deadline)
    }

    /// Sends back what should come while it comes, as a plain server does: it
    /// reads a piece, and reads on when the whole piece is sent.
    ///
    /// # Errors
    ///
    /// Something else comes, or for a step nothing moves.
    pub fn echo_while_it_reads(&mut self, message: &[u8]) -> Outcome {
        let name = self.name.clone();
        self.scene.step(format!(
            "{name} read {} piece by piece, and sent each back before it read the next",
            bytes::show(message)
        ));
        let deadline = self.scene.transfer_deadline();
        let mut echoed = 0;
        while echoed < message.len() {
            let arrival = self.arrival(&deadline);
            let piece = &self.received[..];
            let end = message.len().min(echoed + piece.len());
            if arrival != Arrival::Bytes || piece != &message[echoed..end] {
                return Err(self.short_of(&message[echoed..], arrival));
            }
            let mut sent = 0;
            while sent < piece.len() {
                match self.stream.write(&piece[sent..]) {
                    Ok(n) => {
                        deadline.moved();
                        sent += n;
                    }
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                        let quiet = self.scene.step_deadline();
                        let mut room = false;
                        while !room && !quiet.is_over() && !deadline.is_over() {
                            room = ready(&self.stream, PollFlags::POLLOUT, &quiet);
                        }
                        if !room {
                            return Err(self.nobody_reads());
                        }
                    }
                    Err(_) => return Err(self.short_of(&message[echoed..], Arrival::Reset)),
                }
            }
            echoed = end;
            self.received.clear();
        }
        Ok(())
    }

    fn nobody_reads(&self) -> Wrong {
        let name = &self.name;
        self.scene.wrong(
            format!("the program reads what {name} sends back while it still sends"),
            vec![
                format!("For 2 s the program read nothing: the way back to it is full."),
                format!("So {name} cannot send, and does not read before it has sent."),
            ],
        )
    }

    /// Reads what has come without waiting.
    fn take(&mut self) -> Arrival {
        if let Some(reset) = self.ended {
            return if reset { Arrival::Reset } else { Arrival::End };
        }
        let mut buffer = [0; 64 << 10];
        loop {
            match self.stream.read(&mut buffer) {
                Ok(0) => {
                    self.ended = Some(false);
                    return Arrival::End;
                }
                Ok(n) => {
                    self.received.extend_from_slice(&buffer[..n]);
                    return Arrival::Bytes;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return Arrival::Nothing;
                }
                Err(_) => {
                    self.ended = Some(true);
                    return Arrival::Reset;
                }
            }
        }
    }

    /// Waits for bytes, the end or a reset.
    fn arrival(&mut self, deadline: &Deadline) -> Arrival {
        loop {
            match self.take() {
                Arrival::Nothing if deadline.is_over() => return Arrival::Nothing,
                Arrival::Nothing => {
                    ready(&self.stream, PollFlags::POLLIN, deadline);
                }
                other => {
                    deadline.moved();
                    return other;
                }
            }
        }
    }

    /// The next bytes are exactly these.
    ///
    /// # Errors
    ///
    /// Others come, or not all of them within a step.
    pub fn expect(&mut self, expected: &[u8]) -> Outcome {
        self.scene.step(format!(
            "{} waited for {}",
            self.name,
            bytes::show(expected)
        ));
        let deadline = self.scene.step_deadline();
        self.expect_under(expected, &deadline)
    }

    /// The same where it depends on the kernel's buffers how much comes when
    /// not all of it does: the story does not tell.
    ///
    /// # Errors
    ///
    /// As [`Peer::expect`].
    pub fn expect_in_full(&mut self, expected: &[u8]) -> Outcome {
        let mut outcome = self.expect(expected);
        if let Err(Wrong::Failed(failure)) = &mut outcome {
            if !self.received.is_empty() && expected.starts_with(&self.received) {
                let name = &self.name;
                failure.seen = vec![format!("{name} received a part of it, then no more.")];
            }
        }
        outcome
    }

    fn expect_under(&mut self, expected: &[u8], deadline: &Deadline) -> Outcome {
        let mut compared = 0;
        loop {
            let common = self.received.len().min(expected.len());
            if self.received[compared..common] != expected[compared..common] {
                // Lets the rest come, so that the story is the same each time.
                let quiet = self.scene.deadline(clock::SILENCE);
                let enough = expected.len() + 4096;
                while self.received.len() < enough && self.arrival(&quiet) == Arrival::Bytes {}
                return Err(self.short_of(expected, Arrival::Bytes));
            }
            compared = common;
            if self.received.len() >= expected.len() {
                self.received.drain(..expected.len());
                return Ok(());
            }
            match self.arrival(deadline) {
                Arrival::Bytes => {}
                other => return Err(self.short_of(expected, other)),
            }
        }
    }

    /// What came in place of what was expected.
    fn short_of(&self, expected: &[u8], arrival: Arrival) -> Wrong {
        let name = &self.name;
        let nothing = self.received.is_empty();
        let mut seen = match arrival {
            Arrival::Bytes => vec![],
            Arrival::Nothing if nothing => {
                vec![format!("{name} received nothing for 2 s.")]
            }
            Arrival::Nothing => vec![format!(
                "{name} received {}, then nothing for 2 s.",
                bytes::count(self.received.len())
            )],
            Arrival::End if nothing => vec![format!(
                "{name} received the end of file: the program sends nothing more."
            )],
            Arrival::End => vec![format!(
                "{name} received {}, then the end of file.",
                bytes::count(self.received.len())
            )],
            Arrival::Reset if nothing => {
                vec![format!(
                    "{name}'s connection was reset by the program's side."
                )]
            }
            Arrival::Reset => vec![format!(
                "{name} received {}, then the connection was reset.",
                bytes::count(self.received.len())
            )],
        };
        if !nothing {
            seen.extend(bytes::difference(expected, &self.received));
        }
        let wrong = self
            .scene
            .wrong(format!("{name} receives {}", bytes::show(expected)), seen);
        match arrival {
            Arrival::Nothing => self.each_waits_for_the_other(wrong),
            _ => wrong,
        }
    }

    /// Says so, where the program waits for bytes from this peer.
    fn each_waits_for_the_other(&self, mut wrong: Wrong) -> Wrong {
        let name = &self.name;
        if let Wrong::Failed(failure) = &mut wrong {
            let waits = format!("it waits for bytes from {name}.");
            if failure.state.iter().any(|line| line.ends_with(&waits)) {
                failure.state.push(format!(
                    "So {name} and the program wait for each other, and neither will move."
                ));
            }
        }
        wrong
    }

    /// Reads up to and with the next `\n`.
    ///
    /// # Errors
    ///
    /// No whole line comes within a step.
    pub fn expect_line(&mut self) -> Outcome<Vec<u8>> {
        self.scene.step(format!("{} waited for a line", self.name));
        let deadline = self.scene.step_deadline();
        loop {
            if let Some(end) = self.received.iter().position(|&byte| byte == b'\n') {
                return Ok(self.received.drain(..=end).collect());
            }
            match self.arrival(&deadline) {
                Arrival::Bytes if self.received.len() < MOST && !deadline.is_over() => {}
                Arrival::Bytes => return Err(self.without_end("a line")),
                other => {
                    let mut seen = vec![match other {
                        Arrival::End => format!("{} received the end of file.", self.name),
                        Arrival::Reset => format!("{}'s connection was reset.", self.name),
                        _ => format!("{} received no `\\n` for 2 s.", self.name),
                    }];
                    if !self.received.is_empty() {
                        seen.push(format!("It had received {}.", bytes::show(&self.received)));
                    }
                    return Err(self
                        .scene
                        .wrong(format!("{} receives a line", self.name), seen));
                }
            }
        }
    }

    /// Nothing comes, watched for a moment.
    ///
    /// # Errors
    ///
    /// Bytes come, or the connection ends.
    pub fn expect_silence(&mut self) -> Outcome {
        self.scene
            .step(format!("{} watched that nothing comes", self.name));
        let deadline = self.scene.deadline(clock::SILENCE);
        let arrival = if self.received.is_empty() {
            self.arrival(&deadline)
        } else {
            Arrival::Bytes
        };
        let seen = match arrival {
            Arrival::Nothing => return Ok(()),
            Arrival::Bytes => format!("{} received {}.", self.name, bytes::show(&self.received)),
            Arrival::End => format!("{} received the end of file.", self.name),
            Arrival::Reset => format!("{}'s connection was reset.", self.name),
        };
        Err(self
            .scene
            .wrong(format!("{} receives nothing yet", self.name), vec![seen]))
    }

    /// No further bytes come: the connection ends, or nothing comes for a
    /// moment.
    ///
    /// # Errors
    ///
    /// Bytes come.
    pub fn expect_no_more(&mut self) -> Outcome {
        let deadline = self.scene.deadline(clock::SILENCE);
        if self.received.is_empty() && self.arrival(&deadline) != Arrival::Bytes {
            return Ok(());
        }
        let seen = vec![format!(
            "{} received {} more.",
            self.name,
            bytes::show(&self.received)
        )];
        Err(self
            .scene
            .wrong(format!("{} receives nothing more", self.name), seen))
    }

    /// Reads some of what comes, `count` bytes, whatever they are.
    ///
    /// # Errors
    ///
    /// Fewer come within a step.
    pub fn read_some(&mut self, count: usize) -> Outcome<Vec<u8>> {
        self.scene.step(format!("{} read a part of it", self.name));
        let deadline = self.scene.step_deadline();
        while self.received.len() < count {
            let arrival = self.arrival(&deadline);
            if arrival != Arrival::Bytes {
                let seen = match arrival {
                    Arrival::End => "Then came the end of file.",
                    Arrival::Reset => "Then the connection was reset.",
                    _ => "Then nothing came for 2 s.",
                };
                return Err(self.scene.wrong(
                    format!("{} receives {}", self.name, bytes::count(count)),
                    vec![seen.into()],
                ));
            }
        }
        Ok(self.received.drain(..count).collect())
    }

    /// The end of file comes next.
    ///
    /// # Errors
    ///
    /// Bytes come, or a reset, or nothing within a step.
    pub fn expect_eof(&mut self) -> Outcome {
        self.scene
            .step(format!("{} waited for the end of file", self.name));
        self.end(false)
    }

    /// The connection ends next, in order or by a reset.
    ///
    /// # Errors
    ///
    /// Bytes come, or nothing within a step.
    pub fn expect_eof_or_reset(&mut self) -> Outcome {
        self.scene.step(format!(
            "{} waited for the end of the connection",
            self.name
        ));
        self.end(true)
    }

    fn end(&mut self, reset_is_right: bool) -> Outcome {
        let deadline = self.scene.step_deadline();
        let arrival = if self.received.is_empty() {
            self.arrival(&deadline)
        } else {
            Arrival::Bytes
        };
        let seen = match arrival {
            Arrival::End => return Ok(()),
            Arrival::Reset if reset_is_right => return Ok(()),
            Arrival::Reset => format!(
                "{}'s connection was reset: the program closed it with bytes unread or with \
                 linger 0, or died.",
                self.name
            ),
            Arrival::Bytes => {
                let quiet = self.scene.deadline(clock::SILENCE);
                while self.received.len() < 4096 && self.arrival(&quiet) == Arrival::Bytes {}
                format!(
                    "{} received {} more.",
                    self.name,
                    bytes::show(&self.received)
                )
            }
            Arrival::Nothing => format!("{} received nothing, and no end, for 2 s.", self.name),
        };
        let expected = if reset_is_right {
            format!("{}'s connection ends", self.name)
        } else {
            format!("{} receives the end of file", self.name)
        };
        let silent = arrival == Arrival::Nothing;
        let wrong = self.scene.wrong(expected, vec![seen]);
        Err(if silent {
            self.each_waits_for_the_other(wrong)
        } else {
            wrong
        })
    }

    /// Reads everything up to the end of file.
    ///
    /// # Errors
    ///
    /// The end does not come within a step after the last bytes.
    pub fn read_to_end(&mut self) -> Outcome<Vec<u8>> {
        self.scene.step(format!(
            "{} read everything up to the end of file",
            self.name
        ));
        let deadline = self.scene.transfer_deadline();
        loop {
            match self.arrival(&deadline) {
                Arrival::Bytes if self.received.len() < MOST && !deadline.is_over() => {}
                Arrival::End => return Ok(std::mem::take(&mut self.received)),
                Arrival::Bytes => return Err(self.without_end("the end of file")),
                other => {
                    let how = if other == Arrival::Reset {
                        "then the connection was reset"
                    } else {
                        "and no end of file"
                    };
                    return Err(self.scene.wrong(
                        format!("{} receives the end of file", self.name),
                        vec![format!(
                            "{} received {}, {how}.",
                            self.name,
                            bytes::show(&self.received)
                        )],
                    ));
                }
            }
        }
    }

    /// Sends the bytes and ends its sending side, reading at the same time, up
    /// to the end of file; gives all that came.
    ///
    /// # Errors
    ///
    /// The end does not come, or the connection is reset.
    pub fn send_and_read_to_end(&mut self, message: &[u8]) -> Outcome<Vec<u8>> {
        self.scene.step(format!(
            "{} sent the rest and closed its sending side, reading at the same time",
            self.name
        ));
        let deadline = self.scene.transfer_deadline();
        if self.push_while_taking(message, &deadline) {
            let _ = self.stream.shutdown(Shutdown::Write);
        }
        self.read_to_end()
    }

    /// Sends the bytes, reading at the same time, until `count` bytes have
    /// come; gives these.
    ///
    /// # Errors
    ///
    /// Fewer come, and then nothing for a step, or the end.
    pub fn send_and_read(&mut self, message: &[u8], count: usize) -> Outcome<Vec<u8>> {
        let name = self.name.clone();
        self.scene.step(format!(
            "{name} sent the rest, reading at the same time, and waited for every byte"
        ));
        let deadline = self.scene.transfer_deadline();
        self.push_while_taking(message, &deadline);
        while self.received.len() < count {
            let arrival = self.arrival(&deadline);
            if arrival != Arrival::Bytes {
                let then = match arrival {
                    Arrival::End => "then the end of file",
                    Arrival::Reset => "then the connection was reset",
                    _ => "then nothing for 2 s",
                };
                return Err(self.scene.wrong(
                    format!("{name} receives every byte"),
                    vec![format!("{name} received a part of it, {then}.")],
                ));
            }
        }
        Ok(self.received.drain(..count).collect())
    }

    /// Sends, and takes what comes meanwhile. Tells whether all was sent; if
    /// not, what is received next tells why.
    fn push_while_taking(&mut self, message: &[u8], deadline: &Deadline) -> bool {
        let mut rest = message;
        while !rest.is_empty() && !deadline.is_over() {
            match self.stream.write(rest) {
                Ok(n) => {
                    deadline.moved();
                    rest = &rest[n..];
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    let either = PollFlags::POLLOUT | PollFlags::POLLIN;
                    ready(&self.stream, either, deadline);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => break,
            }
            if self.take() == Arrival::Bytes {
                deadline.moved();
            }
        }
        rest.is_empty()
    }

    /// What comes does not stop. How much it was differs from run to run.
    fn without_end(&self, expected: &str) -> Wrong {
        self.scene.wrong(
            format!("{} receives {expected}", self.name),
            vec![format!("{} received more and more.", self.name)],
        )
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
