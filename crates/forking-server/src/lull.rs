//! A lull in reaping: under a stream of short clients, many workers are reaped at a time.
//!
//! Each SIGCHLD wakes the watcher, and a wake costs about as much as all else that it does for a
//! client. So after it has reaped, it holds the signal back for a moment. What ends meanwhile is a
//! zombie for that moment, far below the second that is allowed; when nothing ends, the watcher
//! wakes once more and then sleeps as long as there is nothing to do.

use crate::signals::Signals;
use sockets::Result;
use std::time::{Duration, Instant};

const LENGTH: Duration = Duration::from_millis(10);

/// SIGCHLD is held back while there is an end in sight.
pub struct Lull<'a> {
    signals: &'a Signals,
    end: Option<Instant>,
}

impl<'a> Lull<'a> {
    /// No lull yet.
    pub fn new(signals: &'a Signals) -> Self {
        Lull { signals, end: None }
    }

    /// Holds SIGCHLD back from now on.
    pub fn begin(&mut self) -> Result<()> {
        self.signals.hold_worker_ended(true)?;
        self.end = Some(Instant::now() + LENGTH);
        Ok(())
    }

    /// How long it still lasts, when there is one.
    pub fn left(&self) -> Option<Duration> {
        let left = |end: Instant| end.saturating_duration_since(Instant::now());
        self.end.map(left)
    }

    /// Ends it when its time is over. A SIGCHLD that came meanwhile is delivered here.
    pub fn end_if_over(&mut self) -> Result<()> {
        match self.left() {
            Some(Duration::ZERO) => self.end(),
            _ => Ok(()),
        }
    }

    /// Ends it: somebody waits for the next worker that ends.
    pub fn end(&mut self) -> Result<()> {
        match self.end.take() {
            Some(_) => self.signals.hold_worker_ended(false),
            None => Ok(()),
        }
    }
}
