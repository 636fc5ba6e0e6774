//! Connects to itself a thousand times and fills every buffer: what all
//! sockets of a machine may hold is one sum (`man 7 tcp`, tcp_mem).

use std::io::Write;
use std::net::{TcpListener, TcpStream};

pub fn run(_port: u16) -> sockets::Result<()> {
    mark();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let block = vec![0u8; 1 << 20];
    let mut held = vec![];
    let mut total = 0;
    while held.len() < 4000 {
        let Ok(mut stream) = TcpStream::connect(listener.local_addr().unwrap()) else {
            break;
        };
        stream.set_nonblocking(true).unwrap();
        while let Ok(count) = stream.write(&block) {
            total += count;
        }
        let Ok((other, _)) = listener.accept() else {
            break;
        };
        held.push((stream, other));
        if held.len() % 100 == 0 {
            eprintln!("{} connections hold {} MiB", held.len(), total >> 20);
        }
    }
    loop {
        // SAFETY: takes nothing.
        unsafe { c::pause() };
    }
}
