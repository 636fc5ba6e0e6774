//! The user's terminal, which a trial gives away and takes back.

use std::io::{self, IsTerminal};
use std::os::unix::process::CommandExt;
use std::process::Command;

use nix::sys::signal::{SigSet, SigmaskHow, Signal, sigprocmask};
use nix::sys::termios::{SetArg, Termios, tcgetattr, tcsetattr};
use nix::unistd::{getpgrp, getpid, setpgid, tcsetpgrp};

/// How a terminal was, and whose. When this is dropped it is so again, whatever was
/// done to it: a program that was killed has no chance to do it.
pub struct Terminal(Option<Termios>);

impl Terminal {
    /// Standard input, if it is a terminal.
    pub fn keep() -> Terminal {
        Terminal(tcgetattr(io::stdin()).ok())
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if let Some(mode) = &self.0 {
            let _ = in_the_background(|| {
                // Only the user's own shell is left that could have the foreground.
                tcsetpgrp(io::stdin(), getpgrp())?;
                tcsetattr(io::stdin(), SetArg::TCSADRAIN, mode)
            });
        }
    }
}

/// Lets a command that has job control of its own, a shell, have the terminal.
pub fn own_foreground(command: &mut Command) {
    if !io::stdin().is_terminal() {
        return;
    }
    // SAFETY: these are system calls that are async-signal-safe, on the child's own
    // descriptor 0.
    unsafe {
        command.pre_exec(|| {
            let own = getpid();
            setpgid(own, own)?;
            in_the_background(|| tcsetpgrp(io::stdin(), own))?;
            Ok(())
        });
    }
}

/// Does what stops a process that is not in the foreground (`man 3 tcsetpgrp`).
fn in_the_background(act: impl FnOnce() -> nix::Result<()>) -> nix::Result<()> {
    let blocked: SigSet = [Signal::SIGTTOU].into_iter().collect();
    let mut before = SigSet::empty();
    sigprocmask(SigmaskHow::SIG_BLOCK, Some(&blocked), Some(&mut before))?;
    let result = act();
    sigprocmask(SigmaskHow::SIG_SETMASK, Some(&before), None)?;
    result
}
