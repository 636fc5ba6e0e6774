//! Unusual and right: no pipe. The signals are held back, and come only while
//! the watcher waits (pselect); a worker holds SIGINT back as long as it lives.

use std::io;
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::time::Duration;

use nix::errno::Errno;
use nix::libc;
use nix::sys::select::{FdSet, pselect};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, SigmaskHow, Signal, sigaction};
use nix::sys::time::TimeSpec;
use sockets::Listener;

/// How often the server was told to stop.
static STOPS: AtomicU32 = AtomicU32::new(0);

/// The mask while the watcher waits.
pub struct Signals(SigSet);

impl Signals {
    /// Has the signals caught from now on.
    pub fn catch() -> io::Result<Signals> {
        let caught = SigSet::from_iter([Signal::SIGTERM, Signal::SIGINT, Signal::SIGCHLD]);
        let mut waiting = caught.thread_swap_mask(SigmaskHow::SIG_BLOCK)?;
        for signal in &caught {
            waiting.remove(signal);
            let handler = match signal {
                Signal::SIGCHLD => on_worker_end,
                _ => on_stop as extern "C" fn(libc::c_int),
            };
            let handler = SigHandler::Handler(handler);
            let action = SigAction::new(handler, SaFlags::empty(), SigSet::empty());
            // SAFETY: the handlers add to an atomic, or do nothing.
            unsafe { sigaction(signal, &action) }?;
        }
        Ok(Signals(waiting))
    }

    /// How often the server was told to stop so far.
    pub fn stops(&self) -> u32 {
        // A listener that always has a client would keep all signals back.
        let now = TimeSpec::from_duration(Duration::ZERO);
        let _ = pselect(None, None, None, None, &now, &self.0);
        STOPS.load(SeqCst)
    }

    /// Waits until a signal comes, until `listener` has a client, or until
    /// `limit` is over. Tells whether there is a client.
    pub fn wait(&self, listener: Option<&Listener>, limit: Option<Duration>) -> io::Result<bool> {
        let mut readable = FdSet::new();
        if let Some(listener) = listener {
            readable.insert(listener.as_fd());
        }
        let limit = limit.map(TimeSpec::from_duration);
        match pselect(None, &mut readable, None, None, limit.as_ref(), &self.0) {
            Ok(ready) => Ok(ready > 0),
            Err(Errno::EINTR) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// In a worker.
    pub fn leave_to_the_watcher(&self) {
        let _ = SigSet::from(Signal::SIGTERM).thread_unblock();
        // SAFETY: no handler is installed by this.
        let _ = unsafe { nix::sys::signal::signal(Signal::SIGTERM, SigHandler::SigDfl) };
    }
}

extern "C" fn on_stop(_: libc::c_int) {
    STOPS.fetch_add(1, SeqCst);
}

extern "C" fn on_worker_end(_: libc::c_int) {}
