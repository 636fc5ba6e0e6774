//! The watcher: waits for clients, and has a worker made for each.

use crate::PROGRAM;
use crate::lull::Lull;
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
    let mut lull = Lull::new(signals);
    let mut pause = None;
    loop {
        if !workers.has_room() {
            lull.end()?;
        }
        let accepting = workers.has_room() && pause.is_none();
        let ready = wait(&listener, signals, accepting, pause.take().or(lull.left()))?;
        if ready.signal {
            let news = signals.news();
            if news.stops > 0 {
                lull.end()?;
                return Ok(Role::Watcher);
            }
            if news.worker_ended {
                workers.reap();
                lull.begin()?;
            }
        }
        lull.end_if_over()?;
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
                    pause = Some(PAUSE);
                }
                Err(error) => return Err(error),
            }
        }
    }
}

/// Waits for a signal and, when it is `accepting`, for a client; at most for the time of `limit`.
fn wait(
    listener: &Listener,
    signals: &Signals,
    accepting: bool,
    limit: Option<Duration>,
) -> Result<Ready> {
    let mut both = [
        PollFd::new(signals.as_fd(), PollFlags::POLLIN),
        PollFd::new(listener.as_fd(), PollFlags::POLLIN),
    ];
    let watched = if accepting {
        &mut both[..]
    } else {
        &mut both[..1]
    };
    // Rounded up: a wait of 0 ms would spin through the last of them.
    let limit = limit.map_or(PollTimeout::NONE, |limit| {
        PollTimeout::try_from(limit + Duration::from_millis(1)).unwrap_or(PollTimeout::MAX)
    });
    match poll(watched, limit) {
        Ok(_) => Ok(Ready {
            signal: both[0].any() == Some(true),
            client: accepting && both[1].any() == Some(true),
        }),
        // The handler wrote to the pipe, or would have if the watcher had looked at the last byte.
        Err(Errno::EINTR) => Ok(Ready {
            signal: true,
            client: false,
        }),
        Err(errno) => Err(Error::call("poll", "listener", io::Error::from(errno))),
    }
}
