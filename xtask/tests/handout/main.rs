//! The package for students: nothing of a solution is in it, and it works.

// The lint's exemption for tests does not reach the functions beside them.
#![allow(clippy::unwrap_used)]

mod autograder;
mod contents;
mod secrets;
mod student;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The lab's own folder.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// `cargo xtask handout` into a folder.
pub fn handout(out: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command
        .current_dir(root())
        .args(["handout", "--out"])
        .arg(out);
    command
}

/// All files below a folder, by their paths from there.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut left = vec![folder.to_owned()];
    while let Some(folder) = left.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                left.push(path);
            } else {
                found.push(path);
            }
        }
    }
    let inside = |path: PathBuf| path.strip_prefix(folder).unwrap().to_owned();
    found.into_iter().map(inside).collect()
}
