//! What is kept of a class: a row of numbers a student, and sums.
//!
//! Only core checks are counted among the hardest and among the concepts that
//! were missed: nobody misses what is beyond the course.

use std::collections::{BTreeMap, BTreeSet};

use grader::report::{ExerciseResult, Repeats, Status, Verdict};
use testbed::exercise::Level;

use super::visible;
use crate::formats::shown::lateness;
use crate::grades::{Entry, Grade};
use crate::hundredths::Hundredths;

/// How much of a reason is kept, in characters.
const REASON: usize = 160;

/// The sums over a class.
#[derive(Debug, Default)]
pub struct Tally {
    /// Whether there are grades.
    pub graded: bool,
    /// In the order of the results.
    pub rows: Vec<Row>,
    /// In the order of their names once [`finished`](Tally::finish).
    pub exercises: Vec<Exercise>,
    /// By the tag.
    pub concepts: BTreeMap<String, Concept>,
    /// Exercises that the compiler refused.
    pub unbuilt: Vec<Note>,
    /// Exercises that were not taken.
    pub refused: Vec<Note>,
    /// What the lab could not judge.
    pub ungraded: Vec<Note>,
    /// Checks that failed and passed on the same files.
    pub flaky: Vec<Note>,
    /// What came after its deadline.
    pub late: Vec<Note>,
}

/// What is kept of a student.
#[derive(Debug)]
pub struct Row {
    /// As it is shown: the student's where it is known, otherwise the submission's.
    pub name: String,
    /// The student's id, where it is known whose it is.
    pub id: Option<String>,
    /// The grade; none where there is none.
    pub grade: Option<Hundredths>,
    /// The path of the student's page.
    pub page: String,
    /// The sum.
    pub score: u32,
    /// The most that can be reached.
    pub max: u32,
    /// By the number of the exercise; none for one that this student has not.
    pub cells: Vec<Option<Cell>>,
}

/// What is kept of an exercise of a student.
#[derive(Debug, Clone, Copy)]
pub struct Cell {
    /// How far judging came.
    pub status: Status,
    /// What was earned.
    pub score: u32,
    /// The most that can be earned.
    pub max: u32,
    /// Whether a check of it failed and passed on the same files.
    pub flaky: bool,
}

/// What is kept of an exercise.
#[derive(Debug)]
pub struct Exercise {
    /// The folder's name.
    pub id: String,
    /// The core checks in the order in which they were first met.
    pub checks: Vec<Check>,
}

/// How a check came out.
#[derive(Debug)]
pub struct Check {
    /// The test's name.
    pub name: String,
    /// A number of the handout, or a rule.
    pub requirement: String,
    /// Students whose program keeps it.
    pub passed: u32,
    /// Students whose program does not.
    pub failed: u32,
    /// Students who were not judged by it.
    pub not_judged: u32,
}

/// How a concept came out.
#[derive(Debug, Default)]
pub struct Concept {
    /// Students who fail a check of it.
    pub missed: u32,
    /// Students who were judged by a check of it.
    pub judged: u32,
}

/// A remark about an exercise of a student.
#[derive(Debug)]
pub struct Note {
    /// The row's number.
    pub row: usize,
    /// The exercise's number.
    pub exercise: usize,
    /// One line.
    pub text: String,
}

impl Row {
    /// Whether the score is the last word: the lab could judge everything.
    pub fn is_final(&self) -> bool {
        let mut cells = self.cells.iter().flatten();
        cells.all(|cell| cell.status != Status::Ungraded)
    }

    /// Whether nothing was handed in.
    pub fn is_empty(&self) -> bool {
        let mut cells = self.cells.iter().flatten();
        cells.all(|cell| cell.status == Status::Missing)
    }

    /// The score in millionths of what can be reached, to sort by.
    pub fn share(&self) -> u64 {
        u64::from(self.score) * 1_000_000 / u64::from(self.max.max(1))
    }

    /// The score in percent, rounded down: 100 is everything.
    pub fn percent(&self) -> u32 {
        percent(self.score, self.max)
    }
}

impl Check {
    /// How many were judged by it.
    pub fn judged(&self) -> u32 {
        self.passed + self.failed
    }
}

/// A share in percent, rounded down, 0 of nothing.
pub fn percent(part: u32, whole: u32) -> u32 {
    let share = u64::from(part) * 100 / u64::from(whole.max(1));
    u32::try_from(share).unwrap_or(100).min(100)
}

impl Tally {
    /// Of nobody so far.
    pub fn new(graded: bool) -> Tally {
        Tally {
            graded,
            ..Tally::default()
        }
    }

    /// Takes what is kept of a result.
    pub fn add(&mut self, entry: &Entry<'_>, page: String) {
        let result = &entry.result;
        let row = self.rows.len();
        let mut cells = Vec::new();
        let mut judged = BTreeSet::new();
        let mut missed = BTreeSet::new();
        for exercise in &result.exercises {
            let number = self.number(&exercise.id);
            if cells.len() <= number {
                cells.resize(number + 1, None);
            }
            cells[number] = Some(Cell {
                status: exercise.status,
                score: exercise.score,
                max: exercise.max_score,
                flaky: exercise.checks.iter().any(|one| one.flaky().is_some()),
            });
            self.count(number, exercise);
            self.note(row, number, exercise);
            for check in exercise
                .checks
                .iter()
                .filter(|one| one.level == Level::Core)
            {
                let concepts = check.concepts.iter().map(String::as_str);
                match check.verdict {
                    Verdict::Failed => missed.extend(concepts),
                    Verdict::Passed => judged.extend(concepts),
                    Verdict::NotRun | Verdict::Ungraded => {}
                }
            }
        }
        for concept in judged.union(&missed) {
            let sums = self.concepts.entry((*concept).to_owned()).or_default();
            sums.judged += 1;
            sums.missed += u32::from(missed.contains(concept));
        }
        self.note_late(row, &entry.grade);
        cells.shrink_to_fit();
        self.rows.push(Row {
            name: visible::name(who(entry)),
            id: entry.student.map(|student| student.id.clone()),
            grade: entry.grade.total.filter(|_| self.graded),
            page,
            score: result.score,
            max: result.max_score,
            cells,
        });
    }

