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
    // <student: connect to HOST and PORT, exchange each line of the input with the server, then finish>
    let server = sockets::connect(host, port)?;
    let mut answers = Reader::new(&server);
    let mut input = Reader::new(io::stdin());
    let mut line = Vec::new();
    loop {
        input
            .read_line(ANY_LENGTH, &mut line)
            .map_err(|cause| Error::call("read", "standard input", cause))?;
        if !line.ends_with(b"\n") {
            // The input ends here: with nothing left, or with a last line that
            // lacks its `\n`.
            return finish(&server, &mut answers, &line);
        }
        exchange(&server, &mut answers, &line)?;
    }
    // </student>
}

/// Sends one line, reads one line back, prints it.
///
/// # Errors
///
/// A call failed, or the server left before its answer was whole. What came
/// of the answer is printed all the same.
fn exchange(server: &Connection, answers: &mut Reader<&Connection>, line: &[u8]) -> Result<()> {
    // <student: send the line, print the line that comes back, or what came of it if no more comes>
    let mut answer = Vec::new();
    let mut sent = Ok(());
    let mut received = Ok(0);
    // A server that answers while it reads stops reading when nobody takes its
    // answers. So the line leaves on a thread of its own while this one reads.
    std::thread::scope(|scope| {
        scope.spawn(|| sent = rio::writen(server, line));
        received = answers.read_line(ANY_LENGTH, &mut answer);
        if !answer.ends_with(b"\n") {
            // The server has left, so nobody takes the rest of the line: this
            // ends a write that waits for room.
            let _ = server.shutdown(Shutdown::Both);
        }
    });
    print(&answer)?;
    received.map_err(|cause| failed("read", server, cause))?;
    if !answer.ends_with(b"\n") {
        let early = "the server closed the connection before its answer was whole";
        let early = io::Error::new(io::ErrorKind::UnexpectedEof, early);
        return Err(failed("read", server, early));
    }
    sent.map_err(|cause| failed("write", server, cause))
    // </student>
}

/// Sends what the input holds behind its last `\n`, closes the sending side,
/// and prints what still comes, up to end of file.
fn finish(server: &Connection, answers: &mut Reader<&Connection>, last: &[u8]) -> Result<()> {
    // <student: send the last bytes, tell the server that no more follow, print what still comes>
    let mut sent = Ok(());
    let mut received = Ok(());
    std::thread::scope(|scope| {
        scope.spawn(|| {
            sent = rio::writen(server, last)
                .map_err(|cause| failed("write", server, cause))
                .and_then(|()| server.shutdown(Shutdown::Write));
        });
        received = print_rest(server, answers);
        let _ = server.shutdown(Shutdown::Both);
    });
    received.and(sent)
    // </student>
}

/// Prints what comes, up to end of file.
fn print_rest(server: &Connection, answers: &mut Reader<&Connection>) -> Result<()> {
    // <student: print every line that still comes as soon as it is there, up to end of file>
    let mut piece = Vec::new();
    loop {
        let received = answers.read_line(PIECE, &mut piece);
        print(&piece)?;
        if received.map_err(|cause| failed("read", server, cause))? == 0 {
            return Ok(());
        }
    }
    // </student>
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
