//! `echo-poll PORT`: sends every line back to the client it came from, with
//! one thread for all of them.
//!
//! This file is given: it reads the command line and chooses the exit status.
//! `log.rs` is given too. Yours are `client.rs` and `server.rs`.

mod client;
mod log;
mod server;

use std::ffi::OsString;
use std::process::ExitCode;

/// A system call failed.
const FAILED: u8 = 1;
/// The command line makes no sense.
const WRONG_USAGE: u8 = 2;

fn main() -> ExitCode {
    let Some(port) = port(std::env::args_os().skip(1)) else {
        eprintln!("usage: echo-poll PORT    (PORT is a number from 1 to 65535)");
        return ExitCode::from(WRONG_USAGE);
    };
    let Err(error) = server::run(port);
    eprintln!("echo-poll: {error}");
    ExitCode::from(FAILED)
}

/// The port, if it is the only argument and a number from 1 to 65535.
fn port(mut arguments: impl Iterator<Item = OsString>) -> Option<u16> {
    let port = arguments.next()?;
    if arguments.next().is_some() {
        return None;
    }
    port.to_str()?.parse().ok().filter(|&port| port != 0)
}
