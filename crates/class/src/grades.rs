//! What each has earned: a pure function of the verdicts, the roster and the policy.
//!
//! The rule, which `grading.toml` explains to instructors:
//!
//! 1. An exercise has `earned / possible` of its points, in per cent.
//! 2. Of that, lateness leaves a part ([`Policy::kept`]). The product is rounded to
//!    hundredths of a per cent, halves up.
//! 3. The whole is the mean of the exercises that are due, by weight, times the
//!    scale. It is rounded once, to the policy's decimals, halves up.
//!
//! What the lab itself could not judge has no grade, and neither has the whole
//! then: no system is ever told a zero that is the lab's own fault.

mod exercise;
mod what_if;

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use grader::brief::Brief;
use grader::report::{Head, SubmissionResult};
use grader::spool::Spool;

pub use exercise::{ExerciseGrade, Outcome};
pub use what_if::{Change, what_if};

use crate::hundredths::Hundredths;
use crate::policy::Policy;
use crate::roster::{Matched, Roster, Student};

/// What one submission is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grade {
    /// The exercises that are due, by id.
    pub exercises: Vec<ExerciseGrade>,
    /// The whole; none if the lab could not judge a part of it.
    pub total: Option<Hundredths>,
    /// The most that the whole can be.
    pub out_of: Hundredths,
}

impl Grade {
    /// The exercise of that id, if it is due.
    pub fn exercise(&self, id: &str) -> Option<&ExerciseGrade> {
        self.exercises.iter().find(|exercise| exercise.id == id)
    }

    /// What the lab could not judge, and why.
    pub fn ungraded(&self) -> impl Iterator<Item = (&str, &str)> {
        self.exercises
            .iter()
            .filter_map(|exercise| match &exercise.outcome {
                Outcome::Ungraded(why) => Some((exercise.id.as_str(), why.as_str())),
                Outcome::Percent(_) => None,
            })
    }

    /// Whether a deadline counts and nobody knows when the submission came; it was
    /// taken to be in time.
    pub fn is_undated(&self) -> bool {
        let mut exercises = self.exercises.iter();
        exercises.any(|exercise| exercise.days_late.is_none())
    }
}

/// Grades one submission. `student` is whose it is, as far as anybody knows.
pub fn grade(result: &Brief, student: Option<&Student>, policy: &Policy) -> Grade {
    let ids: Vec<&str> = match &policy.exercises {
        Some(due) => due.keys().map(String::as_str).collect(),
        None => result.exercises.iter().map(|one| one.id.as_str()).collect(),
    };
    let exercises: Vec<ExerciseGrade> = ids
        .into_iter()
        .filter_map(|id| {
            let due = policy.due(id)?;
            let judged = result.exercises.iter().find(|one| one.id == id);
            let days_late = policy.days_late(id, &due, student);
            Some(ExerciseGrade::new(id, judged, &due, days_late, policy))
        })
        .collect();
    Grade {
        total: total(&exercises, policy),
        out_of: policy.out_of,
        exercises,
    }
}

/// The mean by weight, on the policy's scale.
fn total(exercises: &[ExerciseGrade], policy: &Policy) -> Option<Hundredths> {
    let mut earned: u128 = 0;
    let mut weights: u128 = 0;
    for exercise in exercises {
        let weight = u128::from(exercise.weight.0);
        let percent = match &exercise.outcome {
            Outcome::Percent(percent) => *percent,
            // It would not have counted anyway.
            Outcome::Ungraded(_) if weight == 0 => Hundredths::ZERO,
            Outcome::Ungraded(_) => return None,
        };
        earned += weight * u128::from(percent.0);
        weights += weight;
    }
    // Coarser steps than hundredths: the whole is rounded once, not twice.
    let step: u64 = match policy.decimals {
        0 => 100,
        1 => 10,
        _ => 1,
    };
    // Weight, per cent and scale are hundredths; per cent once more.
    let steps = Hundredths::ratio(
        earned * u128::from(policy.out_of.0),
        weights * 1_000_000 * u128::from(step),
    );
    Some(Hundredths(steps.0 * step))
}

/// Results that can be gone through more than once, one at a time.
pub trait Results {
    /// All of them, in their order.
    fn each(&self) -> Box<dyn Iterator<Item = io::Result<SubmissionResult>> + '_>;

    /// What is to be said of each in one line, in the same order.
    fn briefs(&self) -> Box<dyn Iterator<Item = io::Result<Brief>> + '_> {
        Box::new(self.each().map(|result| Ok(Brief::of(&result?))))
    }
}

impl Results for Spool {
    fn each(&self) -> Box<dyn Iterator<Item = io::Result<SubmissionResult>> + '_> {
        Box::new(self.iter())
    }

    fn briefs(&self) -> Box<dyn Iterator<Item = io::Result<Brief>> + '_> {
        Box::new(Spool::briefs(self))
    }
}

