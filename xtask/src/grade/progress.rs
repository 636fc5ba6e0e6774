//! How far a run is, on standard error: a bar on a terminal, otherwise a line a
//! submission.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::sync::{Mutex, PoisonError};
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
    /// How many exercises of a submission are done, and what they earned.
    open: BTreeMap<String, (usize, u32)>,
    submissions: usize,
    failed_builds: usize,
}

impl Progress {
    /// Of so many submissions with so many exercises each.
    pub fn new(submissions: usize, exercises: usize) -> Progress {
        let bar = bar((submissions * exercises) as u64);
        Progress {
            plain: bar.is_hidden() && submissions > 1,
            bar,
            submissions,
            exercises,
            start: Instant::now(),
            seen: Mutex::default(),
        }
    }

    /// An exercise of a submission is done.
    pub fn done(&self, name: &str, result: &ExerciseResult) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.failed_builds += usize::from(result.status == Status::BuildFailed);
        let (done, score) = seen.open.entry(name.to_owned()).or_default();
        *done += 1;
        *score += result.score;
        let finished = (*done == self.exercises).then_some(*score);
        if finished.is_some() {
            seen.open.remove(name);
            seen.submissions += 1;
        }
        let builds = match seen.failed_builds {
            0 => String::new(),
            failed => format!(", {failed} did not build"),
        };
        let done = seen.submissions;
        self.bar
            .set_message(format!("{name} {}{builds}", result.id));
        self.bar.inc(1);
        if let Some(score) = finished.filter(|_| self.plain) {
            let left = self.remaining(done);
            anstream::eprintln!("{done}/{} {name} {score}{builds}{left}", self.submissions);
        }
    }

    fn remaining(&self, done: usize) -> String {
        let each = self.start.elapsed().as_secs_f64() / done.max(1) as f64;
        let left = each * self.submissions.saturating_sub(done) as f64;
        if left < 1.0 {
            return String::new();
        }
        if left < 90.0 {
            return format!(", about {left:.0} s left");
        }
        format!(", about {:.0} min left", left / 60.0)
    }

    /// Takes the bar away.
    pub fn end(&self) {
        self.bar.finish_and_clear();
    }
}
