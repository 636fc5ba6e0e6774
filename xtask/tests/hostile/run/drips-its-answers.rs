//! Sends back what it gets, a byte every while: no single wait is long.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::Duration;

pub fn run(port: u16) -> sockets::Result<()> {
    mark();
    let listener = TcpListener::bind(("0.0.0.0", port)).unwrap();
    for client in listener.incoming() {
        let mut client = client.unwrap();
        let mut byte = [0];
        while let Ok(1) = client.read(&mut byte) {
            // Every byte but the last of a line has many more before it.
            for _ in 0..1000 {
                std::thread::sleep(Duration::from_millis(200));
                if client.write_all(&byte[..1]).is_err() {
                    break;
                }
            }
        }
    }
    Ok(())
}
