//! Deadlines that a loaded machine does not shorten.
//!
//! A step has one deadline, however many reads it takes. Its nominal length
//! is multiplied by `LAB_PATIENCE`. When it is over, the kernel is asked how
//! long the judge and the program stood ready to run and had no processor
//! (`/proc/PID/schedstat`, second field); that time is given back, and so is
//! the time in which the kernel itself held the program up (state D: where
//! many processes start at once, a fork may wait for seconds).
//!
//! What two processes say to each other goes through hands that no such account
//! names: the kernel's workers carry a terminal's bytes, other threads of the
//! judge read them, and who waits for its first turn has no delay yet. So where
//! the machine is crowded (`crowded`) time goes slower for all. A program
//! loses nothing because its neighbours were busy, and one that hangs on an idle
//! machine is reported after the nominal time.

use std::cell::Cell;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use crate::crowded;
use crate::proc;

/// How long a step may take that should take milliseconds.
pub const STEP: Duration = Duration::from_secs(2);
/// How long "nothing happens" is watched.
pub const SILENCE: Duration = Duration::from_millis(120);
/// What is over after this took no time that is worth giving back.
const SHORT: Duration = Duration::from_millis(20);
/// At most this often its nominal length is what a deadline stretches to by
/// what is given back: a program that starts many others delays itself.
const GIVEN_BACK_LIMIT: u32 = 4;

/// The factor of `LAB_PATIENCE`, 1 when it is not given; never below 0.1.
pub fn patience() -> f64 {
    static PATIENCE: OnceLock<f64> = OnceLock::new();
    *PATIENCE.get_or_init(|| {
        std::env::var("LAB_PATIENCE")
            .ok()
            .and_then(|text| text.parse::<f64>().ok())
            .filter(|factor| factor.is_finite())
            .map_or(1.0, |factor| factor.clamp(0.1, 100.0))
    })
}

/// The end of a step.
#[derive(Debug, Clone)]
pub struct Deadline {
    nominal: Duration,
    limit: Duration,
    start: Cell<Instant>,
    watched: Vec<i32>,
    /// Taken when the wait turns out not to be a short one.
    waited_before: Cell<Option<Duration>>,
    /// When the programs' states were looked at last, since the start.
    looked: Cell<Duration>,
    /// How long one of them was in a wait of the kernel's own.
    held_up: Cell<Duration>,
    /// How much of the time until then the machine was too crowded to give.
    crowded_out: Cell<Duration>,
    /// The end of it all, for a deadline that starts anew.
    whole: Option<Box<Deadline>>,
}

impl Deadline {
    /// A deadline that starts now. `watched` are the programs whose waiting
    /// for a processor is given back.
    pub fn new(nominal: Duration, watched: &[i32]) -> Deadline {
        Deadline {
            nominal,
            limit: nominal.mul_f64(patience()),
            start: Cell::new(Instant::now()),
            watched: watched.to_vec(),
            waited_before: Cell::new(None),
            looked: Cell::new(Duration::ZERO),
            held_up: Cell::new(Duration::ZERO),
            crowded_out: Cell::new(Duration::ZERO),
            whole: None,
        }
    }

    /// A deadline for the transfer of many bytes: it starts anew whenever
    /// [some have moved](Deadline::moved), so that a hang is told as soon as
    /// in any other step, and the whole takes `whole` at most.
    pub fn of_transfer(nominal: Duration, whole: Duration, watched: &[i32]) -> Deadline {
        Deadline {
            whole: Some(Box::new(Deadline::new(whole, watched))),
            ..Deadline::new(nominal, watched)
        }
    }

    /// Bytes have moved: the time without any starts anew.
    pub fn moved(&self) {
        if self.whole.is_some() {
            self.start.set(Instant::now());
            self.waited_before.set(None);
            self.looked.set(Duration::ZERO);
            self.held_up.set(Duration::ZERO);
            self.crowded_out.set(Duration::ZERO);
        }
    }

    /// The length that a story tells: it is the same in each run.
    pub fn nominal(&self) -> Duration {
        self.nominal
    }

