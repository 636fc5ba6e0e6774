//! Which process holds a socket: `/proc/PID/fd`.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::Path;

/// The number of a process that holds it, for each socket (by its inode) whose
/// holder may be seen.
pub fn of_sockets() -> io::Result<HashMap<u64, u32>> {
    let mut owners = HashMap::new();
    for entry in fs::read_dir("/proc")? {
        let entry = entry?;
        // Not everything in /proc is a process.
        let name = entry.file_name();
        let Some(pid) = name.to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        todo!(
            "note PID for each of its sockets; what if the process has ended, or may not be looked into?"
        )
    }
    Ok(owners)
}

/// The inode of the socket that a descriptor leads to: 4711 for a link to
/// `socket:[4711]`, none for everything else.
fn inode_of(descriptor: &Path) -> Option<u64> {
    todo!("follow the link by one step, and take the number from where it leads")
}
