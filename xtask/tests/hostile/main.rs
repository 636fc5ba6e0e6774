//! Submissions that attack the lab instead of solving an exercise: what each
//! of them gets, within what time, and that the honest ones beside and behind
//! it are judged as if nothing had happened.
//!
//! The attacks are the programs in `run/` (they compile, and attack when they
//! are run), `build/` (they attack the compiler), `08/` and `10/` (for the exercises
//! of these numbers), each behind a comment that says what it does; texts such as
//! `@REPO@` and `@MARK@` are filled in, and `prelude.rs` is put behind those that
//! are run. An attack says on standard error how many of its attempts succeeded,
//! which the story of the check that it fails quotes. What each is to get, in which
//! tier, is in `table.rs`; `suite.rs` tries them, and says how all of them are tried.
//! What lies in a submission's folder or archive is in `intake.rs`.
//!
//! `LAB_ROUNDS=50 cargo test -p xtask --test hostile rounds` grades the
//! solutions fifty times under load; without it those of one exercise are graded
//! twice.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

mod archives;
mod attack;
mod class;
mod intake;
mod left;
mod nobody;
mod reports;
mod results;
mod rounds;
mod suite;
mod table;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Held by each test of this file: an attack shall meet the honest submissions
/// that were put beside it, not those of another test.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The lab's own folder.
fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// Where the lab is built.
fn target() -> PathBuf {
    let debug = Path::new(env!("CARGO_BIN_EXE_xtask")).parent().unwrap();
    debug.parent().unwrap().to_owned()
}

fn is_root() -> bool {
    nix::unistd::Uid::effective().is_root()
}
