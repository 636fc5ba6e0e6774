//! What the watcher learns from signals, as something that it can wait for
//! together with its next client.
//!
//! A handler counts the stops, and writes a byte into a pipe. The watcher waits
//! with `poll` for the listening socket and for the pipe. So a signal is never
//! missed: one that comes before the wait has left its byte there.

use std::io::{self, Read};
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicI32, AtomicU32, Ordering::SeqCst};
use std::time::Duration;

use nix::errno::Errno;
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use sockets::Listener;

/// How often the server was told to stop.
static STOPS: AtomicU32 = AtomicU32::new(0);
/// The descriptor of the pipe that the handlers write to.
static WAKE: AtomicI32 = AtomicI32::new(-1);

/// SIGTERM, SIGINT and SIGCHLD, caught.
pub struct Signals {
    woken: UnixStream,
    /// Held for the handlers, which know its number.
    _wake: UnixStream,
}

impl Signals {
    /// Has the signals caught from now on.
    pub fn catch() -> io::Result<Signals> {
        // A pair of sockets is a pipe that closes at exec on every system.
        let (woken, wake) = UnixStream::pair()?;
        // A full pipe must not stop a handler, and an empty one not the watcher.
        woken.set_nonblocking(true)?;
        wake.set_nonblocking(true)?;
        WAKE.store(wake.as_raw_fd(), SeqCst);
        for (signal, handler) in [
            (Signal::SIGTERM, on_stop as extern "C" fn(libc::c_int)),
            (Signal::SIGINT, on_stop),
            (Signal::SIGCHLD, on_worker_end),
        ] {
            dispose(signal, SigHandler::Handler(handler))?;
        }
        Ok(Signals { woken, _wake: wake })
    }

    /// How often the server was told to stop so far.
    pub fn stops(&self) -> u32 {
        STOPS.load(SeqCst)
    }

    /// Waits until a signal has come since the last wait, until `listener` has
    /// a client, or until `limit` is over. Tells whether there is a client.
    pub fn wait(&self, listener: Option<&Listener>, limit: Option<Duration>) -> io::Result<bool> {
        // <student: for both at once, whenever the signal comes; and let no byte wake you twice>
        let mut both = vec![PollFd::new(self.woken.as_fd(), PollFlags::POLLIN)];
        both.extend(listener.map(|it| PollFd::new(it.as_fd(), PollFlags::POLLIN)));
        let limit = limit.map_or(PollTimeout::NONE, |limit| {
            // Rounded up: with 0 ms the last of them would be spent spinning.
            let limit = limit + Duration::from_millis(1);
            PollTimeout::try_from(limit).unwrap_or(PollTimeout::MAX)
        });
        match poll(&mut both, limit) {
            Ok(_) | Err(Errno::EINTR) => {}
            Err(error) => return Err(error.into()),
        }
        let mut bytes = [0; 64];
        while let Ok(1..) = (&self.woken).read(&mut bytes) {}
        Ok(both.get(1).is_some_and(|it| it.any() == Some(true)))
        // </student>
    }

    /// In a worker: a ^C at the terminal reaches it too, and means the watcher.
    pub fn leave_to_the_watcher(&self) {
        // <student: what the worker has from its parent's handlers, and what it shall do instead>
        // A signal that comes before this runs the watcher's handler: it counts
        // in the worker's own copy of STOPS, and at most wakes the watcher.
        for (signal, handler) in [
            (Signal::SIGINT, SigHandler::SigIgn),
            (Signal::SIGTERM, SigHandler::SigDfl),
            (Signal::SIGCHLD, SigHandler::SigDfl),
        ] {
            // It cannot fail: all three may be caught and ignored.
            let _ = dispose(signal, handler);
        }
        // </student>
    }
}

fn dispose(signal: Signal, handler: SigHandler) -> nix::Result<()> {
    let action = SigAction::new(handler, SaFlags::SA_RESTART, SigSet::empty());
    // SAFETY: the handlers of this file do what `man 7 signal-safety` allows:
    // they touch atomics, errno, and call write.
    unsafe { sigaction(signal, &action) }?;
    Ok(())
}

/// SIGTERM or SIGINT has come.
extern "C" fn on_stop(_: libc::c_int) {
    // <student: tell the watcher how often, and wake it>
    STOPS.fetch_add(1, SeqCst);
    wake();
    // </student>
}

/// SIGCHLD has come.
extern "C" fn on_worker_end(_: libc::c_int) {
    wake();
}

/// Writes a byte into the pipe, by calls that a handler may use.
fn wake() {
    // The code that this interrupts may be about to look at errno.
    let errno = Errno::last_raw();
    let byte = [0_u8];
    // SAFETY: the byte lives during the call. The pipe is open as long as the
    // handlers are installed.
    unsafe { libc::write(WAKE.load(SeqCst), byte.as_ptr().cast(), 1) };
    Errno::set_raw(errno);
}
