//! Opens files in many processes until the machine has none left.

pub fn run(_port: u16) -> sockets::Result<()> {
    mark();
    // SAFETY: every side goes on alike; the path ends with NUL.
    unsafe {
        for _ in 0..11 {
            c::fork();
        }
        while c::open(c"/dev/null".as_ptr(), 0) >= 0 {}
        loop {
            c::pause();
        }
    }
}
