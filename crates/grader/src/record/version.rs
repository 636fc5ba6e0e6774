//! The folder that holds the records of one version of the lab, and what becomes of
//! those that nobody uses any more.
//!
//! No key of one version is ever asked for under another. Several may be in use all the
//! same: two checkouts can share a target folder, and who goes back to an older commit
//! wants what was judged there. So a version is forgotten as a whole, when nobody has
//! worked with it for [`UNUSED`] and nobody is working with it now.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, SystemTime};

use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};

/// For how long nobody must have used a version before it is forgotten.
pub(super) const UNUSED: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// The file in the folder of a version that was changed when it was last used, and that
/// is locked while it is.
const USED: &str = "used";

/// What the folder of a version is called while it is being removed.
const GONE: &str = "gone-";

/// That a version is in use, as long as this lives. Where files cannot be locked, the
/// time of its last use must do.
#[derive(Debug)]
pub(super) struct InUse {
    _lock: Option<Flock<File>>,
}

impl InUse {
    /// Takes the folder of a version, which is made if it is not there.
    pub(super) fn take(folder: &Path) -> io::Result<InUse> {
        let used = folder.join(USED);
        loop {
            match fs::create_dir_all(folder) {
                Ok(()) => {}
                // It was there, and is not any more: a sweep.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && !folder.exists() => {
                    continue;
                }
                Err(error) => return Err(error),
            }
            let file = match File::options().create(true).append(true).open(&used) {
                Ok(file) => file,
                // Removed since, by a sweep.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                // Somebody else's: it can be read, if nothing else.
                Err(_) => return Ok(InUse { _lock: None }),
            };
            // A sweep holds it for a moment.
            let lock = match Flock::lock(file, FlockArg::LockShared) {
                Ok(lock) => lock,
                Err((_, Errno::EINTR)) => continue,
                Err((file, _)) => {
                    let _ = file.set_modified(SystemTime::now());
                    return Ok(InUse { _lock: None });
                }
            };
            if is_at(&lock, &used) {
                let _ = lock.set_modified(SystemTime::now());
                return Ok(InUse { _lock: Some(lock) });
            }
        }
    }
}

/// Whether an open file is the one in this place, and not one that was there before.
fn is_at(open: &File, place: &Path) -> bool {
    let number = |found: fs::Metadata| (found.dev(), found.ino());
    let held = open.metadata().map(number);
    fs::metadata(place).map(number).ok() == held.ok()
}

/// Forgets the versions of a folder that nobody has used for long, but never the one
/// named `own`. What cannot be removed is left to the next time: it only takes room.
pub(super) fn sweep(folder: &Path, own: &str, now: SystemTime) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if !is_folder || name == own {
            continue;
        }
        if name.starts_with(GONE) {
            // A sweep was interrupted.
            let _ = fs::remove_dir_all(entry.path());
        } else if is_version(&name) {
            forget(folder, &name, now);
        }
    }
}

