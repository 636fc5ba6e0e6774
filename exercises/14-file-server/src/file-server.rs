//! `file-server PORT DIR`: sends the files of one folder.
//!
//! This file is given: it reads the command line and chooses the exit status.
//! Your part is `message.rs`, `server.rs` and `client.rs`.

mod message;
mod server;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// A system call failed.
const FAILED: u8 = 1;
/// The command line makes no sense.
const WRONG_USAGE: u8 = 2;

fn main() -> ExitCode {
    let Some((port, folder)) = arguments(std::env::args_os().skip(1)) else {
        eprintln!("usage: file-server PORT DIR    (PORT is a number from 1 to 65535)");
        return ExitCode::from(WRONG_USAGE);
    };
    match server::run(port, Path::new(&folder)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("file-server: {error}");
            ExitCode::from(FAILED)
        }
    }
}

/// PORT and DIR, if the arguments are these.
fn arguments(mut arguments: impl Iterator<Item = OsString>) -> Option<(u16, PathBuf)> {
    let port = arguments.next()?;
    let folder = arguments.next()?;
    if arguments.next().is_some() {
        return None;
    }
    let port = port.to_str()?.parse().ok().filter(|&port| port != 0)?;
    Some((port, folder.into()))
}
