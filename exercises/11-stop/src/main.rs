//! `echo-stop PORT [GRACE]`: sends every line back to the client it came from,
//! with a process of its own for each client, until it is told to stop.
//!
//! This file is given: it reads the command line, prints the last line and
//! chooses the exit status. `echo.rs` is given too. Your part is `server.rs`
//! and `signals.rs`.

mod echo;
mod server;
mod signals;

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

/// A system call failed.
const FAILED: u8 = 1;
/// The command line makes no sense.
const WRONG_USAGE: u8 = 2;

/// How long the workers may go on when the command line does not say.
const GRACE: Duration = Duration::from_secs(5);

fn main() -> ExitCode {
    let Some((port, grace)) = arguments(std::env::args_os().skip(1)) else {
        eprintln!("usage: echo-stop PORT [GRACE]");
        eprintln!("  PORT   a number from 1 to 65535");
        eprintln!("  GRACE  a whole number of seconds, 5 if not given");
        return ExitCode::from(WRONG_USAGE);
    };
    match server::run(port, grace) {
        Ok(clients) => {
            // Nobody may be there to read it any more.
            let _ = writeln!(io::stdout(), "server stopped: {clients} clients served");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("echo-stop: {error}");
            ExitCode::from(FAILED)
        }
    }
}

/// The port, and how long the workers may go on after a stop.
fn arguments(mut arguments: impl Iterator<Item = OsString>) -> Option<(u16, Duration)> {
    let port = arguments.next()?.to_str()?.parse().ok()?;
    let grace = match arguments.next() {
        Some(grace) => Duration::from_secs(u64::from(grace.to_str()?.parse::<u32>().ok()?)),
        None => GRACE,
    };
    let valid = port != 0 && arguments.next().is_none();
    valid.then_some((port, grace))
}
