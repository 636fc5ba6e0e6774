//! An echo server that serves one client at a time.

use clap::Parser;
use iterative_server::{BUFFER_SIZE, Options, complain, echo, parse};
use nix::poll::poll;
use sockets::{Connection, Error, Listener, Result};
use std::convert::Infallible;
use std::process::ExitCode;

const PROGRAM: &str = "iterative-server";

/// An echo server that serves one client at a time
///
/// Every byte comes back. Clients that come meanwhile wait in the queue of the listening socket.
/// It prints "server connected to NAME (IP)" for each client and "server received N bytes" for each
/// line, and runs until it is killed.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "Examples:
  iterative-server 4321                      all IPv4 addresses
  iterative-server --bind ::1 4321           IPv6, this machine alone
  iterative-server --numeric 4321 > log &    no name server is asked

Exit status: 1 a system call failed, 2 wrong usage."
)]
struct Arguments {
    #[command(flatten)]
    options: Options,
}

fn main() -> ExitCode {
    let arguments: Arguments = parse();
    let Err(error) = serve(&arguments.options);
    complain(PROGRAM, error);
    ExitCode::FAILURE
}

fn serve(options: &Options) -> Result<Infallible> {
    let listener = options.listen()?;
    let mut log = options.log();
    let mut buffer = vec![0; BUFFER_SIZE];
    loop {
        let connection = accept(&listener)?;
        log.connected(connection.peer_addr()?);
        if let Err(error) = echo(&connection, &mut buffer, &mut log) {
            // The client is gone. That is its affair.
            complain(PROGRAM, error);
        }
        drop(connection); // close
    }
}

/// The next client, also after the machine had no descriptor left for it: it waits in the queue.
fn accept(listener: &Listener) -> Result<Connection> {
    loop {
        match listener.accept() {
            Err(error) if error.is_exhausted() => rest(&error),
            accepted => return accepted,
        }
    }
}

/// Waits a moment: nothing tells when there are descriptors again, and asking without a pause
/// would use a whole processor.
fn rest(why: &Error) {
    const PAUSE_MILLISECONDS: u16 = 100;
    complain(PROGRAM, why);
    // Interrupted by a signal, it is a shorter moment.
    let _ = poll(&mut [], PAUSE_MILLISECONDS);
}
