//! What the command line says.

use clap::Parser;
use iterative_server::Options;
use std::time::Duration;

/// An echo server with a worker process for each client
///
/// Every byte comes back. The watcher process only accepts; each client is served by a process of
/// its own. It prints "server connected to NAME (IP)" for each client and "server received N bytes"
/// for each line.
///
/// SIGTERM or SIGINT stops it: it listens no more, lets its workers finish their clients for the
/// time of grace, ends those that remain, and prints "server stopped: N clients served". A second
/// signal ends the time of grace.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "Examples:
  forking-server 4321                        all IPv4 addresses
  forking-server --max-workers 8 4321        the ninth client waits
  forking-server --bind :: --grace 0 4321    IPv6 and IPv4, stops at once

Exit status: 0 stopped, 1 a system call failed, 2 wrong usage."
)]
pub struct Arguments {
    #[command(flatten)]
    pub options: Options,

    /// Clients served at the same time; the next wait in the queue
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub max_workers: Option<u32>,

    /// Time for the workers to finish once it is told to stop
    #[arg(long, value_name = "SECONDS", default_value_t = 5)]
    grace: u32,
}

impl Arguments {
    pub fn grace(&self) -> Duration {
        Duration::from_secs(self.grace.into())
    }
}
