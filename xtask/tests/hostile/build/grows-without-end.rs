//! A constant that needs many gigabytes.

const fn fill<const N: usize>() -> [u8; N] {
    [1; N]
}
static LARGE: [[u8; 1 << 30]; 16] = [fill(); 16];

pub fn run(port: u16) -> sockets::Result<()> {
    println!("{}", LARGE[usize::from(port) % 16][usize::from(port)]);
    Ok(())
}
