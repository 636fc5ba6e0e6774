//! The learner's files as they are, never through a link.

use std::collections::BTreeSet;
use std::fs::{self, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::record::digest;
use super::refusal::refuse;
use crate::durable;

/// A plain file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plain {
    /// What is in it.
    pub bytes: Vec<u8>,
    /// Whether it may be executed.
    pub executable: bool,
}

impl Plain {
    /// What tells this state of a file from any other.
    pub fn state(&self) -> String {
        let digest = digest(&self.bytes);
        if self.executable {
            format!("{digest} x")
        } else {
            digest
        }
    }
}

/// The file at a path below a folder; none if there is none, or if a folder is there.
///
/// # Errors
///
/// A [`super::Refusal`] for a link, on the way or in its place, and for what is neither
/// a file nor a folder; or what the system says.
pub fn read(root: &Path, path: &str) -> Result<Option<Plain>> {
    let mut full = root.to_owned();
    let mut found = None;
    for part in Path::new(path).components() {
        full.push(part);
        let there = match full.symlink_metadata() {
            Ok(there) => there,
            Err(error) if absent(&error) => return Ok(None),
            Err(error) => return Err(error).with_context(|| format!("read {}", full.display())),
        };
        let kind = there.file_type();
        if !kind.is_file() && !kind.is_dir() {
            let what = if kind.is_symlink() {
                "a link"
            } else {
                "no file"
            };
            let part = full.strip_prefix(root).unwrap_or(&full).display();
            refuse!(
                "{part} is {what}, and the update would have to write there: put the file or \
                 folder itself in its place, then update"
            );
        }
        found = Some(there);
    }
    let Some(found) = found.filter(fs::Metadata::is_file) else {
        return Ok(None);
    };
    let bytes = fs::read(&full).with_context(|| format!("read {}", full.display()))?;
    Ok(Some(Plain {
        bytes,
        executable: found.permissions().mode() & 0o111 != 0,
    }))
}

/// The state of the file at a path.
///
/// # Errors
///
/// As [`read`].
pub fn state(root: &Path, path: &str) -> Result<Option<String>> {
    Ok(read(root, path)?.as_ref().map(Plain::state))
}

/// Moves a file into a place below a folder, whole or not at all. It gets the
/// permissions of what was there, apart from whether it may be executed.
///
/// # Errors
///
/// What the system says; then the place is as it was.
pub fn put(from: &Path, root: &Path, path: &str, executable: bool) -> io::Result<()> {
    let to = root.join(path);
    if let Some(parent) = to.parent() {
        fs::create_dir_all(parent)?;
    }
    let like = to.metadata().or_else(|_| from.metadata())?;
    let mode = like.permissions().mode() & 0o777;
    let mode = if executable {
        mode | (mode & 0o444) >> 2
    } else {
        mode & !0o111
    };
    if from.metadata()?.permissions().mode() & 0o777 != mode {
        fs::set_permissions(from, Permissions::from_mode(mode))?;
        // The name may come to the disk before them.
        durable::tree(from)?;
    }
    match fs::rename(from, &to) {
        Err(error) if error.kind() == ErrorKind::CrossesDevices => {
            let bytes = fs::read(from)?;
            durable::write(&to, &bytes)?;
            fs::set_permissions(&to, Permissions::from_mode(mode))?;
            durable::tree(&to)
        }
        result => result,
    }
}

/// Removes a file below a folder, and the folders that are empty without it.
///
/// # Errors
///
/// What the system says.
pub fn remove(root: &Path, path: &str) -> io::Result<()> {
    let full = root.join(path);
    match fs::remove_file(&full) {
        Err(error) if !absent(&error) => return Err(error),
        _ => {}
    }
    for folder in full
        .ancestors()
        .skip(1)
        .take_while(|folder| *folder != root)
    {
        // It is not empty, or somebody else was quicker.
        if fs::remove_dir(folder).is_err() {
            break;
        }
    }
    Ok(())
}

/// Writes a new file that nobody reads before all of its folder is on the disk.
///
/// # Errors
///
/// What the system says.
pub fn draft(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::write(path, bytes)
}

/// Waits until what has become of these paths below a folder is on the disk.
///
/// # Errors
///
/// What the system says.
pub fn settle<'a>(root: &Path, paths: impl IntoIterator<Item = &'a str>) -> io::Result<()> {
    let mut folders = BTreeSet::new();
    for path in paths {
        folders.extend(Path::new(path).ancestors().skip(1));
    }
    folders
        .into_iter()
        .map(|folder| root.join(folder))
        // Those that were left empty are gone.
        .filter(|folder| folder.is_dir())
        .try_for_each(|folder| durable::folder(&folder))
}

/// What stands where a file or its folders would have to be: a file in a folder's
/// place, or a folder in the file's.
pub fn in_the_way(root: &Path, path: &str) -> Option<PathBuf> {
    let full = root.join(path);
    if full.is_dir() {
        return Some(PathBuf::from(path));
    }
    let above = Path::new(path).ancestors().skip(1);
    above
        .filter(|folder| !folder.as_os_str().is_empty())
        .find(|folder| root.join(folder).is_file())
        .map(Path::to_owned)
}

/// How many bytes the files below a folder hold, as far as they can be seen.
pub fn size(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.metadata() {
            Ok(found) if found.is_dir() => size(&entry.path()),
            Ok(found) => found.len(),
            Err(_) => 0,
        })
        .sum()
}

fn absent(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}
