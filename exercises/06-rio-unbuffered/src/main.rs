//! `rio-unbuffered readn N` and `rio-unbuffered writen FILE`: a driver for the
//! two functions in `rio.rs`.
//!
//! This file is given: it reads the command line, installs handlers for two
//! signals, calls your functions and chooses the exit status.

mod rio;
mod signals;

use std::error::Error;
use std::ffi::{OsStr, OsString};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// A system call failed.
const FAILED: u8 = 1;
/// The command line makes no sense.
const WRONG_USAGE: u8 = 2;

/// So many bytes are asked for at once: N may be more than memory holds.
const PIECE: u64 = 1 << 16;

enum Command {
    Readn(u64),
    Writen(PathBuf),
}

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let Some(command) = command(&arguments) else {
        eprintln!("usage: rio-unbuffered readn N");
        eprintln!("       rio-unbuffered writen FILE");
        return ExitCode::from(WRONG_USAGE);
    };
    match run(command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("rio-unbuffered: {error}");
            ExitCode::from(FAILED)
        }
    }
}

fn command(arguments: &[OsString]) -> Option<Command> {
    let [name, argument] = arguments else {
        return None;
    };
    if name == OsStr::new("readn") {
        Some(Command::Readn(argument.to_str()?.parse().ok()?))
    } else if name == OsStr::new("writen") {
        Some(Command::Writen(argument.into()))
    } else {
        None
    }
}

fn run(command: Command) -> Result<(), Box<dyn Error>> {
    signals::interrupt_calls().map_err(|error| format!("sigaction: {}", error.desc()))?;
    match command {
        Command::Readn(count) => {
            let read = readn(count)?;
            eprintln!("read {read} bytes");
        }
        Command::Writen(file) => {
            let wrote = writen(&file)?;
            eprintln!("wrote {wrote} bytes");
        }
    }
    Ok(())
}

/// `count` bytes of standard input, or all up to its end, to standard output.
/// Gives how many they were.
fn readn(count: u64) -> Result<u64, Box<dyn Error>> {
    let mut stdout = io::stdout();
    let mut buffer = vec![0; PIECE.min(count) as usize];
    let mut total = 0;
    loop {
        let asked = PIECE.min(count - total) as usize;
        let read = rio::readn(io::stdin(), &mut buffer[..asked])
            .map_err(|error| format!("read standard input: {}", error.desc()))?;
        let piece = &buffer[..read];
        stdout
            .write_all(piece)
            .and_then(|()| stdout.flush())
            .map_err(|error| format!("write standard output: {error}"))?;
        total += read as u64;
        if read < asked || total == count {
            return Ok(total);
        }
    }
}

/// All bytes of a file to standard output. Gives how many they were.
fn writen(file: &Path) -> Result<usize, Box<dyn Error>> {
    let bytes = std::fs::read(file).map_err(|error| format!("read {}: {error}", file.display()))?;
    rio::writen(io::stdout(), &bytes)
        .map_err(|error| format!("write standard output: {}", error.desc()))?;
    Ok(bytes.len())
}
