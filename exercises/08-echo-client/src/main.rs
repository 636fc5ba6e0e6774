//! `echo-client HOST PORT`: sends each line of standard input to a server and
//! prints the line that comes back.
//!
//! This file is given: it reads the command line and chooses the exit status.
//! Your part is `client.rs`.

mod client;

use std::ffi::OsString;
use std::process::ExitCode;

/// A system call failed, or the server left too early.
const FAILED: u8 = 1;
/// The command line makes no sense.
const WRONG_USAGE: u8 = 2;
/// The host's name has no address.
const NOT_RESOLVED: u8 = 3;

fn main() -> ExitCode {
    let Some((host, port)) = arguments(std::env::args_os().skip(1)) else {
        eprintln!("usage: echo-client HOST PORT    (PORT is a number from 1 to 65535)");
        return ExitCode::from(WRONG_USAGE);
    };
    match client::run(&host, port) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("echo-client: {error}");
            let status = if error.is_resolution() {
                NOT_RESOLVED
            } else {
                FAILED
            };
            ExitCode::from(status)
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
