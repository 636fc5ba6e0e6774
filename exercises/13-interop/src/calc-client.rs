//! `calc-client HOST PORT OP A B`: has a server calculate.
//!
//! This file is given: it reads the command line, prints the result and
//! chooses the exit status. Your part is `message.rs`, `server.rs` and
//! `client.rs`.

mod client;
mod message;

use std::error::Error;
use std::process::ExitCode;

use message::kind;

/// A system call failed, or the server gave no result.
const FAILED: u8 = 1;
/// The command line makes no sense.
const WRONG_USAGE: u8 = 2;
/// The host's name could not be resolved.
const UNRESOLVED: u8 = 3;

const USAGE: &str = "usage: calc-client HOST PORT OP A B
    (OP is add, sub, mul or div; A and B are numbers from -2147483648 to 2147483647)";

fn main() -> ExitCode {
    let Some((host, port, task)) = arguments(std::env::args_os().skip(1).collect()) else {
        eprintln!("{USAGE}");
        return ExitCode::from(WRONG_USAGE);
    };
    match client::run(&host, port, &task) {
        Ok(result) => {
            println!("{result}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("calc-client: {error}");
            ExitCode::from(status(&*error))
        }
    }
}

/// HOST, PORT and what to calculate, if the arguments are these.
fn arguments(arguments: Vec<std::ffi::OsString>) -> Option<(String, u16, client::Task)> {
    let arguments: Option<Vec<&str>> = arguments.iter().map(|it| it.to_str()).collect();
    let [host, port, operation, a, b] = arguments?[..] else {
        return None;
    };
    let port = port.parse().ok().filter(|&port| port != 0)?;
    let kind = match operation {
        "add" => kind::ADD,
        "sub" => kind::SUB,
        "mul" => kind::MUL,
        "div" => kind::DIV,
        _ => return None,
    };
    let (a, b) = (a.parse().ok()?, b.parse().ok()?);
    Some((host.into(), port, client::Task { kind, a, b }))
}

/// The exit status that tells what went wrong.
fn status(error: &(dyn Error + 'static)) -> u8 {
    match error.downcast_ref::<sockets::Error>() {
        Some(error) if error.is_resolution() => UNRESOLVED,
        _ => FAILED,
    }
}
