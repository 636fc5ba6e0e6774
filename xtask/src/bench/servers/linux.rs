//! Which processor a process runs on.

use std::io;

use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;

/// The processors that a process, and what it forks, may run on.
#[derive(Debug, Clone, Copy)]
pub struct Processors(CpuSet);

impl Processors {
    /// Those of the calling thread.
    ///
    /// # Errors
    ///
    /// As `man 2 sched_getaffinity`.
    pub fn all() -> io::Result<Processors> {
        Ok(Processors(sched_getaffinity(Pid::from_raw(0))?))
    }

    /// The last of them: the first one has the most else to do.
    pub fn one(self) -> Processors {
        let mut one = CpuSet::new();
        if let Some(last) = (0..CpuSet::count())
            .rev()
            .find(|&number| self.0.is_set(number) == Ok(true))
        {
            // The number was found in a set of the same size.
            let _ = one.set(last);
        }
        Processors(one)
    }

    /// Has a process, or for 0 the calling thread and those that it will start, run on these alone.
    ///
    /// # Errors
    ///
    /// As `man 2 sched_setaffinity`.
    pub fn hold(self, pid: u32) -> io::Result<()> {
        let pid = i32::try_from(pid).map_err(io::Error::other)?;
        Ok(sched_setaffinity(Pid::from_raw(pid), &self.0)?)
    }
}
