//! Disturbances: what happens to a program in real life and seldom at a desk.
//! They leave the program unmodified, and its handout has announced them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::blocked;
use crate::clock;
use crate::lab::Lab;
use crate::proc;
use crate::program::Program;
use crate::story::{Outcome, Wrong};

impl Lab {
    /// Sends a signal to the program at random moments while `body` runs. The
    /// program must handle it: wait for its handler first. Whatever sleeps in
    /// the program is interrupted; `body` ends before the last data are sent
    /// when the program must still end by itself.
    ///
    /// # Errors
    ///
    /// Those of `body`.
    pub fn interrupt<T>(
        &mut self,
        program: &Program,
        signal: Signal,
        body: impl FnOnce(&mut Lab) -> Outcome<T>,
    ) -> Outcome<T> {
        self.step(format!(
            "from here on {} was sent to it at random moments",
            signal.as_str()
        ));
        let over = AtomicBool::new(false);
        let mut pauses = self.random_for("interruptions");
        thread::scope(|threads| {
            threads.spawn(|| {
                while !over.load(Ordering::Acquire) {
                    if program.running().signal(signal).is_err() {
                        break;
                    }
                    clock::rest(Duration::from_micros(pauses.number(100..2_000)));
                }
            });
            // The sender must end even when the body panics.
            let _end = SetOnDrop(&over);
            body(self)
        })
    }

    /// Sends a signal to the program so many times, each time when it sleeps
    /// in a call: all of them fail with EINTR, or end after a part.
    ///
    /// # Errors
    ///
    /// It has ended.
    pub fn interrupt_each_call(
        &mut self,
        program: &Program,
        signal: Signal,
        times: usize,
    ) -> Outcome {
        let name = signal.as_str();
        let told = format!("{name} was sent to it {times} times, each time when it waited");
        let mut sleeps = true;
        self.repeat(times, &told, |lab, _| {
            // One that spins makes no call that could be interrupted.
            if !sleeps {
                return Ok(());
            }
            program.signal(signal)?;
            lab.settle();
            let state = proc::stat(program.pid()).map(|stat| stat.state);
            if state.map_or(proc::available(), |state| "ZX".contains(state)) {
                program.give_time(clock::STEP);
            }
            sleeps = !proc::is_at_work(program.pid());
            program.expect_alive()
        })
    }

    /// Stops and continues (SIGSTOP, SIGCONT: ^Z and `fg`) those of the
    /// program's processes that sit in a write. It needs no handler, and
    /// nothing fails with EINTR, but a write that has taken a part of its
    /// bytes returns with this part (`man 7 signal`). Who waits in another call,
    /// such as `poll`, is left alone. Tells whether there was one to stop.
    ///
    /// # Errors
    ///
    /// It has ended.
    pub fn stop_and_continue(&mut self, program: &Program) -> Outcome<bool> {
        program.expect_alive()?;
        // It comes to its write soon after the last bytes were read.
        let deadline = self.scene.deadline(clock::SILENCE / 4);
        let sending = deadline.wait(|| {
            let mut sending = proc::tree(program.pid());
            sending.retain(|&pid| blocked::is_sending(pid));
            (!sending.is_empty()).then_some(sending)
        });
        let Some(sending) = sending else {
            return Ok(false);
        };
        for pid in sending {
            let process = Pid::from_raw(pid);
            if kill(process, Signal::SIGSTOP).is_ok() {
                deadline.wait(|| {
                    proc::stat(pid)
                        .is_none_or(|stat| stat.state == 'T')
                        .then_some(())
                });
                let _ = kill(process, Signal::SIGCONT);
            }
        }
        Ok(true)
    }

    /// Makes each fork of the program fail with EAGAIN until the returned
    /// value is dropped: its process limit is set to nothing from outside
    /// (`man 2 prlimit`). Children that it has already go on.
    ///
    /// # Errors
    ///
    /// Ungraded where that cannot be done: the limit does not bind root, and
    /// only Linux can set another process's.
    pub fn fork_fails(&mut self, program: &Program) -> Outcome<ForkFails> {
        self.fork_fails_in(program.pid())
    }

    /// The same for one of the program's processes.
    ///
    /// # Errors
    ///
    /// As [`Lab::fork_fails`].
    pub fn fork_fails_in(&mut self, pid: i32) -> Outcome<ForkFails> {
        self.step("its process limit was set so that fork fails");
        linux::forbid_processes(pid).map_err(Wrong::Ungraded)
    }

