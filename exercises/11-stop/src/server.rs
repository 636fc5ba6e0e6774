//! The server: a watcher that accepts until it is told to stop, and a worker
//! for each connection.

use std::error::Error;
use std::io;
use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::libc;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::{ForkResult, Pid, fork};
use sockets::{Connection, Listener};

use crate::echo;
use crate::signals::Signals;

/// How many clients may wait until the watcher accepts them.
const BACKLOG: i32 = 128;

/// Serves the clients of `port` until the server is told to stop, and gives
/// the workers `grace` to finish. Returns how many clients were accepted.
///
/// # Errors
///
/// The port cannot be listened on, or the watcher cannot go on.
pub fn run(port: u16, grace: Duration) -> Result<u64, Box<dyn Error>> {
    // Before anybody can know the port: from then on the signals mean a stop.
    let signals = Signals::catch()?;
    let listener = Listener::bind((Ipv4Addr::UNSPECIFIED, port), BACKLOG)?;
    // The client that woke the watcher may have left before it is accepted.
    listener.set_nonblocking(true)?;
    let mut workers = Workers::default();
    let served = watch(listener, &signals, &mut workers)?;
    finish(&mut workers, grace, &signals)?;
    Ok(served)
}

/// The watcher: accepts clients and hands each to a worker of its own, until it
/// is told to stop. From its end on, nobody listens. Returns how many clients
/// were accepted.
fn watch(
    listener: Listener,
    signals: &Signals,
    workers: &mut Workers,
) -> Result<u64, Box<dyn Error>> {
    todo!("wait for a client or a signal; as in exercise 10, until the server is told to stop")
}

/// A worker: serves one client, then ends. A stop is the watcher's affair.
fn work(connection: Connection, signals: &Signals) -> ! {
    signals.leave_to_the_watcher();
    if let Err(error) = echo::serve(&connection) {
        // In one piece: other workers write to the same place.
        let message = format!("echo-stop: connection ended: {error}\n");
        eprint!("{message}");
    }
    // SAFETY: `_exit` takes any status and does not come back.
    unsafe { libc::_exit(0) }
}

/// Lets the workers finish, until `grace` is over or the server is told to stop
/// once more; then ends those that remain.
fn finish(workers: &mut Workers, grace: Duration, signals: &Signals) -> io::Result<()> {
    todo!("leave with the last worker, after the grace, or at the second signal")
}

/// The workers that were not waited for yet: the number of such a process
/// cannot have been given to another.
#[derive(Default)]
struct Workers(Vec<Pid>);

impl Workers {
    /// Waits for those that have ended, and for no other.
    fn reap(&mut self) {
        todo!("however many workers have ended at the same moment")
    }

    /// Ends all of them, and waits for them.
    fn end(&mut self) {
        todo!("by a signal that nobody can ignore; no process may be left when the watcher ends")
    }
}
