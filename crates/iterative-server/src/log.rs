//! What the server says while it serves.

use sockets::{resolve, rio};
use std::fmt::Display;
use std::io::{self, Write};
use std::net::SocketAddr;

/// Text is handed to the system when it is this long, in bytes, or when there is no more to say.
const ENOUGH: usize = 4096;

/// The lecture's two lines on standard output: a client has come, a line has come.
///
/// They go to the descriptor by `write` at once, so nothing is left in a buffer that a fork would
/// copy. A reader of the output that is gone is no reason to stop serving: its lines are lost.
///
/// ```
/// let mut log = iterative_server::Log::new(false, true);
/// log.connected("192.0.2.1:4321".parse().unwrap()); // server connected to 192.0.2.1 (192.0.2.1)
/// log.received(b"hello\nand"); // server received 6 bytes
/// log.received(b" more");
/// log.end_of_stream(); // server received 8 bytes
/// ```
#[derive(Debug)]
pub struct Log {
    quiet: bool,
    numeric: bool,
    /// Bytes of the line that has not ended yet.
    unfinished: u64,
    text: Vec<u8>,
}

impl Log {
    /// A log of both lines (none when `quiet`), with the clients' names or, `numeric`, without
    /// asking a name server.
    ///
    /// ```
    /// let log = iterative_server::Log::new(false, true);
    /// # drop(log);
    /// ```
    pub fn new(quiet: bool, numeric: bool) -> Self {
        Log {
            quiet,
            numeric,
            unfinished: 0,
            text: Vec::new(),
        }
    }

    /// A log that says nothing.
    ///
    /// ```
    /// iterative_server::Log::silent().connected("192.0.2.1:80".parse().unwrap());
    /// ```
    pub fn silent() -> Self {
        Self::new(true, true)
    }

    /// `server connected to NAME (IP)`
    ///
    /// ```
    /// # let mut log = iterative_server::Log::silent();
    /// log.connected("[::1]:4321".parse().unwrap()); // server connected to localhost (::1)
    /// ```
    #[inline] // a quiet worker touches none of this crate's pages: each costs a fault after a fork
    pub fn connected(&mut self, peer: SocketAddr) {
        if !self.quiet {
            self.say_connected(peer);
        }
    }

    fn say_connected(&mut self, peer: SocketAddr) {
        let ip = peer.ip().to_canonical();
        let name = match self.numeric {
            true => ip.to_string(),
            false => resolve::name_of(ip),
        };
        self.say(format_args!("server connected to {name} ({ip})"));
        self.flush();
    }

    /// `server received N bytes`, for each line that ends in `bytes`.
    ///
    /// ```
    /// # let mut log = iterative_server::Log::silent();
    /// log.received(b"a"); // nothing yet
    /// log.received(b"b\n\n"); // server received 3 bytes, server received 1 bytes
    /// ```
    #[inline]
    pub fn received(&mut self, bytes: &[u8]) {
        if !self.quiet {
            self.count(bytes);
        }
    }

    fn count(&mut self, bytes: &[u8]) {
        for piece in bytes.split_inclusive(|&byte| byte == b'\n') {
            self.unfinished += piece.len() as u64;
            if piece.ends_with(b"\n") {
                self.line();
            }
        }
        self.flush();
    }

    /// The same for a last line that has no `\n`.
    ///
    /// ```
    /// # let mut log = iterative_server::Log::silent();
    /// log.received(b"bye");
    /// log.end_of_stream(); // server received 3 bytes
    /// log.end_of_stream(); // nothing: the next client starts anew
    /// ```
    #[inline]
    pub fn end_of_stream(&mut self) {
        if self.unfinished > 0 {
            self.line();
            self.flush();
        }
    }

    fn line(&mut self) {
        let count = std::mem::take(&mut self.unfinished);
        self.say(format_args!("server received {count} bytes"));
    }

    fn say(&mut self, line: impl Display) {
        // Writing to memory does not fail.
        let _ = writeln!(self.text, "{line}");
        if self.text.len() >= ENOUGH {
            self.flush();
        }
    }

    fn flush(&mut self) {
        if !self.text.is_empty() {
            let _ = rio::writen(io::stdout(), &self.text);
            self.text.clear();
        }
    }
}

/// A message to whoever runs `program`, on standard error, wherever that leads.
///
/// ```
/// iterative_server::complain("iterative-server", "bind 0.0.0.0:80: Permission denied");
/// ```
pub fn complain(program: &str, message: impl Display) {
    // One write: processes that complain at the same time do not mix their words.
    let _ = io::stderr().write_all(format!("{program}: {message}\n").as_bytes());
}
