//! Back to the skeleton, with a copy of what was there.

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

#[cfg(test)]
mod tests {
    use std::fs;

    use small_lab::{Lab, SKELETON};

    use super::*;
    use crate::testing::catalogue_of;

    #[test]
    fn the_skeleton_is_back_and_what_was_there_is_kept() {
        let lab = Lab::new();
        let file = "exercises/01-one/src/main.rs";
        lab.write(file, "my work");
        lab.write("exercises/01-one/src/notes.txt", "my notes");
        let catalogue = catalogue_of(&lab);
        let backup = reset(lab.root(), &catalogue.entries[0]).unwrap();
        assert_eq!(lab.read(file), SKELETON);
        assert_eq!(fs::read(backup.join("src/main.rs")).unwrap(), b"my work");
        assert_eq!(lab.read("exercises/01-one/src/notes.txt"), "my notes");
        // A file that was deleted comes back.
        fs::remove_file(lab.path(file)).unwrap();
        reset(lab.root(), &catalogue.entries[0]).unwrap();
        assert_eq!(lab.read(file), SKELETON);
    }

    #[test]
    fn without_a_backup_nothing_is_replaced() {
        let lab = Lab::new();
        let file = "exercises/01-one/src/main.rs";
        lab.write(file, "my work");
        lab.write(".lab", "a file where the folder should be");
        let catalogue = catalogue_of(&lab);
        assert!(reset(lab.root(), &catalogue.entries[0]).is_err());
        assert_eq!(lab.read(file), "my work");
    }
}
