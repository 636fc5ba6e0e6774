//! Whether an idle program sleeps: it waits in a call, or it spins.

use std::time::Duration;

use crate::clock;
use crate::proc;
use crate::program::Program;
use crate::story::Outcome;

/// How long an idle program is watched for spinning.
const IDLE: Duration = Duration::from_millis(400);
/// How often it is looked at meanwhile.
const LOOKS: u32 = 8;
/// How long it is left alone then: with the time in which it is watched, more
/// than a second, the shortest limit that is commonly set (SO_RCVTIMEO).
const SILENCE: Duration = Duration::from_millis(700);

impl Program {
    /// Whether neither it nor what it started runs, or is ready to.
    fn is_asleep(&self) -> bool {
        let tree = proc::tree(self.pid());
        !tree.iter().any(|&pid| proc::is_at_work(pid)) && tree.into_iter().all(proc::is_blocked)
    }

    /// It waits for something without using the processor (R5), watched for a
    /// moment.
    ///
    /// # Errors
    ///
    /// It, or what it started, uses processor time meanwhile.
    pub fn expect_waiting(&self) -> Outcome {
        self.scene()
            .step("nobody did anything, and its processor time was watched");
        if !proc::available() {
            return Err(crate::story::Wrong::Ungraded(
                "this system does not tell a program's processor time".into(),
            ));
        }
        self.expect_alive()?;
        let used = || -> Duration {
            proc::tree(self.pid())
                .into_iter()
                .map(proc::processor_time)
                .sum()
        };
        // What it was still doing when it was told to be idle is not spinning.
        let mut last = used();
        let calm = self.scene().deadline(IDLE * 2).wait(|| {
            clock::rest(IDLE / 4);
            let now = used();
            let calm = now.saturating_sub(last) < IDLE / 100;
            last = now;
            calm.then_some(())
        });
        if calm.is_some() {
            let before = used();
            let spins = || used().saturating_sub(before) >= IDLE / 10;
            // On a busy machine, one that spins gets next to no processor, but
            // wants one at every look; one that waits is seen asleep.
            let mut slept = false;
            for _ in 0..LOOKS {
                clock::rest(IDLE / LOOKS);
                slept |= self.is_asleep();
            }
            let waits = match slept {
                true => Some(!spins()),
                false => self.scene().deadline(clock::STEP * 4).wait(|| {
                    let waits = !spins() && self.is_asleep();
                    (waits || spins()).then_some(waits)
                }),
            };
            match waits {
                // What has ended uses no time either.
                Some(true) => return self.expect_alive(),
                Some(false) => {}
                None => {
                    return Err(crate::story::Wrong::Ungraded(
                        "the program had no processor to show what it does".into(),
                    ));
                }
            }
        }
        Err(self.scene().wrong(
            "it waits without using the processor",
            vec!["It used processor time all along, though nothing happened.".into()],
        ))
    }

    /// The same while its peer, or who has come, is silent for more than a
    /// second. Whether it has given up on who is silent is seen by what they
    /// say next.
    ///
    /// # Errors
    ///
    /// It, or what it started, uses processor time meanwhile, or it ends.
    pub fn expect_patience(&self, who: &str) -> Outcome {
        self.expect_waiting()?;
        let silent = format!("{who} went on saying nothing, for more than a second in all");
        self.scene().step(silent);
        self.give_time(SILENCE);
        self.expect_alive()
    }
}
