//! What all parts of a running check share: its story, its programs, its
//! peers. Everything that goes wrong is told from here, at the moment when it
//! goes wrong, before anything is closed or killed.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::blocked::{self, Known};
use crate::clock::{self, Deadline};
use crate::exercise::Check;
use crate::proc;
use crate::running::Running;
use crate::story::{self, Failure, Story, Wrong};

/// The shared state of one check.
pub(crate) struct Scene {
    pub check: Check,
    story: Mutex<Story>,
    programs: Mutex<Vec<Arc<Running>>>,
    peers: Mutex<Vec<Known>>,
    /// Whether the programs did not come to rest when that was last waited for.
    restless: AtomicBool,
}

/// A panic of a check elsewhere must not hide the story.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Scene {
    pub fn new(check: Check) -> Arc<Scene> {
        Arc::new(Scene {
            check,
            story: Mutex::default(),
            programs: Mutex::default(),
            peers: Mutex::default(),
            restless: AtomicBool::new(false),
        })
    }

    pub fn step(&self, text: impl Into<String>) {
        lock(&self.story).step(text);
    }

    pub fn story(&self) -> MutexGuard<'_, Story> {
        lock(&self.story)
    }

    pub fn add_program(&self, program: Arc<Running>) {
        lock(&self.programs).push(program);
    }

    pub fn programs(&self) -> Vec<Arc<Running>> {
        lock(&self.programs).clone()
    }

    pub fn add_peer(&self, name: &str, local: SocketAddr, remote: SocketAddr) {
        let mut peers = lock(&self.peers);
        // A thousand clients one after another are not all remembered.
        if peers.len() > 400 {
            peers.remove(0);
        }
        peers.push(Known {
            name: name.into(),
            local,
            remote,
        });
    }

    /// A deadline that gives back the time in which the programs of this
    /// check had no processor.
    pub fn deadline(&self, nominal: Duration) -> Deadline {
        Deadline::new(nominal, &self.watched())
    }

    fn watched(&self) -> Vec<i32> {
        self.living().iter().map(|program| program.pid).collect()
    }

    fn living(&self) -> Vec<Arc<Running>> {
        let mut programs = self.programs();
        programs.retain(|program| program.end().is_none());
        programs
    }

    /// The deadline of a step in which many bytes move.
    pub fn transfer_deadline(&self) -> Deadline {
        Deadline::of_transfer(clock::STEP, clock::STEP * 2, &self.watched())
    }

    /// The same for a transfer that takes `whole` at most.
    pub fn deadline_of_transfer(&self, whole: Duration) -> Deadline {
        Deadline::of_transfer(clock::STEP, whole, &self.watched())
    }

    /// Waits, for a moment at most, until every thread of the programs sleeps
    /// or has ended: what has happened to them so far has had its effect then,
    /// however busy the machine is. What wakes a process makes it ready to
    /// run at once, so one that is seen asleep has nothing left to do, unless it
    /// only waits until the check takes what it printed. One that has ended is no longer
    /// among them once its end is known. A program that spins never
    /// sleeps: once that was seen, the moment is a short one.
    pub fn settle(&self) {
        let programs = self.living();
        let calm = || {
            programs.iter().all(|program| {
                program.is_heard()
                    && !proc::has_ended(program.pid)
                    && proc::tree(program.pid)
                        .into_iter()
                        .all(|pid| !proc::is_at_work(pid))
            })
        };
        let mut looks = 0;
        self.wait_for_rest(|| {
            looks = if calm() { looks + 1 } else { 0 };
            looks == 2
        });
    }

    /// The same for what `rests` says: a moment at most, and a short one where the
    /// programs did not come to rest the last time.
    pub fn wait_for_rest(&self, mut rests: impl FnMut() -> bool) {
        let moment = match self.restless.load(Ordering::Relaxed) {
            true => clock::SILENCE / 2,
            false => clock::SILENCE * 3,
        };
        let found = self.deadline(moment).wait(|| rests().then_some(()));
        self.restless.store(found.is_none(), Ordering::Relaxed);
    }

    /// The deadline of an ordinary step.
    pub fn step_deadline(&self) -> Deadline {
        self.deadline(clock::STEP)
    }

    /// A failure at this step, with what the programs do at this moment.
    pub fn wrong(&self, expected: impl Into<String>, seen: Vec<String>) -> Wrong {
        let mut failure = Failure {
            expected: expected.into(),
            seen,
            ..Failure::default()
        };
        let programs = self.programs();
        let several = programs.len() > 1;
        let known = lock(&self.peers).clone();
        for (i, program) in programs.iter().enumerate() {
            // Of a program that was started again, the older run's end was
            // wanted.
            if several && i + 1 < programs.len() && program.end().is_some() {
                continue;
            }
            let name = if several {
                format!("{} ({})", program.name, ordinal(i + 1))
            } else {
                "The program".into()
            };
            // Looking at it takes a moment. An end that has begun, and shows in
            // its sockets first, is complete then.
            let waits = match program.end() {
                Some(_) => Vec::new(),
                None => blocked::describe(&name, program.pid, &known),
            };
            if waits.is_empty() {
                program.wait(&self.step_deadline());
            }
            match program.end() {
                Some(_) => {
                    program.settle();
                    let how = format!("{}.", program.how_it_ended());
                    // Where its end is what is wrong, it is told already.
                    if !failure.seen.iter().any(|seen| seen.ends_with(&how)) {
                        failure.state.push(format!("{name} {how}"));
                    }
                    failure.state.extend(panic_of(&program.stderr.snapshot()));
                }
                None => {
                    failure.state.extend(waits);
                    // All that it has printed is told, however far its reader has come.
                    let moment = self.deadline(clock::SILENCE * 3);
                    moment.wait(|| program.is_heard().then_some(()));
                    // A child or a thread can panic while the program lives.
                    let panic = panic_of(&program.stderr.snapshot()).into_iter();
                    failure.state.extend(
                        panic.map(|line| {
                            line.replacen("It ", "One of its processes or threads ", 1)
                        }),
                    );
                }
            }
            let deadline = self.deadline(clock::STEP * 2);
            if program.stdout.flooded(&deadline) || program.stderr.flooded(&deadline) {
                failure.state.push(format!("{name} prints without end."));
            }
        }
        if let Some(program) = programs.last() {
            failure
                .printed
                .extend(story::tail("stdout", &program.stdout.snapshot(), 4));
            failure.printed.extend(story::tail(
                "stderr",
                &without_panic(&program.stderr.snapshot()),
                4,
            ));
        }
        Wrong::Failed(Box::new(failure))
    }
}

