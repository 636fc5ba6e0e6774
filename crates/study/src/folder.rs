//! The folder in which a learner's things are kept.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};

use crate::durable;

/// The folder, at the root of the lab.
pub const FOLDER: &str = ".lab";

/// The file that is locked while something in the folder changes.
const LOCK: &str = "lock";

/// The folder of a lab; it need not be there.
pub fn of(root: &Path) -> PathBuf {
    root.join(FOLDER)
}

/// Holds the others off that want to change something in the folder.
pub struct Lock {
    _held: Option<Flock<File>>,
}

impl Lock {
    /// Waits until nobody else has it; makes the folder if it is not there. It is
    /// only held for as long as it takes to write a file.
    ///
    /// # Errors
    ///
    /// The folder cannot be made or written to.
    pub fn take(root: &Path) -> Result<Lock> {
        let folder = of(root);
        // How far somebody has come moves with their repository; only the lock does not.
        make(&folder, &format!("/{LOCK}")).with_context(|| format!("make {}", folder.display()))?;
        let path = folder.join(LOCK);
        let file = File::create(&path).with_context(|| format!("write {}", path.display()))?;
        match Flock::lock(file, FlockArg::LockExclusive) {
            Ok(held) => Ok(Lock { _held: Some(held) }),
            // A file system without locks: what is written is whole all the same.
            Err((_, Errno::ENOLCK | Errno::EOPNOTSUPP | Errno::ENOSYS)) => Ok(Lock { _held: None }),
            Err((_, errno)) => {
                Err(io::Error::from(errno)).with_context(|| format!("lock {}", path.display()))
            }
        }
    }
}

/// Makes a folder, with what git is to ignore in it.
///
/// # Errors
///
/// What the system says.
pub fn make(folder: &Path, ignored: &str) -> io::Result<()> {
    let path = folder.join(".gitignore");
    if path.exists() {
        return Ok(());
    }
    durable::write(&path, format!("{ignored}\n").as_bytes())
}
