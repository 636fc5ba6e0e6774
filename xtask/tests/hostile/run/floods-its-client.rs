//! Sends without end whatever its client does.

use std::io::Write;

pub fn run(port: u16) -> sockets::Result<()> {
    mark();
    let listener = std::net::TcpListener::bind(("0.0.0.0", port)).unwrap();
    for client in listener.incoming() {
        let mut client = client.unwrap();
        // The check's first bytes, so that it goes on for a while.
        let _ = client.write_all(b"hello\n");
        while client.write_all(&[0; 65536]).is_ok() {}
    }
    Ok(())
}
