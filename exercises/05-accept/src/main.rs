//! `accept PORT COUNT`: accepts COUNT clients one after another, says who they
//! are, and greets each.
//!
//! This file is given: it reads the command line, makes the listening socket
//! and chooses the exit status. Everything else here is given too, except
//! `accept.rs`: your part.

mod accept;
mod call;
mod failure;
mod listener;
mod signal;

use std::ffi::OsString;
use std::process::ExitCode;

use failure::Failure;

/// A system call failed.
const FAILED: u8 = 1;
/// The command line makes no sense.
const WRONG_USAGE: u8 = 2;

fn main() -> ExitCode {
    let Some((port, count)) = arguments(std::env::args_os().skip(1)) else {
        eprintln!(
            "usage: accept PORT COUNT    (PORT is a number from 1 to 65535, COUNT a whole number)"
        );
        return ExitCode::from(WRONG_USAGE);
    };
    match run(port, count) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("accept: {failure}");
            ExitCode::from(FAILED)
        }
    }
}

fn run(port: u16, count: u32) -> Result<(), Failure> {
    signal::handle_without_restart()?;
    let listener = listener::open_listenfd(port)?;
    accept::run(&listener, count)
}

/// The port and the number of clients, if they are the only arguments and make
/// sense.
fn arguments(mut arguments: impl Iterator<Item = OsString>) -> Option<(u16, u32)> {
    let port = arguments.next()?.to_str()?.parse().ok()?;
    let count = arguments.next()?.to_str()?.parse().ok()?;
    (port != 0 && arguments.next().is_none()).then_some((port, count))
}
