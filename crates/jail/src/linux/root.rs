//! The file system of a cell: what exists in it, and nothing else.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sys::stat::{Mode, SFlag, makedev, mknod, umask};
use nix::unistd::{chdir, pivot_root};

use super::etc;
use super::mounts::{Access, bind, folder, special, tmpfs};
use super::sys;
use crate::command::CellOptions;
use crate::fault::{During, Fault};

/// The system's folders, as far as a machine has them. /nix and /gnu hold
/// whole systems (NixOS, Guix).
const SYSTEM: [&str; 11] = [
    "usr", "bin", "sbin", "lib", "lib64", "lib32", "libx32", "libexec", "opt", "nix", "gnu",
];

/// Device files: name, major and minor number (`man 4 null`, `random`, `tty`).
const DEVICES: [(&str, u64, u64); 6] = [
    ("null", 1, 3),
    ("zero", 1, 5),
    ("full", 1, 7),
    ("random", 1, 8),
    ("urandom", 1, 9),
    ("tty", 5, 0),
];

/// Size of each private folder but the scratch folder, bytes.
const PRIVATE: u64 = 16 << 20;

/// Where the machine's own root is while the new one is built.
const OLD: &str = "/.machine";

/// Replaces the root of this mount namespace.
pub(super) fn build(options: &CellOptions, uid: u32) -> Result<(), Fault> {
    umask(Mode::empty());
    leave_the_machine()?;
    for name in SYSTEM {
        system_folder(name)?;
    }
    for folder in &options.hide {
        hide(folder)?;
    }
    etc::write(Path::new(OLD), options, uid)?;
    processes()?;
    devices()?;
    for private in ["/tmp", "/run", "/var/tmp"] {
        tmpfs(Path::new(private), PRIVATE)?;
    }
    symlink("/run", "/var/run").during(|| "link /var/run".into())?;
    tmpfs(Path::new(crate::SCRATCH), options.scratch_size)?;
    for (from, at, writable) in &options.binds {
        let access = if *writable {
            Access::Write
        } else {
            Access::Read
        };
        bind(&of_the_machine(from), at, access)?;
    }
    forget_the_machine()?;
    umask(Mode::from_bits_truncate(0o022));
    Ok(())
}

/// The sources of the binds, and what is hidden, with all symbolic links followed: the links of the
/// machine lead astray once its root is elsewhere.
pub(super) fn resolve_binds(options: &mut CellOptions) -> Result<(), Fault> {
    for (from, at, _) in &mut options.binds {
        *from = fs::canonicalize(&*from).during(|| from.display().to_string())?;
        if !at.is_absolute() {
            return Err(Fault::said(
                at.display().to_string(),
                "not an absolute path",
            ));
        }
    }
    for folder in &mut options.hide {
        *folder = fs::canonicalize(&*folder).during(|| folder.display().to_string())?;
    }
    Ok(())
}

/// Puts an empty folder over one that a system's folder brought along.
fn hide(folder: &Path) -> Result<(), Fault> {
    // A system's folder as a whole is not hidden: nothing would start.
    let within = folder.components().count() > 2;
    if !within || !fs::symlink_metadata(folder).is_ok_and(|kind| kind.is_dir()) {
        return Ok(());
    }
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_RDONLY;
    special("tmpfs", folder, flags, "mode=0,size=4k,nr_inodes=2")
}

fn of_the_machine(path: &Path) -> PathBuf {
    Path::new(OLD).join(path.strip_prefix("/").unwrap_or(path))
}

fn leave_the_machine() -> Result<(), Fault> {
    let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
    mount(None::<&str>, "/", None::<&str>, private, None::<&str>)
        .during(|| "make the mounts private".into())?;
    // The new root may hide any folder for a moment: the old one shows it again.
    let at = Path::new("/tmp");
    special(
        "tmpfs",
        at,
        MsFlags::MS_NOSUID,
        "mode=755,size=4m,nr_inodes=4096",
    )?;
    let old = at.join(OLD.trim_start_matches('/'));
    folder(&old)?;
    pivot_root(at, &old).during(|| "pivot_root".into())?;
    chdir("/").during(|| "chdir /".into())
}

fn forget_the_machine() -> Result<(), Fault> {
    umount2(OLD, MntFlags::MNT_DETACH).during(|| "unmount the machine".into())?;
    fs::remove_dir(OLD).during(|| format!("remove {OLD}"))?;
    sys::make_read_only(Path::new("/")).during(|| "make the root read-only".into())
}

fn system_folder(name: &str) -> Result<(), Fault> {
    let at = Path::new("/").join(name);
    let from = Path::new(OLD).join(name);
    match fs::symlink_metadata(&from) {
        Err(_) => Ok(()),
        Ok(kind) if kind.is_symlink() => fs::read_link(&from)
            .and_then(|target| symlink(target, &at))
            .during(|| format!("link {}", at.display())),
        Ok(_) => bind(&from, &at, Access::Read),
    }
}

fn processes() -> Result<(), Fault> {
    let at = Path::new("/proc");
    folder(at)?;
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
    special("proc", at, flags, "")
}

fn devices() -> Result<(), Fault> {
    folder(Path::new("/dev"))?;
    for (name, major, minor) in DEVICES {
        let at = Path::new("/dev").join(name);
        let mode = Mode::from_bits_truncate(0o666);
        // Only the machine's root may make device files; others borrow them.
        if mknod(&at, SFlag::S_IFCHR, mode, makedev(major, minor)).is_err() {
            bind(&Path::new(OLD).join("dev").join(name), &at, Access::Device)?;
        }
    }
    for (target, at) in [
        ("/proc/self/fd", "/dev/fd"),
        ("/proc/self/fd/0", "/dev/stdin"),
        ("/proc/self/fd/1", "/dev/stdout"),
        ("/proc/self/fd/2", "/dev/stderr"),
        ("pts/ptmx", "/dev/ptmx"),
    ] {
        symlink(target, at).during(|| format!("link {at}"))?;
    }
    tmpfs(Path::new("/dev/shm"), PRIVATE)?;
    let terminals = Path::new("/dev/pts");
    folder(terminals)?;
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NOEXEC;
    // The test process makes a terminal, the student's user opens it. All cells
    // together share what the machine has (/proc/sys/kernel/pty/max).
    special(
        "devpts",
        terminals,
        flags,
        "newinstance,ptmxmode=0600,mode=0666,max=64",
    )
}
