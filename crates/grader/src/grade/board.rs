//! What is to be done, what is being done, and what has come of it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use exercise::Check;

use super::{Attempt, Candidate, Event, Options, exercise_deadline};
use crate::build::{Built, Outcome};
use crate::catalogue::Entry;
use crate::crowd;
use crate::report::{CheckResult, ExerciseResult, Status, SubmissionResult, Verdict};
use crate::submission::Intake;

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

struct Row<'a> {
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
        let Some(row) = self.rows.get_mut(&attempt) else {
            return;
        };
        let closed = match outcome {
            Ok(Outcome::Built(Built { programs, .. })) => {
                row.stage = Stage::Built(Arc::new(programs));
                return;
            }
            Ok(Outcome::Failed(diagnostics)) => row.without(Status::BuildFailed, &diagnostics),
            Err(error) => row.without(
                Status::Ungraded,
                &format!("the lab could not build it: {error:#}"),
            ),
        };
        row.close(closed, tell);
        self.settle(attempt);
    }

    /// Takes the result of a check.
    pub fn checked(
        &mut self,
        attempt: usize,
        index: usize,
        result: CheckResult,
        tell: &dyn Fn(Event<'_>),
    ) {
        let Some(row) = self.rows.get_mut(&attempt) else {
            return;
        };
        row.spent += Duration::from_secs_f64(result.seconds);
        row.checks[index] = Cell::Done(result);
        row.advance(tell);
        self.settle(attempt);
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
        let closed = |row: &Row<'_>| matches!(row.stage, Stage::Closed(_));
        if !self.rows.get(&attempt).is_some_and(closed) {
            return;
        }
        let Some(Row {
            place: (submission, position),
            stage: Stage::Closed(result),
            ..
        }) = self.rows.remove(&attempt)
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

impl<'a> Row<'a> {
    fn new(
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

    fn next(
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
        if matches!(self.stage, Stage::Closed(_)) {
            Next::Done
        } else {
            Next::Wait
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
                _ => waiting |= named || self.first_failure_only && !ahead,
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
            self.close(ExerciseResult::judged(self.entry, checks), tell);
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

/// The checks of an exercise, by their indexes: first those that are named, each
/// behind what it builds on, then the others.
fn order(checks: &[Check], first: &[String]) -> Vec<usize> {
    fn take(checks: &[Check], index: usize, taken: &mut Vec<usize>) {
        if taken.contains(&index) {
            return;
        }
        // Only a check that comes earlier can be built on.
        for (earlier, check) in checks.iter().enumerate().take(index) {
            if checks[index].after.contains(&check.name) {
                take(checks, earlier, taken);
            }
        }
        taken.push(index);
    }
    let named = |check: &Check| first.contains(&check.name);
    let mut taken = Vec::with_capacity(checks.len());
    for wanted in [true, false] {
        for (index, check) in checks.iter().enumerate() {
            if named(check) == wanted {
                take(checks, index, &mut taken);
            }
        }
    }
    taken
}

enum Ready {
    Yes,
    NotYet,
    Never(String),
}

#[cfg(test)]
mod tests {
    use small_lab::Lab;

    use super::*;
    use crate::catalogue::Catalogue;

    #[test]
    fn what_is_to_come_first_comes_behind_what_it_builds_on() {
        let lab = Lab::new();
        let catalogue = Catalogue::load(lab.root()).unwrap();
        let mut checks = vec![catalogue.entries[0].data.checks[0].clone(); 5];
        for (index, (name, after)) in [("a", ""), ("b", ""), ("c", "b"), ("d", "c"), ("e", "")]
            .into_iter()
            .enumerate()
        {
            checks[index].name = name.into();
            checks[index].after = vec![after.into()];
        }
        let order = |first: &[&str]| {
            let first: Vec<String> = first.iter().map(|&name| name.into()).collect();
            super::order(&checks, &first)
        };
        assert_eq!(order(&[]), [0, 1, 2, 3, 4]);
        assert_eq!(order(&["e"]), [4, 0, 1, 2, 3]);
        assert_eq!(order(&["e", "d", "no such"]), [1, 2, 3, 4, 0]);
    }

    #[test]
    fn where_the_first_failure_is_all_that_counts_nothing_runs_ahead_of_other_work() {
        let lab = Lab::new();
        let catalogue = Catalogue::load(lab.root()).unwrap();
        let entry = &catalogue.entries[0];
        for (first_failure_only, expected) in [
            (true, [(0, 0), (1, 0), (0, 1), (0, 2)]),
            (false, [(0, 0), (0, 1), (0, 2), (1, 0)]),
        ] {
            let attempt = Attempt {
                programs: [("one".into(), "/bin/cat".into())].into(),
                first_failure_only,
                ..Attempt::new(entry, Intake::Missing(String::new()))
            };
            let mut all = ["ada", "bob"].into_iter().map(|name| Candidate {
                name: name.into(),
                attempts: vec![attempt.clone()],
            });
            let mut source = || all.next();
            let mut board = Board::new(&mut source, &Options::default());
            for expected in expected {
                let Next::Job(Job::Check { attempt, index, .. }) = board.next(&|_| {}) else {
                    panic!("no check to run");
                };
                assert_eq!((attempt, index), expected);
            }
        }
    }

    #[test]
    fn what_comes_first_is_told_first_and_reported_in_its_place() {
        let lab = Lab::new();
        let catalogue = Catalogue::load(lab.root()).unwrap();
        let entry = &catalogue.entries[0];
        let attempt = Attempt {
            programs: [("one".into(), "/bin/cat".into())].into(),
            first: vec!["one".into()],
            ..Attempt::new(entry, Intake::Missing(String::new()))
        };
        let mut all = vec![Candidate {
            name: "ada".into(),
            attempts: vec![attempt],
        }];
        let mut source = || all.pop();
        let told = std::cell::RefCell::new(Vec::new());
        let tell = |event: Event<'_>| {
            if let Event::Checked(_, result) = event {
                told.borrow_mut().push(result.name.clone());
            }
        };
        let mut board = Board::new(&mut source, &Options::default());
        for expected in [1, 0, 2] {
            let Next::Job(Job::Check { index, check, .. }) = board.next(&tell) else {
                panic!("no check to run");
            };
            assert_eq!(index, expected);
            let result = CheckResult::new(check, Verdict::Passed, 0.0, None);
            board.checked(0, index, result, &tell);
        }
        assert_eq!(*told.borrow(), ["one", "zero", "beyond"]);
        let reported = &board.finished()[0].1.exercises[0].checks;
        assert_eq!(reported[0].name, "zero");
    }

    #[test]
    fn a_check_that_never_runs_may_be_decided_last_of_all() {
        let lab = Lab::new();
        let name = "name = \"one\"\nrequirement";
        let after = name.replace('\n', "\nafter = [\"zero\"]\n");
        lab.edit("exercises/01-one/exercise.toml", name, &after);
        let catalogue = Catalogue::load(lab.root()).unwrap();
        let entry = &catalogue.entries[0];
        let attempt = Attempt {
            programs: [("one".into(), "/bin/cat".into())].into(),
            ..Attempt::new(entry, Intake::Missing(String::new()))
        };
        let candidate = Candidate {
            name: "ada".into(),
            attempts: vec![attempt],
        };
        let mut all = vec![candidate];
        let mut source = || all.pop();
        let mut board = Board::new(&mut source, &Options::default());
        let tell = |_: Event<'_>| {};
        let begun = |next| match next {
            Next::Job(Job::Check { index, .. }) => index,
            _ => panic!("no check to run"),
        };
        assert_eq!(begun(board.next(&tell)), 0);
        assert_eq!(begun(board.next(&tell)), 2);
        let result =
            |index: usize, verdict| CheckResult::new(&entry.data.checks[index], verdict, 0.0, None);
        board.checked(0, 2, result(2, Verdict::Passed), &tell);
        board.checked(0, 0, result(0, Verdict::Failed), &tell);
        assert!(matches!(board.next(&tell), Next::Done));
        let verdicts: Vec<Verdict> = board.finished()[0].1.exercises[0]
            .checks
            .iter()
            .map(|check| check.verdict)
            .collect();
        assert_eq!(
            verdicts,
            [Verdict::Failed, Verdict::NotRun, Verdict::Passed]
        );
    }
}
