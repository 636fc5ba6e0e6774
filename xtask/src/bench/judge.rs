//! How long judging takes, without compiling: a right program, the slowest wrong one, a hang.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use grader::build::{Builder, Outcome};
use grader::catalogue::Entry;
use grader::grade::{Attempt, Candidate, Options, Slot, grade};
use grader::report::{ExerciseResult, Status, Verdict};
use grader::seed::Seed;
use grader::stage::Stage;
use grader::submission::Intake;
use grader::verify::{Mistake, mistakes, solution};
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

/// A program and how long judging it took, in seconds.
struct Slowest {
    name: String,
    programs: Programs,
    /// All checks, or the one that noticed the hang.
    seconds: f64,
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
            Err(why) => return Ok(vec![Row::skipped(what, first_line(&why))]),
        };
        let mut seconds = Vec::new();
        for _ in 0..repetitions {
            let (took, result) = self.judge(entry, &programs)?;
            seconds.push(took);
            if let Some(check) = result
                .checks
                .iter()
                .find(|check| check.verdict != Verdict::Passed)
            {
                let why = format!("it does not pass {}", check.name);
                return Ok(vec![Row::skipped(what, why)]);
            }
        }
        Ok(limit(what, &seconds, RIGHT, ""))
    }

    fn wrong(&mut self, entry: &Entry, repetitions: usize) -> Result<Vec<Row>> {
        let mut slowest: Option<Slowest> = None;
        let mut slowest_hang: Option<(String, Slowest)> = None;
        let mut rows = Vec::new();
        let bank = mistakes(entry)?;
        let count = bank.len();
        for (number, Mistake { name, files }) in bank.into_iter().enumerate() {
            let number = number + 1;
            progress(&format!(
                "{}: wrong program {number} of {count}: {name}",
                entry.number()
            ));
            let built = match files {
                Ok(files) => self.build(entry, &files)?,
                Err(why) => Err(format!("{why:#}")),
            };
            let programs = match built {
                Ok(programs) => programs,
                Err(why) => {
                    let what = format!("{}: {name}", entry.number());
                    rows.push(Row::skipped(what, first_line(&why)));
                    continue;
                }
            };
            let (seconds, result) = self.judge(entry, &programs)?;
            let found = |seconds| Slowest {
                name: name.clone(),
                programs: programs.clone(),
                seconds,
            };
            if let Some((check, seconds)) = hang(&result) {
                if slowest_hang
                    .as_ref()
                    .is_none_or(|(_, it)| it.seconds < seconds)
                {
                    slowest_hang = Some((check.to_owned(), found(seconds)));
                }
            }
            if slowest.as_ref().is_none_or(|it| it.seconds < seconds) {
                slowest = Some(found(seconds));
            }
        }

        if let Some(wrong) = slowest {
            let mut seconds = vec![wrong.seconds];
            for _ in 1..repetitions {
                seconds.push(self.judge(entry, &wrong.programs)?.0);
            }
            let what = format!("{}: the slowest of {count} wrong programs", entry.number());
            rows.extend(limit(what, &seconds, WRONG, &wrong.name));
        }
        if let Some((check, hanging)) = slowest_hang {
            let mut seconds = vec![hanging.seconds];
            for _ in 1..repetitions {
                let (_, result) = self.judge(entry, &hanging.programs)?;
                seconds.extend(
                    result
                        .checks
                        .iter()
                        .find(|one| one.name == check)
                        .map(|one| one.seconds),
                );
            }
            let what = format!("{}: the slowest report of a hang", entry.number());
            let note = format!("{} in {check}", hanging.name);
            rows.extend(limit(what, &seconds, HANG, &note));
        }
        Ok(rows)
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

    /// Runs all checks, and gives how long it took in seconds.
    fn judge(&self, entry: &Entry, programs: &Programs) -> Result<(f64, ExerciseResult)> {
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
        match result {
            Some(result) if result.status == Status::Graded => Ok((took, result)),
            Some(result) => bail!(
                "{}: {}",
                entry.id,
                result.message.as_deref().unwrap_or("was not judged")
            ),
            None => bail!("{} was not judged", entry.id),
        }
    }
}

/// The check that noticed a hang, and how long it took from its start, which is more than from the
/// step that hung. A check that failed later than a step's time has waited for something in vain.
fn hang(result: &ExerciseResult) -> Option<(&str, f64)> {
    result
        .checks
        .iter()
        .filter(|check| check.verdict == Verdict::Failed)
        .map(|check| (check.name.as_str(), check.seconds))
        .filter(|(_, seconds)| *seconds >= STEP.as_secs_f64())
        .max_by(|(_, one), (_, other)| one.total_cmp(other))
}

fn limit(what: String, seconds: &[f64], most: f64, note: &str) -> Vec<Row> {
    Spread::of(seconds)
        .map(|spread| Figure::limit(what, spread, most).note(note).into())
        .into_iter()
        .collect()
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}
