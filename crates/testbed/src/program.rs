//! A program under judgement, as a check speaks to it.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;

use nix::poll::{PollFd, PollFlags, poll};
use nix::sys::signal::Signal;

use crate::bytes;
use crate::clock;
use crate::ended::Ended;
use crate::observe::Observer;
use crate::proc;
use crate::running::Running;
use crate::scene::Scene;
use crate::story::Outcome;

/// A started program. It is killed, with all that it started, when the check
/// ends, not when this value is dropped: when a step fails, the story still
/// looks at it.
pub struct Program {
    scene: Arc<Scene>,
    running: Arc<Running>,
    stdin: Option<OwnedFd>,
    ends: Ends,
    /// How much of standard output was matched by `expect_stdout…`.
    matched: usize,
    /// The lines that `find_stdout_line` has given out.
    found: Vec<usize>,
}

/// Ends of a program's standard input and output that some checks ask for.
#[derive(Default)]
pub(crate) struct Ends {
    /// A duplicate of the program's own standard input.
    pub kept_stdin: Option<OwnedFd>,
    /// The other end of its standard output, where that is no terminal.
    pub reader: Option<OwnedFd>,
}

impl Program {
    pub(crate) fn new(
        scene: Arc<Scene>,
        running: Arc<Running>,
        stdin: Option<OwnedFd>,
        ends: Ends,
    ) -> Program {
        Program {
            scene,
            running,
            stdin,
            ends,
            matched: 0,
            found: Vec::new(),
        }
    }

    pub(crate) fn scene(&self) -> &Arc<Scene> {
        &self.scene
    }

    pub(crate) fn running(&self) -> &Arc<Running> {
        &self.running
    }

