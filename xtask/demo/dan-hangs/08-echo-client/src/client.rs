//! Dan waits for the server to speak first.

use sockets::{Result, rio};

pub fn run(host: &str, port: u16) -> Result<()> {
    let server = sockets::connect(host, port)?;
    let mut line = Vec::new();
    let _ = rio::Reader::new(&server).read_line(1024, &mut line);
    Ok(())
}
