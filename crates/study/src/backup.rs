//! Copies of what somebody wrote, made before anything takes its place.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use grader::catalogue::Entry;

use crate::durable;
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
        durable::write(&copy, &bytes)
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
    // They are what git would have to keep itself.
    folder::make(&all, "*").with_context(|| format!("make {}", all.display()))?;
    let time = Moment::now().for_names();
    for number in 1..=MOST {
        let folder = all.join(match number {
            1 => format!("{time}-{name}"),
            _ => format!("{time}-{name}-{number}"),
        });
        match fs::create_dir(&folder).and_then(|()| durable::folder(&all)) {
            Ok(()) => return Ok(folder),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => {
                return Err(error).with_context(|| format!("make {}", folder.display()));
            }
        }
    }
    bail!("{} holds {MOST} backups of this second", all.display())
}

#[cfg(test)]
mod tests {
    use small_lab::{Lab, SKELETON};

    use super::*;
    use crate::testing::catalogue_of;

    #[test]
    fn what_an_exercise_asks_for_is_copied_as_it_is() {
        let lab = Lab::new();
        fs::write(
            lab.path("exercises/01-one/src/main.rs"),
            b"my \xff work\r\n",
        )
        .unwrap();
        let catalogue = catalogue_of(&lab);
        let backup = take(lab.root(), &catalogue.entries[0]).unwrap();
        assert_eq!(
            fs::read(backup.join("src/main.rs")).unwrap(),
            b"my \xff work\r\n"
        );
        let name = backup.file_name().unwrap().to_str().unwrap();
        assert!(name.ends_with("Z-01-one"), "{name}");
        assert_eq!(lab.read(".lab/backups/.gitignore"), "*\n");
    }

    #[test]
    fn no_backup_takes_the_place_of_another() {
        let lab = Lab::new();
        let catalogue = catalogue_of(&lab);
        let mut all: Vec<PathBuf> = (0..20)
            .map(|number| {
                lab.write("exercises/01-one/src/main.rs", &format!("{number}"));
                take(lab.root(), &catalogue.entries[0]).unwrap()
            })
            .collect();
        for (backup, number) in all.iter().zip(0..) {
            let text = fs::read_to_string(backup.join("src/main.rs")).unwrap();
            assert_eq!(text, format!("{number}"));
        }
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 20);
    }

    #[test]
    fn what_is_not_there_is_left_out_and_what_cannot_be_read_is_an_error() {
        let lab = Lab::new();
        let catalogue = catalogue_of(&lab);
        let file = lab.path("exercises/01-one/src/main.rs");
        fs::remove_file(&file).unwrap();
        let backup = take(lab.root(), &catalogue.entries[0]).unwrap();
        assert_eq!(fs::read_dir(backup).unwrap().count(), 0);
        fs::create_dir(&file).unwrap();
        let error = take(lab.root(), &catalogue.entries[0]).unwrap_err();
        assert!(error.to_string().contains("01-one/src/main.rs"), "{error}");
        assert_eq!(lab.read("exercises/02-two/src/main.rs"), SKELETON);
    }
}
