//! An echo client: a line out, a line back.

mod dialogue;
mod options;

use options::Arguments;
use sockets::{Connection, Result, connect, connect_from};
use std::fmt::Display;
use std::io::{self, Write};
use std::process::ExitCode;

const UNKNOWN_HOST: u8 = 3;

fn main() -> ExitCode {
    match run(&Arguments::of_command_line()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&error);
            match error.is_resolution() {
                true => ExitCode::from(UNKNOWN_HOST),
                false => ExitCode::FAILURE,
            }
        }
    }
}

fn run(arguments: &Arguments) -> Result<()> {
    let connection = open(arguments)?;
    if !arguments.quiet {
        let ip = connection.peer_addr()?.ip();
        say(format_args!("connected to {} ({ip})", arguments.host));
    }
    dialogue::hold(&connection, io::stdin(), io::stdout())?;
    drop(connection); // close
    Ok(())
}

fn open(arguments: &Arguments) -> Result<Connection> {
    let connection = match arguments.bind {
        Some(source) => connect_from(source, &arguments.host, arguments.port)?,
        None => connect(&arguments.host, arguments.port)?,
    };
    // The end of a long line would otherwise wait until what precedes it is acknowledged.
    connection.set_nodelay(true)?;
    Ok(connection)
}

fn say(message: impl Display) {
    let _ = io::stderr().write_all(format!("client: {message}\n").as_bytes());
}
