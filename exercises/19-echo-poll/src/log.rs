//! The two lines that the server prints.
//!
//! This file is given. Yours are `client.rs` and `server.rs`.

use std::io::{self, Write};
use std::net::IpAddr;

use sockets::resolve;

/// `server connected to NAME (IP)`; NAME is the address itself where it has no
/// name.
pub fn connected(ip: IpAddr) {
    say(&format!(
        "server connected to {} ({ip})",
        resolve::name_of(ip)
    ));
}

/// `server received N bytes`, for a line of so many bytes.
pub fn received(bytes: usize) {
    say(&format!("server received {bytes} bytes"));
}

/// A log that cannot be written stops no server.
fn say(line: &str) {
    let mut log = io::stdout().lock();
    let _ = writeln!(log, "{line}").and_then(|()| log.flush());
}