    /// The end of [`Lab::fork_fails`].
    pub fn fork_works_again(&mut self, limit: ForkFails) {
        drop(limit);
        self.step("its process limit was lifted");
    }
}

struct SetOnDrop<'a>(&'a AtomicBool);

impl Drop for SetOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

/// While it lives, the program cannot fork.
#[must_use]
pub struct ForkFails {
    #[cfg(target_os = "linux")]
    pid: i32,
    #[cfg(target_os = "linux")]
    before: libc::rlimit,
}

#[cfg(target_os = "linux")]
mod linux {
    use std::io;

    use super::ForkFails;

    pub(super) fn forbid_processes(pid: i32) -> Result<ForkFails, String> {
        if !limit_binds(pid) {
            return Err("the process limit does not bind root".into());
        }
        let before = set(pid, None)?;
        let nothing = libc::rlimit {
            rlim_cur: 0,
            rlim_max: before.rlim_max,
        };
        set(pid, Some(nothing))?;
        Ok(ForkFails { pid, before })
    }

    /// Whether the process limit binds a process: it does not bind the
    /// machine's root (`man 2 setrlimit`). In a user namespace, the lab sees
    /// its own user as 0; what counts is who that is outside.
    fn limit_binds(pid: i32) -> bool {
        let uid = crate::proc::status(pid, "Uid").unwrap_or_default();
        let map = std::fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
        let outside = map.split_whitespace().nth(1).unwrap_or("0");
        uid.split_whitespace().next() != Some("0") || outside != "0"
    }

    /// Sets and gives the process limit of a process. The right to do so to
    /// anybody (CAP_SYS_RESOURCE) is one that not every root has, so where it
    /// is missing a thread becomes the program's own user, who has it.
    pub(super) fn set(pid: i32, new: Option<libc::rlimit>) -> Result<libc::rlimit, String> {
        let result = prlimit(pid, new).or_else(|error| {
            let is_root = nix::unistd::geteuid().is_root();
            match owner(pid) {
                Some((user, group)) if is_root && user != 0 => std::thread::spawn(move || {
                    become_user(user, group).and_then(|()| prlimit(pid, new))
                })
                .join()
                .unwrap_or(Err(error)),
                _ => Err(error),
            }
        });
        result
            .map_err(|error| format!("the lab may not change the program's process limit: {error}"))
    }

    /// The real user and group of a process.
    fn owner(pid: i32) -> Option<(u32, u32)> {
        let first = |field| {
            let numbers = crate::proc::status(pid, field)?;
            numbers.split_whitespace().next()?.parse().ok()
        };
        Some((first("Uid")?, first("Gid")?))
    }

    fn prlimit(pid: i32, new: Option<libc::rlimit>) -> io::Result<libc::rlimit> {
        let mut old = libc::rlimit {
            rlim_cur: 0,
            rlim_max: 0,
        };
        let new = new
            .as_ref()
            .map_or(std::ptr::null(), std::ptr::from_ref::<libc::rlimit>);
        // SAFETY: `new` is null or points to a limit that outlives the call,
        // `old` has room for one (`man 2 prlimit`).
        let result = unsafe { libc::prlimit(pid, libc::RLIMIT_NPROC, new, &mut old) };
        if result == 0 {
            Ok(old)
        } else {
            Err(io::Error::last_os_error())
        }
    }

    /// Makes this thread, and only it, another user: the C library would
    /// change all threads, the bare call changes one (`man 2 setresuid`).
    fn become_user(user: u32, group: u32) -> io::Result<()> {
        for (call, number) in [(libc::SYS_setresgid, group), (libc::SYS_setresuid, user)] {
            // SAFETY: the calls take three numbers and touch no memory.
            if unsafe { libc::syscall(call, number, number, number) } != 0 {
                return Err(io::Error::last_os_error());
            }
        }
        Ok(())
    }

    impl Drop for ForkFails {
        fn drop(&mut self) {
            // The program may be gone; then there is nothing to restore.
            let _ = set(self.pid, Some(self.before));
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod linux {
    pub(super) fn forbid_processes(_: i32) -> Result<super::ForkFails, String> {
        Err("only Linux can change another process's limits".into())
    }
}
