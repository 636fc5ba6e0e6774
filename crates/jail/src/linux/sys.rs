//! System calls for which neither libc nor nix has a function.

use std::ffi::{CStr, CString};
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use nix::unistd::Pid;

const OPEN_TREE_CLONE: libc::c_uint = 1;
const MOVE_MOUNT_F_EMPTY_PATH: libc::c_uint = 4;
pub(super) const MOUNT_ATTR_RDONLY: u64 = 1;
pub(super) const MOUNT_ATTR_NOSUID: u64 = 2;
pub(super) const MOUNT_ATTR_NODEV: u64 = 4;

/// `struct mount_attr` of `man 2 mount_setattr`.
#[repr(C)]
struct MountAttr {
    attr_set: u64,
    attr_clr: u64,
    propagation: u64,
    userns_fd: u64,
}

fn path_text(path: &Path) -> io::Result<CString> {
    Ok(CString::new(path.as_os_str().as_bytes())?)
}

fn checked(answer: libc::c_long) -> io::Result<libc::c_long> {
    if answer < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(answer)
}

/// A copy of the mounts at and below `path`, attached nowhere (`man 2 open_tree`).
pub(super) fn copy_mounts(path: &Path) -> io::Result<OwnedFd> {
    let path = path_text(path)?;
    let flags =
        OPEN_TREE_CLONE | libc::O_CLOEXEC as libc::c_uint | libc::AT_RECURSIVE as libc::c_uint;
    // SAFETY: the path is a NUL-terminated text that outlives the call.
    let fd = checked(unsafe {
        libc::syscall(libc::SYS_open_tree, libc::AT_FDCWD, path.as_ptr(), flags)
    })?;
    // SAFETY: the call returned a new descriptor that nobody else owns.
    Ok(unsafe { OwnedFd::from_raw_fd(fd as RawFd) })
}

/// Adds attributes to all mounts of a tree that [`copy_mounts`] gave (`man 2 mount_setattr`).
pub(super) fn restrict_mounts(tree: BorrowedFd<'_>, attributes: u64) -> io::Result<()> {
    set_attributes(
        tree.as_raw_fd(),
        c"",
        libc::AT_EMPTY_PATH | libc::AT_RECURSIVE,
        attributes,
    )
}

/// Makes the one mount at `path` read-only.
pub(super) fn make_read_only(path: &Path) -> io::Result<()> {
    set_attributes(libc::AT_FDCWD, &path_text(path)?, 0, MOUNT_ATTR_RDONLY)
}

fn set_attributes(at: RawFd, path: &CStr, flags: libc::c_int, attributes: u64) -> io::Result<()> {
    let attr = MountAttr {
        attr_set: attributes,
        attr_clr: 0,
        propagation: 0,
        userns_fd: 0,
    };
    // SAFETY: path and attr outlive the call, and the size given is that of attr.
    checked(unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            at,
            path.as_ptr(),
            flags as libc::c_uint,
            &attr as *const MountAttr,
            size_of::<MountAttr>(),
        )
    })?;
    Ok(())
}

/// Attaches a tree of mounts at `target` (`man 2 move_mount`).
pub(super) fn attach_mounts(tree: BorrowedFd<'_>, target: &Path) -> io::Result<()> {
    let target = path_text(target)?;
    // SAFETY: both paths are NUL-terminated texts that outlive the call.
    checked(unsafe {
        libc::syscall(
            libc::SYS_move_mount,
            tree.as_raw_fd(),
            c"".as_ptr(),
            libc::AT_FDCWD,
            target.as_ptr(),
            MOVE_MOUNT_F_EMPTY_PATH,
        )
    })?;
    Ok(())
}

/// `fork` into new namespaces: `Some(child)` for the parent, `None` for the child.
///
/// # Safety
/// As for `fork` (`man 2 fork`): the process must have a single thread.
pub(super) unsafe fn fork_into(namespaces: libc::c_int) -> io::Result<Option<Pid>> {
    // SAFETY: without CLONE_VM and with a null stack this is fork; the caller
    // vouches for the single thread.
    let pid = checked(unsafe {
        libc::syscall(
            libc::SYS_clone,
            (namespaces | libc::SIGCHLD) as libc::c_ulong,
            0usize,
            0usize,
            0usize,
            0usize,
        )
    })?;
    Ok((pid != 0).then(|| Pid::from_raw(pid as i32)))
}

/// A descriptor that becomes readable when the process ends (`man 2 pidfd_open`, Linux 5.3).
pub(super) fn process_descriptor(pid: Pid) -> io::Result<OwnedFd> {
    // SAFETY: takes two integers.
    let fd = checked(unsafe { libc::syscall(libc::SYS_pidfd_open, pid.as_raw(), 0u32) })?;
    // SAFETY: the call returned a new descriptor that nobody else owns.
    Ok(unsafe { OwnedFd::from_raw_fd(fd as RawFd) })
}

/// Every descriptor from 3 on closes when the next program starts. What a
/// program inherits is standard input, output and error, and nothing else.
pub(super) fn close_others_at_exec() -> io::Result<()> {
    // SAFETY: takes integers, and only sets a flag on descriptors.
    let answer = unsafe {
        libc::syscall(
            libc::SYS_close_range,
            3 as libc::c_uint,
            libc::c_uint::MAX,
            libc::CLOSE_RANGE_CLOEXEC,
        )
    };
    if answer == 0 {
        return Ok(());
    }
    // Linux before 5.11 does not know the flag.
    for entry in std::fs::read_dir("/proc/self/fd")? {
        let name = entry?.file_name();
        let fd = name.to_str().and_then(|name| name.parse::<RawFd>().ok());
        if let Some(fd) = fd.filter(|fd| *fd > 2) {
            // SAFETY: only sets a flag; a number that is no descriptor gives EBADF.
            unsafe { libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC) };
        }
    }
    Ok(())
}

/// How much a process leaves to others, from -20 to 19 (`man 2 setpriority`).
pub(super) fn set_nice(pid: Pid, nice: libc::c_int) -> io::Result<()> {
    // SAFETY: takes integers.
    let answer = unsafe { libc::setpriority(libc::PRIO_PROCESS, pid.as_raw() as libc::id_t, nice) };
    checked(answer.into()).map(drop)
}

/// Gives every signal its default action and blocks none, so that a program
/// starts as from a shell. (Rust ignores SIGPIPE, and an ignored signal stays
/// ignored across `execve`.)
pub(super) fn reset_signals() {
    // Zeros are SIG_DFL without flags. The C library would keep the two signals
    // that it uses itself out of reach.
    let default = [0u64; 4];
    for signal in 1..=64 as libc::c_long {
        // SAFETY: the structure is not larger than four words and outlives the
        // call; SIGKILL and SIGSTOP give an error that means nothing.
        unsafe {
            libc::syscall(
                libc::SYS_rt_sigaction,
                signal,
                default.as_ptr(),
                std::ptr::null_mut::<u64>(),
                size_of::<u64>(),
            )
        };
    }
    // Cannot fail: the set is a valid one.
    let _ = nix::sys::signal::SigSet::empty().thread_set_mask();
}
