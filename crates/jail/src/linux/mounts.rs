//! Mounting, each with the words for what could not be mounted.

use std::fs;
use std::os::fd::AsFd;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use nix::mount::{MsFlags, mount};

use super::sys;
use crate::fault::{During, Fault};

/// Bytes of memory for each file that a tmpfs may hold, at least: empty files
/// cost memory that its size does not count.
const BYTES_A_FILE: u64 = 4096;

/// A folder and those above it, each mode 755.
pub(super) fn folder(path: &Path) -> Result<(), Fault> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o755)
        .create(path)
        .during(|| format!("make {}", path.display()))
}

/// An empty file system in memory, mode 1777.
pub(super) fn tmpfs(at: &Path, size: u64) -> Result<(), Fault> {
    folder(at)?;
    let files = (size / BYTES_A_FILE).max(256);
    let data = format!("mode=1777,size={size},nr_inodes={files}");
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    special("tmpfs", at, flags, &data)
}

/// A file system that has no source.
pub(super) fn special(kind: &str, at: &Path, flags: MsFlags, data: &str) -> Result<(), Fault> {
    mount(Some(kind), at, Some(kind), flags, Some(data))
        .during(|| format!("mount {kind} on {}", at.display()))
}

/// What a bound file or folder may be used for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    Read,
    Write,
    /// A device file.
    Device,
}

/// Makes the file or folder `from`, with all that is mounted below it, exist at `at`.
pub(super) fn bind(from: &Path, at: &Path, access: Access) -> Result<(), Fault> {
    let kind = fs::metadata(from).during(|| from.display().to_string())?;
    mount_point(at, kind.is_dir())?;
    let tree = sys::copy_mounts(from).during(|| format!("copy the mount {}", from.display()))?;
    let attributes = match access {
        Access::Read => sys::MOUNT_ATTR_NOSUID | sys::MOUNT_ATTR_NODEV | sys::MOUNT_ATTR_RDONLY,
        Access::Write => sys::MOUNT_ATTR_NOSUID | sys::MOUNT_ATTR_NODEV,
        Access::Device => sys::MOUNT_ATTR_NOSUID,
    };
    sys::restrict_mounts(tree.as_fd(), attributes)
        .during(|| format!("restrict the mount {}", from.display()))?;
    sys::attach_mounts(tree.as_fd(), at).during(|| format!("mount {}", at.display()))
}

fn mount_point(at: &Path, is_folder: bool) -> Result<(), Fault> {
    if fs::symlink_metadata(at).is_ok() {
        return Ok(());
    }
    if is_folder {
        return folder(at);
    }
    if let Some(parent) = at.parent() {
        folder(parent)?;
    }
    fs::File::create(at)
        .map(drop)
        .during(|| format!("make {}", at.display()))
}
