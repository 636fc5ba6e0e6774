//! Each promise of the lab, attacked by a small program: as root and as an
//! ordinary user, with a cell and without one.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

mod attacks;
mod bench;

mod files;
mod judge;
mod lifetime;
mod network;
mod start;
mod totals;

/// Passes; started with `LAB_ATTACK=NAME` it is the attacker of that name.
#[test]
fn attacker() {
    attacks::attack_if_told();
}
