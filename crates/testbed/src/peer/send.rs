//! What a peer sends: whole, in pieces, until nothing more goes.

use std::io::{self, Write};

use nix::poll::PollFlags;

use super::{Arrival, Peer, ready, system_text};
use crate::bytes;
use crate::clock::{self, Deadline};
use crate::story::{Outcome, Wrong};
use crate::table;

/// What came of an attempt to write.
enum Wrote {
    /// So many bytes went out.
    Bytes(usize),
    /// The buffers between the two are full.
    Nothing,
    /// The connection is gone.
    Error(io::Error),
}

/// How sending came to its end.
pub(super) enum Sent {
    /// All went out.
    All,
    /// The buffers between the two are full and nobody reads; they were from the first
    /// byte on, or not.
    Stuck { at_first: bool },
    /// The connection is gone.
    Gone(io::Error),
}

/// What a peer does while it sends.
#[derive(Clone, Copy, PartialEq)]
enum Meanwhile {
    TakesNothing,
    Takes,
}

impl Peer {
    /// Sends all of these bytes.
    ///
    /// # Errors
    ///
    /// The program closed the connection, or did not read for a whole step.
    pub fn send(&mut self, message: &[u8]) -> Outcome {
        self.scene
            .step(format!("{} sent {}", self.name, bytes::show(message)));
        self.send_piece(message)
    }

    /// Sends the bytes cut into pieces of these sizes, each a segment of its
    /// own; what is left over is the last piece.
    ///
    /// # Errors
    ///
    /// As [`Peer::send`].
    pub fn send_in_pieces(&mut self, message: &[u8], sizes: &[usize]) -> Outcome {
        self.scene.step(format!(
            "{} sent {} in pieces of {sizes:?} bytes and the rest",
            self.name,
            bytes::show(message)
        ));
        let mut rest = message;
        for &size in sizes {
            let (piece, after) = rest.split_at(size.min(rest.len()));
            self.push_segment(piece)?;
            rest = after;
        }
        self.push_segment(rest)
    }

    /// Sends the bytes one by one, each a segment of its own.
    ///
    /// # Errors
    ///
    /// As [`Peer::send`].
    pub fn send_bytewise(&mut self, message: &[u8]) -> Outcome {
        self.scene.step(format!(
            "{} sent {}, a byte at a time",
            self.name,
            bytes::show(message)
        ));
        message
            .chunks(1)
            .try_for_each(|byte| self.push_segment(byte))
    }

    /// Sends a piece and lets the program take it before the next one: what
    /// was not read yet would be joined to it.
    pub(super) fn push_segment(&mut self, piece: &[u8]) -> Outcome {
        self.send_piece(piece)?;
        // A busy machine lets the program wait for its turn; one that sleeps
        // without taking the piece does not want it now.
        for _ in 0..4 {
            if self.unread() == Some(0) {
                break;
            }
            self.scene.settle();
        }
        Ok(())
    }

    /// How many bytes have arrived at the program's end that it has not read;
    /// none if there is no such end.
    pub(crate) fn unread(&self) -> Option<u64> {
        table::connection(self.remote, self.local).map(|socket| socket.receive_queue)
    }

    /// Sends a piece of a long stream, or of what a step has told already: the story
    /// has no step for it, and tells nothing of how much went before.
    ///
    /// # Errors
    ///
    /// As [`Peer::send`].
    pub fn send_piece(&mut self, piece: &[u8]) -> Outcome {
        let deadline = self.scene.transfer_deadline();
        match self.push(piece, &deadline, Meanwhile::TakesNothing) {
            Sent::All => Ok(()),
            Sent::Stuck { at_first } => Err(self.scene.wrong(
                format!("the program reads what {} sends", self.name),
                vec![format!(
                    "The buffers are full and for 2 s nothing of {} more was read.",
                    if at_first { "it" } else { "the rest" }
                )],
            )),
            Sent::Gone(error) => Err(self.cannot_send(&error)),
        }
    }

    /// Sends what the program takes before it leaves: one that has noticed
    /// already that something is wrong need not read the rest.
    ///
    /// # Errors
    ///
    /// It neither reads nor leaves for a whole step.
    pub fn send_while_it_reads(&mut self, message: &[u8]) -> Outcome {
        self.scene
            .step(format!("{} sent {}", self.name, bytes::show(message)));
        let deadline = self.scene.transfer_deadline();
        match self.push(message, &deadline, Meanwhile::TakesNothing) {
            Sent::All | Sent::Gone(_) => Ok(()),
            Sent::Stuck { .. } => Err(self.scene.wrong(
                format!("the program reads what {} sends, or leaves", self.name),
                vec!["It did neither for 2 s.".into()],
            )),
        }
    }

    /// Sends, and takes what comes meanwhile.
    pub(super) fn push_while_taking(&mut self, message: &[u8], deadline: &Deadline) -> Sent {
        self.push(message, deadline, Meanwhile::Takes)
    }

