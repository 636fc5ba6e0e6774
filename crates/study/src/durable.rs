//! What must be on the disk before something else changes.
//!
//! The system writes to the disk when it likes and in what order it likes; a power cut
//! leaves any part of what was not written yet. [`fs::File::sync_all`] waits for what is
//! in a file; that the file has its name is written with the folder that it is in, which
//! wants a call of its own (`man 2 fsync`).

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use grader::report::write_atomically;

/// Writes a file, whole or not at all, and makes its folders. When this returns, it is
/// on the disk, with its name.
///
/// # Errors
///
/// What the system says.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut changed: Vec<PathBuf> = Vec::new();
    for above in path.ancestors().skip(1) {
        changed.push(above.to_owned());
        if above.exists() {
            break;
        }
    }
    if let Some(parent) = changed.first() {
        fs::create_dir_all(parent)?;
    }
    write_atomically(path, |file| file.write_all(bytes))?;
    #[cfg(test)]
    power::file(path);
    changed.iter().try_for_each(|above| folder(above))
}

/// Waits until what is in a folder, its files and its folders, is on the disk, and the
/// names of all that; of a file, until it is.
///
/// # Errors
///
/// What the system says.
#[cfg(feature = "update")]
pub fn tree(path: &Path) -> io::Result<()> {
    let kind = path.symlink_metadata()?.file_type();
    if kind.is_dir() {
        for entry in fs::read_dir(path)? {
            tree(&entry?.path())?;
        }
        folder(path)?;
    } else if kind.is_file() {
        wait_for(&File::open(path)?)?;
        #[cfg(test)]
        power::file(path);
    }
    Ok(())
}

/// Waits until the names in a folder are on the disk: what was made in it, renamed
/// into it or out of it, removed from it.
///
/// # Errors
///
/// What the system says.
pub fn folder(path: &Path) -> io::Result<()> {
    let path = match path.as_os_str().is_empty() {
        true => Path::new("."),
        false => path,
    };
    match wait_for(&File::open(path)?) {
        // Some file systems, of networks and of virtual machines, know it for files alone.
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::InvalidInput | ErrorKind::Unsupported
            ) => {}
        done => done?,
    }
    #[cfg(test)]
    power::folder(path);
    Ok(())
}

/// Waits until a file or a folder is on the disk. The tests of this crate have a disk of
/// their own, below, and do not wait for the true one thousands of times.
fn wait_for(open: &File) -> io::Result<()> {
    if cfg!(test) { Ok(()) } else { open.sync_all() }
}

/// What a power cut leaves, at the worst: nothing of what was not waited for.
#[cfg(test)]
pub(crate) mod power {
    #![allow(clippy::unwrap_used)]

    use std::cell::RefCell;
    use std::collections::BTreeMap;
    use std::fs::{self, File};
    use std::os::unix::fs::MetadataExt;
    use std::path::{Path, PathBuf};

    /// What is on the disk, by the numbers of inodes: a renamed file is the same.
    #[derive(Default)]
    struct Disk {
        files: BTreeMap<u64, Vec<u8>>,
        folders: BTreeMap<u64, Folder>,
    }

    struct Folder {
        names: BTreeMap<PathBuf, Named>,
        /// While it is open, no other folder gets its number: it may be removed, and is
        /// on the disk until the one above it is waited for.
        _open: File,
    }

    #[derive(Clone)]
    enum Named {
        File(Vec<u8>),
        Folder(u64),
    }

    thread_local! {
        /// None where no power cut is to come: then nothing need be kept open.
        static DISK: RefCell<Option<Disk>> = RefCell::default();
    }

    /// Nothing is on it any more; from now on it is kept what is.
    pub fn forget() {
        DISK.set(Some(Disk::default()));
    }

    pub(super) fn file(path: &Path) {
        let bytes = fs::read(path).unwrap();
        let inode = path.metadata().unwrap().ino();
        DISK.with_borrow_mut(|disk| {
            if let Some(disk) = disk {
                disk.files.insert(inode, bytes);
            }
        });
    }

