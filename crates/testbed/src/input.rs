//! Standard input in detail: bytes that arrive in pieces, and what a program
//! left of them unread.

use std::os::fd::{AsRawFd, BorrowedFd};
use std::time::Duration;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, poll};
use nix::sys::socket::{MsgFlags, recv};

use crate::blocked;
use crate::bytes;
use crate::program::Program;
use crate::story::{Outcome, Wrong};

impl Program {
    /// Writes to its standard input in pieces, each when the one before was
    /// taken: each is a read of its own, or several. `sizes` repeat.
    ///
    /// # Errors
    ///
    /// It closed its input, ended, or did not read for a whole step.
    pub fn send_in_pieces(&self, input: &[u8], sizes: &[usize]) -> Outcome {
        let told = match sizes {
            [1] => "a byte".into(),
            _ => sizes
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join(", "),
        };
        self.scene().step(format!(
            "its standard input got {}, {told} at a time",
            bytes::show(input)
        ));
        let mut rest = input;
        for &size in sizes.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (piece, after) = rest.split_at(size.clamp(1, rest.len()));
            self.push(piece)?;
            rest = after;
            if !rest.is_empty() {
                self.await_taken()?;
            }
        }
        Ok(())
    }

    /// The same, a byte at a time.
    ///
    /// # Errors
    ///
    /// As [`Program::send_in_pieces`].
    pub fn send_bytewise(&self, input: &[u8]) -> Outcome {
        self.send_in_pieces(input, &[1])
    }

    /// Waits until it has read all that its standard input got.
    ///
    /// # Errors
    ///
    /// It did not read for a whole step.
    pub fn await_taken(&self) -> Outcome {
        let Some(stdin) = self.stdin_fd() else {
            return Ok(());
        };
        let deadline = self.scene().deadline_of_transfer(crate::clock::STEP * 6);
        let mut before = usize::MAX;
        let taken = deadline.wait(|| {
            let left = untaken(stdin);
            if left < before {
                deadline.moved();
                before = left;
            }
            (left == 0 || !self.is_alive()).then_some(left == 0)
        });
        if taken == Some(true) {
            return Ok(());
        }
        let seen = match taken {
            None => "It did not read all of its input for 2 s.",
            Some(_) => "It ended before it had read all of its input.",
        };
        Err(self
            .scene()
            .wrong("it reads its standard input", vec![seen.into()]))
    }

    /// Waits until a program that has much to do has ended, so long at most.
    /// It demands nothing: what follows says whether it has.
    pub fn give_time(&self, time: Duration) {
        self.running().wait(&self.scene().deadline(time));
    }

    /// Resets its standard input, a socket, as a peer does that is gone with
    /// data unread: the next read that finds no bytes fails with ECONNRESET. It
    /// was started with [`keep_stdin`](crate::start::Start::keep_stdin).
    ///
    /// # Errors
    ///
    /// Ungraded where that cannot be done.
    pub fn reset_stdin(&mut self) -> Outcome {
        self.scene()
            .step("the other end of its standard input, a socket, reset the connection");
        // A Unix socket that is closed with bytes unread resets its other end
        // on Linux, and these bytes come from the program's own descriptor.
        let unread = self
            .kept_stdin()
            .filter(|_| cfg!(target_os = "linux"))
            .is_some_and(|kept| nix::unistd::write(kept, b"unread").is_ok());
        self.drop_stdin();
        match unread {
            true => Ok(()),
            false => Err(Wrong::Ungraded(
                "the lab cannot reset the program's standard input here".into(),
            )),
        }
    }

    /// Whether it sits in a receive that gives what has come only when all is
    /// there (MSG_WAITALL in `man 2 recv`), or the connection is over.
    pub fn waits_for_all(&self) -> bool {
        blocked::is_waiting_for_all(self.pid())
    }

    /// Makes its standard input, a pipe, hold so many bytes (`F_SETPIPE_SZ` in
    /// `man 2 fcntl`), and waits until it waits for them.
    ///
    /// # Errors
    ///
    /// It does not read; ungraded where a pipe of this size is not to be had.
    pub fn await_reading(&self, room: usize) -> Outcome {
        self.scene()
            .step("it was left alone until it waited for its standard input, an empty pipe");
        if let Some(refused) = self.stdin_fd().and_then(|stdin| enlarge(stdin, room).err()) {
            return Err(Wrong::Ungraded(format!(
                "a pipe of {} is not to be had here: {refused}",
                bytes::count(room)
            )));
        }
        let deadline = self.scene().step_deadline();
        let reads = deadline.wait(|| {
            let reads = blocked::is_waiting_for_input(self.pid());
            (reads || !self.is_alive()).then_some(reads)
        });
        if reads == Some(true) {
            return Ok(());
        }
        let seen = match reads {
            None => "It does not read it.",
            Some(_) => "It has ended.",
        };
        Err(self
            .scene()
            .wrong("it waits for its standard input", vec![seen.into()]))
    }

    /// What is still to be read from its standard input; it was started with
    /// [`keep_stdin`](crate::start::Start::keep_stdin) and has ended, or reads
    /// no more.
    ///
    /// # Errors
    ///
    /// Ungraded when its input was not kept.
    pub fn left_unread(&self) -> Outcome<Vec<u8>> {
        let kept = self
            .kept_stdin()
            .ok_or_else(|| Wrong::Ungraded("the program's standard input was not kept".into()))?;
        let mut left = Vec::new();
        let mut buffer = [0; 4096];
        loop {
            // Not O_NONBLOCK: the program's descriptor would have it too.
            let mut wait = [PollFd::new(kept, PollFlags::POLLIN)];
            if !poll(&mut wait, 0u16).is_ok_and(|ready| ready > 0) {
                return Ok(left);
            }
            // Of a socket that gives nothing below a mark (SO_RCVLOWAT), what there is.
            let socket = recv(kept.as_raw_fd(), &mut buffer, MsgFlags::MSG_DONTWAIT);
            let taken = match socket {
                Err(Errno::ENOTSOCK) => nix::unistd::read(kept, &mut buffer),
                taken => taken,
            };
            match taken {
                Ok(count) if count > 0 => left.extend_from_slice(&buffer[..count]),
                _ => return Ok(left),
            }
        }
    }

    /// Exactly this is still to be read from its standard input.
    ///
    /// # Errors
    ///
    /// Something else is; ungraded as [`Program::left_unread`].
    pub fn expect_left_unread(&self, expected: &[u8]) -> Outcome {
        self.scene()
            .step("what it had left of its standard input was read");
        let left = self.left_unread()?;
        if left == expected {
            return Ok(());
        }
        let seen = if left.is_empty() {
            vec!["Nothing is left: it had read too far.".into()]
        } else {
            bytes::difference(expected, &left)
        };
        Err(self.scene().wrong(
            format!("{} is left for the next reader", bytes::show(expected)),
            seen,
        ))
    }
}

