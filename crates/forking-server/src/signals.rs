//! The watcher's signals, made into something that `poll` can wait for.
//!
//! A handler may do next to nothing (`man 7 signal-safety`), and a signal that comes between the
//! look at a flag and the wait would wait with it. So the handlers note what came and write a byte
//! to a pipe (here a socketpair, which every system makes close-on-exec in one go); the watcher
//! waits for the pipe and its listener together. `SA_RESTART` is set: nothing else needs to
//! be interrupted.
//!
//! A worker is forked with these handlers, so they know what to do in one: from its first moment on,
//! and without a call for each worker. SIGTERM ends it, as it would by default. SIGINT does not: a ^C at
//! the terminal goes to the whole process group, and means the watcher, which gives its workers
//! their time of grace.

use nix::errno::Errno;
use nix::sys::signal::{
    SaFlags, SigAction, SigHandler, SigSet, SigmaskHow, Signal, sigaction, sigprocmask,
};
use sockets::{Error, Result};
use std::io::{self, Read};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, Ordering::SeqCst};

/// The end of the pipe that the handlers write to.
static PIPE: AtomicI32 = AtomicI32::new(-1);
/// The watcher's process number: a worker has the same handlers.
static WATCHER: AtomicI32 = AtomicI32::new(0);
/// A worker has ended, and the watcher has not looked yet.
static WORKER_ENDED: AtomicBool = AtomicBool::new(false);
/// How often the server was told to stop.
static STOPS: AtomicU32 = AtomicU32::new(0);

/// What the signals have said.
pub struct News {
    /// A worker has ended, or several have.
    pub worker_ended: bool,
    /// How often the server was told to stop, since it began.
    pub stops: u32,
}

/// SIGCHLD, SIGTERM and SIGINT are caught as long as this lives in the watcher.
#[derive(Debug)]
pub struct Signals {
    reading: UnixStream,
    /// Held for the handlers, which know its number.
    _writing: UnixStream,
}

impl Signals {
    /// Installs the handlers.
    pub fn catch() -> Result<Self> {
        let failed = |cause| Error::call("socketpair", "for signals", cause);
        let (reading, writing) = UnixStream::pair().map_err(failed)?;
        // A full pipe must stop no handler: the watcher has been woken then anyway.
        writing.set_nonblocking(true).map_err(failed)?;
        reading.set_nonblocking(true).map_err(failed)?;
        PIPE.store(writing.as_raw_fd(), SeqCst);
        WATCHER.store(nix::unistd::getpid().as_raw(), SeqCst);

        dispose(Signal::SIGCHLD, SigHandler::Handler(worker_ended))?;
        dispose(Signal::SIGTERM, SigHandler::Handler(stop))?;
        dispose(Signal::SIGINT, SigHandler::Handler(stop))?;
        // Whoever started this program may have left them blocked.
        let caught = [Signal::SIGCHLD, Signal::SIGTERM, Signal::SIGINT];
        mask(SigmaskHow::SIG_UNBLOCK, &caught)?;
        Ok(Signals {
            reading,
            _writing: writing,
        })
    }

    /// What has come since the last time; the next wait waits for what comes after this.
    pub fn news(&self) -> News {
        // The pipe first: what comes between is told now, and once more by a needless wake.
        let mut bytes = [0; 64];
        while let Ok(1..) = (&self.reading).read(&mut bytes) {}
        News {
            worker_ended: WORKER_ENDED.swap(false, SeqCst),
            stops: STOPS.load(SeqCst),
        }
    }

    /// Holds SIGCHLD back, or lets it come: then at once, if one has been held.
    pub fn hold_worker_ended(&self, hold: bool) -> Result<()> {
        let how = match hold {
            true => SigmaskHow::SIG_BLOCK,
            false => SigmaskHow::SIG_UNBLOCK,
        };
        mask(how, &[Signal::SIGCHLD])
    }
}

/// For `poll`: readable when a signal has come.
impl AsFd for Signals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.reading.as_fd()
    }
}

fn dispose(signal: Signal, handler: SigHandler) -> Result<()> {
    let action = SigAction::new(handler, SaFlags::SA_RESTART, SigSet::empty());
    // SAFETY: the handlers touch atomics, `getpid`, `write` and `errno` alone.
    match unsafe { sigaction(signal, &action) } {
        Ok(_) => Ok(()),
        Err(errno) => Err(Error::call("sigaction", signal, io::Error::from(errno))),
    }
}

fn mask(how: SigmaskHow, signals: &[Signal]) -> Result<()> {
    let set = SigSet::from_iter(signals.iter().copied());
    sigprocmask(how, Some(&set), None)
        .map_err(|errno| Error::call("sigprocmask", "signals", errno.into()))
}

extern "C" fn worker_ended(_: libc::c_int) {
    // One byte will do until the watcher has looked.
    if !WORKER_ENDED.swap(true, SeqCst) {
        wake();
    }
}

extern "C" fn stop(signal: libc::c_int) {
    // SAFETY: `getpid` may be called in a handler.
    if unsafe { libc::getpid() } == WATCHER.load(SeqCst) {
        STOPS.fetch_add(1, SeqCst);
        wake();
    } else if signal == libc::SIGTERM {
        // SAFETY: both may be called in a handler. The signal comes when this one returns.
        unsafe {
            libc::signal(libc::SIGTERM, libc::SIG_DFL);
            libc::raise(libc::SIGTERM);
        }
    }
}

/// Writes a byte to the pipe, and leaves `errno` to the code that was interrupted.
fn wake() {
    let errno = Errno::last_raw();
    // SAFETY: `write` may be called in a handler, and the byte lives as long as the program. The
    // pipe is open in the watcher to its end; nobody else comes here.
    unsafe { libc::write(PIPE.load(SeqCst), b"!".as_ptr().cast(), 1) };
    Errno::set_raw(errno);
}
