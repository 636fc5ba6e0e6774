//! Makes files that are larger than the disk, without writing anything.

use std::fs::File;

pub fn run(_port: u16) -> sockets::Result<()> {
    mark();
    let mut loot = Loot::default();
    // The signal that would end it waits.
    // SAFETY: the call takes numbers and a set of signals.
    unsafe { c::syscall(14, 0, [1u64 << 24].as_ptr(), 0, 8) };
    for number in 0..64 {
        let Ok(file) = File::create(format!("sparse-{number}")) else {
            break;
        };
        loot.attempt("a file of a tebibyte", file.set_len(1 << 40).is_ok());
        use std::os::fd::AsRawFd;
        // SAFETY: fallocate takes numbers.
        let reserved = unsafe { c::syscall(285, file.as_raw_fd(), 0, 0, 2i64 << 30) } == 0;
        loot.attempt("2 GiB of the disk", reserved);
    }
    loot.tell();
    Ok(())
}
