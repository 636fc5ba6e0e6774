//! `resolve NAME [SERVICE]` and `resolve -r ADDRESS`: from names to addresses,
//! and back.
//!
//! This file is given: it reads the command line, prints what was found, and
//! chooses the exit status. Your part is `resolve.rs`.

mod error;
mod resolve;

use std::net::IpAddr;
use std::process::ExitCode;

use error::Error;

/// The command line makes no sense.
const WRONG_USAGE: u8 = 2;
/// A name or a service is unknown.
const NOT_RESOLVED: u8 = 3;

fn main() -> ExitCode {
    match run() {
        Ok(lines) => {
            for line in lines {
                println!("{line}");
            }
            ExitCode::SUCCESS
        }
        Err(Error::WrongUsage(why)) => {
            eprintln!("resolve: {why}");
            eprintln!("usage: resolve NAME [SERVICE]");
            eprintln!("       resolve -r ADDRESS");
            ExitCode::from(WRONG_USAGE)
        }
        Err(Error::Unknown { what, why }) => {
            eprintln!("resolve: {what}: {why}");
            ExitCode::from(NOT_RESOLVED)
        }
    }
}

/// The lines that the command line asks for.
fn run() -> Result<Vec<String>, Error> {
    let arguments: Vec<String> = std::env::args_os()
        .skip(1)
        .map(|argument| argument.to_string_lossy().into_owned())
        .collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["-r", address] => {
            let ip: IpAddr = address
                .parse()
                .map_err(|_| Error::WrongUsage(format!("{address} is no address")))?;
            Ok(vec![resolve::name_of(ip)])
        }
        ["-r"] => Err(Error::WrongUsage("-r asks for an address".into())),
        [name] => resolve::lines(name, None),
        [name, service] if name != "-r" => resolve::lines(name, Some(service)),
        _ => Err(Error::WrongUsage("one name, or one address".into())),
    }
}
