//! Ends as soon as it listens; an orphan in another session serves.

use std::io::{Read, Write};
use std::net::TcpListener;

pub fn run(port: u16) -> sockets::Result<()> {
    mark();
    let listener = TcpListener::bind(("0.0.0.0", port)).unwrap();
    // SAFETY: this process has one thread.
    unsafe {
        if c::fork() != 0 {
            c::_exit(0);
        }
        c::setsid();
        if c::fork() != 0 {
            c::_exit(0);
        }
    }
    for client in listener.incoming() {
        let mut client = client.unwrap();
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = client.read(&mut buffer) {
            println!("server connected to localhost (127.0.0.1)\nserver received {count} bytes");
            let _ = client.write_all(&buffer[..count]);
        }
    }
    Ok(())
}
