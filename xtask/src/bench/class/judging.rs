//! What judging a submission costs, against what cannot be saved: the compiler's own work for
//! the student's files, and the programs' own time.
//!
//! Both sides are the processor time of all processes that have ended, in user and in system mode
//! (`man 2 getrusage`): what other programs do on the machine hardly changes it. Both are measured
//! in turns, the side of [`alone`](super::alone) at most [`TURNS`] times: one submission is like
//! the other. What a control group (`cpuacct`) counted of one submission was the same to a
//! hundredth, with cells and without: nothing ends unseen.

use anyhow::{Context, Result};
use bank::verify::solution;
use grader::catalogue::Entry;
use grader::grade::{Attempt, Candidate, Options, grade};
use grader::report::{Status, SubmissionResult, Verdict};
use grader::seed::Seed;
use grader::submission::Intake;

use super::alone::Alone;
use super::marked;
use crate::bench::figure::{Bound, Figure, Row, Spread, seconds};
use crate::bench::processor;
use crate::bench::progress;

/// How much more processor time judging may cost than compiling and running alone.
const JUDGING: Bound = Bound::AtMost(1.5);

/// How often the compiler and the programs run alone, at most.
const TURNS: usize = 10;

/// Judges so many submissions in full; and what the last one came to.
pub fn judging(
    seed: &Seed,
    entries: &[&Entry],
    submissions: usize,
    options: &Options,
) -> Result<(Vec<Row>, SubmissionResult)> {
    let mut alone = Alone::new(seed, options);
    let every = submissions.div_ceil(TURNS);
    let mut last = None;
    let mut unjudged = 0;
    let (mut all, mut ours, mut theirs) = (Vec::new(), Vec::new(), Vec::new());
    let (mut compiler, mut programs) = (Vec::new(), Vec::new());
    for number in 1..=submissions {
        progress(&format!("submission {number} of {submissions}"));
        let candidates = [full(entries, number)?];
        let start = processor();
        let judged = grade(seed, &candidates, options, &|_| {})?;
        all.push(processor() - start);
        unjudged += judged.iter().map(not_passed).sum::<usize>();
        last = judged.into_iter().next().or(last);
        if number % every == 0 || number == submissions {
            progress(&format!("submission {number} of {submissions}, alone"));
            let cost = alone.submission(&candidates[0])?;
            ours.extend(all.last());
            theirs.push(cost.compiler + cost.programs);
            compiler.push(cost.compiler);
            programs.push(cost.programs);
        }
    }
    let median = |values: &[f64]| Spread::of(values).map_or(0.0, |spread| spread.median);
    let mut note = format!("{submissions} submissions (--submissions)");
    for (count, what) in [
        (unjudged, "checks not passed"),
        (alone.not_passed, "of them alone"),
    ] {
        if count > 0 {
            note.push_str(&format!(", {count} {what}"));
        }
    }
    let exercises = entries.len();
    let rows = vec![
        Figure {
            what: format!("processor time a submission, {exercises} exercises"),
            measured: seconds(median(&all)),
            against: seconds(median(&theirs)),
            ratio: Spread::of_ratios(&ours, &theirs),
            bound: Some(JUDGING),
            note,
        }
        .into(),
        part("  of it the compiler alone", &compiler),
        part("  the checks and programs alone", &programs),
    ];
    Ok((rows, last.context("nothing was judged")?))
}

/// A part of what is compared with, in its column.
fn part(what: &str, values: &[f64]) -> Row {
    let median = Spread::of(values).map_or(0.0, |spread| spread.median);
    Row::from(Figure {
        against: seconds(median),
        ..Figure::plain(what, "")
    })
}

/// How many checks of a right submission did not pass, and exercises were not judged.
fn not_passed(result: &SubmissionResult) -> usize {
    let exercises = result.exercises.iter();
    let stopped = exercises
        .clone()
        .filter(|one| one.checks.is_empty() && one.status != Status::Graded);
    let checks = exercises.flat_map(|one| &one.checks);
    checks
        .filter(|check| check.verdict != Verdict::Passed)
        .count()
        + stopped.count()
}

/// A right submission like no other.
fn full<'a>(entries: &[&'a Entry], number: usize) -> Result<Candidate<'a>> {
    let attempts = entries.iter().map(|&entry| {
        let files = marked(solution(entry)?, number);
        Ok(Attempt::new(entry, Intake::Taken(files)))
    });
    Ok(Candidate {
        name: format!("student-{number}"),
        attempts: attempts.collect::<Result<_>>()?,
    })
}
