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
    // <student: the pool is full whenever the first process sleeps; it sleeps until something happens>
    while signals.stops() == 0 {
        pool.reap();
        let mut retry = None;
        while pool.0.len() < children {
            // SAFETY: this process has a single thread, so the child may call
            // whatever it likes (man 2 fork).
            match unsafe { fork() } {
                Ok(ForkResult::Child) => work(listener, served, signals),
                Ok(ForkResult::Parent { child }) => pool.0.push(child),
                Err(error) => {
                    eprintln!("echo-prefork: fork: {}", io::Error::from(error));
                    retry = Some(RETRY);
                    break;
                }
            }
        }
        signals.wait(retry)?;
    }
    Ok(())
    // </student>
}

/// A worker: serves one client after another, until nobody listens any more.
fn work(listener: &Listener, served: &Count, signals: &Signals) -> ! {
    signals.leave_to_the_first();
    // <student: one client at a time; what goes wrong with one ends no worker>
    // All workers wait in this call, and the kernel wakes one for each client.
    // It fails when the socket was shut down.
    while let Ok(connection) = listener.accept() {
        served.add_one();
        if let Err(error) = echo::serve(&connection) {
            // In one piece: other workers write to the same place.
            let message = format!("echo-prefork: connection ended: {error}\n");
            eprint!("{message}");
        }
    }
    // </student>
    // SAFETY: `_exit` takes any status and does not come back.
    unsafe { libc::_exit(0) }
}

/// From now on, new clients are refused, and idle workers come back from
/// `accept`.
fn stop_listening(listener: &Listener) -> nix::Result<()> {
    // <student: closing it here is not enough: each worker has it open>
    // What `close` does to a descriptor, `shutdown` does to the socket, for all
    // who have it. On Linux this is so for a listening socket too.
    shutdown(listener.as_fd().as_raw_fd(), Shutdown::Both)
    // </student>
}

/// Lets the workers finish, until the grace is over or the server is told to
/// stop once more; then ends those that remain.
fn finish(pool: &mut Pool, signals: &Signals) -> io::Result<()> {
    // <student: as in exercise 11>
    let end = Instant::now() + GRACE;
    pool.reap();
    while !pool.0.is_empty() && signals.stops() < 2 {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            break;
        }
        signals.wait(Some(left))?;
        pool.reap();
    }
    pool.end();
    Ok(())
    // </student>
}

/// The workers that were not waited for yet.
#[derive(Default)]
struct Pool(Vec<Pid>);

impl Pool {
    /// Waits for those that have ended, and for no other.
    fn reap(&mut self) {
        // <student: as in exercise 11>
        loop {
            match waitpid(None, Some(WaitPidFlag::WNOHANG)).map(|status| status.pid()) {
                Ok(Some(ended)) => self.0.retain(|&worker| worker != ended),
                Err(Errno::EINTR) => {}
                Ok(None) | Err(_) => return,
            }
        }
        // </student>
    }

    /// Ends all of them, and waits for them.
    fn end(&mut self) {
        // <student: as in exercise 11>
        for &worker in &self.0 {
            // It exists, perhaps as a zombie: then nothing happens.
            let _ = kill(worker, Signal::SIGKILL);
        }
        for worker in self.0.drain(..) {
            while waitpid(worker, None) == Err(Errno::EINTR) {}
        }
        // </student>
    }
}
