//! Has much memory, and dies so that all of it would be written to a file.

pub fn run(_port: u16) -> sockets::Result<()> {
    mark();
    let most = [u64::MAX, u64::MAX];
    // SAFETY: the call takes two numbers and a pair of them.
    unsafe { c::syscall(160, 4, most.as_ptr()) };
    let held = vec![1u8; 200 << 20];
    std::hint::black_box(&held);
    std::process::abort()
}