/// How many of the bytes written to this end of a pipe or a stream socket were
/// not read yet (`man 2 ioctl_pipe`, `man 7 unix`). Other systems do not tell.
#[cfg(target_os = "linux")]
fn untaken(fd: BorrowedFd<'_>) -> usize {
    let is_socket =
        nix::sys::stat::fstat(fd).is_ok_and(|stat| stat.st_mode & libc::S_IFMT == libc::S_IFSOCK);
    let request = if is_socket {
        libc::TIOCOUTQ
    } else {
        libc::FIONREAD
    };
    let mut count: libc::c_int = 0;
    // SAFETY: both requests write one int, which `count` has room for.
    let result = unsafe { libc::ioctl(fd.as_raw_fd(), request, &mut count) };
    if result == 0 {
        usize::try_from(count).unwrap_or(0)
    } else {
        0
    }
}

#[cfg(not(target_os = "linux"))]
fn untaken(_: BorrowedFd<'_>) -> usize {
    0
}

#[cfg(target_os = "linux")]
fn enlarge(pipe: BorrowedFd<'_>, room: usize) -> Result<(), String> {
    use nix::fcntl::{FcntlArg, fcntl};
    let size = libc::c_int::try_from(room).map_err(|error| error.to_string())?;
    match fcntl(pipe, FcntlArg::F_SETPIPE_SZ(size)) {
        Ok(_) => Ok(()),
        Err(error) => Err(error.desc().into()),
    }
}

#[cfg(not(target_os = "linux"))]
fn enlarge(_: BorrowedFd<'_>, _: usize) -> Result<(), String> {
    Err("only Linux sets it".into())
}
