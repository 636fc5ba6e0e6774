//! What checks are written with: start a program, be its peer, observe it,
//! disturb it, tell the story.
//!
//! A check is an ordinary `#[test]`:
//!
//! ```no_run
//! use testbed::prelude::*;
//!
//! # const EXERCISE: &str = "";
//! # /*
//! const EXERCISE: &str = include_str!("../exercise.toml");
//!
//! #[test]
//! # */
//! fn echoes_a_line() {
//!     check(EXERCISE, |lab| {
//!         let port = lab.port();
//!         let _server = lab.program("echo-iterative").arg(port).start_listening(port)?;
//!         let mut ada = lab.connect("ada", port)?;
//!         ada.send(b"hello\n")?;
//!         ada.expect(b"hello\n")
//!     });
//! }
//! ```
//!
//! The program is a process, judged from outside: by what it sends, what it
//! prints and what the kernel says of it. Every action is recorded; an error
//! ends the check with a [`story`] of what was done, what should have
//! happened and what happened instead. Every wait has one
//! [deadline](clock::Deadline) for the whole step. What the lab itself cannot do is
//! [`story::Wrong::Ungraded`] and never the program's fault.

pub mod backlog;
mod blocked;
pub mod bytes;
pub mod client;
pub mod clock;
pub mod counters;
pub mod crowd;
mod crowded;
pub mod disturb;
pub mod echo;
pub mod ended;
pub mod failure;
pub mod filter;
pub mod forking;
pub mod gallery;
mod idle;
mod input;
pub mod iterative;
pub mod lab;
mod listening;
mod local_port;
pub mod long_input;
pub mod messages;
mod monitor;
pub mod multiplexing;
pub mod names;
pub mod observe;
pub mod peer;
pub mod proc;
pub mod program;
pub mod queue;
pub mod random;
pub mod reader;
mod running;
mod scene;
pub mod server;
pub mod stalled;
pub mod start;
pub mod story;
pub mod table;
pub mod threads;

pub use exercise;

/// What a file of checks needs.
pub mod prelude {
    pub use crate::ended::Ended;
    pub use crate::lab::{Lab, check};
    pub use crate::observe::Observer;
    pub use crate::peer::Peer;
    pub use crate::program::Program;
    pub use crate::reader::{Reader, Stdout};
    pub use crate::server::Server;
    pub use crate::start::Stdin;
    pub use crate::story::{Outcome, Wrong};
    pub use nix::sys::signal::Signal;
}
