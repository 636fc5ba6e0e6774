//! Signals that interrupt system calls. This file is given.

use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};

/// Installs handlers for SIGALRM and SIGUSR1 that do nothing, without
/// SA_RESTART: a call that sleeps when one of them arrives ends early
/// (`man 7 signal`, "Interruption of system calls").
pub fn interrupt_calls() -> nix::Result<()> {
    let action = SigAction::new(
        SigHandler::Handler(do_nothing),
        SaFlags::empty(),
        SigSet::empty(),
    );
    for signal in [Signal::SIGALRM, Signal::SIGUSR1] {
        // SAFETY: the handler does nothing, which is safe at any moment.
        unsafe { sigaction(signal, &action) }?;
    }
    Ok(())
}

extern "C" fn do_nothing(_: nix::libc::c_int) {}
