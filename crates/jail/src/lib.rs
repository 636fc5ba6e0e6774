//! The cell around a check and the jail around a program under judgement.
//!
//! A check is a trusted test process that talks to a student's program, which
//! is not trusted. Both run inside a *cell*: namespaces of their own, with a
//! network that is only a loopback and a file system in which nothing of the
//! machine exists but what was asked for. Within the cell the student's
//! program runs in a *jail*: it may not touch its judge.
//!
//! ```text
//! grader ── cell (holder's end) ── first process ── test process ── jail = student's program
//!                                  └───────────── cell ─────────────────────────────────┘
//! ```
//!
//! The programs `cell` and `jail` do the work; [`Cell`] and [`Jail`] write
//! their command lines. [`Tier::detect`] tells how much of it this machine can do.

mod cell;
mod environment;
mod fault;
mod found;
mod hosts;
mod jail;
mod limits;
mod rlimits;
mod tier;

pub mod command;

#[cfg(not(target_os = "linux"))]
#[path = "elsewhere.rs"]
mod platform;
#[cfg(target_os = "linux")]
#[path = "linux/mod.rs"]
mod platform;

pub use cell::{Cell, DEADLINE_PASSED, SCRATCH, UNAVAILABLE};
pub use found::{Found, Promises};
pub use hosts::HOSTS;
pub use jail::{Jail, STUDENT_UID, slot_uid};
pub use limits::Limits;
pub use tier::{Tier, UnknownTier};
