//! `backlog PORT SIZE`: how many connections wait in a queue of SIZE.
//!
//! This file is given: it reads the command line and chooses the exit status.
//! Your part is `queue.rs`.

mod queue;

use std::ffi::OsString;
use std::process::ExitCode;

/// A system call failed.
const FAILED: u8 = 1;
/// The command line makes no sense.
const WRONG_USAGE: u8 = 2;
/// The longest queue that is measured.
const MAX_SIZE: i32 = 400;

fn main() -> ExitCode {
    let Some((port, size)) = port_and_size(std::env::args_os().skip(1)) else {
        eprintln!("usage: backlog PORT SIZE    (PORT from 1 to 65535, SIZE from 0 to {MAX_SIZE})");
        return ExitCode::from(WRONG_USAGE);
    };
    match queue::run(port, size) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("backlog: {error}");
            ExitCode::from(FAILED)
        }
    }
}

/// The two arguments, if both are there and in their ranges.
fn port_and_size(mut arguments: impl Iterator<Item = OsString>) -> Option<(u16, i32)> {
    let port = arguments.next()?;
    let size = arguments.next()?;
    if arguments.next().is_some() {
        return None;
    }
    let port = port.to_str()?.parse().ok().filter(|&port| port != 0)?;
    let size = size.to_str()?.parse().ok()?;
    (0..=MAX_SIZE).contains(&size).then_some((port, size))
}
