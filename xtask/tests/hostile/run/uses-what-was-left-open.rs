//! Looks for what its judge left open or lying about: descriptors, variables, the
//! working directory, what the kernel passes on.

use std::io::{Read, Write};
use std::os::fd::FromRawFd;

/// All that a program here is told.
const KNOWN: [&str; 5] = ["PATH", "HOME", "TMPDIR", "LANG", "TERM"];

pub fn run(_port: u16) -> sockets::Result<()> {
    mark();
    let mut loot = Loot::default();
    for fd in 3..4096 {
        // SAFETY: F_GETFD only asks.
        if unsafe { c::fcntl(fd, 1) } < 0 {
            continue;
        }
        loot.attempt(format!("descriptor {fd}"), true);
        // SAFETY: nobody else in this program uses it.
        let mut file = unsafe { std::fs::File::from_raw_fd(fd) };
        let written = file.write(br#"{"verdict":"passed","story":""}"#).is_ok();
        loot.attempt(format!("write to {fd}"), written);
    }
    for (name, value) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        let known = KNOWN.contains(&name.as_str());
        loot.attempt(format!("{name}={}", value.to_string_lossy()), !known);
    }
    // Standard input is a pipe, a socket or nothing; behind it is no file.
    let mut first = [0; 1];
    let standard = std::fs::File::open("/proc/self/fd/0").and_then(|mut file| {
        let is_file = file.metadata()?.is_file();
        Ok(is_file && file.read(&mut first)? > 0)
    });
    loot.attempt("a file as standard input", standard.unwrap_or(false));
    let here = std::fs::read_dir(".").map_or(0, |entries| entries.count());
    loot.attempt("files in the working directory", here > 0);
    loot.tell();
    Ok(())
}