fn ordinal(n: usize) -> String {
    match n {
        1 => "the first".into(),
        2 => "the second".into(),
        3 => "the third".into(),
        n => format!("number {n}"),
    }
}

/// What a Rust panic or a Python traceback says, from the standard error.
fn panic_of(stderr: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(stderr);
    let lines: Vec<&str> = text.lines().collect();
    if let Some(at) = lines.iter().position(|line| is_panic(line)) {
        // `thread 'main' (4711) panicked at src/server.rs:12:5:` carries the
        // thread's number, which differs from run to run.
        let place = lines[at]
            .rsplit("panicked at ")
            .next()
            .unwrap_or_default()
            .trim_end_matches(':');
        let place = place.find("src/").map_or(place, |from| &place[from..]);
        let what = lines.get(at + 1).copied().unwrap_or_default();
        return vec![match what.strip_prefix("not yet implemented: ") {
            Some(gap) => {
                format!("It came to a gap that is still to be filled, at {place}: {gap}.")
            }
            None => format!("It panicked at {place}: {what}"),
        }];
    }
    if let Some(at) = lines.iter().position(|line| line.starts_with("Traceback")) {
        let last = lines[at..]
            .iter()
            .rev()
            .find(|line| !line.trim().is_empty())
            .copied()
            .unwrap_or_default();
        return vec![format!("Its traceback ends with: {last}")];
    }
    Vec::new()
}

fn is_panic(line: &str) -> bool {
    line.starts_with("thread '") && line.contains("panicked at ")
}

/// What was said on standard error, without a panic that is quoted already.
fn without_panic(stderr: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(stderr);
    let mut quoted = false;
    let mut out = String::new();
    for line in text.split_inclusive('\n') {
        quoted |= is_panic(line);
        if !quoted && !line.trim().is_empty() {
            out.push_str(line);
        }
    }
    if quoted {
        out.into_bytes()
    } else {
        stderr.to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_quoted_without_what_differs_from_run_to_run() {
        let stderr =
            b"noise\n\nthread 'main' (4711) panicked at src/server.rs:12:5:\nindex out of bounds\nnote: run with\n";
        assert_eq!(
            panic_of(stderr),
            ["It panicked at src/server.rs:12:5: index out of bounds"]
        );
        assert_eq!(
            panic_of(b"Traceback (most recent call last):\n  File\nValueError: x\n"),
            ["Its traceback ends with: ValueError: x"]
        );
        assert!(panic_of(b"bind: Address already in use\n").is_empty());
        assert_eq!(without_panic(stderr), b"noise\n");
        let gap = b"\nthread 'main' panicked at exercises/09/src/server.rs:24:5:\nnot yet implemented: listen\n";
        assert_eq!(
            panic_of(gap),
            ["It came to a gap that is still to be filled, at src/server.rs:24:5: listen."]
        );
    }
}
