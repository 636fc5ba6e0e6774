//! A program that is stopped and continued, as with ^Z and `fg`.
//!
//! A `write` that waits for room then returns what it has written so far: a
//! short count, without any handler (`man 7 signal`; a call that has done
//! nothing yet is restarted by the kernel). On a socket that blocks this is
//! the one way from outside to see one.

use nix::sys::signal::Signal;

use crate::blocked;
use crate::clock;
use crate::proc;
use crate::program::Program;
use crate::story::{Outcome, Wrong};

impl Program {
    /// Stops and continues it as soon as it waits in a `write` for room, and
    /// says whether it did. A program that waits otherwise (in `poll`, say)
    /// is left alone: for that one, a stop may be an EINTR, which is another
    /// matter.
    ///
    /// # Errors
    ///
    /// It has ended; ungraded, if it cannot be stopped.
    pub fn stop_and_continue_in_a_write(&self) -> Outcome<bool> {
        let waits = self
            .scene()
            .deadline(clock::SILENCE * 2)
            .wait(|| blocked::waits_in_a_write(self.pid()).then_some(()));
        if waits.is_none() {
            return Ok(false);
        }
        self.scene()
            .step("it was stopped and continued (^Z, fg) while its write waited for room");
        self.signal_until(Signal::SIGSTOP, true)?;
        self.signal_until(Signal::SIGCONT, false)?;
        Ok(true)
    }

    fn signal_until(&self, signal: Signal, stopped: bool) -> Outcome {
        self.running().signal(signal).map_err(|_| {
            self.scene()
                .wrong("it still runs", vec!["It had ended before.".into()])
        })?;
        self.scene()
            .step_deadline()
            .wait(|| {
                let state = proc::stat(self.pid())?.state;
                ((state == 'T') == stopped).then_some(())
            })
            .ok_or_else(|| Wrong::Ungraded("the program could not be stopped".into()))
    }
}
