//! One exercise of one submission, while it is being judged.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;

use super::order::order;
use super::{Job, Next};
use crate::build::{Built, Outcome};
use crate::catalogue::Entry;
use crate::crowd;
use crate::grade::{Attempt, Event};
use crate::report::{CheckResult, ExerciseResult, Status, Verdict};
use crate::score;
use crate::submission::Intake;

/// An attempt on the board.
pub struct Row<'a> {
    /// The number of the submission, and which of its exercises this is.
    place: (usize, usize),
    submission_name: String,
    entry: &'a Entry,
    stage: Stage,
    /// The checks in the order in which they are run and told of.
    order: Vec<usize>,
    /// How many of them have been told of.
    told: usize,
    checks: Vec<Cell>,
    spent: Duration,
    first_failure_only: bool,
}

enum Stage {
    ToBuild(BTreeMap<String, String>, BTreeMap<String, PathBuf>),
    Building,
    Built(Arc<BTreeMap<String, PathBuf>>),
    Closed(ExerciseResult),
}

#[derive(Clone)]
enum Cell {
    Open,
    Running,
    Done(CheckResult),
}

impl<'a> Row<'a> {
    /// An attempt that is not known and was handed in is to be built.
    pub fn new(
        place: (usize, usize),
        name: &str,
        attempt: &Attempt<'a>,
        tell: &dyn Fn(Event<'_>),
    ) -> Row<'a> {
        let entry = attempt.entry;
        let mut row = Row {
            place,
            submission_name: name.to_owned(),
            entry,
            stage: Stage::Building,
            order: order(&entry.data.checks, &attempt.first),
            told: 0,
            checks: vec![Cell::Open; entry.data.checks.len()],
            spent: Duration::ZERO,
            first_failure_only: attempt.first_failure_only,
        };
        let all_given = entry
            .programs
            .iter()
            .all(|program| attempt.programs.contains_key(&program.name));
        let closed = match (&attempt.known, &attempt.intake) {
            (Some(known), _) => known.clone(),
            _ if all_given => {
                row.stage = Stage::Built(Arc::new(attempt.programs.clone()));
                return row;
            }
            (_, Intake::Taken(files)) => {
                row.stage = Stage::ToBuild(files.clone(), attempt.programs.clone());
                return row;
            }
            (_, Intake::Missing(what)) => row.without(Status::Missing, what),
            (_, Intake::Refused(why)) => row.without(Status::Refused, why),
        };
        row.close(closed, tell);
        row
    }

    /// What can be begun of it now.
    pub fn next(
        &mut self,
        attempt: usize,
        budget: Duration,
        ahead: bool,
        tell: &dyn Fn(Event<'_>),
    ) -> Next<'a> {
        match &self.stage {
            Stage::Closed(_) => return Next::Done,
            Stage::Building => return Next::Wait,
            Stage::ToBuild(..) => {
                let Stage::ToBuild(sources, given) =
                    std::mem::replace(&mut self.stage, Stage::Building)
                else {
                    unreachable!("it was seen to be one");
                };
                return Next::Job(Job::Build {
                    attempt,
                    entry: self.entry,
                    sources,
                    given,
                });
            }
            Stage::Built(_) => {}
        }
        for position in 0..self.order.len() {
            let index = self.order[position];
            // Closing the row, below, takes its checks away: those that are
            // left were decided before.
            if !matches!(self.checks.get(index), Some(Cell::Open)) {
                continue;
            }
            match self.ready(index, budget, ahead) {
                Ready::Yes => {
                    let Stage::Built(programs) = &self.stage else {
                        continue;
                    };
                    self.checks[index] = Cell::Running;
                    return Next::Job(Job::Check {
                        attempt,
                        index,
                        entry: self.entry,
                        check: &self.entry.data.checks[index],
                        programs: Arc::clone(programs),
                    });
                }
                Ready::NotYet => {}
                Ready::Never(why) => {
                    let check = &self.entry.data.checks[index];
                    let result = CheckResult::new(check, Verdict::NotRun, 0.0, Some(why));
                    self.checks[index] = Cell::Done(result);
                    self.advance(tell);
                }
            }
        }
        if self.is_closed() {
            Next::Done
        } else {
            Next::Wait
        }
    }

