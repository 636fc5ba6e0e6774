//! One client, as it is between two of its events: what a server with a thread
//! for each client would have on that thread's stack.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use nix::poll::PollFlags;
use sockets::Connection;

use crate::log;

/// How many bytes are read at a time, and kept for a client at most.
const BUFFER: usize = 16 << 10;

/// A client and its state. Its connection closes when it is dropped.
pub struct Client {
    stream: TcpStream,
    /// What was read and is still to be written.
    pending: Vec<u8>,
    /// How many bytes of an unfinished line have come.
    line: usize,
}

impl Client {
    /// A client that was just accepted: it is greeted in the log.
    ///
    /// # Errors
    ///
    /// Its connection cannot be made one that does not block.
    pub fn new(connection: Connection) -> Result<Client, Box<dyn std::error::Error>> {
        log::connected(connection.peer_addr()?.ip());
        let stream = TcpStream::from(OwnedFd::from(connection));
        stream.set_nonblocking(true)?;
        Ok(Client {
            stream,
            pending: Vec::new(),
            line: 0,
        })
    }

    /// What to wait for: bytes from this client, or room for bytes to it.
    pub fn interest(&self) -> PollFlags {
        // <student: POLLIN or POLLOUT; what it has not taken yet is the reason not to read on>
        if self.pending.is_empty() {
            PollFlags::POLLIN
        } else {
            PollFlags::POLLOUT
        }
        // </student>
    }

    /// Does what can be done without waiting. False: the client has finished,
    /// and has got everything.
    ///
    /// # Errors
    ///
    /// The connection broke.
    pub fn proceed(&mut self) -> io::Result<bool> {
        // <student: read if there is nothing to be written, write what there is>
        if self.pending.is_empty() && !self.read()? {
            return Ok(false);
        }
        self.write()?;
        Ok(true)
        // </student>
    }

    /// Reads once, into `pending`. False at end of file.
    fn read(&mut self) -> io::Result<bool> {
        // <student: what one read brings, or nothing yet; count lines, the unfinished last one too>
        let mut buffer = [0; BUFFER];
        match self.stream.read(&mut buffer) {
            Ok(0) => {
                if self.line > 0 {
                    log::received(self.line);
                }
                Ok(false)
            }
            Ok(count) => {
                self.count_lines(&buffer[..count]);
                self.pending.extend_from_slice(&buffer[..count]);
                Ok(true)
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(true),
            Err(error) => Err(error),
        }
        // </student>
    }

    /// Writes as much of `pending` as there is room for.
    fn write(&mut self) -> io::Result<()> {
        // <student: until all is written or there is no more room; what was taken is no longer pending>
        while !self.pending.is_empty() {
            match self.stream.write(&self.pending) {
                Ok(count) => drop(self.pending.drain(..count)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        Ok(())
        // </student>
    }

    /// Logs each line that ends in `bytes`, and remembers what was begun.
    fn count_lines(&mut self, bytes: &[u8]) {
        // <student: a line may have begun in an earlier read, and may end in a later one>
        for piece in bytes.split_inclusive(|&byte| byte == b'\n') {
            self.line += piece.len();
            if piece.ends_with(b"\n") {
                log::received(self.line);
                self.line = 0;
            }
        }
        // </student>
    }
}

impl AsFd for Client {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}
