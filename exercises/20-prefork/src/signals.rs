//! What the first process learns from signals, as in exercise 11: a handler
//! counts the stops and writes a byte into a pipe, on which `wait` waits.
//!
//! This file is given. Yours is `server.rs`.

use std::io::{self, Read};
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicI32, AtomicU32, Ordering::SeqCst};
use std::time::Duration;

use nix::errno::Errno;
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};

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
    ///
    /// # Errors
    ///
    /// There is no descriptor for the pipe.
    pub fn catch() -> io::Result<Signals> {
        let (woken, wake) = UnixStream::pair()?;
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

    /// Waits until one of the signals has come since the last wait, or until
    /// `limit` is over.
    ///
    /// # Errors
    ///
    /// None that is known.
    pub fn wait(&self, limit: Option<Duration>) -> io::Result<()> {
        let limit = limit.map_or(PollTimeout::NONE, |limit| {
            // Rounded up: with 0 ms the last of them would be spent spinning.
            let limit = limit + Duration::from_millis(1);
            PollTimeout::try_from(limit).unwrap_or(PollTimeout::MAX)
        });
        match poll(
            &mut [PollFd::new(self.woken.as_fd(), PollFlags::POLLIN)],
            limit,
        ) {
            Ok(_) | Err(Errno::EINTR) => {}
            Err(error) => return Err(error.into()),
        }
        let mut bytes = [0; 64];
        while let Ok(1..) = (&self.woken).read(&mut bytes) {}
        Ok(())
    }

    /// In a worker: a ^C at the terminal reaches it too, and means the first
    /// process.
    pub fn leave_to_the_first(&self) {
        for (signal, handler) in [
            (Signal::SIGINT, SigHandler::SigIgn),
            (Signal::SIGTERM, SigHandler::SigDfl),
            (Signal::SIGCHLD, SigHandler::SigDfl),
        ] {
            // It cannot fail: all three may be caught and ignored.
            let _ = dispose(signal, handler);
        }
    }
}

fn dispose(signal: Signal, handler: SigHandler) -> nix::Result<()> {
    let action = SigAction::new(handler, SaFlags::SA_RESTART, SigSet::empty());
    // SAFETY: the handlers of this file do what `man 7 signal-safety` allows:
    // they touch atomics, errno, and call write.
    unsafe { sigaction(signal, &action) }?;
    Ok(())
}

extern "C" fn on_stop(_: libc::c_int) {
    STOPS.fetch_add(1, SeqCst);
    wake();
}

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
