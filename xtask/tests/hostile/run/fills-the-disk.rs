//! Fills every folder that it may write to, with bytes and with names.

use std::fs::{self, File};
use std::io::Write;

pub fn run(_port: u16) -> sockets::Result<()> {
    mark();
    let home = std::env::var("HOME").unwrap();
    let block = vec![7u8; 1 << 20];
    let mut total = 0usize;
    for folder in [
        home.as_str(),
        "/dev/shm",
        "/tmp",
        "/var/tmp",
        "/run",
        "/lab",
        "/lab/story",
    ] {
        // At most 256 MiB, should nothing stop it.
        if let Ok(mut file) = File::create(format!("{folder}/large")) {
            for _ in 0..256 {
                match file.write(&block) {
                    Ok(count @ 1..) => total += count,
                    _ => break,
                }
            }
        }
        for number in 0..100_000 {
            if fs::create_dir(format!("{folder}/{number}")).is_err() {
                break;
            }
        }
    }
    eprintln!(
        "{}",
        if total <= 128 << 20 {
            "at most 128 MiB"
        } else {
            "more than 128 MiB"
        }
    );
    Ok(())
}
