//! A process under judgement while it lives: its number, what it prints, and
//! how it ends.

use std::io::Read;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ExitStatus};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::clock::{self, Deadline};
use crate::proc;
use crate::scene::lock;

/// More than this of what a program prints is counted and not kept.
const KEPT: usize = 16 << 20;

/// What came from one of a program's outputs.
pub(crate) struct Output {
    /// The source once more, to ask whether something is left in it.
    source: Option<OwnedFd>,
    inner: Mutex<Collected>,
    changed: Condvar,
}

#[derive(Default)]
struct Collected {
    bytes: Vec<u8>,
    flooded: bool,
    closed: bool,
    paused: bool,
}

impl Output {
    /// Reads `source` to its end in a thread of its own, all the time: a
    /// program that prints must never wait because nobody listens.
    pub fn collect(source: OwnedFd) -> Arc<Output> {
        let output = Arc::new(Output {
            source: source.try_clone().ok(),
            inner: Mutex::default(),
            changed: Condvar::new(),
        });
        let collector = Arc::clone(&output);
        thread::spawn(move || {
            let mut source = std::fs::File::from(source);
            let mut buffer = vec![0; 64 << 10];
            loop {
                {
                    let mut inner = lock(&collector.inner);
                    while inner.paused {
                        inner = collector
                            .changed
                            .wait(inner)
                            .unwrap_or_else(std::sync::PoisonError::into_inner);
                    }
                }
                match source.read(&mut buffer) {
                    // A pseudo-terminal whose other side was closed says EIO.
                    Ok(0) => break,
                    Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                    Err(_) => break,
                    Ok(n) => {
                        let mut inner = lock(&collector.inner);
                        if inner.bytes.len() + n > KEPT {
                            inner.flooded = true;
                        } else {
                            inner.bytes.extend_from_slice(&buffer[..n]);
                        }
                        collector.changed.notify_all();
                    }
                }
            }
            lock(&collector.inner).closed = true;
            collector.changed.notify_all();
        });
        output
    }

    pub fn snapshot(&self) -> Vec<u8> {
        lock(&self.inner).bytes.clone()
    }

    pub fn closed(&self) -> bool {
        lock(&self.inner).closed
    }

    /// Whether bytes, or the end, have come and were not taken yet.
    fn has_more(&self) -> bool {
        let Some(source) = &self.source else {
            return false;
        };
        let mut source = [PollFd::new(source.as_fd(), PollFlags::POLLIN)];
        matches!(poll(&mut source, PollTimeout::ZERO), Ok(ready) if ready > 0)
    }

    pub fn flooded(&self) -> bool {
        lock(&self.inner).flooded
    }

    pub fn pause(&self, paused: bool) {
        lock(&self.inner).paused = paused;
        self.changed.notify_all();
    }

    /// Waits until `found` finds something in the bytes so far; the flag says
    /// that no more will come. None when the time is over or the end came.
    pub fn wait<T>(
        &self,
        deadline: &Deadline,
        mut found: impl FnMut(&[u8], bool) -> Option<T>,
    ) -> Option<T> {
        let mut inner = lock(&self.inner);
        loop {
            if let Some(found) = found(&inner.bytes, inner.closed) {
                return Some(found);
            }
            if inner.closed || deadline.is_over() {
                return None;
            }
            inner = self
                .changed
                .wait_timeout(inner, deadline.slice())
                .unwrap_or_else(std::sync::PoisonError::into_inner)
                .0;
        }
    }
}

/// A started program.
pub(crate) struct Running {
    pub name: String,
    pub pid: i32,
    pub stdout: Arc<Output>,
    pub stderr: Arc<Output>,
    end: Arc<(Mutex<Option<ExitStatus>>, Condvar)>,
}

