//! A daemon that outlives its parent: a session of its own, everything kept
//! open, and the port as well. It is a right server otherwise.

use std::net::TcpListener;

pub fn run(port: u16) -> sockets::Result<()> {
    mark();
    let listener = TcpListener::bind(("0.0.0.0", port)).unwrap();
    // SAFETY: this process has one thread.
    unsafe {
        if c::fork() == 0 {
            c::setsid();
            if c::fork() == 0 {
                c::setsid();
                loop {
                    c::pause();
                }
            }
            c::_exit(0);
        }
    }
    drop(listener);
    Ok(())
}
