//! Sends back what it gets, a byte every while: no single wait is long, all of them
//! together are.

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
            std::thread::sleep(Duration::from_millis(700));
            if client.write_all(&byte).is_err() {
                break;
            }
        }
    }
    Ok(())
}
