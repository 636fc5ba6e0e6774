//! The outer end of a cell: makes it, watches it, and leaves nothing behind.

use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, Signal, kill};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::{Gid, Pid, Uid, getppid, pipe2, write};

use super::cgroup::Groups;
use super::first::{self, Plan, Users};
use super::{identity, reaper, root, sys};
use crate::command::CellOptions;
use crate::fault::{During, Fault};
use crate::{DEADLINE_PASSED, Tier};

/// Signals that ask `cell` to end. It ends everything in the cell first.
const ASKED_TO_END: [Signal; 4] = [
    Signal::SIGTERM,
    Signal::SIGINT,
    Signal::SIGHUP,
    Signal::SIGQUIT,
];

/// How long the first process may take to end what it started, in milliseconds.
const TIME_TO_END: u16 = 2000;

/// Runs the program in a cell and gives the status to end with.
pub(crate) fn run(mut options: CellOptions) -> Result<i32, Fault> {
    let started = Instant::now();
    sys::close_others_at_exec().during(|| "close descriptors".into())?;
    let holder = watch_holder(&options)?;
    let signals = catch_signals()?;
    reaper::adopt_orphans().during(|| "adopt orphans".into())?;
    if options.tier.has_cell() {
        root::resolve_binds(&mut options)?;
    }
    let groups = match options.tier {
        Tier::Vm | Tier::Cell | Tier::Jail => Groups::make(options.processes, options.memory),
        Tier::None => Groups::default(),
    };
    let first = start(&options, &groups);
    let status = first.and_then(|first| {
        let deadline = options
            .deadline
            .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
            .map(|after| started + after);
        watch(first, &holder, &signals, deadline)
    });
    reaper::end_descendants();
    groups.remove();
    status
}

/// The first process of a cell.
struct First {
    pid: Pid,
    /// It lives while this is open.
    lifeline: OwnedFd,
    /// With it ends a process namespace.
    has_namespace: bool,
}

/// Starts the first process.
fn start(options: &CellOptions, groups: &Groups) -> Result<First, Fault> {
    let (lifeline, ours) = pipe2(nix::fcntl::OFlag::O_CLOEXEC).during(|| "make a pipe".into())?;
    let apart = libc::CLONE_NEWPID
        | libc::CLONE_NEWNET
        | libc::CLONE_NEWNS
        | libc::CLONE_NEWIPC
        | libc::CLONE_NEWUTS;
    let namespaces = match options.tier {
        Tier::Vm => apart,
        Tier::Cell => apart | libc::CLONE_NEWUSER,
        Tier::Jail | Tier::None => 0,
    };
    let users = match options.tier {
        Tier::Cell if identity::is_root_with_students() => Users::RootAndStudents,
        Tier::Cell => Users::Owner(Uid::effective(), Gid::effective()),
        Tier::Vm | Tier::Jail | Tier::None => Users::TheMachines,
    };
    // SAFETY: this program has a single thread.
    let child = unsafe { sys::fork_into(namespaces) }.during(|| "make namespaces".into())?;
    match child {
        Some(pid) => {
            let first = First {
                pid,
                lifeline: ours,
                has_namespace: options.tier.has_cell(),
            };
            if users == Users::RootAndStudents {
                if groups.share_processors() {
                    // In its namespace it has not the right to do so itself.
                    let _ = sys::set_nice(pid, first::FIRST);
                }
                let mapped = identity::map_root_and_students(pid).and_then(|()| {
                    write(&first.lifeline, &[0]).during(|| "write to the cell".into())
                });
                if let Err(fault) = mapped {
                    first.end();
                    return Err(fault);
                }
            }
            Ok(first)
        }
        None => {
            drop(ours);
            first::live(Plan {
                options,
                groups,
                users,
                lifeline,
            })
        }
    }
}

/// A descriptor that becomes readable when the holder ends; `None` if nobody holds us.
fn watch_holder(options: &CellOptions) -> Result<Option<OwnedFd>, Fault> {
    let Some(holder) = options.holder.map(Pid::from_raw) else {
        return Ok(None);
    };
    let descriptor = sys::process_descriptor(holder).ok();
    if descriptor.is_none() {
        // Linux before 5.3 can tell only of the end of the thread that started us.
        nix::sys::prctl::set_pdeathsig(Signal::SIGTERM).during(|| "watch the holder".into())?;
    }
    if getppid() != holder {
        return Err(Fault::said("watch the holder", "it has ended already"));
    }
    Ok(descriptor)
}

fn catch_signals() -> Result<SignalFd, Fault> {
    let mut signals: SigSet = ASKED_TO_END.into_iter().collect();
    signals.add(Signal::SIGCHLD);
    signals.thread_block().during(|| "block signals".into())?;
    SignalFd::with_flags(&signals, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK)
        .during(|| "wait for signals".into())
}

/// Waits until the first process has ended, and sees to it that it does.
fn watch(
    first: First,
    holder: &Option<OwnedFd>,
    signals: &SignalFd,
    deadline: Option<Instant>,
) -> Result<i32, Fault> {
    loop {
        let mut events = vec![PollFd::new(signals.as_fd(), PollFlags::POLLIN)];
        if let Some(holder) = holder {
            events.push(PollFd::new(holder.as_fd(), PollFlags::POLLIN));
        }
        match poll(&mut events, time_left(deadline)) {
            Ok(_) | Err(Errno::EINTR) => {}
            Err(error) => return Err(error).during(|| "wait for the cell".into()),
        }
        let holder_ended = events
            .get(1)
            .and_then(PollFd::revents)
            .is_some_and(|events| !events.is_empty());
        while let Ok(Some(signal)) = signals.read_signal() {
            if signal.ssi_signo != Signal::SIGCHLD as u32 {
                first.end();
                return Ok(128 + signal.ssi_signo as i32);
            }
        }
        match waitpid(first.pid, Some(WaitPidFlag::WNOHANG)).map(reaper::status_of) {
            Ok(Some(status)) => return Ok(status),
            Ok(None) => {}
            Err(error) => return Err(error).during(|| "wait for the cell".into()),
        }
        if holder_ended {
            first.end();
            return Ok(128 + Signal::SIGKILL as i32);
        }
        if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
            first.end();
            return Ok(DEADLINE_PASSED);
        }
    }
}

impl First {
    /// Ends the first process, and with it its process namespace. Where there is
    /// none, it has time to end all that it started; what lives on has become ours.
    fn end(self) {
        drop(self.lifeline);
        if !self.has_namespace {
            if let Ok(ended) = sys::process_descriptor(self.pid) {
                let mut events = [PollFd::new(ended.as_fd(), PollFlags::POLLIN)];
                let _ = poll(&mut events, TIME_TO_END);
            }
        }
        let _ = kill(self.pid, Signal::SIGKILL);
        let _ = waitpid(self.pid, None);
    }
}

/// Rounded up: a wait that ends a moment early would be taken up again at once.
fn time_left(deadline: Option<Instant>) -> PollTimeout {
    let Some(deadline) = deadline else {
        return PollTimeout::NONE;
    };
    let left = deadline.saturating_duration_since(Instant::now());
    let millis = left.as_micros().div_ceil(1000).min(i32::MAX as u128);
    PollTimeout::try_from(millis as i32).unwrap_or(PollTimeout::MAX)
}