    /// Whether the step's time is over.
    pub fn is_over(&self) -> bool {
        if self.whole.as_ref().is_some_and(|whole| whole.is_over()) {
            return true;
        }
        let elapsed = self.start.get().elapsed();
        // Looking at two hundred children costs more than most steps take.
        if elapsed > SHORT {
            self.look(elapsed);
        }
        if elapsed.saturating_sub(self.crowded_out.get()) < self.limit {
            return false;
        }
        if elapsed > self.limit * GIVEN_BACK_LIMIT {
            return true;
        }
        let before = self.waited_before.get().unwrap_or_default();
        let given_back = waited_for_a_processor(&self.watched).saturating_sub(before);
        elapsed >= self.limit + given_back + self.held_up.get()
    }

    /// Takes down what is to be given back.
    fn look(&self, elapsed: Duration) {
        if self.waited_before.get().is_none() {
            let waited = waited_for_a_processor(&self.watched);
            self.waited_before.set(Some(waited));
        }
        let since = elapsed.saturating_sub(self.looked.get());
        if since < SHORT {
            return;
        }
        self.looked.set(elapsed);
        let programs: Vec<i32> = self
            .watched
            .iter()
            .flat_map(|&pid| proc::tree(pid))
            .collect();
        let share = crowded::share(|| programs.iter().map(|&pid| proc::running_threads(pid)).sum());
        let crowded_out = self.crowded_out.get() + since.mul_f64(1.0 - share);
        self.crowded_out.set(crowded_out);
        let held_up = |pid: i32| proc::stat(pid).is_some_and(|stat| stat.state == 'D');
        if programs.into_iter().any(held_up) {
            self.held_up.set(self.held_up.get() + since);
        }
    }

    /// How long a single wait may last before [`Deadline::is_over`] is asked
    /// again: at least a millisecond.
    pub fn slice(&self) -> Duration {
        self.limit
            .saturating_sub(self.start.get().elapsed())
            .clamp(Duration::from_millis(1), Duration::from_millis(50))
    }

    /// The same as [`Deadline::slice`] in the milliseconds of `man 2 poll`.
    pub fn poll_milliseconds(&self) -> u16 {
        u16::try_from(self.slice().as_millis()).unwrap_or(50).max(1)
    }

    /// Calls `look` until it finds something or the time is over.
    pub fn wait<T>(&self, mut look: impl FnMut() -> Option<T>) -> Option<T> {
        let mut pause = Duration::from_micros(100);
        loop {
            if let Some(found) = look() {
                return Some(found);
            }
            if self.is_over() {
                return look();
            }
            rest(pause.min(self.slice()));
            pause = (pause * 3 / 2).min(Duration::from_millis(5));
        }
    }
}

/// How long the current thread and the watched programs, with all that they
/// started, stood ready to run without a processor.
fn waited_for_a_processor(watched: &[i32]) -> Duration {
    let programs: Duration = watched
        .iter()
        .flat_map(|&pid| proc::tree(pid))
        .map(proc::run_delay)
        .sum();
    programs + proc::own_run_delay()
}

/// The one place where the lab lets time pass: between two looks at a thing
/// of which the kernel sends no notice.
#[allow(clippy::disallowed_methods)]
pub(crate) fn rest(pause: Duration) {
    std::thread::sleep(pause);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_ends_when_the_thing_is_there() {
        let mut looks = 0;
        let found = Deadline::new(STEP, &[]).wait(|| {
            looks += 1;
            (looks == 3).then_some("there")
        });
        assert_eq!(found, Some("there"));
    }

    #[test]
    fn a_transfer_ends_where_nothing_moves_and_at_its_whole_time() {
        let moment = Duration::from_millis(20);
        let stalls = Deadline::of_transfer(moment, moment * 1000, &[]);
        assert_eq!(stalls.wait(|| None::<()>), None);
        let drips = Deadline::of_transfer(moment * 1000, moment, &[]);
        let dripped = drips.wait(|| {
            drips.moved();
            None::<()>
        });
        assert_eq!(dripped, None);
    }

    #[test]
    fn a_wait_for_what_never_comes_ends() {
        let deadline = Deadline::new(Duration::from_millis(10), &[]);
        assert_eq!(deadline.wait(|| None::<()>), None);
        assert!(deadline.is_over());
    }
}
