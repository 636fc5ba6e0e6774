//! Reads on while half of what it may keep is free, in small pieces, and sends
//! what is complete and what is not.

use std::collections::VecDeque;
use std::error::Error;
use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use nix::poll::PollFlags;
use sockets::Connection;

use crate::log;

const MOST: usize = 1 << 20;

pub struct Client {
    stream: TcpStream,
    pending: VecDeque<u8>,
    line: usize,
    finished: bool,
}

impl Client {
    pub fn new(connection: Connection) -> Result<Client, Box<dyn Error>> {
        log::connected(connection.peer_addr()?.ip());
        let stream = TcpStream::from(OwnedFd::from(connection));
        stream.set_nonblocking(true)?;
        Ok(Client {
            stream,
            pending: VecDeque::new(),
            line: 0,
            finished: false,
        })
    }

    pub fn interest(&self) -> PollFlags {
        let mut interest = PollFlags::empty();
        interest.set(PollFlags::POLLIN, self.reads());
        interest.set(PollFlags::POLLOUT, !self.pending.is_empty());
        interest
    }

    fn reads(&self) -> bool {
        !self.finished && self.pending.len() < MOST / 2
    }

    pub fn proceed(&mut self) -> io::Result<bool> {
        let mut buffer = [0; 777];
        while self.reads() {
            match self.stream.read(&mut buffer) {
                Ok(0) => {
                    self.finished = true;
                    if self.line > 0 {
                        log::received(self.line);
                    }
                }
                Ok(count) => {
                    for &byte in &buffer[..count] {
                        self.line += 1;
                        if byte == b'\n' {
                            log::received(std::mem::take(&mut self.line));
                        }
                    }
                    self.pending.extend(&buffer[..count]);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        while !self.pending.is_empty() {
            match self.stream.write(self.pending.as_slices().0) {
                Ok(count) => drop(self.pending.drain(..count)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        Ok(!self.finished || !self.pending.is_empty())
    }
}

impl AsFd for Client {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}
