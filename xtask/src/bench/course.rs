//! The course as a whole: how long all solutions and the whole bank take.

use std::time::Instant;

use anyhow::Result;
use bank::verify::{solution, verify};
use grader::catalogue::Entry;
use grader::grade::{Attempt, Candidate, Options, grade};
use grader::report::{SubmissionResult, Verdict};
use grader::seed::Seed;
use grader::shard::Shard;
use grader::submission::Intake;

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
pub fn measure(seed: &Seed, entries: &[&Entry], options: &Options) -> Result<Vec<Row>> {
    Ok(vec![
        solutions(seed, entries, options)?,
        bank(seed, entries, options)?,
    ])
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

/// Each check of each submission, by name.
pub fn verdicts(results: &[SubmissionResult]) -> impl Iterator<Item = (String, Verdict)> {
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