    /// Takes what a build came to.
    pub fn built(&mut self, outcome: Result<Outcome>, tell: &dyn Fn(Event<'_>)) {
        let closed = match outcome {
            Ok(Outcome::Built(Built { programs, .. })) => {
                self.stage = Stage::Built(Arc::new(programs));
                return;
            }
            Ok(Outcome::Failed(diagnostics)) => self.without(Status::BuildFailed, &diagnostics),
            Err(error) => self.without(
                Status::Ungraded,
                &format!("the lab could not build it: {error:#}"),
            ),
        };
        self.close(closed, tell);
    }

    /// Takes the result of a check.
    pub fn checked(&mut self, index: usize, result: CheckResult, tell: &dyn Fn(Event<'_>)) {
        self.spent += Duration::from_secs_f64(result.seconds);
        self.checks[index] = Cell::Done(result);
        self.advance(tell);
    }

    /// Whether nothing of it is left to do.
    pub fn is_closed(&self) -> bool {
        matches!(self.stage, Stage::Closed(_))
    }

    /// Where it belongs, and what it came to; none while it is being judged.
    pub fn result(self) -> Option<((usize, usize), ExerciseResult)> {
        match self.stage {
            Stage::Closed(result) => Some((self.place, result)),
            Stage::ToBuild(..) | Stage::Building | Stage::Built(_) => None,
        }
    }

    /// Whether a check may run, given what its predecessors came to. Where nothing
    /// counts behind the first failure, it runs `ahead` of those that still run only
    /// when there is nothing else to do: it may run for nothing.
    fn ready(&self, index: usize, budget: Duration, ahead: bool) -> Ready {
        let check = &self.entry.data.checks[index];
        let mut waiting = false;
        for (earlier, cell) in self.entry.data.checks.iter().zip(&self.checks).take(index) {
            let named = check.after.contains(&earlier.name);
            match cell {
                Cell::Done(result) if named && result.verdict != Verdict::Passed => {
                    return Ready::Never(format!(
                        "Not run: it means something only once `{}` passes.",
                        earlier.name
                    ));
                }
                Cell::Done(result)
                    if self.first_failure_only && result.verdict == Verdict::Failed =>
                {
                    return Ready::Never(format!("Not run: `{}` has failed.", earlier.name));
                }
                Cell::Done(_) => {}
                // Which of several that fail is named does not depend on who is quicker.
                _ if named => return Ready::NotYet,
                _ => waiting |= self.first_failure_only && !ahead,
            }
        }
        if waiting {
            Ready::NotYet
        } else if self.spent > budget.mul_f64(crowd::factor()) {
            Ready::Never(format!(
                "Not run: the {} seconds for this exercise were used up by the checks before.",
                budget.as_secs()
            ))
        } else {
            Ready::Yes
        }
    }

    /// Tells of what is decided, in order, and closes the row behind the last.
    fn advance(&mut self, tell: &dyn Fn(Event<'_>)) {
        while let Some(&index) = self.order.get(self.told) {
            let Some(Cell::Done(result)) = self.checks.get(index) else {
                break;
            };
            tell(Event::Checked(self.entry, result));
            self.told += 1;
        }
        if self.told == self.order.len() {
            let checks: Vec<CheckResult> = self
                .checks
                .drain(..)
                .filter_map(|cell| match cell {
                    Cell::Done(result) => Some(result),
                    Cell::Open | Cell::Running => None,
                })
                .collect();
            let ungraded = checks
                .iter()
                .find(|check| check.verdict == Verdict::Ungraded);
            let closed = ExerciseResult {
                id: self.entry.id.clone(),
                score: score::score(&checks),
                max_score: self.entry.max_score(),
                status: score::status(&checks),
                message: ungraded
                    .map(|check| format!("the lab could not judge {}; run it again", check.name)),
                checks,
            };
            self.close(closed, tell);
        }
    }

    fn without(&self, status: Status, message: &str) -> ExerciseResult {
        ExerciseResult::without(self.entry, status, message)
    }

    fn close(&mut self, result: ExerciseResult, tell: &dyn Fn(Event<'_>)) {
        tell(Event::Done(&self.submission_name, &result));
        self.stage = Stage::Closed(result);
    }
}

enum Ready {
    Yes,
    NotYet,
    Never(String),
}
