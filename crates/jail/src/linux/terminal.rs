//! The session of a student's program, and its terminal.

use std::io;
use std::os::fd::AsFd;

use nix::unistd::{getpgrp, getpid, getsid, isatty, setsid, tcsetpgrp};

use crate::fault::{During, Fault};

/// A session of its own: no key pressed at the lab's terminal reaches it.
/// With `controlling`, standard input (or output) becomes its terminal, and
/// it takes the foreground.
pub(super) fn new_session(controlling: bool) -> Result<(), Fault> {
    let is_leader = setsid().is_ok() || getsid(None) == Ok(getpid());
    if !controlling {
        // Started by a shell with job control it leads a group, and cannot leave.
        return Ok(());
    }
    if !is_leader {
        return Err(Fault::said(
            "make a session",
            "already leads a process group",
        ));
    }
    let (input, output) = (io::stdin(), io::stdout());
    let terminal = match isatty(input.as_fd()) {
        Ok(true) => input.as_fd(),
        _ => output.as_fd(),
    };
    take(terminal).during(|| "take the terminal".into())?;
    tcsetpgrp(terminal, getpgrp()).during(|| "take the foreground".into())
}

fn take(terminal: impl AsFd) -> io::Result<()> {
    use std::os::fd::AsRawFd;
    // SAFETY: the request takes an integer (man 2 TIOCSCTTY).
    let answer = unsafe { libc::ioctl(terminal.as_fd().as_raw_fd(), libc::TIOCSCTTY, 0) };
    if answer < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}
