//! Writes without end to standard output and standard error.

use std::io::Write;

pub fn run(_port: u16) -> sockets::Result<()> {
    mark();
    std::thread::spawn(|| {
        loop {
            let _ = std::io::stderr().write_all(&[b'e'; 65536]);
        }
    });
    loop {
        let _ = std::io::stdout().write_all(&[b'o'; 65536]);
    }
}
