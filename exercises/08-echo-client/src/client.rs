//! The client: connect, then a line out and a line in, until the input ends.

use std::io::{self, Write};
use std::net::Shutdown;

use sockets::rio::{self, Reader};
use sockets::{Connection, Error, Result};

/// A line is read whole, whatever its length in bytes.
const ANY_LENGTH: usize = usize::MAX;
/// How many bytes are printed at once where no line is waited for.
const PIECE: usize = 8192;

/// Connects, exchanges every line of standard input with the server, then
/// prints what still comes.
pub fn run(host: &str, port: u16) -> Result<()> {
    todo!("connect to HOST and PORT, exchange each line of the input with the server, then finish")
}

/// Sends one line, reads one line back, prints it.
///
/// # Errors
///
/// A call failed, or the server left before its answer was whole. What came
/// of the answer is printed all the same.
fn exchange(server: &Connection, answers: &mut Reader<&Connection>, line: &[u8]) -> Result<()> {
    todo!("send the line, print the line that comes back, or what came of it if no more comes")
}

/// Sends what the input holds behind its last `\n`, closes the sending side,
/// and prints what still comes, up to end of file.
fn finish(server: &Connection, answers: &mut Reader<&Connection>, last: &[u8]) -> Result<()> {
    todo!("send the last bytes, tell the server that no more follow, print what still comes")
}

/// Prints what comes, up to end of file.
fn print_rest(server: &Connection, answers: &mut Reader<&Connection>) -> Result<()> {
    todo!("print every line that still comes as soon as it is there, up to end of file")
}

/// Prints the bytes at once, also when no `\n` ends them.
fn print(bytes: &[u8]) -> Result<()> {
    let mut stdout = io::stdout();
    stdout
        .write_all(bytes)
        .and_then(|()| stdout.flush())
        .map_err(|cause| Error::call("write", "standard output", cause))
}

/// The failure of a call on the connection, with the server's address, e.g.
/// `write 127.0.0.1:4321: Broken pipe`.
fn failed(operation: &'static str, server: &Connection, cause: io::Error) -> Error {
    match server.peer_addr() {
        Ok(address) => Error::call(operation, address, cause),
        Err(error) => error,
    }
}
