//! Standard output that is no terminal: a pipe or a socket with little room,
//! whose other end the check reads at its own pace, or not at all, or closes.

use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::sync::Arc;

use nix::fcntl::{FcntlArg, FdFlag, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, poll};

use crate::bytes;
use crate::clock::{self, Deadline};
use crate::proc;
use crate::program::Program;
use crate::running::Running;
use crate::scene::Scene;
use crate::story::{Outcome, Wrong};

/// What a program's standard output is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Stdout {
    /// A pseudo-terminal in raw mode that is drained all the time (R9).
    #[default]
    Terminal,
    /// A pipe that holds a page, where its size can be set.
    Pipe,
    /// A stream socket with a send buffer of a few thousand bytes.
    Socket,
}

/// The size that is asked for a pipe or a send buffer, in bytes. The kernel
/// rounds it up.
const ROOM: usize = 4096;

impl Stdout {
    /// The program's end and the reader's, or none for a terminal.
    pub(crate) fn ends(self) -> io::Result<Option<(OwnedFd, OwnedFd)>> {
        let (theirs, ours) = match self {
            Stdout::Terminal => return Ok(None),
            Stdout::Pipe => {
                let (reader, writer) = nix::unistd::pipe()?;
                // Where it cannot be set, the pipe is larger.
                #[cfg(target_os = "linux")]
                let _ = fcntl(&writer, FcntlArg::F_SETPIPE_SZ(ROOM as _));
                (writer, reader)
            }
            Stdout::Socket => {
                let (theirs, ours) = std::os::unix::net::UnixStream::pair()?;
                let theirs = OwnedFd::from(theirs);
                nix::sys::socket::setsockopt(&theirs, nix::sys::socket::sockopt::SndBuf, &ROOM)?;
                (theirs, ours.into())
            }
        };
        for end in [&theirs, &ours] {
            fcntl(end, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC))?;
        }
        fcntl(&ours, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
        Ok(Some((theirs, ours)))
    }
}

impl Program {
    /// Who reads its standard output, when that is a pipe or a socket.
    ///
    /// # Errors
    ///
    /// Ungraded when it is a terminal, or the reader was asked for before.
    pub fn reader(&mut self) -> Outcome<Reader> {
        let fd = self.take_reader().ok_or_else(|| {
            Wrong::Ungraded("there is no reader of the program's standard output".into())
        })?;
        Ok(Reader {
            scene: Arc::clone(self.scene()),
            running: Arc::clone(self.running()),
            fd,
        })
    }
}

/// The reader of a program's standard output. It reads only when it is told.
pub struct Reader {
    scene: Arc<Scene>,
    running: Arc<Running>,
    fd: OwnedFd,
}

/// What a read gave.
enum Arrival {
    Bytes(usize),
    End,
    NothingYet,
}

impl Reader {
    /// Reads nothing until the program has filled the room that there is and
    /// waits for more. It has `total` bytes to write in all.
    ///
    /// # Errors
    ///
    /// Nothing at all came, or the program has ended before all of them were in.
    pub fn stall(&self, total: usize) -> Outcome {
        self.scene
            .step("nobody read its standard output, until it had to wait");
        let deadline = self.scene.step_deadline();
        let ended = || self.running.end().is_some();
        let wrote = deadline.wait(|| (self.is_readable(0) || ended()).then_some(()));
        if wrote.is_none() {
            let seen = "It wrote nothing for 2 s.".to_string();
            return Err(self.wrong("it waits until there is room", vec![seen]));
        }
        // It fills the room and waits, or does not wait and ends.
        deadline.wait(|| {
            let pid = self.running.pid;
            let lives = proc::stat(pid).is_some_and(|stat| stat.state != 'Z');
            let waits = lives && !proc::is_at_work(pid) && proc::is_blocked(pid);
            (waits || ended()).then_some(())
        });
        self.scene.settle();
        // How much one call puts in is the kernel's affair: pages that sendfile
        // lends to a socket do not count until they are there. So the bytes are
        // counted, not the room.
        if ended() && self.unread().is_some_and(|unread| unread < total) {
            let seen = "It ended, though not all of the bytes fit in.".to_string();
            return Err(self.wrong("it waits until there is room", vec![seen]));
        }
        Ok(())
    }

    /// The next bytes are exactly these.
    ///
    /// # Errors
    ///
    /// They differ, or did not come.
    pub fn expect(&mut self, expected: &[u8]) -> Outcome {
        self.scene.step(format!(
            "the reader of its standard output read {}",
            bytes::count(expected.len())
        ));
        self.expect_next(expected)
    }

    fn expect_next(&mut self, expected: &[u8]) -> Outcome {
        let (seen, nothing_more) = self.collect(expected, expected.len());
        if seen == expected {
            return Ok(());
        }
        Err(self.differs(expected, &seen, nothing_more, ""))
    }

