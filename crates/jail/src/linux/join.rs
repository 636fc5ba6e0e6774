//! Entering a cell that exists, from outside: the owner of a cell wants to look
//! around in it.

use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use nix::sched::{CloneFlags, setns};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::wait::waitpid;
use nix::unistd::{Pid, chdir};

use super::{reaper, sys};
use crate::command::CellOptions;
use crate::fault::{During, Fault};
use crate::{SCRATCH, UNAVAILABLE};

/// The namespaces of a cell (`man 7 namespaces`). The user's comes first: it gives
/// the right to enter the others.
const NAMESPACES: [(&str, CloneFlags); 6] = [
    ("user", CloneFlags::CLONE_NEWUSER),
    ("ipc", CloneFlags::CLONE_NEWIPC),
    ("uts", CloneFlags::CLONE_NEWUTS),
    ("net", CloneFlags::CLONE_NEWNET),
    ("pid", CloneFlags::CLONE_NEWPID),
    ("mnt", CloneFlags::CLONE_NEWNS),
];

/// Runs the program in the cell that the process `holder` has made, and gives its
/// status.
pub(crate) fn join(holder: i32, options: &CellOptions) -> Result<i32, Fault> {
    sys::close_others_at_exec().during(|| "close descriptors".into())?;
    enter(Pid::from_raw(holder))?;
    let folder = options.chdir.as_deref().unwrap_or(Path::new(SCRATCH));
    chdir(folder).during(|| format!("change to {}", folder.display()))?;
    // A process stays in its namespace of process numbers; its children are in the
    // one that it has entered (man 2 setns).
    // SAFETY: this program has a single thread.
    let child = unsafe { sys::fork_into(0) }.during(|| "fork".into())?;
    if let Some(child) = child {
        // A key that is pressed is for the program; its end is this one's.
        let keys: SigSet = [Signal::SIGINT, Signal::SIGQUIT].into_iter().collect();
        keys.thread_block().during(|| "block signals".into())?;
        loop {
            let ended = waitpid(child, None).during(|| "wait for the program".into())?;
            if let Some(status) = reaper::status_of(ended) {
                return Ok(status);
            }
        }
    }
    sys::reset_signals();
    let (program, arguments) = (&options.program[0], &options.program[1..]);
    let error = Command::new(program).args(arguments).exec();
    eprintln!("cell: {}: {error}", program.to_string_lossy());
    // SAFETY: ends the child; the parent passes the status on.
    unsafe { libc::_exit(UNAVAILABLE) }
}

/// Enters the namespaces of the processes below `holder`.
fn enter(holder: Pid) -> Result<(), Fault> {
    let mut refused = Fault::said("join the cell", "it has ended");
    for pid in reaper::descendants(holder) {
        match doors(pid) {
            Ok(doors) => {
                for (name, kind, door) in doors {
                    setns(door, kind).during(|| format!("enter the {name} namespace"))?;
                }
                return Ok(());
            }
            // It has just ended, or does not let itself be looked at.
            Err(fault) => refused = fault,
        }
    }
    Err(refused)
}

/// What leads to the namespaces of a process that this one is not in. All are opened
/// before any is entered: then `/proc` is another.
fn doors(pid: Pid) -> Result<Vec<(&'static str, CloneFlags, File)>, Fault> {
    let mut doors = Vec::new();
    for (name, kind) in NAMESPACES {
        let theirs = format!("/proc/{pid}/ns/{name}");
        let link = fs::read_link(&theirs).during(|| format!("read {theirs}"))?;
        let is_own = fs::read_link(format!("/proc/self/ns/{name}")).is_ok_and(|own| own == link);
        // To enter the user namespace that one is in is refused; tier vm has no other.
        if !is_own {
            let door = File::open(&theirs).during(|| format!("open {theirs}"))?;
            doors.push((name, kind, door));
        }
    }
    Ok(doors)
}
