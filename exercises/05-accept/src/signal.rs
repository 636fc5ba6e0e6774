//! A handler that does nothing, and interrupts. Given.

use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};

use crate::failure::Failure;

/// From now on SIGUSR1 runs a handler, and a call that waits ends with EINTR
/// when it comes. (With SA_RESTART among the flags the kernel would begin most
/// calls anew by itself; `man 7 signal` says which.)
pub fn handle_without_restart() -> Result<(), Failure> {
    let action = SigAction::new(
        SigHandler::Handler(nothing),
        SaFlags::empty(),
        SigSet::empty(),
    );
    // SAFETY: the handler does nothing, so it does nothing that is not
    // async-signal-safe (`man 7 signal-safety`).
    unsafe { sigaction(Signal::SIGUSR1, &action) }
        .map(drop)
        .map_err(|cause| Failure::new("sigaction", "SIGUSR1", cause))
}

extern "C" fn nothing(_: libc::c_int) {}
