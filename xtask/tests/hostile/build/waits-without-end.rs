//! Includes what never says anything: a terminal, standard input.

static NOTHING: &[u8] = include_bytes!("/dev/ptmx");
static INPUT: &str = include_str!("/dev/stdin");

pub fn run(_port: u16) -> sockets::Result<()> {
    println!("{}{}", NOTHING.len(), INPUT);
    Ok(())
}
