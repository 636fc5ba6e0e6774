//! `echo-prefork PORT CHILDREN`: sends every line back to the client it came
//! from, with a pool of processes that were made beforehand.
//!
//! This file is given: it reads the command line, prints the last line and
//! chooses the exit status. `echo.rs`, `signals.rs` and `count.rs` are given
//! too. Your part is `server.rs`.

mod count;
mod echo;
mod server;
mod signals;

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

/// A system call failed.
const FAILED: u8 = 1;
/// The command line makes no sense.
const WRONG_USAGE: u8 = 2;

fn main() -> ExitCode {
    let Some((port, children)) = arguments(std::env::args_os().skip(1)) else {
        eprintln!("usage: echo-prefork PORT CHILDREN");
        eprintln!("  PORT      a number from 1 to 65535");
        eprintln!("  CHILDREN  how many processes serve, from 1 to 64");
        return ExitCode::from(WRONG_USAGE);
    };
    match server::run(port, children) {
        Ok(clients) => {
            // Nobody may be there to read it any more.
            let _ = writeln!(io::stdout(), "server stopped: {clients} clients served");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("echo-prefork: {error}");
            ExitCode::from(FAILED)
        }
    }
}

/// The port and the number of children.
fn arguments(mut arguments: impl Iterator<Item = OsString>) -> Option<(u16, usize)> {
    let port = arguments.next()?.to_str()?.parse().ok()?;
    let children = arguments.next()?.to_str()?.parse().ok()?;
    let valid = port != 0 && (1..=64).contains(&children) && arguments.next().is_none();
    valid.then_some((port, children))
}
