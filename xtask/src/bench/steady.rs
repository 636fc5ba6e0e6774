//! Steadiness: whether a right program is ever judged otherwise because the machine is busy.

use std::io::{self, IsTerminal};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use anyhow::Result;
use bank::verify::right_programs;
use grader::catalogue::Entry;
use grader::grade::{Candidate, Options, grade_each};
use grader::report::{SubmissionResult, Verdict};
use grader::seed::Seed;

use super::course::verdicts;
use super::figure::{Figure, Row};
use super::{processor, progress};
use crate::verify::PER_PROCESSOR;

/// Judges all solutions and right variants, again and again. What keeps every processor busy is
/// the judging itself: many programs at a time, and a round begins before the last one has ended.
///
/// # Errors
///
/// The lab cannot judge here, or the bench was stopped.
pub fn measure(
    seed: &Seed,
    entries: &[&Entry],
    repetitions: usize,
    options: &Options,
) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    let mut candidates = Vec::new();
    for &entry in entries {
        let (programs, skipped) = right_programs(seed, entry)?;
        for (name, attempt) in programs {
            let attempts = vec![attempt];
            candidates.push(Candidate { name, attempts });
        }
        rows.extend(
            skipped
                .into_iter()
                .map(|(name, why)| Row::skipped(name, why)),
        );
    }
    let mut options = options.clone();
    options.jobs *= PER_PROCESSOR;
    let seen = Mutex::new(Seen::default());
    let programs = candidates.len();
    let mut left = (0..repetitions).flat_map(|_| candidates.iter().cloned());
    let (start, used) = (Instant::now(), processor());
    grade_each(
        seed,
        &mut || left.next(),
        &options,
        &|_| {},
        &|number, result| {
            let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
            seen.take(number / programs + 1, &result);
            if seen.judged % programs == 0 {
                seen.tell(repetitions * programs);
            }
            Ok(())
        },
    )?;
    let processors = thread::available_parallelism().map_or(1, usize::from) as f64;
    let share = (processor() - used) / start.elapsed().as_secs_f64() / processors;
    let seen = seen.into_inner().unwrap_or_else(PoisonError::into_inner);
    rows.push(
        Figure::plain(
            format!("differing verdicts, {repetitions} rounds with every processor busy"),
            format!("{} of {}", seen.differing.len(), seen.verdicts),
        )
        .note(format!(
            "{programs} right programs; must be 0; the judge used {:.0} % of the processors",
            100.0 * share
        ))
        .into(),
    );
    let differing = seen.differing.into_iter();
    rows.extend(differing.map(|what| Figure::plain(what, "differs").into()));
    Ok(rows)
}

/// What has come of it so far.
#[derive(Default)]
struct Seen {
    /// How many programs were judged.
    judged: usize,
    verdicts: usize,
    differing: Vec<String>,
    /// How many of them have been told of.
    told: usize,
}

impl Seen {
    fn take(&mut self, round: usize, result: &SubmissionResult) {
        self.judged += 1;
        for (name, verdict) in verdicts(std::slice::from_ref(result)) {
            self.verdicts += 1;
            if verdict != Verdict::Passed {
                let what = format!("round {round}: {name}: {verdict:?}");
                self.differing.push(what);
            }
        }
        // What does not compile has no checks, and would be missed.
        if result.exercises.iter().any(|one| one.checks.is_empty()) {
            let what = format!("round {round}: {} was not judged at all", result.name);
            self.differing.push(what);
        }
    }

    fn tell(&mut self, all: usize) {
        let (judged, differing) = (self.judged, self.differing.len());
        let so_far = format!("{judged} of {all} programs judged, {differing} verdicts differ");
        progress(&so_far);
        // An hour of work: what was seen of it is not to be lost.
        if !io::stderr().is_terminal() {
            eprintln!("{so_far} {:?}", &self.differing[self.told..]);
            self.told = differing;
        }
    }
}
