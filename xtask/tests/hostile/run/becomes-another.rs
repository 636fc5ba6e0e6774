//! Tries to be another user: by calls, by capabilities, by programs that are
//! installed for that, by one of its own.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::process::Command;

const SETUID: i64 = 105;
const SETGID: i64 = 106;
const SETGROUPS: i64 = 116;
const SETRESUID: i64 = 117;
const SETFSUID: i64 = 122;
const CAPSET: i64 = 126;

pub fn run(_port: u16) -> sockets::Result<()> {
    mark();
    let mut loot = Loot::default();
    let own = fs::metadata("/proc/self").unwrap().uid();
    // SAFETY: the calls take numbers, and structures of the size that they ask for.
    unsafe {
        for user in [0u32, 1, 63_999, 65_534].into_iter().filter(|user| *user != own) {
            loot.attempt(format!("be {user}"), c::syscall(SETUID, user) == 0);
            loot.attempt(
                format!("be {user} for a while"),
                c::syscall(SETRESUID, -1, user, -1) == 0,
            );
            loot.attempt(format!("be in group {user}"), c::syscall(SETGID, user) == 0);
            c::syscall(SETFSUID, user);
            let now = c::syscall(SETFSUID, user) as u32;
            loot.attempt(format!("open files as {user}"), now == user);
        }
        let groups = [0u32, 5, 6, 42];
        loot.attempt("groups", c::syscall(SETGROUPS, 4, groups.as_ptr()) == 0);
        let all = [[u32::MAX; 3]; 2];
        let header = [0x2008_0522u32, 0];
        let given = c::syscall(CAPSET, header.as_ptr(), all.as_ptr()) == 0;
        loot.attempt("every capability", given);
        // Ambient capabilities, securebits, the lock that no program gives rights.
        let word = |number: u64| number as c::Word;
        loot.attempt("ambient", c::prctl(47, word(2), word(1), word(0), word(0)) == 0);
        loot.attempt("securebits", c::prctl(28, word(0)) == 0);
        c::prctl(38, word(0), word(0), word(0), word(0));
        let locked = c::prctl(39, word(0), word(0), word(0), word(0));
        loot.attempt("new privileges", locked != 1);
    }
    for path in ["/bin/su", "/usr/bin/passwd", "/usr/bin/newgrp", "/usr/bin/sudo"] {
        // It says who it is in the moment in which it runs.
        let ran = Command::new(path).arg("--version").stdin(std::process::Stdio::piped()).spawn();
        if let Ok(mut child) = ran {
            let user = fs::metadata(format!("/proc/{}", child.id())).map(|found| found.uid());
            loot.attempt(path, user.is_ok_and(|user| user != own && user != 65_534));
            let _ = child.kill();
            let _ = child.wait();
        }
    }
    let _ = fs::copy("/bin/sh", "shell");
    loot.attempt("give a file to root", chown("shell", Some(0), Some(0)).is_ok());
    let _ = fs::set_permissions("shell", fs::Permissions::from_mode(0o6755));
    let said = Command::new("./shell").args(["-c", "id -u"]).output();
    let user = said.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    loot.attempt("a shell of another", user.is_ok_and(|it| it == "0" && own != 0));
    loot.tell();
    Ok(())
}
