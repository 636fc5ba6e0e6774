//! A right server that takes its time with each client: each step is within
//! its deadline, all of them together last for ever.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::Duration;

pub fn run(port: u16) -> sockets::Result<()> {
    mark();
    let listener = TcpListener::bind(("0.0.0.0", port)).unwrap();
    for client in listener.incoming() {
        let mut client = client.unwrap();
        println!("server connected to localhost (127.0.0.1)");
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = client.read(&mut buffer) {
            std::thread::sleep(Duration::from_millis(1500));
            println!("server received {count} bytes");
            let _ = client.write_all(&buffer[..count]);
        }
    }
    Ok(())
}
