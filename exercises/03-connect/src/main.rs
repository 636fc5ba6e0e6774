//! `connect HOST PORT`: connects to a server, says between which ends, and
//! prints what the server sends.
//!
//! This file is given: it reads the command line, looks the host up and
//! chooses the exit status. Everything else here is given too, except
//! `connect.rs`: your part.

mod connect;
mod failure;
mod sockaddr;

use std::ffi::OsString;
use std::net::ToSocketAddrs;
use std::process::ExitCode;

/// A system call failed.
const FAILED: u8 = 1;
/// The command line makes no sense.
const WRONG_USAGE: u8 = 2;
/// The host's name has no address.
const NOT_RESOLVED: u8 = 3;

fn main() -> ExitCode {
    let Some((host, port)) = arguments(std::env::args_os().skip(1)) else {
        eprintln!("usage: connect HOST PORT    (PORT is a number from 1 to 65535)");
        return ExitCode::from(WRONG_USAGE);
    };
    // getaddrinfo(3), as in exercise 01; each address carries the port.
    let addresses: Vec<_> = match (host.as_str(), port).to_socket_addrs() {
        Ok(addresses) => addresses.collect(),
        Err(reason) => {
            eprintln!("connect: resolve {host}: {reason}");
            return ExitCode::from(NOT_RESOLVED);
        }
    };
    match connect::run(&addresses) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("connect: {failure}");
            ExitCode::from(FAILED)
        }
    }
}

/// The host and the port, if they are the only arguments and the port is a
/// number from 1 to 65535.
fn arguments(mut arguments: impl Iterator<Item = OsString>) -> Option<(String, u16)> {
    let host = arguments.next()?.into_string().ok()?;
    let port = arguments.next()?.to_str()?.parse().ok()?;
    (port != 0 && arguments.next().is_none()).then_some((host, port))
}
