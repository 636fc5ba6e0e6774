//! What a client gets, as in exercise 09: its bytes back, line by line.
//!
//! This file is given. Yours is `server.rs`.

use std::error::Error;
use std::io::{self, Write};

use sockets::{Connection, resolve, rio};

/// A line longer than this, in bytes, is handled in pieces.
const MAX_LINE: usize = 8192;

/// Greets the client in the log, then echoes until its end of file.
///
/// # Errors
///
/// The connection was reset, or reading or writing failed in another way. It
/// is over then, and nothing else is.
pub fn serve(connection: &Connection) -> Result<(), Box<dyn Error>> {
    let ip = connection.peer_addr()?.ip();
    let name = resolve::name_of(ip);
    say(&format!("server connected to {name} ({ip})"));

    let mut reader = rio::Reader::new(connection);
    let mut line = Vec::new();
    while reader.read_line(MAX_LINE, &mut line)? > 0 {
        say(&format!("server received {} bytes", line.len()));
        rio::writen(connection, &line)?;
    }
    Ok(())
}

/// Prints one line of the log. A log that cannot be written stops no server.
fn say(line: &str) {
    let mut log = io::stdout().lock();
    let _ = writeln!(log, "{line}").and_then(|()| log.flush());
}
