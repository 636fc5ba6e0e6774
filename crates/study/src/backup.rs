//! Copies of what somebody wrote, made before anything takes its place.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use grader::catalogue::Entry;
use grader::report::write_atomically;

use crate::folder;
use crate::moment::Moment;

/// The folder of the backups, within [`crate::FOLDER`].
const BACKUPS: &str = "backups";

/// How many backups of one thing may be made in one second.
const MOST: u32 = 1000;

/// Copies the files that an exercise asks for, those that are there, into a new
/// folder of the lab's backups, and gives its path: `TIME-EXERCISE`.
///
/// # Errors
///
/// A file cannot be read or its copy not be written. Then nothing must be replaced.
pub fn take(root: &Path, entry: &Entry) -> Result<PathBuf> {
    let files = entry
        .data
        .files
        .iter()
        .map(|file| (file.as_str(), entry.folder.join(file)));
    take_files(root, &entry.id, files)
}

/// Copies files into a new folder of the lab's backups, under the names that come with
/// them (with `/`), and gives its path. A file that is not there is left out.
///
/// # Errors
///
/// As [`take`].
pub fn take_files<'a>(
    root: &Path,
    name: &str,
    files: impl IntoIterator<Item = (&'a str, PathBuf)>,
) -> Result<PathBuf> {
    let folder = folder(root, name)?;
    for (name, path) in files {
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => {
                return Err(error).with_context(|| format!("back up {}", path.display()));
            }
        };
        let copy = folder.join(name);
        let parent = copy.parent().unwrap_or(&folder);
        fs::create_dir_all(parent)
            .and_then(|()| write_atomically(&copy, |file| file.write_all(&bytes)))
            .with_context(|| format!("back up {} as {}", path.display(), copy.display()))?;
    }
    Ok(folder)
}

/// Makes a new, empty folder among the lab's backups: `TIME-NAME`. None that is there
/// is ever given again.
///
/// # Errors
///
/// It cannot be made.
pub fn folder(root: &Path, name: &str) -> Result<PathBuf> {
    let all = folder::of(root).join(BACKUPS);
    fs::create_dir_all(&all)
        .and_then(|()| ignore(&all))
        .with_context(|| format!("make {}", all.display()))?;
    let time = Moment::now().for_names();
    for number in 1..=MOST {
        let folder = all.join(match number {
            1 => format!("{time}-{name}"),
            _ => format!("{time}-{name}-{number}"),
        });
        match fs::create_dir(&folder) {
            Ok(()) => return Ok(folder),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => {
                return Err(error).with_context(|| format!("make {}", folder.display()));
            }
        }
    }
    bail!("{} holds {MOST} backups of this second", all.display())
}

/// Git shall not see them: they are what git would have to keep itself.
fn ignore(folder: &Path) -> io::Result<()> {
    let path = folder.join(".gitignore");
    if path.exists() {
        return Ok(());
    }
    write_atomically(&path, |file| file.write_all(b"*\n"))
}
