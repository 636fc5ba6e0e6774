//! The folder in which one run of the grader works, and which it leaves clean.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use jail::Tier;
use nix::fcntl::{Flock, FlockArg};
use tempfile::TempDir;

/// One run's folder. It is removed when this is dropped; what a killed run
/// left behind is removed by the next one.
#[derive(Debug)]
pub struct Work {
    folder: TempDir,
    /// Held as long as the run lives: an unlocked folder has no owner.
    _lock: Flock<File>,
}

impl Work {
    /// Makes a folder under `target/lab`, or under the system's folder for
    /// temporary files where there is no cell: a program that is jailed as
    /// another user must be able to walk there.
    ///
    /// # Errors
    ///
    /// The folder cannot be made.
    pub fn new(target: &Path, tier: Tier) -> io::Result<Work> {
        if tier.has_cell() {
            Work::within(&target.join("lab"), 0o700)
        } else {
            Work::within(&std::env::temp_dir(), 0o711)
        }
    }

    /// Makes a folder that nobody else may look into, under the system's folder for
    /// temporary files.
    ///
    /// # Errors
    ///
    /// The folder cannot be made.
    pub fn private() -> io::Result<Work> {
        Work::within(&std::env::temp_dir(), 0o700)
    }

    fn within(base: &Path, mode: u32) -> io::Result<Work> {
        fs::create_dir_all(base)?;
        remove_left_behind(base);
        let folder = tempfile::Builder::new().prefix(PREFIX).tempdir_in(base)?;
        set_mode(folder.path(), mode)?;
        let file = File::create(folder.path().join(LOCK))?;
        let lock = Flock::lock(file, FlockArg::LockExclusiveNonblock)
            .map_err(|(_, errno)| io::Error::from(errno))?;
        Ok(Work {
            folder,
            _lock: lock,
        })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Makes a folder within it that anybody may read, and returns its path.
    ///
    /// # Errors
    ///
    /// The folder cannot be made.
    pub fn folder(&self, name: impl AsRef<Path>) -> io::Result<PathBuf> {
        let path = self.path().join(name);
        fs::create_dir_all(&path)?;
        set_mode(&path, 0o755)?;
        Ok(path)
    }
}

/// What a program left in it may be hard to remove.
impl Drop for Work {
    fn drop(&mut self) {
        remove(self.folder.path());
    }
}

/// Removes a folder in which a student's program could write: it may hold
/// folders without rights, or thousands within one another.
pub fn remove(folder: &Path) {
    if fs::remove_dir_all(folder).is_ok() || !folder.exists() {
        return;
    }
    // These two walk down without recursion and without following links. What
    // they cannot remove stays for the next run.
    for arguments in [&["chmod", "-R", "u+rwX", "--"][..], &["rm", "-rf", "--"]] {
        let _ = Command::new(arguments[0])
            .args(&arguments[1..])
            .arg(folder)
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .status();
    }
}

const PREFIX: &str = "lab-run-";
const LOCK: &str = "lock";

fn remove_left_behind(base: &Path) {
    let Ok(entries) = fs::read_dir(base) else {
        return;
    };
    for entry in entries.filter_map(Result::ok) {
        if !entry.file_name().to_string_lossy().starts_with(PREFIX) {
            continue;
        }
        // A folder without a lock file is one that is just being made.
        let Ok(file) = File::open(entry.path().join(LOCK)) else {
            continue;
        };
        if Flock::lock(file, FlockArg::LockExclusiveNonblock).is_ok() {
            remove(&entry.path());
        }
    }
}

/// Sets a path's mode whatever the umask is.
///
/// # Errors
///
/// As `man 2 chmod`.
pub fn set_mode(path: &Path, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
}

/// A second name for a file, or a copy where the file systems differ. A later
/// build that replaces the original leaves this one as it is.
///
/// # Errors
///
/// The file can be neither linked nor copied.
pub fn link_or_copy(from: &Path, to: &Path) -> io::Result<()> {
    if fs::hard_link(from, to).is_err() {
        fs::copy(from, to)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_run_left_is_removed_and_a_living_run_is_not() {
        let target = tempfile::tempdir().unwrap();
        let living = Work::new(target.path(), Tier::Cell).unwrap();
        let dead = target.path().join("lab/lab-run-dead");
        fs::create_dir(&dead).unwrap();
        fs::write(dead.join(LOCK), "").unwrap();
        let next = Work::new(target.path(), Tier::Cell).unwrap();
        assert!(living.path().exists() && next.path().exists() && !dead.exists());
        let path = living.path().to_owned();
        drop(living);
        assert!(!path.exists());
    }

    #[test]
    fn what_others_have_written_is_nobody_elses_to_read() {
        use std::os::unix::fs::PermissionsExt;
        let work = Work::private().unwrap();
        let mode = fs::metadata(work.path()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        assert!(work.path().join(LOCK).exists());
    }

    #[test]
    fn folders_without_rights_and_deep_ones_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let left = folder.path().join("left");
        fs::create_dir_all(left.join("closed/inside/more")).unwrap();
        set_mode(&left.join("closed/inside"), 0).unwrap();
        set_mode(&left.join("closed"), 0).unwrap();
        fs::create_dir_all(left.join("d/".repeat(1500))).unwrap();
        remove(&left);
        assert!(!left.exists());
    }
}
