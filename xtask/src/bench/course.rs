//! The course as a whole: how long all solutions and the whole bank take, and whether a right
//! program is ever judged otherwise because the machine is busy.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Instant;

use anyhow::Result;
use grader::catalogue::Entry;
use grader::grade::{Attempt, Candidate, Options, grade};
use grader::report::{SubmissionResult, Verdict};
use grader::seed::Seed;
use grader::submission::Intake;
use grader::verify::{Shard, right_programs, solution, verify};

use super::figure::{Figure, Row, Spread};
use super::progress;
use crate::verify::PER_PROCESSOR;

/// The most that judging all solutions may take, in seconds.
const SOLUTIONS: f64 = 60.0;

/// The most that judging the whole bank may take, in seconds.
const BANK: f64 = 600.0;

/// Measures everything about the course.
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
    rows.push(solutions(seed, entries, options)?);
    rows.push(bank(seed, entries, options)?);
    rows.extend(steadiness(seed, entries, repetitions, options)?);
    Ok(rows)
}

/// All solutions as one submission, compiled and judged.
fn solutions(seed: &Seed, entries: &[&Entry], options: &Options) -> Result<Row> {
    progress("all solutions");
    let attempts = entries
        .iter()
        .map(|&entry| Ok(Attempt::new(entry, Intake::Taken(solution(entry)?))))
        .collect::<Result<_>>()?;
    let candidates = [Candidate {
        name: "solutions".to_owned(),
        attempts,
    }];
    let start = Instant::now();
    let results = grade(seed, &candidates, options, &|_| {})?;
    let took = start.elapsed().as_secs_f64();
    let wrong = verdicts(&results).filter(|(_, verdict)| *verdict != Verdict::Passed);
    let note = match wrong.count() {
        0 => String::new(),
        n => format!("{n} checks are not passed"),
    };
    let what = "all solutions, compiled and judged";
    Ok(limit(what, took, SOLUTIONS).note(note).into())
}

/// What `cargo xtask verify` does.
fn bank(seed: &Seed, entries: &[&Entry], options: &Options) -> Result<Row> {
    progress("the whole bank");
    let mut options = options.clone();
    options.jobs *= PER_PROCESSOR;
    let start = Instant::now();
    let verified = verify(seed, entries, &options, Shard::WHOLE, false, &|_| {})?;
    let took = start.elapsed().as_secs_f64();
    let (programs, faults) = (verified.programs, verified.faults.len());
    let what = "the whole bank, compiled and judged";
    Ok(limit(what, took, BANK)
        .note(format!("{programs} programs, {faults} faults"))
        .into())
}

/// All solutions and right variants, again and again, while every processor is kept busy.
fn steadiness(
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
    let _busy = Busy::start();
    let (mut judged, mut differing) = (0, Vec::new());
    for round in 1..=repetitions {
        progress(&format!(
            "every right program, round {round} of {repetitions}, {} verdicts differ so far",
            differing.len()
        ));
        let results = grade(seed, &candidates, options, &|_| {})?;
        for (name, verdict) in verdicts(&results) {
            judged += 1;
            if verdict != Verdict::Passed {
                differing.push(format!("round {round}: {name}: {verdict:?}"));
            }
        }
        // What does not compile has no checks, and would be missed.
        let built = results
            .iter()
            .all(|result| result.exercises.iter().all(|one| !one.checks.is_empty()));
        if !built {
            differing.push(format!("round {round}: a program was not judged at all"));
        }
    }
    rows.push(
        Figure::plain(
            format!("differing verdicts, {repetitions} rounds with every processor busy"),
            format!("{} of {judged}", differing.len()),
        )
        .note(format!("{} right programs; must be 0", candidates.len()))
        .into(),
    );
    rows.extend(
        differing
            .into_iter()
            .map(|what| Figure::plain(what, "differs").into()),
    );
    Ok(rows)
}

/// Each check of each submission, by name.
fn verdicts(results: &[SubmissionResult]) -> impl Iterator<Item = (String, Verdict)> {
    results.iter().flat_map(|submission| {
        submission.exercises.iter().flat_map(|exercise| {
            exercise.checks.iter().map(|check| {
                let name = format!("{} {}", submission.name, check.name);
                (name, check.verdict)
            })
        })
    })
}

fn limit(what: &str, seconds: f64, most: f64) -> Figure {
    let spread = Spread {
        median: seconds,
        between: (seconds, seconds),
    };
    Figure::limit(what, spread, most)
}

/// A thread for each processor that uses it all the time, until it is dropped.
struct Busy(&'static AtomicBool);

impl Busy {
    fn start() -> Busy {
        static OVER: AtomicBool = AtomicBool::new(false);
        OVER.store(false, Ordering::Relaxed);
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            thread::spawn(|| {
                while !OVER.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            });
        }
        Busy(&OVER)
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
