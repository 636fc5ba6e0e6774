//! Forks as it should, but its first worker does not stop forking, each child
//! in a session of its own.

use std::convert::Infallible;
use std::error::Error;
use std::net::TcpListener;

pub fn run(port: u16) -> Result<Infallible, Box<dyn Error>> {
    mark();
    let listener = TcpListener::bind(("0.0.0.0", port))?;
    loop {
        let client = listener.accept()?;
        // SAFETY: every side goes on alike.
        unsafe {
            if c::fork() == 0 {
                loop {
                    c::fork();
                    c::setsid();
                }
            }
        }
        drop(client);
    }
}