    /// What still comes is exactly this, and then end of file.
    ///
    /// # Errors
    ///
    /// It differs, or there is no end.
    pub fn expect_to_end(&mut self, expected: &[u8]) -> Outcome {
        self.scene
            .step("the reader of its standard output read all that still came");
        let (seen, nothing_more) = self.collect(expected, usize::MAX);
        if seen == expected && !nothing_more {
            return Ok(());
        }
        let then = ", and then end of file";
        if seen == expected {
            let seen = "All bytes came, but no end of file for 2 s.".to_string();
            return Err(self.wrong(&format!("the reader gets all bytes{then}"), vec![seen]));
        }
        Err(self.differs(expected, &seen, nothing_more, then))
    }

    /// The next bytes are exactly these, read a few at a time, as a slow reader does.
    ///
    /// # Errors
    ///
    /// As [`Reader::expect`].
    pub fn expect_slowly(&mut self, expected: &[u8], at_a_time: usize) -> Outcome {
        self.scene.step(format!(
            "the reader of its standard output read {} at a time",
            bytes::count(at_a_time)
        ));
        for piece in expected.chunks(at_a_time.max(1)) {
            self.expect_next(piece)?;
        }
        Ok(())
    }

    /// Closes the reading end.
    pub fn close(self) {
        self.scene
            .step("the reader of its standard output closed its end");
    }

    /// Reads up to `most` bytes, while they are those that are expected.
    /// Tells whether it ended because nothing came any more.
    fn collect(&mut self, expected: &[u8], most: usize) -> (Vec<u8>, bool) {
        let mut seen = Vec::new();
        let mut deadline = self.scene.deadline_of_transfer(clock::STEP * 6);
        let mut differs = false;
        let mut buffer = vec![0; 64 << 10];
        while seen.len() < most {
            let room = buffer.len().min(most - seen.len());
            match self.read(&mut buffer[..room], &deadline) {
                Arrival::End => return (seen, false),
                Arrival::NothingYet if deadline.is_over() => return (seen, true),
                Arrival::NothingYet => {}
                Arrival::Bytes(count) => {
                    deadline.moved();
                    seen.extend_from_slice(&buffer[..count]);
                    let common = seen.len().min(expected.len());
                    let wrong = seen[..common] != expected[..common] || seen.len() > expected.len();
                    if wrong && !differs {
                        // A moment for the bytes around the first wrong one.
                        differs = true;
                        deadline = self.scene.deadline(clock::SILENCE);
                    }
                }
            }
        }
        (seen, false)
    }

    fn read(&self, buffer: &mut [u8], deadline: &Deadline) -> Arrival {
        match nix::unistd::read(&self.fd, buffer) {
            Ok(0) => Arrival::End,
            Ok(count) => Arrival::Bytes(count),
            Err(nix::Error::EAGAIN | nix::Error::EINTR) => {
                self.is_readable(deadline.poll_milliseconds());
                Arrival::NothingYet
            }
            Err(_) => Arrival::End,
        }
    }

    /// How many bytes have come and were not read, where the system tells it
    /// (FIONREAD in `man 7 unix` and `man 7 pipe`).
    fn unread(&self) -> Option<usize> {
        let mut count: libc::c_int = 0;
        // SAFETY: the request writes one int, which `count` has room for.
        let result = unsafe { libc::ioctl(self.fd.as_raw_fd(), libc::FIONREAD as _, &mut count) };
        (result == 0).then(|| usize::try_from(count).unwrap_or(0))
    }

    fn is_readable(&self, milliseconds: u16) -> bool {
        let mut wait = [PollFd::new(self.fd.as_fd(), PollFlags::POLLIN)];
        poll(&mut wait, milliseconds).is_ok_and(|ready| ready > 0)
            && wait[0]
                .revents()
                .is_some_and(|events| events.contains(PollFlags::POLLIN))
    }

    fn differs(&self, expected: &[u8], seen: &[u8], nothing_more: bool, then: &str) -> Wrong {
        let mut lines = Vec::new();
        if seen.is_empty() {
            lines.push(match nothing_more {
                true => "Nothing came for 2 s.".into(),
                false => "End of file came, and no byte before it.".into(),
            });
        } else {
            let is_a_part = expected.starts_with(seen);
            if is_a_part {
                lines.push(format!(
                    "{} came, then {}.",
                    bytes::count(seen.len()),
                    if nothing_more {
                        "nothing for 2 s"
                    } else {
                        "end of file"
                    }
                ));
            }
            lines.extend(bytes::difference(expected, seen));
        }
        self.wrong(
            &format!("the reader gets {}{then}", bytes::show(expected)),
            lines,
        )
    }

    fn wrong(&self, expected: &str, seen: Vec<String>) -> Wrong {
        self.scene.wrong(expected, seen)
    }
}
