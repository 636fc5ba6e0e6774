//! A program of more bytes than anybody wants to keep.

static LARGE: [u8; 260 << 20] = [1; 260 << 20];

pub fn run(port: u16) -> sockets::Result<()> {
    println!("{}", LARGE[usize::from(port)]);
    Ok(())
}
