//! What a run changed against the one before it.

use std::collections::BTreeMap;

use grader::catalogue::Catalogue;
use grader::report::{ExerciseResult, Verdict};
use study::Last;

/// What a run came to, as far as the next one is compared with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Before {
    /// Whether there was a program.
    compiled: bool,
    /// By the check's name, with its place in the exercise.
    verdicts: BTreeMap<String, (usize, Verdict)>,
    /// By the check's name, of those that failed; none where it is not known.
    stories: BTreeMap<String, String>,
}

impl Before {
    /// Of a run that was seen.
    pub fn of(result: &ExerciseResult) -> Before {
        let checks = result.checks.iter().enumerate();
        let story = |check: &grader::report::CheckResult| {
            let story = check.story.clone()?;
            (check.verdict == Verdict::Failed).then_some((check.name.clone(), story))
        };
        Before {
            compiled: !result.checks.is_empty(),
            verdicts: checks
                .map(|(at, check)| (check.name.clone(), (at, check.verdict)))
                .collect(),
            stories: result.checks.iter().filter_map(story).collect(),
        }
    }

    /// Of a run on another day.
    pub fn known(catalogue: &Catalogue, at: usize, last: &Last) -> Before {
        let checks = catalogue.entries[at].data.checks.iter().enumerate();
        Before {
            compiled: true,
            verdicts: checks
                .filter_map(|(at, check)| {
                    let verdict = last.verdict(&check.name)?;
                    Some((check.name.clone(), (at, verdict)))
                })
                .collect(),
            stories: BTreeMap::new(),
        }
    }

    /// The same, of a program that no longer compiles.
    pub fn broken(mut self) -> Before {
        self.compiled = false;
        self
    }

    /// Whether nothing that counts is different.
    pub fn has_the_verdicts_of(&self, other: &Before) -> bool {
        self.compiled == other.compiled && self.verdicts == other.verdicts
    }

    /// The checks that did not pass although they were run.
    pub fn failed(&self) -> Vec<String> {
        let failed = |verdict: Verdict| matches!(verdict, Verdict::Failed | Verdict::Ungraded);
        self.of_kind(failed)
    }

    fn of_kind(&self, is_meant: impl Fn(Verdict) -> bool) -> Vec<String> {
        let mut found: Vec<(usize, &String)> = self
            .verdicts
            .iter()
            .filter(|(_, (_, verdict))| is_meant(*verdict))
            .map(|(name, (at, _))| (*at, name))
            .collect();
        found.sort();
        found.into_iter().map(|(_, name)| name.clone()).collect()
    }

    /// One line: what is different now.
    pub fn since(&self, before: &Before) -> String {
        if !self.compiled {
            return match before.compiled {
                true => "it no longer compiles".into(),
                false => "it still does not compile".into(),
            };
        }
        let mut changes = Vec::new();
        if !before.compiled {
            changes.push("it compiles again".to_owned());
        }
        let was = |name: &String| before.verdicts.get(name).map(|(_, verdict)| *verdict);
        let now = self.of_kind(|verdict| verdict == Verdict::Passed);
        let new: Vec<String> = now
            .into_iter()
            .filter(|name| was(name) != Some(Verdict::Passed))
            .collect();
        if !new.is_empty() {
            changes.push(format!("now passes: {}", names(&new)));
        }
        let failed = self.of_kind(|verdict| verdict == Verdict::Failed);
        let (lost, others): (Vec<String>, Vec<String>) = failed
            .into_iter()
            .partition(|name| was(name) == Some(Verdict::Passed));
        if !lost.is_empty() {
            changes.push(format!("no longer passes: {}", names(&lost)));
        }
        if changes.is_empty() {
            let otherwise = others.iter().find(|name| {
                let (story, told) = (self.stories.get(*name), before.stories.get(*name));
                told.is_some() && story != told
            });
            changes.push(match otherwise {
                Some(name) => format!("{name} fails in another way"),
                None if others.is_empty() => "the same verdicts".into(),
                None => "the same verdicts, the same story".into(),
            });
        }
        changes.join("; ")
    }
}

/// A few names, and how many more there are.
fn names(all: &[String]) -> String {
    const SHOWN: usize = 3;
    match all.len().checked_sub(SHOWN) {
        Some(more @ 1..) => format!("{} and {more} more", all[..SHOWN].join(", ")),
        _ => all.join(", "),
    }
}
