//! How long judging takes, without compiling: a right program, the slowest wrong one, a hang.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result};
use bank::verify::{Mistake, mistakes, solution};
use grader::build::{Builder, Outcome};
use grader::catalogue::Entry;
use grader::grade::{Attempt, Candidate, Options, Slot, grade};
use grader::report::{ExerciseResult, Status, Verdict};
use grader::seed::Seed;
use grader::stage::Stage;
use grader::submission::Intake;
use grader::work::set_mode;
use testbed::clock::STEP;

use super::figure::{Figure, Row, Spread};
use super::progress;

/// The most that all checks of a right program may take, in seconds.
const RIGHT: f64 = 3.0;

/// The most that all checks of a wrong program may take, in seconds.
const WRONG: f64 = 10.0;

/// The most that may pass from the step that hangs to the report of it, in seconds.
const HANG: f64 = 3.0;

/// Programs, by name, that are ready to be judged.
type Programs = BTreeMap<String, PathBuf>;

/// A judge that measures itself.
struct Judge<'a> {
    seed: &'a Seed,
    options: &'a Options,
    slot: Slot,
    /// How many programs were built.
    built: usize,
}

/// A wrong program, judged once.
struct Wrong {
    name: String,
    programs: Programs,
    /// What all checks took, in seconds.
    seconds: f64,
    /// The check that noticed a hang, and what it took, in seconds.
    hang: Option<(String, f64)>,
}

/// Measures everything about the judge.
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
    let mut judge = Judge {
        seed,
        options,
        slot: Slot::take(),
        built: 0,
    };
    let mut rows = Vec::new();
    for entry in entries {
        rows.extend(judge.right(entry, repetitions)?);
        rows.extend(judge.wrong(entry, repetitions)?);
    }
    Ok(rows)
}

