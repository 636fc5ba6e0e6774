//! `netstat [-l] [-p]`: the TCP sockets of this machine, a line each.
//!
//! This file is given: it reads the command line, prints the rows and chooses
//! the exit status. Your parts are `table.rs` and `owners.rs`.

mod owners;
mod table;

use std::collections::HashMap;
use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

/// A system call failed.
const FAILED: u8 = 1;
/// The command line makes no sense.
const WRONG_USAGE: u8 = 2;

/// What was asked for.
#[derive(Default)]
struct Options {
    /// `-l`: only sockets that listen.
    listening: bool,
    /// `-p`: with the process that holds it.
    owner: bool,
}

fn main() -> ExitCode {
    let Some(options) = options(std::env::args_os().skip(1)) else {
        eprintln!("usage: netstat [-l] [-p]");
        return ExitCode::from(WRONG_USAGE);
    };
    match list(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("netstat: {error}");
            ExitCode::from(FAILED)
        }
    }
}

fn options(arguments: impl Iterator<Item = OsString>) -> Option<Options> {
    let mut options = Options::default();
    for argument in arguments {
        match argument.to_str()? {
            "-l" => options.listening = true,
            "-p" => options.owner = true,
            _ => return None,
        }
    }
    Some(options)
}

/// Prints the sockets that were asked for.
fn list(options: &Options) -> io::Result<()> {
    let rows = table::read()?;
    let owners = if options.owner {
        owners::of_sockets()?
    } else {
        HashMap::new()
    };
    let mut out = io::stdout().lock();
    for row in rows {
        if options.listening && row.state != table::LISTEN {
            continue;
        }
        write!(out, "{row}")?;
        if options.owner {
            match owners.get(&row.inode) {
                Some(pid) => write!(out, " {pid}")?,
                None => write!(out, " -")?,
            }
        }
        writeln!(out)?;
    }
    Ok(())
}
