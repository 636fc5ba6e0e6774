//! Back to the skeleton, with a copy of what was there.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use grader::catalogue::Entry;
use grader::report::write_atomically;
use grader::skeleton::Skeleton;

use crate::backup;

/// Puts the skeletons of an exercise into their places. What was there is first copied
/// into a new folder of the lab's backups, whose path is given.
///
/// # Errors
///
/// The copies could not be made: then nothing was replaced. A skeleton could not be
/// written: then the copies are where the message says.
pub fn reset(root: &Path, entry: &Entry) -> Result<PathBuf> {
    let skeletons =
        Skeleton::all_of(entry).with_context(|| format!("the skeletons of {}", entry.id))?;
    let backup = backup::take(root, entry)?;
    for skeleton in &skeletons {
        let path = &skeleton.path;
        write_atomically(path, |file| file.write_all(skeleton.text.as_bytes())).with_context(
            || {
                let (path, backup) = (path.display(), backup.display());
                format!("write {path} (what was there is in {backup})")
            },
        )?;
    }
    Ok(backup)
}