/// Versions are called by their digests. Before there were versions, records lay in
/// folders of two digits.
fn is_version(name: &str) -> bool {
    matches!(name.len(), 2 | super::VERSION) && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn forget(folder: &Path, name: &str, now: SystemTime) -> Option<()> {
    let path = folder.join(name);
    let is_old = |found: &fs::Metadata| {
        let used = found.modified().ok();
        let age = used.and_then(|used| now.duration_since(used).ok());
        age.is_some_and(|age| age > UNUSED)
    };
    let used = path.join(USED);
    let file = match File::open(&used) {
        Ok(file) => file,
        // Made before there were marks, or just being made.
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            fs::metadata(&path).ok().filter(is_old)?;
            let file = File::options().create_new(true).append(true).open(&used);
            let file = file.ok()?;
            file.set_modified(SystemTime::UNIX_EPOCH).ok()?;
            file
        }
        Err(_) => return None,
    };
    // Whoever takes the version up meanwhile waits for this, and sees that it is gone.
    let lock = Flock::lock(file, FlockArg::LockExclusiveNonblock).ok()?;
    lock.metadata().ok().filter(is_old)?;
    if !is_at(&lock, &used) {
        return None;
    }
    // First out of the way of whoever wants to begin anew.
    let gone = folder.join(format!("{GONE}{name}"));
    fs::rename(&path, &gone).ok()?;
    fs::remove_dir_all(&gone).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const VERSIONS: [&str; 3] = ["00000000000000a1", "00000000000000b2", "c3"];

    /// Three versions, of which the last has no mark of when it was used.
    fn versions() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for name in VERSIONS {
            let version = folder.path().join(name);
            if name.len() > 2 {
                drop(InUse::take(&version).unwrap());
            }
            fs::create_dir_all(version.join("ab")).unwrap();
            fs::write(version.join("ab/cd.record"), "x").unwrap();
        }
        folder
    }

    fn left(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn later() -> SystemTime {
        SystemTime::now() + UNUSED + Duration::from_secs(60)
    }

    #[test]
    fn what_nobody_used_for_long_is_forgotten_and_ones_own_is_not() {
        let folder = versions();
        sweep(folder.path(), VERSIONS[0], later());
        assert_eq!(left(folder.path()), [VERSIONS[0]]);
        let record = folder.path().join(VERSIONS[0]).join("ab/cd.record");
        assert!(record.exists());
    }

    #[test]
    fn what_was_used_of_late_stays() {
        let folder = versions();
        sweep(folder.path(), "other", SystemTime::now() + UNUSED / 2);
        // A clock that was put back makes nothing old.
        sweep(folder.path(), "other", SystemTime::UNIX_EPOCH);
        assert_eq!(left(folder.path()), VERSIONS);
    }

    #[test]
    fn what_somebody_works_with_stays_however_long_it_takes() {
        let folder = versions();
        let in_use = InUse::take(&folder.path().join(VERSIONS[1])).unwrap();
        sweep(folder.path(), VERSIONS[0], later());
        assert_eq!(left(folder.path()), VERSIONS[..2]);
        drop(in_use);
        sweep(folder.path(), VERSIONS[0], later());
        assert_eq!(left(folder.path()), VERSIONS[..1]);
    }

    #[test]
    fn a_version_that_is_taken_up_again_is_young() {
        let folder = versions();
        let version = folder.path().join(VERSIONS[0]);
        let used = File::open(version.join(USED)).unwrap();
        used.set_modified(SystemTime::UNIX_EPOCH).unwrap();
        drop(InUse::take(&version).unwrap());
        sweep(folder.path(), "other", SystemTime::now());
        assert!(version.exists());
    }

    #[test]
    fn a_sweep_that_was_interrupted_is_ended_and_nothing_else_is_touched() {
        let folder = versions();
        let gone = format!("{GONE}{}", VERSIONS[1]);
        fs::rename(folder.path().join(VERSIONS[1]), folder.path().join(gone)).unwrap();
        fs::create_dir(folder.path().join("notes")).unwrap();
        fs::write(folder.path().join("0123456789abcdef"), "a file").unwrap();
        sweep(folder.path(), VERSIONS[0], later());
        let expected = [VERSIONS[0], "0123456789abcdef", "notes"];
        assert_eq!(left(folder.path()), expected);
    }

    #[test]
    fn whoever_begins_while_a_version_is_swept_has_a_folder_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let version = folder.path().join(VERSIONS[0]);
        std::thread::scope(|scope| {
            let sweeps = scope.spawn(|| {
                for _ in 0..200 {
                    sweep(folder.path(), "other", later());
                }
            });
            for _ in 0..200 {
                let in_use = InUse::take(&version).unwrap();
                assert!(version.join(USED).exists());
                drop(in_use);
            }
            sweeps.join().unwrap();
        });
    }
}
