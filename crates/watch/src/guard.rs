//! A process that waits for the one that draws, and puts the terminal right if that
//! one could not: it was killed.
//!
//! The shell waits for the guard. So the terminal is put right before the shell has
//! it again, and both never set it at the same time.

use std::env;
use std::io::{self, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitCode, ExitStatus, id};
use std::thread;

use anyhow::{Context, Result};
use nix::sys::signal::{Signal, kill};
use nix::sys::termios::tcgetattr;
use nix::unistd::Pid;
use signal_hook::consts::{SIGCONT, SIGTSTP};
use signal_hook::iterator::Signals;

use crate::signals::ENDS;
use crate::terminal;

/// Tells the process that draws which process guards it.
const GUARD: &str = "LAB_WATCH_GUARD";

/// Whether this process has a guard that waits for it.
pub fn is_there() -> bool {
    guard().is_some_and(|guard| guard == std::os::unix::process::parent_id())
}

/// Whether there was a guard and it is no longer the parent of this process.
pub fn is_gone(parent: u32) -> bool {
    guard().is_some_and(|guard| guard != parent)
}

fn guard() -> Option<u32> {
    env::var(GUARD).ok()?.parse().ok()
}

/// Starts this very program once more, waits for its end, and gives its status.
///
/// # Errors
///
/// It cannot be started.
pub fn stand_by() -> Result<ExitCode> {
    let before = tcgetattr(io::stdin()).context("ask how the terminal is set")?;
    // A signal that arrives before the child is there is not lost.
    let mut signals =
        Signals::new(ENDS.iter().chain(&[SIGTSTP, SIGCONT])).context("wait for signals")?;
    let program = env::current_exe().context("find this program")?;
    let mut child = Command::new(program)
        .args(env::args_os().skip(1))
        .env(GUARD, id().to_string())
        .spawn()
        .context("start the part that draws")?;
    let handle = signals.handle();
    let number = Pid::from_raw(child.id() as i32);
    let forwarder = thread::spawn(move || {
        for signal in signals.forever() {
            // What stops or resumes a job is sent to all of its processes.
            let ends = ENDS.contains(&signal);
            if let (true, Ok(signal)) = (ends, Signal::try_from(signal)) {
                let _ = kill(number, signal);
            }
        }
    });
    let status = child.wait();
    handle.close();
    let _ = forwarder.join();
    let status = status.context("wait for the part that draws")?;
    Ok(match status.signal() {
        None => ExitCode::from(status.code().unwrap_or(1) as u8),
        Some(signal) => {
            // What it had no time to do.
            let _ = io::stdout().write_all(terminal::LEAVE.as_bytes());
            let _ = io::stdout().flush();
            terminal::set(&before);
            anstream::eprintln!("watch: {}", ended(status));
            ExitCode::from(128 + signal as u8)
        }
    })
}

fn ended(status: ExitStatus) -> String {
    let signal = status.signal().and_then(|one| Signal::try_from(one).ok());
    match signal {
        Some(signal) => format!("it was ended by {signal}; the terminal is as it was"),
        None => "it was ended; the terminal is as it was".into(),
    }
}
