//! `listen PORT [BACKLOG]`: makes a listening socket and holds it until its
//! input ends.
//!
//! This file is given: it reads the command line and chooses the exit status.
//! `failure.rs` is given too. Your part is `listen.rs`.

mod failure;
mod listen;

use std::ffi::OsString;
use std::process::ExitCode;

use nix::sys::socket::Backlog;

/// How many clients may wait when nothing else is asked for.
const DEFAULT_BACKLOG: i32 = 16;

/// A system call failed.
const FAILED: u8 = 1;
/// The command line makes no sense.
const WRONG_USAGE: u8 = 2;

fn main() -> ExitCode {
    let Some((port, backlog)) = arguments(std::env::args_os().skip(1)) else {
        eprintln!(
            "usage: listen PORT [BACKLOG]    (PORT is a number from 1 to 65535, BACKLOG one from 0)"
        );
        return ExitCode::from(WRONG_USAGE);
    };
    match listen::run(port, backlog) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("listen: {failure}");
            ExitCode::from(FAILED)
        }
    }
}

/// The port and the length of the queue, if they are the only arguments and
/// make sense.
fn arguments(mut arguments: impl Iterator<Item = OsString>) -> Option<(u16, Backlog)> {
    let port = arguments.next()?.to_str()?.parse().ok()?;
    let backlog = match arguments.next() {
        None => DEFAULT_BACKLOG,
        Some(text) => text.to_str()?.parse().ok().filter(|&length| length >= 0)?,
    };
    // More than the system's limit: the kernel would cut it there.
    let backlog = Backlog::new(backlog).unwrap_or(Backlog::MAXCONN);
    (port != 0 && arguments.next().is_none()).then_some((port, backlog))
}
