//! The server: a first process that keeps a pool of workers full, and workers
//! that accept and serve, each one client at a time.

use std::error::Error;
use std::io;
use std::net::Ipv4Addr;
use std::os::fd::{AsFd, AsRawFd};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::libc;
use nix::sys::signal::{Signal, kill};
use nix::sys::socket::{Shutdown, shutdown};
use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::{ForkResult, Pid, fork};
use sockets::Listener;

use crate::count::Count;
use crate::echo;
use crate::signals::Signals;

/// How many clients may wait until a worker is free.
const BACKLOG: i32 = 128;
/// How long the workers may go on when the server is told to stop.
const GRACE: Duration = Duration::from_secs(5);
/// When to try again where no process could be made.
const RETRY: Duration = Duration::from_millis(200);

/// Serves the clients of `port` with `children` workers until the server is
/// told to stop. Returns how many clients were accepted.
///
/// # Errors
///
/// The port cannot be listened on, or the first process cannot go on.
pub fn run(port: u16, children: usize) -> Result<u64, Box<dyn Error>> {
    // Before anybody can know the port: from then on the signals mean a stop.
    let signals = Signals::catch()?;
    let served = Count::new()?;
    let listener = Listener::bind((Ipv4Addr::UNSPECIFIED, port), BACKLOG)?;
    let mut pool = Pool::default();
    keep(&mut pool, children, &listener, &served, &signals)?;
    stop_listening(&listener)?;
    finish(&mut pool, &signals)?;
    Ok(served.get())
}

/// Makes `children` workers, and another for each that ends, until the server
/// is told to stop.
fn keep(
    pool: &mut Pool,
    children: usize,
    listener: &Listener,
    served: &Count,
    signals: &Signals,
) -> io::Result<()> {
    todo!("the pool is full whenever the first process sleeps; it sleeps until something happens")
}

/// A worker: serves one client after another, until nobody listens any more.
fn work(listener: &Listener, served: &Count, signals: &Signals) -> ! {
    signals.leave_to_the_first();
    todo!("one client at a time; what goes wrong with one ends no worker");
    // SAFETY: `_exit` takes any status and does not come back.
    unsafe { libc::_exit(0) }
}

/// From now on, new clients are refused, and idle workers come back from
/// `accept`.
fn stop_listening(listener: &Listener) -> nix::Result<()> {
    todo!("closing it here is not enough: each worker has it open")
}

/// Lets the workers finish, until the grace is over or the server is told to
/// stop once more; then ends those that remain.
fn finish(pool: &mut Pool, signals: &Signals) -> io::Result<()> {
    todo!("as in exercise 11")
}

/// The workers that were not waited for yet.
#[derive(Default)]
struct Pool(Vec<Pid>);

impl Pool {
    /// Waits for those that have ended, and for no other.
    fn reap(&mut self) {
        todo!("as in exercise 11")
    }

    /// Ends all of them, and waits for them.
    fn end(&mut self) {
        todo!("as in exercise 11")
    }
}
