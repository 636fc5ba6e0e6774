//! The server: one watcher that accepts, and a worker for each connection.

use std::convert::Infallible;
use std::error::Error;
use std::io;
use std::net::Ipv4Addr;

use nix::errno::Errno;
use nix::libc;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};
use sockets::{Connection, Listener};

use crate::echo;

/// How many clients may wait until the watcher accepts them.
const BACKLOG: i32 = 128;

/// Serves every client that connects to `port`, for ever.
///
/// # Errors
///
/// The port cannot be listened on, or the watcher cannot go on.
pub fn run(port: u16) -> Result<Infallible, Box<dyn Error>> {
    // <student: listen on all IPv4 addresses, have ended workers reaped, and watch>
    let listener = Listener::bind((Ipv4Addr::UNSPECIFIED, port), BACKLOG)?;
    reap_workers()?;
    watch(listener)
    // </student>
}

/// The watcher: accepts clients and hands each to a worker of its own.
fn watch(listener: Listener) -> Result<Infallible, Box<dyn Error>> {
    // <student: accept for ever; a worker for each client, and keep nothing of it here>
    loop {
        let connection = listener.accept()?;
        // SAFETY: this process has a single thread, so the child may call
        // whatever it likes (man 2 fork).
        match unsafe { fork() } {
            Ok(ForkResult::Child) => {
                // Else the port would be taken for as long as this worker lives.
                drop(listener);
                work(connection)
            }
            // Else the client would see no end of file when its worker ends.
            Ok(ForkResult::Parent { .. }) => drop(connection),
            // `connection` is closed at the end of this round.
            Err(error) => eprintln!("echo-forking: fork: {}", io::Error::from(error)),
        }
    }
    // </student>
}

/// A worker: serves one client, then ends.
fn work(connection: Connection) -> ! {
    // <student: echo until the client has finished, then end this process, and only it>
    if let Err(error) = echo::serve(&connection) {
        // In one piece: other workers write to the same place.
        let message = format!("echo-forking: connection ended: {error}\n");
        eprint!("{message}");
    }
    // SAFETY: `_exit` takes any status and does not come back. What the watcher
    // would do at its own end (man 3 atexit) is not the worker's to do.
    unsafe { libc::_exit(0) }
    // </student>
}

/// From now on, a worker that ends leaves no zombie.
fn reap_workers() -> nix::Result<()> {
    // <student: however many workers end at the same moment>
    extern "C" fn on_worker_end(_: libc::c_int) {
        // The code that this interrupts may be about to look at errno.
        let errno = Errno::last_raw();
        // Several ends can make one signal; and waiting for those that still
        // work would stop the watcher.
        while !matches!(
            waitpid(None, Some(WaitPidFlag::WNOHANG)),
            Ok(WaitStatus::StillAlive) | Err(Errno::ECHILD)
        ) {}
        Errno::set_raw(errno);
    }

    let handler = SigHandler::Handler(on_worker_end);
    // `accept` may return EINTR now; `Listener::accept` tries again by itself.
    let action = SigAction::new(handler, SaFlags::SA_NOCLDSTOP, SigSet::empty());
    // SAFETY: the handler calls waitpid alone, and leaves errno as it was (man
    // 7 signal-safety).
    unsafe { sigaction(Signal::SIGCHLD, &action) }?;
    Ok(())
    // </student>
}
