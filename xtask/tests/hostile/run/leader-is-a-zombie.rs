//! Its first thread ends, so that the process looks dead; another serves on.

use std::net::TcpListener;

const EXIT: i64 = 60;

pub fn run(port: u16) -> sockets::Result<()> {
    mark();
    let listener = TcpListener::bind(("0.0.0.0", port)).unwrap();
    std::thread::spawn(move || {
        loop {
            let _ = listener.accept();
        }
    });
    // SAFETY: ends the calling thread alone.
    unsafe { c::syscall(EXIT, 0) };
    Ok(())
}
