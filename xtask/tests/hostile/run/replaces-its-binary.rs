//! Tries to change its own program, so that the next check meets another, and what is
//! known of the lab's files.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

pub fn run(_port: u16) -> sockets::Result<()> {
    mark();
    let mut loot = Loot::default();
    let mut paths = vec!["/proc/self/exe".to_owned()];
    paths.extend(std::env::args().take(1));
    if let Ok(own) = std::env::current_exe() {
        paths.push(own.display().to_string());
        if let Some(folder) = own.parent() {
            paths.push(format!("{}/new", folder.display()));
        }
    }
    let _ = fs::write("other", "#!/bin/sh\nexit 0\n");
    let _ = fs::set_permissions("other", fs::Permissions::from_mode(0o755));
    for path in paths {
        let mut attempt = |how: &str, done: bool| loot.attempt(format!("{how} {path}"), done);
        attempt("write", fs::OpenOptions::new().write(true).open(&path).is_ok());
        attempt("append", fs::OpenOptions::new().append(true).open(&path).is_ok());
        let is_its_own = path == "/proc/self/exe";
        attempt("rename", !is_its_own && fs::rename(&path, "mine").is_ok());
        attempt("rename onto", fs::rename("other", &path).is_ok());
        attempt("link", fs::hard_link(&path, "hard").is_ok());
        attempt("remove", !is_its_own && fs::remove_file(&path).is_ok());
        attempt("link at", symlink("/bin/true", &path).is_ok());
        let mode = fs::set_permissions(&path, fs::Permissions::from_mode(0o777));
        attempt("open to all", mode.is_ok());
        // SAFETY: the call takes a text that ends with NUL and a number.
        let text = std::ffi::CString::new(path.as_str()).unwrap();
        attempt("cut", unsafe { c::syscall(76, text.as_ptr(), 0) } == 0);
    }
    // What belongs to the user who judges.
    for path in ["@REPO@/Cargo.lock", "@TARGET@/debug/xtask", "@TARGET@/lab", "@CLASS@"] {
        let mode = fs::metadata(path).map_or(0o755, |found| found.permissions().mode());
        let set = fs::set_permissions(path, fs::Permissions::from_mode(mode));
        loot.attempt(format!("set the mode of {path}"), set.is_ok());
        let text = std::ffi::CString::new(path).unwrap();
        // SAFETY: the call takes a text that ends with NUL, and a null pointer: now.
        let touched = unsafe { c::syscall(235, text.as_ptr(), 0) } == 0;
        loot.attempt(format!("touch {path}"), touched);
    }
    loot.tell();
    Ok(())
}
