//! The watcher: waits for clients, and has a worker made for each.

use crate::PROGRAM;
use crate::signals::Signals;
use crate::workers::{Fork, Workers};
use iterative_server::complain;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use sockets::{Connection, Error, Listener, Result};
use std::io;
use std::os::fd::AsFd;
use std::time::Duration;

/// How long to leave the queue alone when there is no descriptor for its next client.
const PAUSE: Duration = Duration::from_millis(100);

/// What the process is when [`watch`] returns.
pub enum Role {
    /// Told to stop. The listening socket is closed.
    Watcher,
    /// A new process with a client to serve. Its copy of the listening socket is closed.
    Worker(Connection),
}

/// What a wait has found.
struct Ready {
    client: bool,
    signal: bool,
}

/// Accepts clients until the server is told to stop.
pub fn watch(listener: Listener, signals: &Signals, workers: &mut Workers) -> Result<Role> {
    // The client that woke the watcher may have given up before it is accepted.
    listener.set_nonblocking(true)?;
    let mut exhausted = false;
    loop {
        let accepting = workers.has_room() && !exhausted;
        let ready = wait(&listener, signals, accepting, exhausted)?;
        exhausted = false;
        if ready.signal {
            let news = signals.news();
            if news.stops > 0 {
                return Ok(Role::Watcher);
            }
            if news.worker_ended {
                workers.reap();
            }
        }
        if ready.client {
            match listener.accept() {
                Ok(connection) => {
                    if let Fork::Worker = workers.fork() {
                        return Ok(Role::Worker(connection));
                    }
                    drop(connection); // close: the worker has its own
                }
                Err(error) if error.is_would_block() => (),
                Err(error) if error.is_exhausted() => {
                    complain(PROGRAM, error);
                    exhausted = true;
                }
                Err(error) => return Err(error),
            }
        }
    }
}

/// Waits for a signal and, when it is `accepting`, for a client; while the machine is `exhausted`
/// for a moment at most.
fn wait(listener: &Listener, signals: &Signals, accepting: bool, exhausted: bool) -> Result<Ready> {
    let mut both = [
        PollFd::new(signals.as_fd(), PollFlags::POLLIN),
        PollFd::new(listener.as_fd(), PollFlags::POLLIN),
    ];
    let watched = if accepting {
        &mut both[..]
    } else {
        &mut both[..1]
    };
    let limit = match exhausted {
        true => PollTimeout::try_from(PAUSE).unwrap_or(PollTimeout::MAX),
        false => PollTimeout::NONE,
    };
    match poll(watched, limit) {
        Ok(_) => Ok(Ready {
            signal: both[0].any() == Some(true),
            client: accepting && both[1].any() == Some(true),
        }),
        // The handler wrote to the pipe: the next wait sees it.
        Err(Errno::EINTR) => Ok(Ready {
            signal: true,
            client: false,
        }),
        Err(errno) => Err(Error::call("poll", "listener", io::Error::from(errno))),
    }
}
