//! Opens terminals until there are none, machine-wide, and keeps them.

pub fn run(_port: u16) -> sockets::Result<()> {
    mark();
    let mut got = 0;
    // SAFETY: the paths are texts that end with NUL.
    unsafe {
        for path in [c"/dev/ptmx", c"/dev/pts/ptmx"] {
            while c::open(path.as_ptr(), 2) >= 0 {
                got += 1;
            }
        }
    }
    eprintln!(
        "{}",
        if got > 64 {
            "more than 64 terminals"
        } else {
            "at most 64 terminals"
        }
    );
    loop {
        // SAFETY: takes nothing.
        unsafe { c::pause() };
    }
}
