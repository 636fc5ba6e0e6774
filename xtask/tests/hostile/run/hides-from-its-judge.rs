//! A server that keeps each connection, and makes itself unreadable so that
//! nobody can count them; and calls itself what upsets a reader of /proc.

use std::io::{Read, Write};
use std::net::TcpListener;

const SET_DUMPABLE: i32 = 4;

pub fn run(port: u16) -> sockets::Result<()> {
    // SAFETY: the calls take numbers and a text that ends with NUL.
    unsafe {
        c::prctl(c::NAME, c") Z 1 (\n) S 0 0".as_ptr());
        c::prctl(SET_DUMPABLE, 0 as c::Word, 0, 0, 0);
    }
    let listener = TcpListener::bind(("0.0.0.0", port)).unwrap();
    for client in listener.incoming() {
        let Ok(mut client) = client else { continue };
        println!("server connected to localhost (127.0.0.1)");
        let mut buffer = [0; 65536];
        while let Ok(count @ 1..) = client.read(&mut buffer) {
            println!("server received {count} bytes");
            if client.write_all(&buffer[..count]).is_err() {
                break;
            }
        }
        let _ = client.shutdown(std::net::Shutdown::Both);
        std::mem::forget(client);
    }
    Ok(())
}
