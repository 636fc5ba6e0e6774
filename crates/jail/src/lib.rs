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
//!
//! # What is promised
//!
//! | | vm | cell | jail | none |
//! | --- | --- | --- | --- | --- |
//! | everything ends with the cell, its holder, or the deadline | yes | yes | yes | yes¹ |
//! | the program cannot trace, signal, limit or write into its judge | yes | yes | yes | no |
//! | it reads the system and what was named, writes the scratch folder³ | yes | yes | yes² | no |
//! | the scratch folder has a size | yes | yes | each file | each file |
//! | fixed ports, names of the lab, no way out | yes | yes | no | no |
//! | ports below 1024 are refused | yes | yes | as the machine | as the machine |
//! | processes are counted by program | yes | yes | as root | no |
//! | processes and memory are counted together | control groups | no | no | no |
//!
//! ¹ on Linux; elsewhere what leaves the process group escapes.
//! ² with Landlock (Linux 5.13).
//! ³ and in a cell `/tmp`, `/var/tmp` and `/dev/shm`, which are its own, unless something of
//!   the lab is mounted there.
//!
//! Unix sockets are refused altogether: their paths lead out of a network
//! namespace, and a system's folder may hold one.
//!
//! Where a kernel lacks a feature, the tier is still found by trying: what
//! fails is named in [`Found::why`], what does not hold in [`Found::promises`].
//!
//! # How a jail is entered
//!
//! The order matters, each step relies on rights that a later one takes away:
//! descriptors are marked to close; a session is made; the user changes (or a
//! user namespace is made, where nobody outside it is anybody); the resource
//! limits follow, for they count the processes of that user; then rights are
//! given up, Landlock and seccomp close the doors, signals get their default
//! actions, and the program starts in the same process.

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
