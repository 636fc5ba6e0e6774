//! Does the judge see every difference? The program of a solution is changed in
//! one small place after another, and each change must fail a check.
//!
//! The changes are those of the tool cargo-mutants: it looks at the solution and the
//! given code in a package that is made for it, and lists them ([`tool`]). It does not run
//! anything. Each change is then judged like a submission, in cells and up to its
//! first failed check, which is a hundred times quicker than a build and a test
//! run of cargo.
//!
//! Who says that this does not lie? Two programs that are judged along with the
//! mutants: the solution as it is, which must survive, and the skeleton, which
//! must be caught.
//!
//! A mutant that survives is a hole in the checks, or it keeps the contract.
//! Of the second kind there is a list for each exercise, with reasons
//! ([`explained`]): `exercises/NN-name/mutants.toml`.

pub mod explained;
pub mod tool;

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use grader::catalogue::Entry;
use grader::grade::{Attempt, Candidate, Event, Options, grade};
use grader::report::{ExerciseResult, Status, Verdict};
use grader::seed::Seed;
use grader::skeleton::Skeleton;
use grader::submission::Intake;

use crate::verify::solution;
use explained::{Explained, disagreements};
pub use tool::Mutant;

/// What became of one mutant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// This check fails.
    Caught(String),
    /// Every check passes.
    Survived,
    /// The compiler refuses it.
    Unviable,
    /// The lab could not tell, and why.
    Unjudged(String),
}

/// What the mutants of one exercise came to.
#[derive(Debug)]
pub struct Mutated {
    /// All of them, in the order of the sources.
    pub fates: Vec<(Mutant, Fate)>,
    /// Where fates and explanations disagree: the mutant and what is wrong.
    pub faults: Vec<(String, String)>,
}

impl Mutated {
    /// How many mutants had a fate.
    pub fn count(&self, of: impl Fn(&Fate) -> bool) -> usize {
        self.fates.iter().filter(|(_, fate)| of(fate)).count()
    }
}

/// Judges all mutants of one exercise's solution.
///
/// # Errors
///
/// [`tool::NotInstalled`]; the solution does not pass, or the skeleton does:
/// then no fate would mean anything; or as [`grade`].
pub fn judge(
    seed: &Seed,
    entry: &Entry,
    options: &Options,
    tell: &(dyn Fn(Event<'_>) + Sync),
) -> Result<Mutated> {
    let explained = Explained::of(entry)?;
    let solution = solution(entry)?;
    let folder = seed.work.folder(format!("mutants-{}", entry.number()))?;
    let mutants = tool::list(entry, &solution, &folder)?;

    let controls = [
        ("the solution", solution),
        ("the skeleton", skeleton(entry)?),
    ];
    let programs = mutants
        .iter()
        .map(|mutant| (mutant.name.as_str(), mutant.files.clone()));
    let candidates: Vec<Candidate<'_>> = controls
        .into_iter()
        .chain(programs)
        .map(|(name, files)| candidate(entry, name, files))
        .collect();
    let mut fates = grade(seed, &candidates, options, tell)?
        .iter()
        .map(|result| result.exercises.first().map(fate))
        .collect::<Option<Vec<Fate>>>()
        .context("a program has no result")?
        .into_iter();
    match fates.next() {
        Some(Fate::Survived) => {}
        other => bail!("the solution of {} itself: {other:?}", entry.id),
    }
    match fates.next() {
        Some(Fate::Caught(_)) => {}
        other => bail!("the skeleton of {}: {other:?}", entry.id),
    }
    let fates: Vec<(Mutant, Fate)> = mutants.into_iter().zip(fates).collect();
    let named = fates
        .iter()
        .map(|(mutant, fate)| (mutant.name.as_str(), fate));
    let faults = disagreements(named, &explained);
    Ok(Mutated { fates, faults })
}

fn candidate<'a>(entry: &'a Entry, name: &str, files: BTreeMap<String, String>) -> Candidate<'a> {
    Candidate {
        name: name.to_owned(),
        attempts: vec![Attempt {
            first_failure_only: true,
            ..Attempt::new(entry, Intake::Taken(files))
        }],
    }
}

fn skeleton(entry: &Entry) -> Result<BTreeMap<String, String>> {
    let skeletons = Skeleton::all_of(entry)
        .with_context(|| format!("make the skeletons of {}", entry.id))?
        .into_iter()
        .map(|skeleton| skeleton.text);
    Ok(entry.data.files.iter().cloned().zip(skeletons).collect())
}

/// One failed check decides, whatever became of the others.
fn fate(result: &ExerciseResult) -> Fate {
    if result.status == Status::BuildFailed {
        return Fate::Unviable;
    }
    if let Some(check) = result.first(Verdict::Failed) {
        return Fate::Caught(check.name.clone());
    }
    let all_passed = result
        .checks
        .iter()
        .all(|check| check.verdict == Verdict::Passed);
    if result.status == Status::Graded && all_passed && !result.checks.is_empty() {
        return Fate::Survived;
    }
    let story = [Verdict::Ungraded, Verdict::NotRun]
        .iter()
        .find_map(|verdict| result.first(*verdict)?.story.clone());
    let message = result.message.clone();
    Fate::Unjudged(story.or(message).unwrap_or_else(|| "no verdict".into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use exercise::{Check, Level};
    use grader::report::CheckResult;

    fn result(status: Status, verdicts: &[Verdict]) -> ExerciseResult {
        let check = |(index, verdict): (usize, &Verdict)| {
            let check = Check {
                name: format!("check_{index}"),
                requirement: "1".into(),
                points: 1,
                level: Level::Core,
                concepts: vec![],
                shows: String::new(),
                hints: vec![],
                after: vec![],
            };
            CheckResult::new(&check, *verdict, 0.0, Some("a story".into()))
        };
        ExerciseResult {
            id: "09-echo-iterative".into(),
            score: 0,
            max_score: 100,
            status,
            message: None,
            checks: verdicts.iter().enumerate().map(check).collect(),
        }
    }

    #[test]
    fn a_mutant_survives_only_if_every_check_passed() {
        use Verdict::{Failed, NotRun, Passed, Ungraded};
        let of = |status, verdicts: &[Verdict]| fate(&result(status, verdicts));
        assert_eq!(of(Status::Graded, &[Passed, Passed]), Fate::Survived);
        assert_eq!(
            of(Status::Graded, &[Passed, Failed, NotRun]),
            Fate::Caught("check_1".into())
        );
        assert_eq!(of(Status::BuildFailed, &[]), Fate::Unviable);
        let unjudged = Fate::Unjudged("a story".into());
        assert_eq!(of(Status::Ungraded, &[Passed, Ungraded]), unjudged);
        assert_eq!(of(Status::Graded, &[Passed, NotRun]), unjudged);
        assert_eq!(of(Status::Graded, &[]), Fate::Unjudged("no verdict".into()));
        // What could not be judged does not hide what was seen.
        assert_eq!(
            of(Status::Ungraded, &[Ungraded, Failed]),
            Fate::Caught("check_1".into())
        );
    }
}
