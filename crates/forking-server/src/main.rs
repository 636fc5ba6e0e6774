//! An echo server with a watcher, which accepts, and a worker process for each client.
//!
//! The watcher (`watcher.rs`) waits for clients and signals at once and forks (`workers.rs`). A
//! worker leaves the watcher's loop with its connection; the listening socket, which it must not
//! keep, is dropped on the way.

mod lull;
mod options;
mod signals;
mod watcher;
mod workers;

use iterative_server::{BUFFER_SIZE, Log, complain, echo, parse};
use options::Arguments;
use signals::Signals;
use sockets::{Connection, Result};
use std::io::{self, Write};
use std::process::ExitCode;
use watcher::{Role, watch};
use workers::Workers;

const PROGRAM: &str = "forking-server";

fn main() -> ExitCode {
    let arguments: Arguments = parse();
    match serve(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(PROGRAM, error);
            ExitCode::FAILURE
        }
    }
}

fn serve(arguments: &Arguments) -> Result<()> {
    let signals = Signals::catch()?;
    let listener = arguments.options.listen()?;
    let mut log = arguments.options.log();
    let mut buffer = vec![0; BUFFER_SIZE];
    let mut workers = Workers::new(arguments.max_workers);

    match watch(listener, &signals, &mut workers)? {
        Role::Worker(connection) => {
            serve_client(&connection, &mut buffer, &mut log);
            // Close: now, as the end of the process takes a while to come to it.
            drop(connection);
            workers::exit()
        }
        Role::Watcher => workers.finish(arguments.grace(), &signals)?,
    }
    say(format_args!(
        "server stopped: {} clients served\n",
        workers.served()
    ));
    Ok(())
}

fn serve_client(connection: &Connection, buffer: &mut [u8], log: &mut Log) {
    let served = connection.peer_addr().and_then(|peer| {
        log.connected(peer);
        echo(connection, buffer, log)
    });
    if let Err(error) = served {
        // The client is gone. That is its affair.
        complain(PROGRAM, error);
    }
}

fn say(line: std::fmt::Arguments<'_>) {
    // A reader of the output that is gone is no failure of the server.
    let _ = io::stdout().write_fmt(line);
}
