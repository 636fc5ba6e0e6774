//! The dialogue: a line out, a line back.
//!
//! The lecture's client writes a line and then reads one. With a line larger than all the buffers
//! between the two ends that never ends: the server waits until somebody reads its answer, the client
//! until somebody reads its line. So whenever the line does not fit, this one waits for both
//! directions at once and takes what has come. Lines pass in pieces, so that one of any length needs
//! no more memory than another.

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{MsgFlags, recv, send};
use sockets::rio::{self, Reader};
use sockets::{Connection, Error, Result};
use std::io;
use std::net::Shutdown;
use std::os::fd::{AsFd, AsRawFd};

/// The longest piece of a line, in either direction, in bytes.
const PIECE: usize = 64 * 1024;

/// Sends each line of `input` and writes the line that comes back to `output`, then what the server
/// still sends after the last.
///
/// # Errors
///
/// Reading or writing failed, or the server ended the connection before it had answered. What came
/// before is in `output`.
pub fn hold(connection: &Connection, input: impl AsFd, output: impl AsFd) -> Result<()> {
    let mut lines = Reader::with_capacity(input, PIECE);
    let mut line = Vec::new();
    let mut server = Server::new(connection, output);
    while read_piece(&mut lines, &mut line)? {
        server.send(&line)?;
        if line.ends_with(b"\n") {
            server.answer()?;
        }
    }
    server.end_of_input()
}

/// A line or a piece of a long one; false at the end of the input.
fn read_piece(lines: &mut Reader<impl AsFd>, line: &mut Vec<u8>) -> Result<bool> {
    lines
        .read_line(PIECE, line)
        .map(|length| length > 0)
        .map_err(|cause| Error::call("read", "standard input", cause))
}

/// The server as the client sees it, and what it has said.
struct Server<'a, Out> {
    connection: &'a Connection,
    output: Out,
    chunk: Box<[u8]>,
    /// What has come and is not written yet.
    received: Vec<u8>,
    /// The line that is being sent has its answer already.
    answered: bool,
}

impl<'a, Out: AsFd> Server<'a, Out> {
    fn new(connection: &'a Connection, output: Out) -> Self {
        Server {
            connection,
            output,
            chunk: vec![0; PIECE].into_boxed_slice(),
            received: Vec::new(),
            answered: false,
        }
    }

    /// Sends `bytes`, and takes what comes whenever they do not fit.
    fn send(&mut self, bytes: &[u8]) -> Result<()> {
        let mut rest = bytes;
        while !rest.is_empty() {
            match send(self.connection.as_raw_fd(), rest, MsgFlags::MSG_DONTWAIT) {
                Ok(count) => rest = &rest[count..],
                Err(Errno::EINTR) => (),
                Err(Errno::EAGAIN) => self.wait_for_room()?,
                Err(errno) => return Err(self.lost("write", errno.into())),
            }
        }
        Ok(())
    }

    /// Until there is room to send; what comes meanwhile is taken.
    fn wait_for_room(&mut self) -> Result<()> {
        let mut events = PollFlags::POLLOUT;
        // A server that says far more than it is asked waits until its turn.
        if !self.answered || self.received.len() < PIECE {
            events |= PollFlags::POLLIN;
        }
        let mut wait = [PollFd::new(self.connection.as_fd(), events)];
        match poll(&mut wait, PollTimeout::NONE) {
            Ok(_) | Err(Errno::EINTR) => (),
            Err(errno) => return Err(self.failed("poll", errno.into())),
        }
        // Nothing on an interrupted wait. POLLHUP and POLLERR show in the next read or send.
        let came = wait[0].revents().unwrap_or(PollFlags::empty());
        if came.contains(PollFlags::POLLIN) {
            self.receive()?;
        }
        Ok(())
    }

    /// Waits until the line that was sent has its answer, and writes it.
    fn answer(&mut self) -> Result<()> {
        self.write_answer(0)?;
        while !self.answered {
            self.receive()?;
        }
        self.answered = false;
        Ok(())
    }

    /// Takes what has come, or waits for it.
    fn receive(&mut self) -> Result<()> {
        let known = self.received.len();
        match self.read()? {
            0 => {
                let early = io::Error::other("the server closed the connection early");
                Err(self.lost("read", early))
            }
            count => {
                self.received.extend_from_slice(&self.chunk[..count]);
                self.write_answer(known)
            }
        }
    }

    /// Writes the answer to the line at hand, if it is there: what was received up to the first
    /// newline, which is at `from` or later. Of a long one, what is there.
    fn write_answer(&mut self, from: usize) -> Result<()> {
        if self.answered {
            return Ok(());
        }
        let newline = self.received[from..].iter().position(|&byte| byte == b'\n');
        self.answered = newline.is_some();
        match newline {
            Some(at) => self.write_received(from + at + 1),
            None if self.received.len() >= PIECE => self.write_received(self.received.len()),
            None => Ok(()),
        }
    }

    /// No more lines: ends the sending side, and writes what still comes.
    fn end_of_input(mut self) -> Result<()> {
        if let Err(error) = self.connection.shutdown(Shutdown::Write) {
            self.rescue();
            return Err(error);
        }
        self.write_received(self.received.len())?;
        loop {
            match self.read()? {
                0 => return Ok(()),
                count => self.write(&self.chunk[..count])?,
            }
        }
    }

    fn read(&mut self) -> Result<usize> {
        match rio::read(self.connection, &mut self.chunk) {
            Ok(count) => Ok(count),
            Err(cause) => Err(self.lost("read", cause)),
        }
    }

    fn write_received(&mut self, count: usize) -> Result<()> {
        self.write(&self.received[..count])?;
        self.received.drain(..count);
        Ok(())
    }

    fn write(&self, bytes: &[u8]) -> Result<()> {
        rio::writen(&self.output, bytes)
            .map_err(|cause| Error::call("write", "standard output", cause))
    }

    /// The error of a connection that is lost, after all that came through it is written.
    fn lost(&mut self, operation: &'static str, cause: io::Error) -> Error {
        self.rescue();
        self.failed(operation, cause)
    }

    /// Writes what came before the end, and waits for nothing more.
    fn rescue(&mut self) {
        // Whatever fails here, the loss of the connection is what there is to tell.
        let _ = self.write(&self.received);
        self.received.clear();
        let fd = self.connection.as_raw_fd();
        while let Ok(count @ 1..) = recv(fd, &mut self.chunk, MsgFlags::MSG_DONTWAIT) {
            let _ = self.write(&self.chunk[..count]);
        }
    }

    fn failed(&self, operation: &'static str, cause: io::Error) -> Error {
        let peer = self.connection.peer_addr();
        let peer = peer.map_or_else(|_| "server".to_owned(), |peer| peer.to_string());
        Error::call(operation, peer, cause)
    }
}
