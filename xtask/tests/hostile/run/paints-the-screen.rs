//! Writes control sequences that would change what an instructor's terminal
//! shows, and text that looks like the lab's.

pub fn run(_port: u16) -> sockets::Result<()> {
    let sequence = "\x1b[2J\x1b[H\x1b]0;owned\x07\u{9b}31m\u{202e}\r100/100";
    println!("{sequence}");
    eprintln!("{sequence}");
    panic!("{sequence}");
}
