//! `framing encode KIND` and `framing decode KIND`: messages to bytes and back.
//!
//! This file is given: it reads the command line and the input, prints, and
//! chooses the exit status. Your part is `frames.rs`.

mod frames;
mod hex;

use std::error::Error;
use std::ffi::OsString;
use std::io::{self, BufRead, Read, Write};
use std::process::ExitCode;

use frames::{Decoder, Kind, MAX_PAYLOAD, encode};

/// An error in the data, or a system call that failed.
const FAILED: u8 = 1;
/// The command line makes no sense.
const WRONG_USAGE: u8 = 2;

enum Command {
    Encode,
    Decode,
}

fn main() -> ExitCode {
    let Some((command, kind)) = arguments(std::env::args_os().skip(1)) else {
        eprintln!("usage: framing encode KIND");
        eprintln!("       framing decode KIND");
        eprintln!("KIND is fixed:N (N is 1 to 65536), length or delimiter");
        return ExitCode::from(WRONG_USAGE);
    };
    let done = match command {
        Command::Encode => encode_all(kind),
        Command::Decode => decode_all(kind),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(FAILED)
        }
    }
}

fn arguments(arguments: impl Iterator<Item = OsString>) -> Option<(Command, Kind)> {
    let arguments: Vec<OsString> = arguments.collect();
    let [command, kind] = arguments.as_slice() else {
        return None;
    };
    let command = match command.to_str()? {
        "encode" => Command::Encode,
        "decode" => Command::Decode,
        _ => return None,
    };
    let kind = match kind.to_str()? {
        "length" => Kind::Length,
        "delimiter" => Kind::Delimiter,
        other => {
            let size = other.strip_prefix("fixed:")?.parse().ok()?;
            (1..=65_536).contains(&size).then_some(Kind::Fixed(size))?
        }
    };
    Some((command, kind))
}

/// Payloads in hex, a line each, from standard input; frames to standard
/// output.
fn encode_all(kind: Kind) -> Result<(), Box<dyn Error>> {
    let mut input = io::stdin().lock();
    let mut output = io::stdout();
    // Of a longer line no more is read than shows that it is too long.
    let longest = 2 * (MAX_PAYLOAD as u64 + 1);
    let mut line = Vec::new();
    loop {
        line.clear();
        if (&mut input).take(longest).read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        let digits = line.strip_suffix(b"\n").unwrap_or(&line);
        let payload = hex::decode(digits).ok_or("bad hex")?;
        output.write_all(&encode(kind, &payload)?)?;
        output.flush()?;
    }
}

/// Frames from standard input, cut anyhow; payloads in hex, a line each, to
/// standard output.
fn decode_all(kind: Kind) -> Result<(), Box<dyn Error>> {
    let mut input = io::stdin().lock();
    let mut decoder = Decoder::new(kind);
    let mut buffer = vec![0; 64 << 10];
    loop {
        let count = input.read(&mut buffer)?;
        if count == 0 {
            return Ok(decoder.finish()?);
        }
        decoder.push(&buffer[..count]);
        while let Some(payload) = decoder.next_payload()? {
            println!("{}", hex::encode(&payload));
        }
    }
}
