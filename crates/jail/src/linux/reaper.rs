//! Ending processes: all of them, until none is left.

use std::collections::BTreeMap;
use std::fs;

use nix::errno::Errno;
use nix::sys::prctl;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{Pid, getpid, getppid};

/// From now on, a descendant whose parent ends becomes a child of this
/// process: no double fork and no new session leads away from it.
pub(super) fn adopt_orphans() -> nix::Result<()> {
    prctl::set_child_subreaper(true)
}

/// Kills every descendant and waits for its end. This process must have
/// [adopted](adopt_orphans) orphans before it had any child.
pub(super) fn end_descendants() {
    loop {
        match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::StillAlive) => {
                for pid in descendants(getpid()) {
                    let _ = kill(pid, Signal::SIGKILL);
                }
                // At least one child was killed: this returns. A program that forks
                // all the time loses the race in a few rounds.
                let _ = waitpid(None, None);
            }
            Ok(_) | Err(Errno::EINTR) => {}
            Err(_) => return,
        }
    }
}

/// Kills all that descends from this process, at once: a program of which each
/// process forks and ends is gone before anybody has read its number, but does not
/// outrun one call. Signals must have been
/// [kept inside](super::landlock::keep_signals_inside).
pub(super) fn end_at_once() {
    // To everybody: so it is asked once more whether that is but this process's own.
    if kill(getppid(), None) == Err(Errno::EPERM) {
        let _ = kill(Pid::from_raw(-1), Signal::SIGKILL);
    }
}

/// The status that `cell` ends with for a program that ended so, or `None`
/// if it did not end.
pub(super) fn status_of(ended: WaitStatus) -> Option<i32> {
    match ended {
        WaitStatus::Exited(_, code) => Some(code),
        WaitStatus::Signaled(_, signal, _) => Some(128 + signal as i32),
        _ => None,
    }
}

/// Every process below this one.
pub(super) fn descendants(of: Pid) -> Vec<Pid> {
    let mut children: BTreeMap<i32, Vec<i32>> = BTreeMap::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let name = entry.file_name();
        let Some(pid) = name.to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        if let Some(parent) = parent_of(pid) {
            children.entry(parent).or_default().push(pid);
        }
    }
    let mut found = Vec::new();
    let mut open = vec![of.as_raw()];
    while let Some(pid) = open.pop() {
        for child in children.remove(&pid).into_iter().flatten() {
            found.push(Pid::from_raw(child));
            open.push(child);
        }
    }
    found
}

/// The parent of a process, by `/proc/PID/stat` (`man 5 proc_pid_stat`).
pub(super) fn parent_of(pid: i32) -> Option<i32> {
    stat_field(pid, 4)?.parse().ok()
}

/// When a process started, in clock ticks since the machine did.
pub(super) fn start_of(pid: i32) -> Option<u64> {
    stat_field(pid, 22)?.parse().ok()
}

fn stat_field(pid: i32, number: usize) -> Option<String> {
    let stat = fs::read(format!("/proc/{pid}/stat")).ok()?;
    // A program may call itself anything: the name ends at the last ')'.
    let end = stat.iter().rposition(|byte| *byte == b')')?;
    let rest = std::str::from_utf8(stat.get(end + 1..)?).ok()?;
    // The field behind the name is number 3.
    rest.split_ascii_whitespace()
        .nth(number - 3)
        .map(str::to_owned)
}
