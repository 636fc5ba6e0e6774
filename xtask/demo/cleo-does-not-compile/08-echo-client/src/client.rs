//! Cleo takes a number for a text.

use sockets::Result;

pub fn run(host: &str, port: u16) -> Result<()> {
    let server = sockets::connect(port, host)?;
    Ok(())
}
