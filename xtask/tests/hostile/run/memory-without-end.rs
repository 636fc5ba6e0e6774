//! Takes and touches private memory, in many processes.

pub fn run(_port: u16) -> sockets::Result<()> {
    mark();
    for _ in 0..8 {
        // SAFETY: both sides go on alike.
        unsafe { c::fork() };
    }
    let mut all = vec![];
    loop {
        let mut block: Vec<u8> = Vec::new();
        if block.try_reserve_exact(16 << 20).is_ok() {
            block.resize(16 << 20, 1);
            all.push(block);
        }
    }
}
