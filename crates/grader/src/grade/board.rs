//! What is to be done, what is being done, and what has come of it.

mod order;
mod row;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use exercise::Check;

use super::{Candidate, Event, Options, exercise_deadline};
use crate::build::Outcome;
use crate::catalogue::Entry;
use crate::report::{CheckResult, ExerciseResult, SubmissionResult};
use row::Row;

/// Where the submissions come from, one after another.
pub type Source<'s, 'a> = &'s mut (dyn FnMut() -> Option<Candidate<'a>> + Send);

/// The attempts that are being judged. The next submission is asked for when
/// nothing else can be begun, so that a class of a thousand needs no more
/// memory than one of ten.
pub struct Board<'s, 'a> {
    source: Source<'s, 'a>,
    /// By the number of the attempt, in the order of the report.
    rows: BTreeMap<usize, Row<'a>>,
    /// By the number of the submission.
    open: BTreeMap<usize, Open>,
    begun: (usize, usize),
    /// Whether the source has no more.
    drained: bool,
    finished: Vec<(usize, SubmissionResult)>,
    budget: Duration,
}

/// A submission of which something is left to judge.
struct Open {
    name: String,
    exercises: Vec<Option<ExerciseResult>>,
}

/// One thing for a worker to do.
pub enum Job<'a> {
    /// Compile the programs of an attempt that were not given.
    Build {
        attempt: usize,
        entry: &'a Entry,
        sources: BTreeMap<String, String>,
        given: BTreeMap<String, PathBuf>,
    },
    /// Run one check of an attempt.
    Check {
        attempt: usize,
        index: usize,
        entry: &'a Entry,
        check: &'a Check,
        programs: Arc<BTreeMap<String, PathBuf>>,
    },
}

/// What a worker is told.
pub enum Next<'a> {
    Job(Job<'a>),
    /// Something that runs must end first.
    Wait,
    /// A submission was taken up that needs no judging: it is to be given out
    /// before the next one is asked for.
    Finished,
    /// There is nothing left to begin.
    Done,
}

impl<'s, 'a> Board<'s, 'a> {
    pub fn new(source: Source<'s, 'a>, options: &Options) -> Board<'s, 'a> {
        Board {
            source,
            rows: BTreeMap::new(),
            open: BTreeMap::new(),
            begun: (0, 0),
            drained: false,
            finished: Vec::new(),
            budget: exercise_deadline(options),
        }
    }

    /// The first job that is ready, in the order of the report.
    pub fn next(&mut self, tell: &dyn Fn(Event<'_>)) -> Next<'a> {
        loop {
            let mut job = None;
            let mut closed = Vec::new();
            for (&number, row) in &mut self.rows {
                match row.next(number, self.budget, self.drained, tell) {
                    Next::Job(found) => {
                        job = Some(found);
                        break;
                    }
                    Next::Wait | Next::Finished => {}
                    Next::Done => closed.push(number),
                }
            }
            for number in closed {
                self.settle(number);
            }
            if let Some(job) = job {
                return Next::Job(job);
            }
            match (self.source)() {
                Some(candidate) => {
                    self.begin(&candidate, tell);
                    if !self.finished.is_empty() {
                        return Next::Finished;
                    }
                }
                None if self.rows.is_empty() => return Next::Done,
                None if self.drained => return Next::Wait,
                None => self.drained = true,
            }
        }
    }

    /// Takes up a submission.
    fn begin(&mut self, candidate: &Candidate<'a>, tell: &dyn Fn(Event<'_>)) {
        let (submission, first) = self.begun;
        let count = candidate.attempts.len();
        self.begun = (submission + 1, first + count);
        let open = Open {
            name: candidate.name.clone(),
            exercises: vec![None; count],
        };
        self.open.insert(submission, open);
        for (position, attempt) in candidate.attempts.iter().enumerate() {
            let row = Row::new((submission, position), &candidate.name, attempt, tell);
            self.rows.insert(first + position, row);
        }
        if count == 0 {
            self.finish(submission);
        }
        for position in 0..count {
            self.settle(first + position);
        }
    }

    /// Takes what a build came to.
    pub fn built(&mut self, attempt: usize, outcome: Result<Outcome>, tell: &dyn Fn(Event<'_>)) {
        if let Some(row) = self.rows.get_mut(&attempt) {
            row.built(outcome, tell);
            self.settle(attempt);
        }
    }

    /// Takes the result of a check.
    pub fn checked(
        &mut self,
        attempt: usize,
        index: usize,
        result: CheckResult,
        tell: &dyn Fn(Event<'_>),
    ) {
        if let Some(row) = self.rows.get_mut(&attempt) {
            row.checked(index, result, tell);
            self.settle(attempt);
        }
    }

    /// Whether nothing of an attempt is left to do.
    pub fn is_closed(&self, attempt: usize) -> bool {
        !self.rows.contains_key(&attempt)
    }

    /// The submissions of which nothing was left since this was last asked,
    /// with their numbers.
    pub fn finished(&mut self) -> Vec<(usize, SubmissionResult)> {
        std::mem::take(&mut self.finished)
    }

    /// Takes an attempt off the board if it is closed.
    fn settle(&mut self, attempt: usize) {
        if !self.rows.get(&attempt).is_some_and(Row::is_closed) {
            return;
        }
        let Some(((submission, position), result)) =
            self.rows.remove(&attempt).and_then(Row::result)
        else {
            return;
        };
        if let Some(open) = self.open.get_mut(&submission) {
            open.exercises[position] = Some(result);
            if open.exercises.iter().all(Option::is_some) {
                self.finish(submission);
            }
        }
    }

    fn finish(&mut self, submission: usize) {
        if let Some(open) = self.open.remove(&submission) {
            let exercises = open.exercises.into_iter().flatten().collect();
            let result = SubmissionResult::new(open.name, exercises);
            self.finished.push((submission, result));
        }
    }
}
