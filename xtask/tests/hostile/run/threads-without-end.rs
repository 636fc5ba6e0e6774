//! As many threads as it can have, each busy.

pub fn run(_port: u16) -> sockets::Result<()> {
    mark();
    let spin = || {
        loop {
            std::hint::spin_loop();
        }
    };
    loop {
        let _ = std::thread::Builder::new().stack_size(16 << 10).spawn(spin);
    }
}
