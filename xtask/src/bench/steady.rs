//! Steadiness: whether a right program is ever judged otherwise because the machine is busy.

use std::io::{self, IsTerminal};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use anyhow::Result;
use grader::catalogue::Entry;
use grader::grade::{Candidate, Options, grade};
use grader::report::Verdict;
use grader::seed::Seed;
use grader::verify::right_programs;

use super::course::verdicts;
use super::figure::{Figure, Row};
use super::progress;

/// Judges all solutions and right variants, again and again, while every processor is kept busy.
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
    let _busy = Busy::start();
    let (mut judged, mut differing) = (0, Vec::new());
    for round in 1..=repetitions {
        progress(&format!(
            "every right program, round {round} of {repetitions}, {} verdicts differ so far",
            differing.len()
        ));
        let before = differing.len();
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
        // Hours of work: what was seen of it is not to be lost.
        if !io::stderr().is_terminal() {
            let new = &differing[before..];
            eprintln!("round {round}: {} verdicts differ {new:?}", new.len());
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
