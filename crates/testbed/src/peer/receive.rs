//! What a peer receives, and what it should have.

use std::io::{self, Read};
use std::net::Shutdown;

use nix::poll::PollFlags;

use super::send::Sent;
use super::{Arrival, MOST, Peer, ready};
use crate::bytes;
use crate::clock::{self, Deadline};
use crate::story::{Outcome, Wrong};

impl Peer {
    /// Reads what has come without waiting.
    pub(super) fn take(&mut self) -> Arrival {
        if let Some(reset) = self.ended {
            return if reset { Arrival::Reset } else { Arrival::End };
        }
        let mut buffer = [0; 64 << 10];
        loop {
            match self.stream.read(&mut buffer) {
                Ok(0) => {
                    self.ended = Some(false);
                    return Arrival::End;
                }
                Ok(n) => {
                    self.received.extend_from_slice(&buffer[..n]);
                    return Arrival::Bytes;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return Arrival::Nothing;
                }
                Err(_) => {
                    self.ended = Some(true);
                    return Arrival::Reset;
                }
            }
        }
    }

    /// Waits for bytes, the end or a reset.
    pub(super) fn arrival(&mut self, deadline: &Deadline) -> Arrival {
        loop {
            match self.take() {
                Arrival::Nothing if deadline.is_over() => return Arrival::Nothing,
                Arrival::Nothing => {
                    ready(&self.stream, PollFlags::POLLIN, deadline);
                }
                other => {
                    deadline.moved();
                    return other;
                }
            }
        }
    }

    /// The next bytes are exactly these.
    ///
    /// # Errors
    ///
    /// Others come, or not all of them within a step.
    pub fn expect(&mut self, expected: &[u8]) -> Outcome {
        self.scene.step(format!(
            "{} waited for {}",
            self.name,
            bytes::show(expected)
        ));
        let deadline = self.scene.transfer_deadline();
        self.expect_under(expected, &deadline)
    }

    /// The same where it depends on the kernel's buffers how much comes when
    /// not all of it does: the story does not tell.
    ///
    /// # Errors
    ///
    /// As [`Peer::expect`].
    pub fn expect_in_full(&mut self, expected: &[u8]) -> Outcome {
        let mut outcome = self.expect(expected);
        if let Err(Wrong::Failed(failure)) = &mut outcome {
            if !self.received.is_empty() && expected.starts_with(&self.received) {
                let name = &self.name;
                failure.seen = vec![format!("{name} received a part of it, then no more.")];
            }
        }
        outcome
    }

    pub(super) fn expect_under(&mut self, expected: &[u8], deadline: &Deadline) -> Outcome {
        let mut compared = 0;
        loop {
            let common = self.received.len().min(expected.len());
            if self.received[compared..common] != expected[compared..common] {
                // Lets the rest come, so that the story is the same each time.
                let quiet = self.scene.deadline(clock::SILENCE);
                let enough = expected.len() + 4096;
                while self.received.len() < enough && self.arrival(&quiet) == Arrival::Bytes {}
                return Err(self.short_of(expected, Arrival::Bytes));
            }
            compared = common;
            if self.received.len() >= expected.len() {
                self.received.drain(..expected.len());
                return Ok(());
            }
            match self.arrival(deadline) {
                Arrival::Bytes => {}
                other => return Err(self.short_of(expected, other)),
            }
        }
    }

    /// What came in place of what was expected.
    pub(super) fn short_of(&self, expected: &[u8], arrival: Arrival) -> Wrong {
        let name = &self.name;
        let nothing = self.received.is_empty();
        let mut seen = match arrival {
            Arrival::Bytes => vec![],
            Arrival::Nothing if nothing => {
                vec![format!("{name} received nothing for 2 s.")]
            }
            Arrival::Nothing => vec![format!(
                "{name} received {}, then nothing for 2 s.",
                bytes::count(self.received.len())
            )],
            Arrival::End if nothing => vec![format!(
                "{name} received the end of file: the program sends nothing more."
            )],
            Arrival::End => vec![format!(
                "{name} received {}, then the end of file.",
                bytes::count(self.received.len())
            )],
            Arrival::Reset if nothing => {
                vec![format!(
                    "{name}'s connection was reset by the program's side."
                )]
            }
            Arrival::Reset => vec![format!(
                "{name} received {}, then the connection was reset.",
                bytes::count(self.received.len())
            )],
        };
        if !nothing {
            seen.extend(bytes::difference(expected, &self.received));
        }
        let wrong = self
            .scene
            .wrong(format!("{name} receives {}", bytes::show(expected)), seen);
        match arrival {
            Arrival::Nothing => self.each_waits_for_the_other(wrong),
            _ => wrong,
        }
    }