    pub(crate) fn stdin_fd(&self) -> Option<BorrowedFd<'_>> {
        self.stdin.as_ref().map(AsFd::as_fd)
    }

    pub(crate) fn kept_stdin(&self) -> Option<BorrowedFd<'_>> {
        self.ends.kept_stdin.as_ref().map(AsFd::as_fd)
    }

    pub(crate) fn take_reader(&mut self) -> Option<OwnedFd> {
        self.ends.reader.take()
    }

    /// Its process number.
    pub fn pid(&self) -> i32 {
        self.running.pid
    }

    /// The process beside it that [`Start::companion`](crate::start::Start::companion)
    /// has made: the first of its children. The program may have ended already.
    ///
    /// # Errors
    ///
    /// Ungraded when there is none.
    pub fn companion(&self) -> Outcome<i32> {
        // It was there before the program was; only what is asked is not.
        let found = self.scene.step_deadline().wait(|| {
            let session = proc::session(self.pid()).into_iter();
            session
                .filter(|process| process.pid != self.pid() && process.state != 'Z')
                .map(|process| process.pid)
                .min()
        });
        found.ok_or_else(|| {
            crate::story::Wrong::Ungraded("the process beside the program is not there".into())
        })
    }

    /// What the kernel says of it.
    pub fn observe(&self) -> Observer {
        Observer::new(Arc::clone(&self.scene), self.pid())
    }

    /// Writes to its standard input.
    ///
    /// # Errors
    ///
    /// It closed its input, ended, or did not read for a whole step.
    pub fn send(&mut self, input: &[u8]) -> Outcome {
        self.scene
            .step(format!("its standard input got {}", bytes::show(input)));
        self.push(input)
    }

    /// The same, and the story does not tell it.
    pub(crate) fn push(&self, input: &[u8]) -> Outcome {
        let expected = "it reads its standard input";
        let Some(stdin) = &self.stdin else {
            return Err(self
                .scene
                .wrong(expected, vec!["Its input was closed.".into()]));
        };
        let deadline = self.scene.transfer_deadline();
        let mut rest = input;
        while !rest.is_empty() {
            match nix::unistd::write(stdin, rest) {
                Ok(n) => {
                    deadline.moved();
                    rest = &rest[n..];
                }
                Err(nix::Error::EINTR) => {}
                Err(nix::Error::EAGAIN) => {
                    if deadline.is_over() {
                        return Err(self.scene.wrong(
                            expected,
                            vec![format!(
                                "It did not read its input for {} s.",
                                deadline.nominal().as_secs_f32()
                            )],
                        ));
                    }
                    let mut wait = [PollFd::new(stdin.as_fd(), PollFlags::POLLOUT)];
                    let _ = poll(&mut wait, deadline.poll_milliseconds());
                }
                Err(error) => {
                    return Err(self.scene.wrong(
                        expected,
                        vec![format!("Its standard input is closed ({}).", error.desc())],
                    ));
                }
            }
        }
        Ok(())
    }

    /// Ends its standard input.
    pub fn close_stdin(&mut self) {
        self.scene.step("its standard input came to its end");
        self.drop_stdin();
    }

    pub(crate) fn drop_stdin(&mut self) {
        self.stdin = None;
    }

    /// Everything that it printed so far.
    pub fn stdout(&self) -> Vec<u8> {
        self.running.stdout.snapshot()
    }

    /// Everything that it said on standard error so far.
    pub fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.running.stderr.snapshot()).into_owned()
    }

    /// Leaves what it prints unread, so that its terminal fills up.
    pub fn stop_reading_stdout(&self) {
        self.scene.step("nobody read its standard output");
        self.running.stdout.pause(true);
    }

    /// Reads what it prints again.
    pub fn resume_reading_stdout(&self) {
        self.scene.step("its standard output was read again");
        self.running.stdout.pause(false);
    }

    /// The next bytes on standard output are exactly these.
    ///
    /// # Errors
    ///
    /// They differ, or did not come.
    pub fn expect_stdout(&mut self, expected: &[u8]) -> Outcome {
        self.scene.step(format!(
            "its standard output was read, up to {}",
            bytes::show(expected)
        ));
        let from = self.matched;
        let deadline = self.scene.transfer_deadline();
        let mut compared = 0;
        let verdict = self.running.stdout.wait(&deadline, |all, _| {
            let seen = &all[from.min(all.len())..];
            let common = seen.len().min(expected.len());
            if seen[compared..common] != expected[compared..common] {
                return Some(false);
            }
            compared = common;
            (seen.len() >= expected.len()).then_some(true)
        });
        if verdict == Some(true) {
            self.matched += expected.len();
            return Ok(());
        }
        if verdict == Some(false) {
            // Lets the rest of the line come, so that the story is the same
            // each time.
            let deadline = self.scene.deadline(clock::SILENCE);
            self.running.stdout.wait(&deadline, |_, _| None::<()>);
        }
        let all = self.stdout();
        let seen = &all[from.min(all.len())..];
        Err(self.scene.wrong(
            format!("it prints {}", bytes::show(expected)),
            self.differs("It printed", expected, seen, verdict.is_none()),
        ))
    }

    /// The next line on standard output is this one, without its `\n`.
    ///
    /// # Errors
    ///
    /// It is another, or did not come.
    pub fn expect_stdout_line(&mut self, line: &str) -> Outcome {
        let mut expected = line.as_bytes().to_vec();
        expected.push(b'\n');
        self.expect_stdout(&expected)
    }

    /// A line of standard output is this one, anywhere; each line is found
    /// once.
    ///
    /// # Errors
    ///
    /// There was no such line when the step's time was over.
    pub fn find_stdout_line(&mut self, line: &str) -> Outcome {
        let scene = Arc::clone(&self.scene);
        let running = Arc::clone(&self.running);
        let found = &mut self.found;
        let at = running.stdout.wait(&scene.step_deadline(), |all, _| {
            let complete = all
                .split_inclusive(|&byte| byte == b'\n')
                .filter(|piece| piece.ends_with(b"\n"));
            let at = complete
                .enumerate()
                .filter(|(at, _)| !found.contains(at))
                .find(|(_, piece)| piece[..piece.len() - 1] == *line.as_bytes())?
                .0;
            found.push(at);
            Some(at)
        });
        if at.is_some() {
            return Ok(());
        }
        let printed = running.stdout.snapshot();
        let seen = if printed.is_empty() {
            "It has printed nothing so far.".to_string()
        } else if found.is_empty() {
            "No such line is among what it has printed.".to_string()
        } else {
            "No further such line is among what it has printed.".to_string()
        };
        Err(scene.wrong(
            format!("it prints the line {}", bytes::quote(line.as_bytes())),
            vec![seen],
        ))
    }

    /// Nothing more than what was expected is on standard output.
    ///
    /// # Errors
    ///
    /// There is more.
    pub fn expect_no_more_stdout(&mut self) -> Outcome {
        let from = self.matched;
        let deadline = self.scene.deadline(clock::SILENCE);
        self.running
            .stdout
            .wait(&deadline, |all, _| (all.len() > from).then_some(()));
        let all = self.stdout();
        if all.len() <= from {
            return Ok(());
        }
        Err(self.scene.wrong(
            "it prints nothing more on standard output",
            vec![format!("It printed {}.", bytes::show(&all[from..]))],
        ))
    }

    fn differs(&self, who: &str, expected: &[u8], seen: &[u8], timeout: bool) -> Vec<String> {
        let mut lines = Vec::new();
        let ended = self.running.has_ended();
        if timeout && seen.is_empty() {
            let when = if ended { "and ended" } else { "for 2 s" };
            lines.push(format!("{who} nothing {when}."));
        } else {
            if timeout && !ended {
                lines.push(format!("{who} a part, then nothing for 2 s."));
            }
            lines.extend(bytes::difference(expected, seen));
        }
        lines
    }

    /// Sends it a signal, to the process alone.
    ///
    /// # Errors
    ///
    /// It has ended.
    pub fn signal(&self, signal: Signal) -> Outcome {
        self.scene
            .step(format!("{} was sent to it", signal.as_str()));
        self.running.signal(signal).map_err(|_| {
            self.scene
                .wrong("it still runs", vec!["It had ended before.".into()])
        })
    }

    /// Waits until it has a handler for a signal (`SigCgt`).
    ///
    /// # Errors
    ///
    /// It has none when the step's time is over; ungraded where the system
    /// does not tell.
    pub fn wait_for_handler(&self, signal: Signal) -> Outcome {
        if !proc::available() {
            return Err(crate::story::Wrong::Ungraded(
                "this system does not tell which signals a program handles".into(),
            ));
        }
        let handler = self.scene.step_deadline().wait(|| {
            proc::catches(self.pid(), signal as i32)
                .then_some(true)
                .or_else(|| self.running.end().map(|_| false))
        });
        if handler == Some(true) {
            return Ok(());
        }
        Err(self.scene.wrong(
            format!("it installs a handler for {}", signal.as_str()),
            vec!["It has none.".into()],
        ))
    }

    /// Whether it still runs.
    pub fn is_alive(&self) -> bool {
        self.running.end().is_none()
    }

    /// It still runs.
    ///
    /// # Errors
    ///
    /// It has ended.
    pub fn expect_alive(&self) -> Outcome {
        if self.is_alive() {
            return Ok(());
        }
        Err(self
            .scene
            .wrong("the program still runs", vec!["It has ended.".into()]))
    }

    /// It ends by itself.
    ///
    /// # Errors
    ///
    /// It still runs when the step's time is over.
    pub fn wait_end(&mut self) -> Outcome<Ended> {
        let Some(status) = self.running.wait(&self.scene.step_deadline()) else {
            return Err(self.scene.wrong(
                "the program ends by itself",
                vec!["It still runs after 2 s.".into()],
            ));
        };
        self.running.settle();
        Ok(Ended::new(
            &self.scene,
            status,
            self.stdout(),
            self.stderr(),
        ))
    }

    /// It ends by itself with this status.
    ///
    /// # Errors
    ///
    /// It does not end, or with another status, or by a signal.
    pub fn expect_exit(&mut self, code: i32) -> Outcome<Ended> {
        let ended = self.wait_end()?;
        ended.exited(code)?;
        Ok(ended)
    }

    /// Kills it alone (SIGKILL) and waits for its end; what it started goes
    /// on.
    ///
    /// # Errors
    ///
    /// Ungraded when it does not die.
    pub fn kill(&mut self) -> Outcome {
        self.scene.step("it was killed (SIGKILL)");
        let _ = self.running.signal(Signal::SIGKILL);
        self.running
            .wait(&self.scene.step_deadline())
            .map(|_| ())
            .ok_or_else(|| crate::story::Wrong::Ungraded("the program could not be killed".into()))
    }
}
