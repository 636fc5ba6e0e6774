//! Signals, as events.

use std::io;
use std::sync::mpsc::Sender;
use std::thread;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGWINCH};
use signal_hook::iterator::Signals;

use crate::events::Event;

/// Those that ask a program to end.
pub const ENDS: [i32; 4] = [SIGHUP, SIGINT, SIGQUIT, SIGTERM];

/// Sends what arrives into the channel, from now on.
///
/// # Errors
///
/// The handlers cannot be set.
pub fn listen(events: Sender<Event>) -> io::Result<()> {
    let mut signals = Signals::new(ENDS.iter().chain(&[SIGCONT, SIGTSTP, SIGWINCH]))?;
    thread::spawn(move || {
        for signal in signals.forever() {
            let event = match signal {
                SIGCONT => Event::Resumed,
                SIGTSTP => Event::Suspend,
                SIGWINCH => Event::Redraw,
                end => Event::End(end),
            };
            if events.send(event).is_err() {
                return;
            }
        }
    });
    Ok(())
}

/// Stops this process and the others of its job, as ^Z does, until the shell
/// resumes them.
pub fn stop_job() {
    // To the group: whoever waits for this process is stopped with it.
    let _ = kill(Pid::from_raw(0), Signal::SIGSTOP);
}
