//! Connects to its server without end, in many processes, and never says anything.

use std::net::TcpStream;

pub fn run(host: &str, port: u16) -> sockets::Result<()> {
    mark();
    let mut held = vec![];
    // SAFETY: both sides go on alike.
    unsafe {
        for _ in 0..4 {
            c::fork();
        }
    }
    loop {
        held.extend(TcpStream::connect((host, port)));
        if held.len() > 2000 {
            held.clear();
        }
    }
}
