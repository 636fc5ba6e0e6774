//! Takes memory that no limit of a process counts: files without a name, and
//! shared mappings.

const MEMFD_CREATE: i64 = 319;

pub fn run(_port: u16) -> sockets::Result<()> {
    mark();
    let block = vec![1u8; 1 << 20];
    loop {
        // SAFETY: the calls take a name, and a buffer with its length.
        unsafe {
            let file = c::syscall(MEMFD_CREATE, c"hoard".as_ptr(), 0) as i32;
            for _ in 0..64 {
                c::write(file, block.as_ptr().cast(), block.len());
            }
            let shared = c::mmap(c::NOTHING, 64 << 20, 3, 0x21, -1, 0);
            if shared as isize != -1 {
                for at in (0..64 << 20).step_by(4096) {
                    shared.cast::<u8>().add(at).write_volatile(1);
                }
            }
        }
    }
}