    /// Puts the exercises in order.
    pub fn finish(mut self) -> Tally {
        let mut order: Vec<usize> = (0..self.exercises.len()).collect();
        order.sort_by(|a, b| self.exercises[*a].id.cmp(&self.exercises[*b].id));
        let mut place = vec![0; order.len()];
        for (to, from) in order.iter().enumerate() {
            place[*from] = to;
        }
        for row in &mut self.rows {
            let at = |from: &usize| row.cells.get(*from).copied().flatten();
            row.cells = order.iter().map(at).collect();
        }
        let notes = [
            &mut self.unbuilt,
            &mut self.refused,
            &mut self.ungraded,
            &mut self.flaky,
            &mut self.late,
        ];
        for note in notes.into_iter().flatten() {
            note.exercise = place[note.exercise];
        }
        self.exercises.sort_by(|a, b| a.id.cmp(&b.id));
        self
    }

    /// The number of an exercise, which is a new one for one that is new.
    fn number(&mut self, id: &str) -> usize {
        let known = self.exercises.iter().position(|one| one.id == id);
        known.unwrap_or_else(|| {
            self.exercises.push(Exercise {
                id: id.to_owned(),
                checks: Vec::new(),
            });
            self.exercises.len() - 1
        })
    }

    fn count(&mut self, number: usize, exercise: &ExerciseResult) {
        let sums = &mut self.exercises[number].checks;
        for check in exercise
            .checks
            .iter()
            .filter(|one| one.level == Level::Core)
        {
            let known = sums.iter().position(|one| one.name == check.name);
            let at = known.unwrap_or_else(|| {
                sums.push(Check {
                    name: check.name.clone(),
                    requirement: check.requirement.clone(),
                    passed: 0,
                    failed: 0,
                    not_judged: 0,
                });
                sums.len() - 1
            });
            match check.verdict {
                Verdict::Passed => sums[at].passed += 1,
                Verdict::Failed => sums[at].failed += 1,
                Verdict::NotRun | Verdict::Ungraded => sums[at].not_judged += 1,
            }
        }
    }

    fn note(&mut self, row: usize, number: usize, exercise: &ExerciseResult) {
        for check in &exercise.checks {
            if let Some(Repeats { passed, runs }) = check.flaky() {
                self.flaky.push(Note {
                    row,
                    exercise: number,
                    text: format!("{}: {passed} of {runs} runs passed", check.name),
                });
            }
        }
        let notes = match exercise.status {
            Status::BuildFailed => &mut self.unbuilt,
            Status::Refused => &mut self.refused,
            Status::Ungraded => &mut self.ungraded,
            Status::Graded | Status::Missing => return,
        };
        notes.push(Note {
            row,
            exercise: number,
            text: visible::line(&reason(exercise), REASON),
        });
    }

    /// Mostly one deadline holds for all exercises: they are told of together.
    fn note_late(&mut self, row: usize, grade: &Grade) {
        if !self.graded {
            return;
        }
        let mut late: Vec<(usize, String, usize)> = Vec::new();
        for exercise in &grade.exercises {
            let Some(text) = lateness(exercise) else {
                continue;
            };
            match late.iter_mut().find(|one| one.1 == text) {
                Some((_, _, more)) => *more += 1,
                None => late.push((self.number(&exercise.id), text, 0)),
            }
        }
        for (exercise, text, more) in late {
            let text = match more {
                0 => text,
                1 => format!("{text}; so does another exercise"),
                more => format!("{text}; so do {more} other exercises"),
            };
            self.late.push(Note {
                row,
                exercise,
                text,
            });
        }
    }
}

/// Whose a submission is, or else what it is called.
pub fn who<'a>(entry: &'a Entry<'_>) -> &'a str {
    let names = entry.student.map(|one| [&one.name, &one.id, &one.email]);
    let name = names.and_then(|names| names.into_iter().find(|name| !name.trim().is_empty()));
    name.unwrap_or(&entry.result.name)
}

/// Why an exercise has no last word, in one line.
fn reason(exercise: &ExerciseResult) -> String {
    if exercise.status != Status::Ungraded || exercise.message.is_some() {
        let why = exercise.why().unwrap_or_default();
        // The table's heading says so already.
        let line = why.strip_prefix("does not compile: ");
        return line.unwrap_or(&why).to_owned();
    }
    let mut checks = exercise.checks.iter();
    let names: Vec<&str> = checks
        .by_ref()
        .filter(|check| check.verdict == Verdict::Ungraded)
        .map(|check| check.name.as_str())
        .collect();
    let first = exercise.first(Verdict::Ungraded);
    let story = first.and_then(|check| check.story.as_deref());
    let line = story.and_then(|story| story.lines().find(|line| !line.trim().is_empty()));
    match line {
        Some(line) => format!("{}: {}", names.join(", "), line.trim()),
        None => names.join(", "),
    }
}
