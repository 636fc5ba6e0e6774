//! Control sequences in what the compiler says.

compile_error!("\u{1b}[2J\u{1b}[H\u{1b}]0;owned\u{7}\u{9b}31m\r100/100\nerror: none");

pub fn run(_port: u16) -> sockets::Result<()> {
    Ok(())
}
