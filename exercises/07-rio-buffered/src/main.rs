//! `rio-buffered lines MAX` and `rio-buffered mix STEP…`: a driver for the
//! reader in `reader.rs`.
//!
//! This file is given: it reads the command line, installs handlers for two
//! signals, asks your reader for piece after piece, and chooses the exit status.

mod reader;
mod signals;

use std::error::Error;
use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use reader::Reader;

/// A system call failed.
const FAILED: u8 = 1;
/// The command line makes no sense.
const WRONG_USAGE: u8 = 2;

enum Command {
    Lines(usize),
    Mix(Vec<Step>),
}

enum Step {
    Line,
    Bytes(usize),
}

fn main() -> ExitCode {
    let Some(command) = command(std::env::args_os().skip(1)) else {
        eprintln!("usage: rio-buffered lines MAX      (MAX is 1 or more)");
        eprintln!("       rio-buffered mix STEP…       (STEP is `line` or `n:COUNT`)");
        return ExitCode::from(WRONG_USAGE);
    };
    match run(command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("rio-buffered: {error}");
            ExitCode::from(FAILED)
        }
    }
}

fn command(arguments: impl Iterator<Item = OsString>) -> Option<Command> {
    let arguments: Vec<OsString> = arguments.collect();
    let words: Vec<&str> = arguments
        .iter()
        .map(|word| word.to_str())
        .collect::<Option<_>>()?;
    match words.split_first()? {
        (&"lines", [max]) => {
            let max = max.parse().ok().filter(|&max| max > 0)?;
            Some(Command::Lines(max))
        }
        (&"mix", steps) if !steps.is_empty() => {
            let steps = steps
                .iter()
                .map(|step| self::step(step))
                .collect::<Option<_>>()?;
            Some(Command::Mix(steps))
        }
        _ => None,
    }
}

fn step(word: &str) -> Option<Step> {
    match word.split_once(':') {
        None if word == "line" => Some(Step::Line),
        Some(("n", count)) => Some(Step::Bytes(count.parse().ok()?)),
        _ => None,
    }
}

fn run(command: Command) -> Result<(), Box<dyn Error>> {
    signals::interrupt_calls().map_err(|error| format!("sigaction: {}", error.desc()))?;
    let mut reader = Reader::new(io::stdin());
    let mut piece = Vec::new();
    match command {
        Command::Lines(max) => {
            while reader.read_line(max, &mut piece).map_err(input)? > 0 {
                answer(&piece)?;
            }
        }
        Command::Mix(steps) => {
            for step in steps {
                let length = match step {
                    Step::Line => reader.read_line(usize::MAX, &mut piece),
                    Step::Bytes(count) => reader.read_n(count, &mut piece),
                };
                if length.map_err(input)? > 0 {
                    answer(&piece)?;
                }
            }
        }
    }
    Ok(())
}

fn input(error: nix::Error) -> String {
    format!("read standard input: {}", error.desc())
}

/// The length of a piece on standard error, its bytes on standard output.
fn answer(piece: &[u8]) -> Result<(), String> {
    eprintln!("{}", piece.len());
    let mut stdout = io::stdout();
    stdout
        .write_all(piece)
        .and_then(|()| stdout.flush())
        .map_err(|error| format!("write standard output: {error}"))
}
