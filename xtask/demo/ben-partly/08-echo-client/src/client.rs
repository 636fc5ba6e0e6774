//! Ben's client works line by line, and forgets to say that it has finished.

use std::io::{self, BufRead, BufReader, Write};

use sockets::{Error, Result, rio};

pub fn run(host: &str, port: u16) -> Result<()> {
    let server = sockets::connect(host, port)?;
    let mut answers = rio::Reader::new(&server);
    let mut input = BufReader::new(io::stdin());
    let mut line = Vec::new();
    let mut answer = Vec::new();
    let failed = |cause| Error::call("talk to", "the server", cause);
    loop {
        line.clear();
        if input.read_until(b'\n', &mut line).map_err(failed)? == 0 {
            return Ok(());
        }
        rio::writen(&server, &line).map_err(failed)?;
        answers.read_line(usize::MAX, &mut answer).map_err(failed)?;
        io::stdout().write_all(&answer).map_err(failed)?;
        io::stdout().flush().map_err(failed)?;
    }
}