impl Results for Vec<SubmissionResult> {
    fn each(&self) -> Box<dyn Iterator<Item = io::Result<SubmissionResult>> + '_> {
        Box::new(self.iter().cloned().map(Ok))
    }
}

/// A graded class: the one model that every format and every page is made from.
///
/// It holds names, not results: these are read again, one after another, by
/// whoever goes through them.
pub struct Class<'a> {
    /// The lab that judged.
    pub head: &'a Head,
    /// How it is graded.
    pub policy: &'a Policy,
    /// Who is in it, where anybody has said.
    pub roster: Option<&'a Roster>,
    /// Whose each submission is; without a roster, nobody's.
    pub matched: Matched,
    /// The submissions' names, in their order.
    pub names: Vec<String>,
    /// The ids of the exercises that are due, sorted.
    pub due: Vec<String>,
    /// Whether these are not all submissions: who has none among them may have one.
    pub is_part: bool,
    results: &'a dyn Results,
    owners: BTreeMap<usize, usize>,
}

/// One submission of a class in one line, with what it is worth.
#[derive(Debug)]
pub struct Graded<'a> {
    /// Whose it is; none if nobody can say.
    pub student: Option<&'a Student>,
    /// What came of it.
    pub brief: Brief,
    /// What it is worth.
    pub grade: Grade,
}

/// One submission of a class, with what it is worth.
#[derive(Debug)]
pub struct Entry<'a> {
    /// Its place among the submissions.
    pub number: usize,
    /// Whose it is; none if nobody can say.
    pub student: Option<&'a Student>,
    /// Its verdicts.
    pub result: SubmissionResult,
    /// What it is worth.
    pub grade: Grade,
}

impl<'a> Class<'a> {
    /// Goes through the results once, for their names.
    ///
    /// # Errors
    ///
    /// A result cannot be read.
    pub fn new(
        head: &'a Head,
        results: &'a dyn Results,
        policy: &'a Policy,
        roster: Option<&'a Roster>,
    ) -> io::Result<Class<'a>> {
        let mut names = Vec::new();
        let mut due: BTreeSet<String> = match &policy.exercises {
            Some(exercises) => exercises.keys().cloned().collect(),
            None => BTreeSet::new(),
        };
        for result in results.briefs() {
            let result = result?;
            let judged = result.exercises.into_iter().map(|exercise| exercise.id);
            due.extend(judged.filter(|id| policy.due(id).is_some()));
            names.push(result.name);
        }
        let matched = match roster {
            Some(roster) => roster.matched(names.iter().map(String::as_str)),
            None => Matched {
                without_student: (0..names.len()).collect(),
                ..Matched::default()
            },
        };
        Ok(Class {
            head,
            policy,
            roster,
            owners: matched.students(),
            matched,
            names,
            due: due.into_iter().collect(),
            is_part: false,
            results,
        })
    }

    /// The same as a part of a class, of which the rest is not known here.
    pub fn part(self) -> Class<'a> {
        Class {
            is_part: true,
            ..self
        }
    }

    /// Whose a submission is.
    pub fn student(&self, number: usize) -> Option<&'a Student> {
        let place = self.owners.get(&number)?;
        self.roster?.students.get(*place)
    }

    /// Every submission with its grade; one is in memory at a time.
    pub fn each(&self) -> impl Iterator<Item = io::Result<Entry<'a>>> + '_ {
        self.results.each().enumerate().map(|(number, result)| {
            let result = result?;
            let student = self.student(number);
            Ok(Entry {
                number,
                student,
                grade: grade(&Brief::of(&result), student, self.policy),
                result,
            })
        })
    }

    /// The same without the checks and their stories: a tenth of the work.
    pub fn graded(&self) -> impl Iterator<Item = io::Result<Graded<'a>>> + '_ {
        self.results.briefs().enumerate().map(|(number, brief)| {
            let brief = brief?;
            let student = self.student(number);
            Ok(Graded {
                student,
                grade: grade(&brief, student, self.policy),
                brief,
            })
        })
    }

    /// Students without a submission, those among them whom several fit. Of a part of a
    /// class nobody can say who they are.
    pub fn without_grade(&self) -> Vec<&'a Student> {
        let Some(roster) = self.roster.filter(|_| !self.is_part) else {
            return Vec::new();
        };
        let graded: Vec<usize> = self.owners.values().copied().collect();
        let students = roster.students.iter().enumerate();
        students
            .filter(|(place, _)| !graded.contains(place))
            .map(|(_, student)| student)
            .collect()
    }
}

#[cfg(test)]
mod tests;