    pub(super) fn folder(path: &Path) {
        DISK.with_borrow_mut(|disk| {
            let Some(disk) = disk else { return };
            let mut names = BTreeMap::new();
            for entry in fs::read_dir(path).unwrap() {
                let entry = entry.unwrap();
                let found = entry.metadata().unwrap();
                let named = if found.is_dir() {
                    Named::Folder(found.ino())
                } else {
                    // Its name came to the disk, and perhaps nothing of what is in it.
                    let now = match found.is_file() {
                        true => fs::read(entry.path()).unwrap_or_default(),
                        false => Vec::new(),
                    };
                    let known = disk.files.get(&found.ino());
                    Named::File(
                        known
                            .filter(|bytes| **bytes == now)
                            .cloned()
                            .unwrap_or_default(),
                    )
                };
                names.insert(PathBuf::from(entry.file_name()), named);
            }
            let open = File::open(path).unwrap();
            let inode = open.metadata().unwrap().ino();
            disk.folders.insert(inode, Folder { names, _open: open });
        });
    }

    /// Makes a folder what a power cut would leave of it now.
    pub fn cut(root: &Path) {
        let mut files = Vec::new();
        DISK.with_borrow(|disk| {
            let disk = disk.as_ref().unwrap();
            let mut left = vec![(PathBuf::new(), root.metadata().unwrap().ino())];
            while let Some((folder, inode)) = left.pop() {
                let names = disk.folders.get(&inode).map(|folder| &folder.names);
                for (name, named) in names.into_iter().flatten() {
                    let path = folder.join(name);
                    match named {
                        Named::File(bytes) => files.push((path, bytes.clone())),
                        Named::Folder(inode) => left.push((path, *inode)),
                    }
                }
            }
        });
        for entry in fs::read_dir(root).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => fs::remove_dir_all(path).unwrap(),
                false => fs::remove_file(path).unwrap(),
            }
        }
        for (path, bytes) in files {
            let path = root.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_waited_for_outlives_a_power_cut_and_nothing_else() {
        let lab = tempfile::tempdir().unwrap();
        let at = |path: &str| lab.path().join(path);
        power::forget();
        write(&at("a/b/waited"), b"for").unwrap();
        fs::write(at("a/b/not"), "waited for").unwrap();
        fs::write(at("a/named"), "only").unwrap();
        folder(&at("a")).unwrap();
        fs::rename(at("a/b/waited"), at("a/b/renamed")).unwrap();
        power::cut(lab.path());
        assert_eq!(fs::read(at("a/b/waited")).unwrap(), b"for");
        assert_eq!(fs::read(at("a/named")).unwrap(), b"");
        assert!(!at("a/b/not").exists() && !at("a/b/renamed").exists());

        power::forget();
        fs::write(at("a/b/not"), "waited for").unwrap();
        tree(lab.path()).unwrap();
        fs::rename(at("a/b/not"), at("now")).unwrap();
        folder(lab.path()).unwrap();
        power::cut(lab.path());
        assert_eq!(fs::read(at("now")).unwrap(), b"waited for");
        assert!(at("a/b/not").exists(), "its old folder was not waited for");
    }

    /// Many file systems give the number of a removed folder to the next one.
    #[test]
    fn a_new_folder_does_not_pass_for_one_that_was_removed() {
        let lab = tempfile::tempdir().unwrap();
        let at = |path: &str| lab.path().join(path);
        power::forget();
        write(&at("old/a"), b"of the old one").unwrap();
        fs::create_dir(at("above")).unwrap();
        tree(lab.path()).unwrap();
        fs::remove_dir_all(at("old")).unwrap();
        for number in 0..10 {
            write(&at(&format!("above/{number}/b")), b"of a new one").unwrap();
        }
        power::cut(lab.path());
        assert_eq!(fs::read(at("old/a")).unwrap(), b"of the old one");
        assert!(!at("old/b").exists());
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error() {
        let lab = tempfile::tempdir().unwrap();
        assert!(folder(&lab.path().join("no")).is_err());
        assert!(tree(&lab.path().join("no")).is_err());
    }
}
