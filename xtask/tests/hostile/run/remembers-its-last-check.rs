//! Leaves a note wherever it can, and looks for one of an earlier check.

use std::fs;

pub fn run(_port: u16) -> sockets::Result<()> {
    mark();
    let mut loot = Loot::default();
    let home = std::env::var("HOME").unwrap();
    for folder in [home.as_str(), ".", "/tmp", "/var/tmp", "/dev/shm", "/run", "/run/user/1000"] {
        let note = format!("{folder}/@MARK@");
        loot.attempt(format!("a note in {folder}"), fs::metadata(&note).is_ok());
    }
    let mut notes = vec![];
    for folder in [home.as_str(), "/tmp", "/var/tmp", "/dev/shm", "/run"] {
        notes.push(fs::write(format!("{folder}/@MARK@"), "been here").is_ok());
    }
    // Only its scratch folder and, in a cell, what ends with it keep notes.
    loot.tell();
    println!("{} notes", notes.iter().filter(|kept| **kept).count());
    Ok(())
}
