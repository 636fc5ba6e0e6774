//! A small class that comes with the lab: one of each kind of submission.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use grader::catalogue::{Catalogue, Entry};
use tempfile::TempDir;

/// Where the class lies.
const FOLDER: &str = "xtask/demo";

/// The files of the class, by their paths in it. They are read when they are
/// needed: the package for students is built without them.
const FILES: &[&str] = &[
    "ben-partly/08-echo-client/src/client.rs",
    "ben-partly/09-echo-iterative/src/server.rs",
    "ben-partly/10-echo-forking/src/server.rs",
    "cleo-does-not-compile/08-echo-client/src/client.rs",
    "cleo-does-not-compile/09-echo-iterative/src/server.rs",
    "dan-hangs/08-echo-client/src/client.rs",
    "dan-hangs/09-echo-iterative/src/server.rs",
    "eve-forges/08-echo-client/src/client.rs",
    "eve-forges/09-echo-iterative/src/server.rs",
    "eve-forges/10-echo-forking/src/server.rs",
    "fay-empty/notes.txt",
];

/// Whether somebody of the class handed in this exercise.
pub fn has(entry: &Entry) -> bool {
    let within = format!("/{}/", entry.id);
    FILES.iter().any(|path| path.contains(&within))
}

/// Writes the class into a folder of its own.
///
/// # Errors
///
/// The folder cannot be written.
pub fn class(catalogue: &Catalogue) -> Result<TempDir> {
    let folder = tempfile::Builder::new()
        .prefix("lab-demo-")
        .tempdir()
        .context("make a folder for the class")?;
    for path in FILES {
        let from = catalogue.root.join(FOLDER).join(path);
        let text = fs::read_to_string(&from).with_context(|| format!("read {}", from.display()))?;
        write(folder.path(), path, &text)?;
    }
    for entry in catalogue.entries.iter().filter(|entry| has(entry)) {
        for (file, text) in bank::verify::solution(entry)? {
            write(
                folder.path(),
                &format!("ada-right/{}/{file}", entry.id),
                &text,
            )?;
        }
    }
    Ok(folder)
}

fn write(folder: &Path, path: &str, text: &str) -> Result<()> {
    let path = folder.join(path);
    path.parent()
        .map_or(Ok(()), fs::create_dir_all)
        .and_then(|()| fs::write(&path, text))
        .with_context(|| format!("write {}", path.display()))
}
