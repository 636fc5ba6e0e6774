//! `byte-order`: shows the bytes in which numbers and addresses travel. A
//! command a line on standard input, an answer a line on standard output.
//!
//! This file is given: it reads the commands and prints the answers. Your parts
//! are `wire.rs` and `sockaddr.rs`.

mod hex;
mod number;
mod sockaddr;
mod wire;

use std::io::{self, BufRead};
use std::net::{Ipv4Addr, SocketAddrV4};
use std::process::ExitCode;

use number::Type;

/// A system call failed.
const FAILED: u8 = 1;
/// The command line makes no sense.
const WRONG_USAGE: u8 = 2;

fn main() -> ExitCode {
    if std::env::args_os().len() > 1 {
        eprintln!("usage: byte-order    (commands are read from standard input)");
        return ExitCode::from(WRONG_USAGE);
    }
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("byte-order: {error}");
            ExitCode::from(FAILED)
        }
    }
}

/// Answers one command after another, until the input ends.
fn run() -> io::Result<()> {
    // Bytes, not text: a line that is no UTF-8 is an unknown command like any other.
    for line in io::stdin().lock().split(b'\n') {
        match answer(&String::from_utf8_lossy(&line?)) {
            Ok(answer) => println!("{answer}"),
            Err(error) => println!("error: {error}"),
        }
    }
    Ok(())
}

/// The answer to one command, or what is wrong with it.
fn answer(line: &str) -> Result<String, String> {
    let words: Vec<&str> = line.split_ascii_whitespace().collect();
    match words[..] {
        ["encode", kind, value] => {
            let value = value
                .parse()
                .map_err(|_| format!("{value} is no number, or too large for any type"))?;
            Ok(hex::write(&wire::encode(Type::named(kind)?, value)?))
        }
        ["decode", kind, bytes] => {
            let value = wire::decode(Type::named(kind)?, &hex::read(bytes)?)?;
            Ok(value.to_string())
        }
        ["sockaddr", ip, port] => {
            let ip: Ipv4Addr = ip.parse().map_err(|_| format!("{ip} is no IPv4 address"))?;
            let port = port.parse().map_err(|_| format!("{port} is no port"))?;
            Ok(hex::write(&sockaddr::encode(SocketAddrV4::new(ip, port))))
        }
        ["sockaddr-decode", bytes] => {
            let address = sockaddr::decode(&hex::read(bytes)?)?;
            Ok(address.to_string())
        }
        _ => Err("no such command".into()),
    }
}
