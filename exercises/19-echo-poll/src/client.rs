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
        todo!("POLLIN or POLLOUT; what it has not taken yet is the reason not to read on")
    }

    /// Does what can be done without waiting. False: the client has finished,
    /// and has got everything.
    ///
    /// # Errors
    ///
    /// The connection broke.
    pub fn proceed(&mut self) -> io::Result<bool> {
        todo!("read if there is nothing to be written, write what there is")
    }

    /// Reads once, into `pending`. False at end of file.
    fn read(&mut self) -> io::Result<bool> {
        todo!("what one read brings, or nothing yet; count lines, the unfinished last one too")
    }

    /// Writes as much of `pending` as there is room for.
    fn write(&mut self) -> io::Result<()> {
        todo!("until all is written or there is no more room; what was taken is no longer pending")
    }

    /// Logs each line that ends in `bytes`, and remembers what was begun.
    fn count_lines(&mut self, bytes: &[u8]) {
        todo!("a line may have begun in an earlier read, and may end in a later one")
    }
}

impl AsFd for Client {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}