    /// Says so, where the program waits for bytes from this peer.
    pub(super) fn each_waits_for_the_other(&self, mut wrong: Wrong) -> Wrong {
        let name = &self.name;
        if let Wrong::Failed(failure) = &mut wrong {
            let waits = format!("it waits for bytes from {name}.");
            if failure.state.iter().any(|line| line.ends_with(&waits)) {
                failure.state.push(format!(
                    "So {name} and the program wait for each other, and neither will move."
                ));
            }
        }
        wrong
    }

    /// Reads up to and with the next `\n`.
    ///
    /// # Errors
    ///
    /// No whole line comes within a step.
    pub fn expect_line(&mut self) -> Outcome<Vec<u8>> {
        self.scene.step(format!("{} waited for a line", self.name));
        let deadline = self.scene.step_deadline();
        loop {
            if let Some(end) = self.received.iter().position(|&byte| byte == b'\n') {
                return Ok(self.received.drain(..=end).collect());
            }
            match self.arrival(&deadline) {
                Arrival::Bytes if self.received.len() < MOST && !deadline.is_over() => {}
                Arrival::Bytes => return Err(self.without_end("a line")),
                other => {
                    let mut seen = vec![match other {
                        Arrival::End => format!("{} received the end of file.", self.name),
                        Arrival::Reset => format!("{}'s connection was reset.", self.name),
                        _ => format!("{} received no `\\n` for 2 s.", self.name),
                    }];
                    if !self.received.is_empty() {
                        seen.push(format!("It had received {}.", bytes::show(&self.received)));
                    }
                    return Err(self
                        .scene
                        .wrong(format!("{} receives a line", self.name), seen));
                }
            }
        }
    }

    /// Nothing comes, watched for a moment.
    ///
    /// # Errors
    ///
    /// Bytes come, or the connection ends.
    pub fn expect_silence(&mut self) -> Outcome {
        self.scene
            .step(format!("{} watched that nothing comes", self.name));
        let deadline = self.scene.deadline(clock::SILENCE);
        let arrival = if self.received.is_empty() {
            self.arrival(&deadline)
        } else {
            Arrival::Bytes
        };
        let seen = match arrival {
            Arrival::Nothing => return Ok(()),
            Arrival::Bytes => format!("{} received {}.", self.name, bytes::show(&self.received)),
            Arrival::End => format!("{} received the end of file.", self.name),
            Arrival::Reset => format!("{}'s connection was reset.", self.name),
        };
        Err(self
            .scene
            .wrong(format!("{} receives nothing yet", self.name), vec![seen]))
    }

    /// No further bytes come: the connection ends, or nothing comes for a
    /// moment.
    ///
    /// # Errors
    ///
    /// Bytes come.
    pub fn expect_no_more(&mut self) -> Outcome {
        let deadline = self.scene.deadline(clock::SILENCE);
        if self.received.is_empty() && self.arrival(&deadline) != Arrival::Bytes {
            return Ok(());
        }
        let seen = vec![format!(
            "{} received {} more.",
            self.name,
            bytes::show(&self.received)
        )];
        Err(self
            .scene
            .wrong(format!("{} receives nothing more", self.name), seen))
    }

    /// Reads some of what comes, `count` bytes, whatever they are.
    ///
    /// # Errors
    ///
    /// Fewer come within a step.
    pub fn read_some(&mut self, count: usize) -> Outcome<Vec<u8>> {
        self.scene.step(format!("{} read a part of it", self.name));
        let deadline = self.scene.transfer_deadline();
        while self.received.len() < count {
            let arrival = self.arrival(&deadline);
            if arrival != Arrival::Bytes {
                let seen = match arrival {
                    Arrival::End => "Then came the end of file.",
                    Arrival::Reset => "Then the connection was reset.",
                    _ => "Then nothing came for 2 s.",
                };
                return Err(self.scene.wrong(
                    format!("{} receives {}", self.name, bytes::count(count)),
                    vec![seen.into()],
                ));
            }
        }
        Ok(self.received.drain(..count).collect())
    }

    /// The end of file comes next.
    ///
    /// # Errors
    ///
    /// Bytes come, or a reset, or nothing within a step.
    pub fn expect_eof(&mut self) -> Outcome {
        self.scene
            .step(format!("{} waited for the end of file", self.name));
        self.end(false)
    }

