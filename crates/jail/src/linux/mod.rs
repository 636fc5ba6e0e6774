//! What only Linux has: namespaces, control groups, Landlock, seccomp.

mod cell;
mod cgroup;
mod circumstances;
mod confine;
mod etc;
mod first;
mod identity;
mod join;
mod landlock;
mod loopback;
mod mounts;
mod probe;
mod reaper;
mod root;
mod seccomp;
mod sys;
mod terminal;

pub(crate) use cell::run as cell;
pub(crate) use circumstances::circumstances;
pub(crate) use confine::confine;
pub(crate) use identity::is_root_with_students;
pub(crate) use join::join;
pub(crate) use probe::{probe, try_tier};
