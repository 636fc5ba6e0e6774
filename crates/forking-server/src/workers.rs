//! The processes that serve: made, counted, reaped, ended.

use crate::PROGRAM;
use crate::signals::Signals;
use iterative_server::complain;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::{ForkResult, Pid, fork};
use sockets::{Error, Result};
use std::io;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

/// The workers of a watcher, which alone knows how many there are.
#[derive(Debug)]
pub struct Workers {
    most: usize,
    /// Those that have not been reaped: no number here can have been given to another process.
    alive: Vec<Pid>,
    served: u64,
}

/// Who comes back from [`Workers::fork`].
pub enum Fork {
    Watcher,
    Worker,
}

impl Workers {
    pub fn new(most: Option<u32>) -> Self {
        Workers {
            most: most.map_or(usize::MAX, |most| most as usize),
            alive: Vec::new(),
            served: 0,
        }
    }

    /// True when a client that is accepted now can have a worker.
    pub fn has_room(&self) -> bool {
        self.alive.len() < self.most
    }

    /// How many clients were accepted.
    pub fn served(&self) -> u64 {
        self.served
    }

    /// Makes a worker for a client that was accepted. Where the system has none left to give, that
    /// is the end of this client's connection, and of nothing else.
    pub fn fork(&mut self) -> Fork {
        self.served += 1;
        // SAFETY: this process has one thread, so the worker finds no lock held.
        match unsafe { fork() } {
            Ok(ForkResult::Child) => return Fork::Worker,
            Ok(ForkResult::Parent { child }) => self.alive.push(child),
            Err(errno) => complain(PROGRAM, Error::call("fork", "a worker", errno.into())),
        }
        Fork::Watcher
    }

    /// Takes the exit status of each worker that has ended: until then it is a zombie.
    pub fn reap(&mut self) {
        while !self.alive.is_empty() {
            match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
                Ok(status) => match status.pid() {
                    Some(ended) => self.forget(ended),
                    None => break,
                },
                Err(Errno::EINTR) => (),
                Err(_) => break,
            }
        }
    }

    fn forget(&mut self, ended: Pid) {
        if let Some(at) = self.alive.iter().position(|&pid| pid == ended) {
            self.alive.swap_remove(at);
        }
    }

    /// Lets the workers finish for `grace`, or until the server is told to stop once more, and ends
    /// those that remain.
    pub fn finish(&mut self, grace: Duration, signals: &Signals) -> Result<()> {
        let deadline = Instant::now() + grace;
        loop {
            let news = signals.news();
            self.reap();
            let left = deadline.saturating_duration_since(Instant::now());
            if self.alive.is_empty() || left.is_zero() || news.stops > 1 {
                break;
            }
            wait(signals, left)?;
        }
        self.end();
        Ok(())
    }

    /// Ends the workers that are left. SIGKILL: one that was stopped (^Z) would sleep through
    /// anything else.
    fn end(&mut self) {
        for &worker in &self.alive {
            // ESRCH is none: what was not reaped exists.
            let _ = kill(worker, Signal::SIGKILL);
        }
        for worker in self.alive.drain(..) {
            while waitpid(worker, None) == Err(Errno::EINTR) {}
        }
    }
}

fn wait(signals: &Signals, time: Duration) -> Result<()> {
    // Rounded up: a wait of 0 ms would spin through the last of them.
    let time = PollTimeout::try_from(time + Duration::from_millis(1)).unwrap_or(PollTimeout::MAX);
    match poll(&mut [PollFd::new(signals.as_fd(), PollFlags::POLLIN)], time) {
        Ok(_) | Err(Errno::EINTR) => Ok(()),
        Err(errno) => Err(Error::call("poll", "signals", io::Error::from(errno))),
    }
}

/// The end of a worker: at once, without what `exit` would do a second time for the watcher (its
/// buffers, its `atexit` functions).
pub fn exit() -> ! {
    // SAFETY: ends the process, takes no pointer.
    unsafe { libc::_exit(0) }
}
