//! `echo-forking PORT`: an echo server with a process for each connection.
//!
//! This file is given. Yours is `server.rs`.

mod echo;
mod server;

use std::env;
use std::process::ExitCode;

fn main() -> ExitCode {
    let Some(port) = port() else {
        eprintln!("usage: echo-forking PORT");
        return ExitCode::from(2);
    };
    let Err(error) = server::run(port);
    eprintln!("{error}");
    ExitCode::FAILURE
}

/// The only argument, a number from 1 to 65535.
fn port() -> Option<u16> {
    let mut arguments = env::args_os().skip(1);
    let port = arguments.next()?.to_str()?.parse().ok()?;
    (port > 0 && arguments.next().is_none()).then_some(port)
}
