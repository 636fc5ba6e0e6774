//! `demux`: which socket is a segment handed to? A command a line on standard
//! input, the answers on standard output.
//!
//! This file is given: it chooses the exit status. `command.rs` is given, too.
//! Your part is `demux.rs`.

mod command;
mod demux;

use std::process::ExitCode;

/// A system call failed.
const FAILED: u8 = 1;
/// The command line makes no sense.
const WRONG_USAGE: u8 = 2;

fn main() -> ExitCode {
    if std::env::args_os().len() > 1 {
        eprintln!("usage: demux    (commands are read from standard input)");
        return ExitCode::from(WRONG_USAGE);
    }
    match demux::run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("demux: {error}");
            ExitCode::from(FAILED)
        }
    }
}
