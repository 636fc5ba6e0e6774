//! A process under judgement while it lives: its number, what it prints, and
//! how it ends.

use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ExitStatus};
use std::sync::{Arc, Condvar, Mutex, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::clock::{self, Deadline};
use crate::proc;
use crate::scene::lock;

/// More than this of what a program prints is counted and not kept.
const KEPT: usize = 16 << 20;

/// More than a story quotes of anything, in bytes.
const MUCH: usize = 1 << 20;

/// What came from one of a program's outputs.
pub(crate) struct Output {
    source: OwnedFd,
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

/// What a look at an output brought.
#[derive(PartialEq, Eq)]
enum Taken {
    Bytes,
    Nothing,
    End,
}

impl Output {
    /// Reads `source` to its end in a thread of its own, all the time: a
    /// program that prints must never wait because nobody listens.
    pub fn collect(source: OwnedFd) -> Arc<Output> {
        // Fails for no descriptor that is open.
        let _ = fcntl(&source, FcntlArg::F_SETFL(OFlag::O_NONBLOCK));
        let output = Arc::new(Output {
            source,
            inner: Mutex::default(),
            changed: Condvar::new(),
        });
        let collector = Arc::clone(&output);
        thread::spawn(move || {
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
                let mut wait = [PollFd::new(collector.source.as_fd(), PollFlags::POLLIN)];
                let _ = poll(&mut wait, PollTimeout::NONE);
                if collector.take(&mut buffer) == Taken::End {
                    break;
                }
            }
        });
        output
    }

    /// Takes what the kernel holds, a buffer full at most, without waiting.
    fn take(&self, buffer: &mut [u8]) -> Taken {
        let mut inner = lock(&self.inner);
        if inner.closed {
            return Taken::End;
        }
        if inner.paused {
            return Taken::Nothing;
        }
        let taken = match nix::unistd::read(&self.source, buffer) {
            Err(Errno::EINTR | Errno::EAGAIN) => return Taken::Nothing,
            // A pseudo-terminal whose other side was closed says EIO.
            Ok(0) | Err(_) => Taken::End,
            Ok(n) => {
                if inner.bytes.len() + n > KEPT {
                    inner.flooded = true;
                } else {
                    inner.bytes.extend_from_slice(&buffer[..n]);
                }
                Taken::Bytes
            }
        };
        inner.closed = taken == Taken::End;
        self.changed.notify_all();
        taken
    }

    /// Takes all that was printed before this moment: after the program's end,
    /// all that there is. A daemon that prints on delays it for a moment only.
    fn drain(&self) {
        let mut buffer = vec![0; 64 << 10];
        let deadline = Deadline::new(clock::SILENCE, &[]);
        while self.take(&mut buffer) == Taken::Bytes && !deadline.is_over() {}
    }

    /// Whether nothing that was printed waits to be taken.
    fn is_taken(&self) -> bool {
        let inner = lock(&self.inner);
        if inner.closed || inner.paused {
            return true;
        }
        let mut look = [PollFd::new(self.source.as_fd(), PollFlags::POLLIN)];
        poll(&mut look, PollTimeout::ZERO).is_ok_and(|ready| ready == 0)
    }

    pub fn snapshot(&self) -> Vec<u8> {
        lock(&self.inner).bytes.clone()
    }

    pub fn closed(&self) -> bool {
        lock(&self.inner).closed
    }

    /// Whether more came than anybody keeps. Who has printed much and goes on
    /// is given until the deadline to come so far: on a busy machine that
    /// takes its time.
    pub fn flooded(&self, deadline: &Deadline) -> bool {
        let mut inner = lock(&self.inner);
        while inner.bytes.len() > MUCH && !inner.flooded && !inner.closed && !inner.paused {
            let before = inner.bytes.len();
            inner = self
                .changed
                .wait_timeout(inner, clock::STEP / 4)
                .unwrap_or_else(std::sync::PoisonError::into_inner)
                .0;
            let pauses = inner.bytes.len() == before;
            if pauses || deadline.is_over() {
                break;
            }
        }
        inner.flooded
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
        let mut seen = inner.bytes.len();
        loop {
            if inner.bytes.len() > seen {
                seen = inner.bytes.len();
                deadline.moved();
            }
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
    /// Of its first thread: the account when the judge first saw it, and the last one.
    began: Option<Account>,
    last: Arc<OnceLock<Account>>,
}

/// How long a thread had been on a processor or ready for one, at a moment.
#[derive(Debug, Clone, Copy)]
struct Account {
    at: Instant,
    busy: Duration,
}

impl Account {
    /// Of the first thread of a process, which may have ended but not been waited for.
    fn of(pid: i32) -> Option<Account> {
        let busy = proc::busy(pid, pid)?;
        Some(Account {
            at: Instant::now(),
            busy,
        })
    }
}

impl Running {
    /// Takes over a process that was just started.
    pub fn new(name: &str, mut child: Child, stdout: OwnedFd, stderr: OwnedFd) -> Arc<Running> {
        let pid = i32::try_from(child.id()).unwrap_or(i32::MAX);
        let end = Arc::new((Mutex::new(None), Condvar::new()));
        let waiter = Arc::clone(&end);
        let last = Arc::new(OnceLock::new());
        let last_account = Arc::clone(&last);
        // In this order a delay between the two counts as sleep.
        let at = Instant::now();
        let began = proc::busy(pid, pid).map(|busy| Account { at, busy });
        thread::spawn(move || {
            proc::await_end(pid);
            if let Some(account) = Account::of(pid) {
                let _ = last_account.set(account);
            }
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
            began,
            last,
        })
    }

    /// How it ended, none while it lives.
    pub fn end(&self) -> Option<ExitStatus> {
        *lock(&self.end.0)
    }

    /// For how long the judge has seen it, up to its end, and the most of that time that
    /// its first thread can have slept: what the thread was neither on a processor nor
    /// ready for one. None where the system does not tell.
    pub fn can_have_slept(&self) -> Option<(Duration, Duration)> {
        let began = self.began?;
        let now = match self.last.get() {
            Some(&last) => last,
            None => Account::of(self.pid)?,
        };
        let seen = now.at.duration_since(began.at);
        let busy = now.busy.saturating_sub(began.busy);
        Some((seen, seen.saturating_sub(busy)))
    }

    /// Whether it has ended. Its output closes a moment before the kernel
    /// tells of its end; who asks in between waits for that moment.
    pub fn has_ended(&self) -> bool {
        let moment = if self.stdout.closed() {
            clock::STEP / 4
        } else {
            Duration::ZERO
        };
        let deadline = Deadline::new(moment, &[self.pid]);
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

    /// Whether the check has taken all that it printed: nothing that it prints
    /// waits for room.
    pub fn is_heard(&self) -> bool {
        self.stdout.is_taken() && self.stderr.is_taken()
    }

    /// After its end: takes what it had printed and nobody has read yet.
    pub fn settle(&self) {
        self.stdout.pause(false);
        self.stdout.drain();
        self.stderr.drain();
    }

    /// A half sentence: `had ended with status 1`.
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

/// `had ended with status 1`, `had been killed by signal 13 (SIGPIPE)`.
pub(crate) fn describe_end(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("had ended with status {code}"),
        (None, Some(signal)) => {
            let name = Signal::try_from(signal).map_or("unknown", Signal::as_str);
            format!("had been killed by signal {signal} ({name})")
        }
        (None, None) => "had ended".into(),
    }
}