    /// Sends all of this, as long as anything moves under the deadline.
    fn push(&mut self, message: &[u8], deadline: &Deadline, meanwhile: Meanwhile) -> Sent {
        let wanted = match meanwhile {
            Meanwhile::TakesNothing => PollFlags::POLLOUT,
            Meanwhile::Takes => PollFlags::POLLOUT | PollFlags::POLLIN,
        };
        let mut rest = message;
        while !rest.is_empty() {
            match self.write(rest) {
                Wrote::Bytes(n) => {
                    deadline.moved();
                    rest = &rest[n..];
                }
                Wrote::Nothing if deadline.is_over() => {
                    return Sent::Stuck {
                        at_first: rest.len() == message.len(),
                    };
                }
                Wrote::Nothing => {
                    ready(&self.stream, wanted, deadline);
                }
                Wrote::Error(error) => return Sent::Gone(error),
            }
            if meanwhile == Meanwhile::Takes && self.take() == Arrival::Bytes {
                deadline.moved();
            }
        }
        Sent::All
    }

    /// Sends until the buffers between the two are full and stay full for a
    /// moment, `max` bytes at most. Gives how many bytes went out.
    ///
    /// # Errors
    ///
    /// The program closed the connection.
    pub fn send_until_blocked(&mut self, message: &[u8]) -> Outcome<usize> {
        self.scene.step(format!(
            "{} sent as much of {} as the buffers took, and read nothing",
            self.name,
            bytes::count(message.len())
        ));
        let mut sent = 0;
        while sent < message.len() {
            match self.write(&message[sent..]) {
                Wrote::Bytes(n) => sent += n,
                Wrote::Nothing => {
                    let quiet = self.scene.deadline(clock::SILENCE);
                    let mut writable = false;
                    while !writable && !quiet.is_over() {
                        writable = ready(&self.stream, PollFlags::POLLOUT, &quiet);
                    }
                    if !writable {
                        break;
                    }
                }
                Wrote::Error(error) => return Err(self.cannot_send(&error)),
            }
        }
        Ok(sent)
    }

    /// Sends the bytes and reads at the same time, so that nothing can
    /// deadlock on full buffers; all of them come back.
    ///
    /// # Errors
    ///
    /// Something else comes back, or nothing for the whole step.
    pub fn exchange(&mut self, message: &[u8]) -> Outcome {
        self.scene.step(format!(
            "{} sent {}, reading at the same time",
            self.name,
            bytes::show(message)
        ));
        let deadline = self.scene.transfer_deadline();
        match self.push_while_taking(message, &deadline) {
            Sent::All => self.expect_under(message, &deadline),
            Sent::Stuck { .. } => Err(self.short_of(message, Arrival::Nothing)),
            Sent::Gone(_) => Err(self.short_of(message, Arrival::Reset)),
        }
    }

    /// Sends back what should come while it comes, as a plain server does: it
    /// reads a piece, and reads on when the whole piece is sent.
    ///
    /// # Errors
    ///
    /// Something else comes, or for a step nothing moves.
    pub fn echo_while_it_reads(&mut self, message: &[u8]) -> Outcome {
        let name = self.name.clone();
        self.scene.step(format!(
            "{name} read {} piece by piece, and sent each back before it read the next",
            bytes::show(message)
        ));
        let deadline = self.scene.transfer_deadline();
        let mut echoed = 0;
        while echoed < message.len() {
            let arrival = self.arrival(&deadline);
            let piece = &self.received[..];
            let end = message.len().min(echoed + piece.len());
            if arrival != Arrival::Bytes || piece != &message[echoed..end] {
                return Err(self.short_of(&message[echoed..], arrival));
            }
            let mut sent = 0;
            while sent < piece.len() {
                match self.write(&piece[sent..]) {
                    Wrote::Bytes(n) => {
                        deadline.moved();
                        sent += n;
                    }
                    Wrote::Nothing => {
                        let quiet = self.scene.step_deadline();
                        let mut room = false;
                        while !room && !quiet.is_over() && !deadline.is_over() {
                            room = ready(&self.stream, PollFlags::POLLOUT, &quiet);
                        }
                        if !room {
                            return Err(self.nobody_reads());
                        }
                    }
                    Wrote::Error(_) => {
                        return Err(self.short_of(&message[echoed..], Arrival::Reset));
                    }
                }
            }
            echoed = end;
            self.received.clear();
        }
        Ok(())
    }

    /// Writes once, as much as goes.
    fn write(&self, bytes: &[u8]) -> Wrote {
        loop {
            match (&self.stream).write(bytes) {
                Ok(n) => return Wrote::Bytes(n),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Wrote::Nothing,
                Err(error) => return Wrote::Error(error),
            }
        }
    }

    /// What a peer says that cannot send any more.
    fn cannot_send(&self, error: &io::Error) -> Wrong {
        self.scene.wrong(
            format!("{} can send", self.name),
            vec![match error.kind() {
                // Which of the two it is depends on which packet came first.
                io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset => {
                    "The connection is gone: the program has closed it.".into()
                }
                _ => format!("The connection is gone: {}.", system_text(error)),
            }],
        )
    }

    pub(super) fn nobody_reads(&self) -> Wrong {
        let name = &self.name;
        self.scene.wrong(
            format!("the program reads what {name} sends back while it still sends"),
            vec![
                format!("For 2 s the program read nothing: the way back to it is full."),
                format!("So {name} cannot send, and does not read before it has sent."),
            ],
        )
    }
}