    /// The connection ends next, in order or by a reset.
    ///
    /// # Errors
    ///
    /// Bytes come, or nothing within a step.
    pub fn expect_eof_or_reset(&mut self) -> Outcome {
        self.scene.step(format!(
            "{} waited for the end of the connection",
            self.name
        ));
        self.end(true)
    }

    pub(super) fn end(&mut self, reset_is_right: bool) -> Outcome {
        let deadline = self.scene.step_deadline();
        let arrival = if self.received.is_empty() {
            self.arrival(&deadline)
        } else {
            Arrival::Bytes
        };
        let seen = match arrival {
            Arrival::End => return Ok(()),
            Arrival::Reset if reset_is_right => return Ok(()),
            Arrival::Reset => format!(
                "{}'s connection was reset: the program closed it with bytes unread or with \
                 linger 0, or died.",
                self.name
            ),
            Arrival::Bytes => {
                let quiet = self.scene.deadline(clock::SILENCE);
                while self.received.len() < 4096 && self.arrival(&quiet) == Arrival::Bytes {}
                format!(
                    "{} received {} more.",
                    self.name,
                    bytes::show(&self.received)
                )
            }
            Arrival::Nothing => {
                format!("{} received neither a byte nor the end for 2 s.", self.name)
            }
        };
        let expected = if reset_is_right {
            format!("{}'s connection ends", self.name)
        } else {
            format!("{} receives the end of file", self.name)
        };
        let silent = arrival == Arrival::Nothing;
        let wrong = self.scene.wrong(expected, vec![seen]);
        Err(if silent {
            self.each_waits_for_the_other(wrong)
        } else {
            wrong
        })
    }

    /// Reads everything up to the end of file.
    ///
    /// # Errors
    ///
    /// The end does not come within a step after the last bytes.
    pub fn read_to_end(&mut self) -> Outcome<Vec<u8>> {
        self.scene.step(format!(
            "{} read everything up to the end of file",
            self.name
        ));
        let deadline = self.scene.transfer_deadline();
        loop {
            match self.arrival(&deadline) {
                Arrival::Bytes if self.received.len() < MOST && !deadline.is_over() => {}
                Arrival::End => return Ok(std::mem::take(&mut self.received)),
                Arrival::Bytes => return Err(self.without_end("the end of file")),
                other => {
                    let how = if other == Arrival::Reset {
                        "then the connection was reset"
                    } else {
                        "and no end of file"
                    };
                    return Err(self.scene.wrong(
                        format!("{} receives the end of file", self.name),
                        vec![format!(
                            "{} received {}, {how}.",
                            self.name,
                            bytes::show(&self.received)
                        )],
                    ));
                }
            }
        }
    }

    /// Sends the bytes and ends its sending side, reading at the same time, up
    /// to the end of file; gives all that came.
    ///
    /// # Errors
    ///
    /// The end does not come, or the connection is reset.
    pub fn send_and_read_to_end(&mut self, message: &[u8]) -> Outcome<Vec<u8>> {
        self.scene.step(format!(
            "{} sent the rest and closed its sending side, reading at the same time",
            self.name
        ));
        let deadline = self.scene.transfer_deadline();
        if matches!(self.push_while_taking(message, &deadline), Sent::All) {
            let _ = self.stream.shutdown(Shutdown::Write);
        }
        self.read_to_end()
    }

    /// Sends the bytes, reading at the same time, until `count` bytes have
    /// come; gives these.
    ///
    /// # Errors
    ///
    /// Fewer come, and then nothing for a step, or the end.
    pub fn send_and_read(&mut self, message: &[u8], count: usize) -> Outcome<Vec<u8>> {
        let name = self.name.clone();
        self.scene.step(format!(
            "{name} sent the rest, reading at the same time, and waited for every byte"
        ));
        let deadline = self.scene.transfer_deadline();
        // Where not all of it went, what comes next tells why.
        self.push_while_taking(message, &deadline);
        while self.received.len() < count {
            let arrival = self.arrival(&deadline);
            if arrival != Arrival::Bytes {
                let then = match arrival {
                    Arrival::End => "then the end of file",
                    Arrival::Reset => "then the connection was reset",
                    _ => "then nothing for 2 s",
                };
                return Err(self.scene.wrong(
                    format!("{name} receives every byte"),
                    vec![format!("{name} received a part of it, {then}.")],
                ));
            }
        }
        Ok(self.received.drain(..count).collect())
    }

    /// What comes does not stop. How much it was differs from run to run.
    pub(super) fn without_end(&self, expected: &str) -> Wrong {
        self.scene.wrong(
            format!("{} receives {expected}", self.name),
            vec![format!("{} received more and more.", self.name)],
        )
    }
}
