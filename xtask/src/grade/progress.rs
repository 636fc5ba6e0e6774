//! How far a run is, on standard error: a bar on a terminal, otherwise a line a
//! submission.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use grader::report::{ExerciseResult, Status};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar on standard error, where that is a terminal.
pub fn bar(length: u64) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::stderr());
    let template = if length > 0 {
        "{pos}/{len} {wide_msg}"
    } else {
        "{pos} {wide_msg}"
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

/// The progress of a class.
pub struct Progress {
    bar: ProgressBar,
    submissions: usize,
    /// How many exercises each of them has.
    exercises: usize,
    /// Whether lines are printed: there is no terminal, and several submissions.
    plain: bool,
    start: Instant,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    /// Of each submission that is being judged, by its name: how many exercises are
    /// done, and what they earned.
    open: BTreeMap<String, (usize, u32)>,
    /// Exercises of all of them.
    exercises: usize,
    submissions: usize,
    /// Of these, the ones that were judged before.
    known: usize,
    failed_builds: usize,
}

impl Progress {
    /// Of so many submissions with so many exercises each.
    pub fn new(submissions: usize, exercises: usize) -> Progress {
        let bar = bar((submissions * exercises) as u64);
        if let Ok(style) = ProgressStyle::with_template("{bar:20} {wide_msg}") {
            bar.set_style(style.progress_chars("=> "));
        }
        Progress {
            plain: bar.is_hidden() && submissions > 1,
            bar,
            submissions,
            exercises,
            start: Instant::now(),
            seen: Mutex::default(),
        }
    }

    /// A submission was judged before: it costs nothing.
    pub fn known(&self) {
        let mut seen = self.seen();
        seen.submissions += 1;
        seen.known += 1;
        self.bar.inc(self.exercises as u64);
    }

    /// A submission is taken up.
    pub fn begin(&self, name: &str) {
        let mut seen = self.seen();
        seen.open.entry(name.to_owned()).or_default();
        self.show(&seen);
    }

    /// An exercise of a submission is done.
    pub fn done(&self, name: &str, result: &ExerciseResult) {
        let mut seen = self.seen();
        seen.exercises += 1;
        seen.failed_builds += usize::from(result.status == Status::BuildFailed);
        let (done, score) = seen.open.entry(name.to_owned()).or_default();
        *done += 1;
        *score += result.score;
        let finished = (*done == self.exercises).then_some(*score);
        if finished.is_some() {
            seen.open.remove(name);
            seen.submissions += 1;
        }
        self.bar.inc(1);
        self.show(&seen);
        if let Some(score) = finished.filter(|_| self.plain) {
            let done = seen.submissions;
            let more = self.more(&seen);
            anstream::eprintln!("{done}/{} {name} {score}{more}", self.submissions);
        }
    }

    /// Takes the bar away.
    pub fn end(&self) {
        self.bar.finish_and_clear();
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What stands beside the bar: what is done, and who is being judged.
    fn show(&self, seen: &Seen) {
        let (done, all) = match self.submissions {
            1 => (seen.exercises, self.exercises),
            all => (seen.submissions, all),
        };
        let more = self.more(seen);
        let names: Vec<&str> = seen.open.keys().map(String::as_str).collect();
        let names = names.join(", ");
        self.bar.set_message(format!("{done}/{all}{more}: {names}"));
    }

    /// What did not build, and how long it may take yet.
    fn more(&self, seen: &Seen) -> String {
        let builds = match seen.failed_builds {
            0 => String::new(),
            failed => format!(", {failed} did not build"),
        };
        let all = (self.submissions - seen.known) * self.exercises;
        let each = self.start.elapsed().as_secs_f64() / seen.exercises.max(1) as f64;
        let left = each * all.saturating_sub(seen.exercises) as f64;
        let left = match seen.exercises {
            // Nobody can know yet.
            0 => String::new(),
            _ if left < 1.0 => String::new(),
            _ if left < 90.0 => format!(", about {left:.0} s left"),
            _ if left < 5400.0 => format!(", about {:.0} min left", left / 60.0),
            _ => format!(", about {:.0} h left", left / 3600.0),
        };
        format!("{builds}{left}")
    }
}
