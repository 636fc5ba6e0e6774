//! A small class that comes with the lab: one of each kind of submission.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use grader::catalogue::{Catalogue, Entry};
use tempfile::TempDir;

macro_rules! file {
    ($path:literal) => {
        ($path, include_str!(concat!("../demo/", $path)))
    };
}

/// The files of the class, by their paths in it.
const FILES: &[(&str, &str)] = &[
    file!("ben-partly/08-echo-client/src/client.rs"),
    file!("ben-partly/09-echo-iterative/src/server.rs"),
    file!("ben-partly/10-echo-forking/src/server.rs"),
    file!("cleo-does-not-compile/08-echo-client/src/client.rs"),
    file!("cleo-does-not-compile/09-echo-iterative/src/server.rs"),
    file!("dan-hangs/08-echo-client/src/client.rs"),
    file!("dan-hangs/09-echo-iterative/src/server.rs"),
    file!("eve-forges/08-echo-client/src/client.rs"),
    file!("eve-forges/09-echo-iterative/src/server.rs"),
    file!("eve-forges/10-echo-forking/src/server.rs"),
    file!("fay-empty/notes.txt"),
];

/// Whether somebody of the class handed in this exercise.
pub fn has(entry: &Entry) -> bool {
    let within = format!("/{}/", entry.id);
    FILES.iter().any(|(path, _)| path.contains(&within))
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
    for (path, text) in FILES {
        write(folder.path(), path, text)?;
    }
    for entry in catalogue.entries.iter().filter(|entry| has(entry)) {
        for (file, text) in grader::verify::solution(entry)? {
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
