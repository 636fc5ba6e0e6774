//! The first process of a cell: builds it from within, starts the program,
//! reaps orphans, and takes everything with it when the program ends.

use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{Gid, Pid, Uid, chdir, read, sethostname};

use super::cgroup::Groups;
use super::{identity, landlock, loopback, reaper, root, sys};
use crate::command::CellOptions;
use crate::fault::{During, Fault};
use crate::{STUDENT_UID, Tier, UNAVAILABLE};

/// How nice a judge is (`man 2 setpriority`).
pub(super) const FIRST: libc::c_int = -19;

/// What the first process needs to know.
pub(super) struct Plan<'a> {
    pub options: &'a CellOptions,
    pub groups: &'a Groups,
    pub users: Users,
    /// Reports a hang-up when the outer end is gone.
    pub lifeline: OwnedFd,
}

/// Whose numbers the users in a cell have.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Users {
    /// There is no user namespace.
    TheMachines,
    /// All are who made the cell: root, and the student's program in a further namespace.
    Owner(Uid, Gid),
    /// The outer end gives their numbers, and tells so on the lifeline.
    RootAndStudents,
}

/// The whole life of the first process.
pub(super) fn live(plan: Plan<'_>) -> ! {
    // Where there is no process namespace to end with everything in it.
    let is_apart = plan.options.tier == Tier::Jail && landlock::keep_signals_inside();
    let status = prepare(&plan)
        .and_then(|()| start(&plan))
        .and_then(|program| attend(program, &plan.lifeline));
    let status = status.unwrap_or_else(|fault| {
        eprintln!("cell: {fault}");
        UNAVAILABLE
    });
    if !plan.options.tier.has_cell() {
        if is_apart {
            reaper::end_at_once();
        }
        reaper::end_descendants();
    }
    // With the first process of a process namespace, all others end.
    // SAFETY: ends the process; nothing of it is needed after this.
    unsafe { libc::_exit(status) }
}

fn prepare(plan: &Plan<'_>) -> Result<(), Fault> {
    let options = plan.options;
    plan.groups
        .enter()
        .during(|| "enter the control groups".into())?;
    if options.tier.has_cell() {
        match plan.users {
            Users::TheMachines => {}
            Users::Owner(user, group) => identity::map_to(0, user, group)?,
            Users::RootAndStudents => {
                let told = read(&plan.lifeline, &mut [0]).during(|| "wait for users".into())?;
                if told == 0 {
                    return Err(Fault::said("start", "the outer end is gone"));
                }
            }
        }
        let student = match plan.users {
            Users::Owner(..) => STUDENT_UID,
            Users::TheMachines | Users::RootAndStudents => options.uid,
        };
        root::build(options, student)?;
        loopback::raise().during(|| "raise the loopback".into())?;
        sethostname("lab").during(|| "name the host".into())?;
        // After the last change of rights, which would take it back.
        set_pdeathsig(Signal::SIGKILL).during(|| "die with the outer end".into())?;
    } else {
        reaper::adopt_orphans().during(|| "adopt orphans".into())?;
    }
    if is_cut(&plan.lifeline) {
        return Err(Fault::said("start", "the outer end is gone"));
    }
    let folder = options.chdir.as_deref().unwrap_or(Path::new("/"));
    if options.tier.has_cell() || options.chdir.is_some() {
        chdir(folder).during(|| format!("change to {}", folder.display()))?;
    }
    Ok(())
}

fn start(plan: &Plan<'_>) -> Result<Pid, Fault> {
    let options = plan.options;
    // SAFETY: this program has a single thread.
    let child = unsafe { sys::fork_into(0) }.during(|| "fork".into())?;
    if let Some(child) = child {
        return Ok(child);
    }
    sys::reset_signals();
    if plan.groups.share_processors() {
        // The judge goes before what it judges, which gives it up in its jail:
        // among hundreds of processes that spin it would never have a turn.
        let _ = sys::set_nice(Pid::this(), FIRST);
    }
    let (program, arguments) = (&options.program[0], &options.program[1..]);
    let error = Command::new(program).args(arguments).exec();
    eprintln!("cell: {}: {error}", program.to_string_lossy());
    // SAFETY: ends the child; the parent cleans up.
    unsafe { libc::_exit(UNAVAILABLE) }
}

/// Reaps whatever ends, until the program does. Its status, or that of a
/// killed one if the outer end is gone.
fn attend(program: Pid, lifeline: &OwnedFd) -> Result<i32, Fault> {
    let ended: SigSet = [Signal::SIGCHLD].into_iter().collect();
    let signals = SignalFd::with_flags(&ended, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK)
        .during(|| "wait for signals".into())?;
    loop {
        if let Some(status) = reap(program) {
            return Ok(status);
        }
        let mut events = [
            PollFd::new(signals.as_fd(), PollFlags::POLLIN),
            PollFd::new(lifeline.as_fd(), PollFlags::empty()),
        ];
        match poll(&mut events, PollTimeout::NONE) {
            Ok(_) | Err(Errno::EINTR) => {}
            Err(error) => return Err(error).during(|| "wait for the program".into()),
        }
        if is_cut(lifeline) {
            return Ok(128 + Signal::SIGKILL as i32);
        }
        while let Ok(Some(_)) = signals.read_signal() {}
    }
}

/// Takes the status of every child that has ended; gives the program's.
fn reap(program: Pid) -> Option<i32> {
    loop {
        match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::StillAlive) => return None,
            Ok(ended) if ended.pid() == Some(program) => {
                if let Some(status) = reaper::status_of(ended) {
                    return Some(status);
                }
            }
            Ok(_) | Err(Errno::EINTR) => {}
            // No child at all: the program's end was reaped by nobody else.
            Err(_) => return Some(UNAVAILABLE),
        }
    }
}

fn is_cut(lifeline: &OwnedFd) -> bool {
    let mut events = [PollFd::new(lifeline.as_fd(), PollFlags::empty())];
    poll(&mut events, PollTimeout::ZERO).is_ok_and(|ready| ready > 0)
}
