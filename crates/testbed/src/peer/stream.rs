//! What comes in amounts that the judge neither knows beforehand nor keeps.

use std::time::Duration;

use super::{Arrival, MOST, Peer};
use crate::bytes;
use crate::clock;
use crate::story::Outcome;
use crate::table;

/// How long a transfer of hundreds of megabytes may take that never stands
/// still.
const WHOLE_TRANSFER: Duration = Duration::from_secs(40);

impl Peer {
    /// Takes bytes as they come, a piece at a time, until `take` has had
    /// `count` of them; none is kept. The story has no step for it. An error of
    /// `take` is a sentence that tells what is wrong with a piece.
    ///
    /// # Errors
    ///
    /// Fewer come, or nothing for a whole step, or `take` finds a fault.
    pub fn take_stream(
        &mut self,
        count: u64,
        mut take: impl FnMut(&[u8]) -> Result<(), String>,
    ) -> Outcome {
        let deadline = self.scene.deadline_of_transfer(WHOLE_TRANSFER);
        let mut left = count;
        while left > 0 {
            let arrival = match self.received.is_empty() {
                true => self.arrival(&deadline),
                false => Arrival::Bytes,
            };
            let there = usize::try_from(left)
                .map_or(self.received.len(), |left| self.received.len().min(left));
            let seen = match arrival {
                Arrival::Bytes => match take(&self.received[..there]) {
                    Ok(()) if !deadline.is_over() => {
                        self.received.drain(..there);
                        left -= there as u64;
                        continue;
                    }
                    Ok(()) => "It took too long.".to_string(),
                    Err(fault) => fault,
                },
                Arrival::End => format!("{} received the end of file before.", self.name),
                Arrival::Reset => format!("{}'s connection was reset before.", self.name),
                Arrival::Nothing if left == count => {
                    format!("{} received nothing for 2 s.", self.name)
                }
                Arrival::Nothing => format!("{} received a part, then nothing for 2 s.", self.name),
            };
            let expected = format!("{} receives all of it, as it is", self.name);
            return Err(self.scene.wrong(expected, vec![seen]));
        }
        Ok(())
    }

    /// Reads up to the end of the connection, in order or by a reset.
    ///
    /// # Errors
    ///
    /// The end does not come within a step after the last bytes.
    pub fn read_until_it_ends(&mut self) -> Outcome<Vec<u8>> {
        self.scene.step(format!(
            "{} waited for the end of the connection",
            self.name
        ));
        let deadline = self.scene.transfer_deadline();
        loop {
            match self.arrival(&deadline) {
                Arrival::Bytes if self.received.len() < MOST && !deadline.is_over() => {}
                Arrival::End | Arrival::Reset => return Ok(std::mem::take(&mut self.received)),
                Arrival::Bytes => return Err(self.without_end("the end of the connection")),
                Arrival::Nothing => {
                    let seen = match self.received.is_empty() {
                        true => {
                            format!("{} received neither a byte nor the end for 2 s.", self.name)
                        }
                        false => format!(
                            "{} received {}, and no end.",
                            self.name,
                            bytes::show(&self.received)
                        ),
                    };
                    let expected = format!("{}'s connection ends", self.name);
                    let wrong = self.scene.wrong(expected, vec![seen]);
                    return Err(self.each_waits_for_the_other(wrong));
                }
            }
        }
    }

    /// Waits until the program has read all that was sent to it, from the
    /// kernel's table; for a moment at most where it does not want to.
    pub fn let_it_read(&mut self) {
        let deadline = self.scene.deadline(clock::STEP);
        deadline.wait(|| {
            let theirs = table::connection(self.remote, self.local);
            let ours = table::connection(self.local, self.remote);
            let left = theirs.map_or(0, |socket| socket.receive_queue)
                + ours.map_or(0, |socket| socket.send_queue);
            (left == 0).then_some(())
        });
        self.scene.settle();
    }
}
