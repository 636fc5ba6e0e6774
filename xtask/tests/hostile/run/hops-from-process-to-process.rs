//! Forks and ends, over and over: whoever has read its number is too late. A dozen
//! of it, each of which holds the port.

use std::net::TcpListener;

pub fn run(port: u16) -> sockets::Result<()> {
    mark();
    let listener = TcpListener::bind(("0.0.0.0", port));
    // SAFETY: this process has one thread, and so has each child.
    unsafe {
        for _ in 0..12 {
            if c::fork() == 0 {
                loop {
                    if c::fork() > 0 {
                        c::_exit(0);
                    }
                }
            }
        }
    }
    drop(listener);
    std::process::exit(0)
}