impl Running {
    /// Takes over a process that was just started.
    pub fn new(name: &str, mut child: Child, stdout: OwnedFd, stderr: OwnedFd) -> Arc<Running> {
        let pid = i32::try_from(child.id()).unwrap_or(i32::MAX);
        let end = Arc::new((Mutex::new(None), Condvar::new()));
        let waiter = Arc::clone(&end);
        thread::spawn(move || {
            let status = child.wait().unwrap_or_else(|_| ExitStatus::from_raw(0));
            *lock(&waiter.0) = Some(status);
            waiter.1.notify_all();
        });
        Arc::new(Running {
            name: name.into(),
            pid,
            stdout: Output::collect(stdout),
            stderr: Output::collect(stderr),
            end,
        })
    }

    /// How it ended, none while it lives.
    pub fn end(&self) -> Option<ExitStatus> {
        *lock(&self.end.0)
    }

    /// Whether it has ended. Its output closes a moment before the kernel
    /// tells of its end; who asks in between waits for that moment.
    pub fn has_ended(&self) -> bool {
        let moment = if self.stdout.closed() { 200 } else { 0 };
        let deadline = Deadline::new(Duration::from_millis(moment), &[]);
        self.wait(&deadline).is_some()
    }

    /// Waits for its end.
    pub fn wait(&self, deadline: &Deadline) -> Option<ExitStatus> {
        let mut end = lock(&self.end.0);
        loop {
            if end.is_some() || deadline.is_over() {
                return *end;
            }
            end = self
                .end
                .1
                .wait_timeout(end, deadline.slice())
                .unwrap_or_else(std::sync::PoisonError::into_inner)
                .0;
        }
    }

    /// After its end: lets the collectors take what it had printed. A daemon
    /// that keeps the terminal open delays this by a moment only.
    pub fn settle(&self) {
        self.stdout.pause(false);
        for output in [&self.stdout, &self.stderr] {
            let deadline = Deadline::new(Duration::from_millis(200), &[]);
            output.wait(&deadline, |_, closed| closed.then_some(()));
            // On a busy machine the collector may not have run in that moment.
            let deadline = Deadline::new(clock::STEP, &[]);
            let all = |_: &[u8], closed: bool| (closed || !output.has_more()).then_some(());
            output.wait(&deadline, all);
        }
    }

    /// A half sentence: `ended with status 1`.
    pub fn how_it_ended(&self) -> String {
        match self.end() {
            None => "still runs".into(),
            Some(status) => describe_end(status),
        }
    }

    /// Sends a signal to the process alone.
    pub fn signal(&self, signal: Signal) -> nix::Result<()> {
        let end = lock(&self.end.0);
        if end.is_some() {
            return Err(nix::Error::ESRCH);
        }
        kill(Pid::from_raw(self.pid), signal)
    }

    /// Kills the process, all that descends from it and all of its session.
    pub fn kill_all(&self) {
        for _ in 0..50 {
            let mut victims: Vec<i32> = proc::session(self.pid)
                .into_iter()
                .filter(|process| process.state != 'Z')
                .map(|process| process.pid)
                .collect();
            if self.end().is_none() {
                victims.extend(proc::tree(self.pid));
                victims.push(self.pid);
            }
            victims.sort_unstable();
            victims.dedup();
            if victims.is_empty() {
                break;
            }
            for pid in victims {
                // Only members of the session that this check made, and their
                // descendants, are in the list.
                let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
            }
            self.wait(&Deadline::new(Duration::from_millis(20), &[]));
            if !proc::available() {
                let _ = nix::sys::signal::killpg(Pid::from_raw(self.pid), Signal::SIGKILL);
                break;
            }
        }
        self.stdout.pause(false);
    }
}

/// `ended with status 1`, `was killed by signal 13 (SIGPIPE)`.
pub(crate) fn describe_end(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(0), _) => "had ended with status 0".into(),
        (Some(101), _) => "had ended with status 101".into(),
        (Some(code), _) => format!("had ended with status {code}"),
        (None, Some(signal)) => {
            let name = Signal::try_from(signal).map_or("unknown", Signal::as_str);
            format!("had been killed by signal {signal} ({name})")
        }
        (None, None) => "had ended".into(),
    }
}