impl Judge<'_> {
    fn right(&mut self, entry: &Entry, repetitions: usize) -> Result<Vec<Row>> {
        let what = format!("{}: the solution, all checks", entry.number());
        progress(&what);
        let programs = match self.build(entry, &solution(entry)?)? {
            Ok(programs) => programs,
            Err(why) => return Ok(vec![Row::skipped(what, why)]),
        };
        let mut seconds = Vec::new();
        for _ in 0..repetitions {
            let (took, result) = match self.judge(entry, &programs)? {
                Ok(judged) => judged,
                Err(why) => return Ok(vec![Row::skipped(what, why)]),
            };
            let failed = result
                .checks
                .iter()
                .find(|check| check.verdict != Verdict::Passed);
            if let Some(check) = failed {
                let why = format!("it does not pass {}", check.name);
                return Ok(vec![Row::skipped(what, why)]);
            }
            seconds.push(took);
        }
        Ok(limit(what, &seconds, RIGHT, ""))
    }

    fn wrong(&mut self, entry: &Entry, repetitions: usize) -> Result<Vec<Row>> {
        let mut rows = Vec::new();
        let mut bank = Vec::new();
        let mistakes = mistakes(entry)?;
        let count = mistakes.len();
        for (number, mistake) in mistakes.into_iter().enumerate() {
            let what = format!("{}: {}", entry.number(), mistake.name);
            progress(&format!("{what} ({} of {count})", number + 1));
            match self.once(entry, mistake)? {
                Ok(wrong) => bank.push(wrong),
                Err(why) => rows.push(Row::skipped(what, why)),
            }
        }
        let slowest = bank
            .iter()
            .max_by(|one, other| one.seconds.total_cmp(&other.seconds));
        if let Some(wrong) = slowest {
            let mut seconds = vec![wrong.seconds];
            for _ in 1..repetitions {
                let judged = self.judge(entry, &wrong.programs)?;
                seconds.extend(judged.ok().map(|(seconds, _)| seconds));
            }
            let what = format!("{}: the slowest of {count} wrong programs", entry.number());
            rows.extend(limit(what, &seconds, WRONG, &wrong.name));
        }
        let slowest = bank
            .iter()
            .filter_map(|wrong| Some((wrong, wrong.hang.as_ref()?)))
            .max_by(|(_, (_, one)), (_, (_, other))| one.total_cmp(other));
        if let Some((wrong, (check, first))) = slowest {
            let mut seconds = vec![*first];
            for _ in 1..repetitions {
                let judged = self.judge(entry, &wrong.programs)?;
                seconds.extend(judged.ok().and_then(|(_, result)| {
                    let again = result.checks.iter().find(|one| one.name == *check)?;
                    Some(again.seconds)
                }));
            }
            let what = format!("{}: the slowest report of a hang", entry.number());
            let note = format!("{} in {check}", wrong.name);
            rows.extend(limit(what, &seconds, HANG, &note));
        }
        Ok(rows)
    }

    /// Judges a mistake of the bank, or tells why not.
    fn once(&mut self, entry: &Entry, mistake: Mistake) -> Result<Result<Wrong, String>> {
        let files = match mistake.files {
            Ok(files) => files,
            Err(why) => return Ok(Err(format!("{why:#}"))),
        };
        let programs = match self.build(entry, &files)? {
            Ok(programs) => programs,
            Err(why) => return Ok(Err(why)),
        };
        Ok(self
            .judge(entry, &programs)?
            .map(|(seconds, result)| Wrong {
                name: mistake.name,
                seconds,
                hang: hang(&result),
                programs,
            }))
    }

    /// Compiles an exercise's programs, or tells why they do not compile.
    fn build(
        &mut self,
        entry: &Entry,
        files: &BTreeMap<String, String>,
    ) -> Result<Result<Programs, String>> {
        self.built += 1;
        let folder = self.seed.work.folder(format!("bench-{}", self.built))?;
        let stage = folder.join("stage");
        fs::create_dir(&stage)
            .and_then(|()| set_mode(&stage, 0o755))
            .with_context(|| format!("make {}", stage.display()))?;
        let stage = Stage::fill(&stage, entry, files)
            .with_context(|| format!("fill the stage of {}", entry.id))?;
        let builder = Builder {
            seed: self.seed,
            slot: self.slot.number(),
            patience: self.options.patience,
            stop: &self.options.stop,
        };
        Ok(match builder.build(entry, &stage, |_| true, &folder)? {
            Outcome::Built(built) => Ok(built.programs),
            Outcome::Failed(diagnostics) => Err(diagnostics),
        })
    }

    /// Runs all checks, and gives how long it took in seconds; or tells why the lab could not judge.
    fn judge(
        &self,
        entry: &Entry,
        programs: &Programs,
    ) -> Result<Result<(f64, ExerciseResult), String>> {
        let attempt = Attempt {
            programs: programs.clone(),
            // Every program is there: no source is looked at.
            ..Attempt::new(entry, Intake::Missing(String::new()))
        };
        let candidates = [Candidate {
            name: "bench".to_owned(),
            attempts: vec![attempt],
        }];
        let start = Instant::now();
        let results = grade(self.seed, &candidates, self.options, &|_| {})?;
        let took = start.elapsed().as_secs_f64();
        let result = results
            .into_iter()
            .flat_map(|submission| submission.exercises)
            .next();
        let why = match result {
            Some(result) if result.status == Status::Graded => return Ok(Ok((took, result))),
            Some(result) => result.message,
            None => None,
        };
        Ok(Err(why.unwrap_or_else(|| "it was not judged".to_owned())))
    }
}

/// The check that noticed a hang, and how long it took from its start, which is more than from the
/// step that hung. A check that failed later than a step's time has waited for something in vain.
fn hang(result: &ExerciseResult) -> Option<(String, f64)> {
    result
        .checks
        .iter()
        .filter(|check| check.verdict == Verdict::Failed)
        .map(|check| (check.name.clone(), check.seconds))
        .filter(|(_, seconds)| *seconds >= STEP.as_secs_f64())
        .max_by(|(_, one), (_, other)| one.total_cmp(other))
}

fn limit(what: String, seconds: &[f64], most: f64, note: &str) -> Vec<Row> {
    Spread::of(seconds)
        .map(|spread| Figure::limit(what, spread, most).note(note).into())
        .into_iter()
        .collect()
}
