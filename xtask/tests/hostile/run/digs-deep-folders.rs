//! Leaves folders that are hard to remove: without rights, and very deep.

pub fn run(_port: u16) -> sockets::Result<()> {
    mark();
    // SAFETY: the paths are texts that end with NUL.
    unsafe {
        c::mkdir(c"closed".as_ptr(), 0o700);
        c::mkdir(c"closed/inside".as_ptr(), 0o700);
        c::mkdir(c"closed/inside/more".as_ptr(), 0o700);
        c::chmod(c"closed/inside".as_ptr(), 0);
        c::chmod(c"closed".as_ptr(), 0);
        for _ in 0..1500 {
            c::mkdir(c"deep".as_ptr(), 0o700);
            if c::chdir(c"deep".as_ptr()) != 0 {
                break;
            }
        }
    }
    Ok(())
}
