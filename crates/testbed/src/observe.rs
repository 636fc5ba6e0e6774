//! What the kernel says of a program: descriptors, children, zombies,
//! threads, processor time, memory.

use std::sync::Arc;
use std::time::Duration;

use crate::proc;
use crate::scene::Scene;
use crate::story::{Outcome, Wrong};
use crate::table::{self, Socket};

/// A look at one process, a new one at each call.
pub struct Observer {
    scene: Arc<Scene>,
    pid: i32,
}

impl Observer {
    pub(crate) fn new(scene: Arc<Scene>, pid: i32) -> Observer {
        Observer { scene, pid }
    }

    /// The process that is looked at.
    pub fn pid(&self) -> i32 {
        self.pid
    }

    /// The same looks at another process, e.g. a child.
    pub fn of(&self, pid: i32) -> Observer {
        Observer::new(Arc::clone(&self.scene), pid)
    }

    fn look<T>(&self, what: &str, look: impl FnMut(i32) -> Option<T>) -> Outcome<T> {
        if let Some(seen) = proc::seen(self.pid, look) {
            return Ok(seen);
        }
        if !proc::available() {
            return Err(Wrong::Ungraded(format!(
                "this system does not tell a program's {what}"
            )));
        }
        if proc::runs(self.pid) {
            return Err(Wrong::Ungraded(format!(
                "the lab may not see the program's {what}"
            )));
        }
        Err(self
            .scene
            .wrong("the process still runs", vec!["It has ended.".into()]))
    }

    /// How many descriptors it has open.
    ///
    /// # Errors
    ///
    /// It has ended; ungraded where the system does not tell.
    pub fn descriptors(&self) -> Outcome<usize> {
        Ok(self.descriptor_targets()?.len())
    }

    /// What each of its descriptors leads to, as `/proc/PID/fd` shows it.
    ///
    /// # Errors
    ///
    /// As [`Observer::descriptors`].
    pub fn descriptor_targets(&self) -> Outcome<Vec<(i32, String)>> {
        self.look("descriptors", proc::descriptors)
    }

    /// The TCP sockets that it has open.
    ///
    /// # Errors
    ///
    /// As [`Observer::descriptors`].
    pub fn sockets(&self) -> Outcome<Vec<Socket>> {
        let inodes: Vec<u64> = self
            .descriptor_targets()?
            .iter()
            .filter_map(|(_, target)| proc::socket_inode(target))
            .collect();
        Ok(table::sockets()
            .into_iter()
            .filter(|socket| inodes.contains(&socket.inode))
            .collect())
    }

    /// The process numbers of its children that live, in order.
    ///
    /// # Errors
    ///
    /// Ungraded where the system does not tell.
    pub fn children(&self) -> Outcome<Vec<i32>> {
        let children = self.all_children()?.into_iter();
        Ok(children
            .filter(|child| child.state != 'Z')
            .map(|child| child.pid)
            .collect())
    }

    /// How many of its children have ended and were not waited for.
    ///
    /// # Errors
    ///
    /// Ungraded where the system does not tell.
    pub fn zombies(&self) -> Outcome<usize> {
        let children = self.all_children()?.into_iter();
        Ok(children.filter(|child| child.state == 'Z').count())
    }

    fn all_children(&self) -> Outcome<Vec<proc::Stat>> {
        self.look("children", |pid| {
            proc::available().then(|| proc::children(pid))
        })
    }

    /// The process numbers of all that descends from it, itself left out.
    ///
    /// # Errors
    ///
    /// Ungraded where the system does not tell.
    pub fn descendants(&self) -> Outcome<Vec<i32>> {
        self.look("children", |pid| {
            proc::available().then(|| proc::tree(pid)[1..].to_vec())
        })
    }

    /// How many threads it has.
    ///
    /// # Errors
    ///
    /// It has ended; ungraded where the system does not tell.
    pub fn threads(&self) -> Outcome<usize> {
        self.look("threads", |pid| {
            Some(proc::threads(pid).len()).filter(|&threads| threads > 0)
        })
    }

    /// How many pieces of memory it has, as `/proc/PID/maps` lists them. The
    /// stack of a thread is two: the stack, and the guard below it.
    ///
    /// # Errors
    ///
    /// As [`Observer::threads`].
    pub fn mappings(&self) -> Outcome<usize> {
        self.look("memory", |pid| {
            proc::mappings(pid).filter(|&pieces| pieces > 0)
        })
    }

    /// The processor time that its living threads have used.
    ///
    /// # Errors
    ///
    /// As [`Observer::threads`].
    pub fn cpu_time(&self) -> Outcome<Duration> {
        self.threads()?;
        Ok(proc::processor_time(self.pid))
    }

    /// The most memory that it ever had, in bytes (`VmHWM`; the figure of
    /// getrusage(2) carries the parent's).
    ///
    /// # Errors
    ///
    /// As [`Observer::threads`].
    pub fn memory_peak(&self) -> Outcome<u64> {
        self.look("memory", |pid| {
            let peak = proc::status(pid, "VmHWM")?;
            let kilobytes: u64 = peak.trim_end_matches("kB").trim().parse().ok()?;
            Some(kilobytes * 1024)
        })
    }

    /// How many calls of the read(2) family it has made so far, with those of
    /// its threads and of the children that it has waited for (`syscr` in
    /// `man 5 proc`, `/proc/PID/io`). Calls of the recv(2) family are not
    /// among them.
    ///
    /// # Errors
    ///
    /// As [`Observer::descriptors`].
    pub fn read_calls(&self) -> Outcome<u64> {
        self.look("calls", proc::read_calls)
    }
}
