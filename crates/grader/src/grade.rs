//! Drives the steps over any number of submissions.
//!
//! All work lies on one board: builds and checks of every exercise of
//! every submission. As many workers as there are cells at a time take the
//! first job that is ready; the order of the report does not depend on who
//! was quicker.

mod board;
mod slots;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::build::{Builder, Outcome};
use crate::catalogue::Entry;
use crate::report::{CheckResult, ExerciseResult, SubmissionResult};
use crate::run::Runner;
use crate::seed::Seed;
use crate::stage::Stage;
use crate::stop::{Stop, Stopped};
use crate::submission::Intake;
use crate::work::remove;
use board::{Board, Job, Next};
pub use slots::Slot;

/// How long all checks of one exercise of one submission may take together.
const EXERCISE_DEADLINE: Duration = Duration::from_secs(180);

/// How a run is to be done.
#[derive(Debug, Clone)]
pub struct Options {
    /// How many cells may exist at a time.
    pub jobs: usize,
    /// Where random data come from.
    pub random: u32,
    /// The factor by which deadlines are stretched.
    pub patience: f64,
    /// How often a check that failed is judged again.
    pub repeats: u32,
    /// When to give up.
    pub stop: Stop,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            jobs: thread::available_parallelism().map_or(1, Into::into),
            random: 1,
            patience: 1.0,
            repeats: 0,
            stop: Stop::default(),
        }
    }
}

/// One submission's exercises, to be judged.
#[derive(Debug, Clone)]
pub struct Candidate<'a> {
    /// What the report calls it.
    pub name: String,
    /// What was handed in for each exercise.
    pub attempts: Vec<Attempt<'a>>,
}

/// One exercise of one submission, to be judged.
#[derive(Debug, Clone)]
pub struct Attempt<'a> {
    /// The exercise.
    pub entry: &'a Entry,
    /// Its sources, or why there are none. Not looked at when every program
    /// is given.
    pub intake: Intake,
    /// Programs that are judged as they are, by name.
    pub programs: BTreeMap<String, PathBuf>,
    /// Whether the checks behind the first failed one are left out.
    pub first_failure_only: bool,
    /// The checks that are run and told of before all others, and before them
    /// those that they build on. The report keeps the exercise's order.
    pub first: Vec<String>,
    /// What it came to when it was judged before: it is not judged again.
    pub known: Option<ExerciseResult>,
}

impl<'a> Attempt<'a> {
    /// An attempt that is made of sources.
    pub fn new(entry: &'a Entry, intake: Intake) -> Attempt<'a> {
        Attempt {
            entry,
            intake,
            programs: BTreeMap::new(),
            first_failure_only: false,
            first: Vec::new(),
            known: None,
        }
    }
}

/// What is told while a run goes on.
#[derive(Debug)]
pub enum Event<'a> {
    /// A check has its verdict. Told in the order of the exercise, those behind
    /// [`Attempt::first`].
    Checked(&'a Entry, &'a CheckResult),
    /// An exercise of a submission is done.
    Done(&'a str, &'a ExerciseResult),
}

/// Judges all candidates and gives their results in the order given.
///
/// # Errors
///
/// [`Stopped`], or the lab's own folder cannot be written.
pub fn grade(
    seed: &Seed,
    candidates: &[Candidate<'_>],
    options: &Options,
    tell: &(dyn Fn(Event<'_>) + Sync),
) -> Result<Vec<SubmissionResult>> {
    let results = Mutex::new(BTreeMap::new());
    let mut left = candidates.iter();
    grade_each(
        seed,
        &mut || left.next().cloned(),
        options,
        tell,
        &|number, result| {
            lock(&results).insert(number, result);
            Ok(())
        },
    )?;
    let results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok(results.into_values().collect())
}

/// Judges candidates as they are asked for, and hands out each result, with its
/// number, as soon as it is there: quicker ones come before slower ones. No
/// more of them are in memory than are being judged.
///
/// # Errors
///
/// [`Stopped`], an error of `done`, or the lab's own folder cannot be written.
pub fn grade_each<'a>(
    seed: &Seed,
    next: &mut (dyn FnMut() -> Option<Candidate<'a>> + Send),
    options: &Options,
    tell: &(dyn Fn(Event<'_>) + Sync),
    done: &(dyn Fn(usize, SubmissionResult) -> Result<()> + Sync),
) -> Result<()> {
    // A seed may serve several runs, one after another: each has its folder.
    static RUNS: AtomicUsize = AtomicUsize::new(0);
    let run = RUNS.fetch_add(1, Ordering::Relaxed);
    let folder = seed.work.folder(format!("grade-{run}"))?;
    let shared = Shared {
        seed,
        folder: &folder,
        options,
        tell,
        done,
        board: Mutex::new(Board::new(next, options)),
        changed: Condvar::new(),
        trouble: Mutex::new(None),
    };
    // Where there is no cell, checks share the machine's ports and files.
    let jobs = if seed.tier.has_cell() {
        options.jobs.max(1)
    } else {
        1
    };
    thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| shared.work());
        }
    });
    remove(&folder);
    let trouble = shared.trouble.into_inner();
    match trouble.unwrap_or_else(PoisonError::into_inner) {
        Some(error) => Err(error),
        None => Ok(()),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What the workers share.
struct Shared<'s, 'a> {
    seed: &'s Seed,
    /// Where everything of this run lies.
    folder: &'s Path,
    options: &'s Options,
    tell: &'s (dyn Fn(Event<'_>) + Sync),
    done: &'s (dyn Fn(usize, SubmissionResult) -> Result<()> + Sync),
    board: Mutex<Board<'s, 'a>>,
    changed: Condvar,
    trouble: Mutex<Option<anyhow::Error>>,
}

impl<'s, 'a> Shared<'s, 'a> {
    fn work(&self) {
        let slot = Slot::take();
        while let Some(job) = self.next() {
            let performed = self.perform(&job, slot.number());
            let finished = self.board().finished();
            if let Err(error) = performed.and_then(|()| self.hand_out(finished)) {
                self.give_up(error);
                return;
            }
            self.changed.notify_all();
        }
    }

    /// The next job; waits while there is none yet, and ends when there will
    /// be none any more.
    fn next(&self) -> Option<Job<'a>> {
        let mut board = self.board();
        loop {
            if self.options.stop.asked() {
                drop(board);
                self.give_up(Stopped.into());
                return None;
            }
            let next = board.next(self.tell);
            // What needs no judging is finished when it is taken up.
            let finished = board.finished();
            if !finished.is_empty() {
                drop(board);
                if let Err(error) = self.hand_out(finished) {
                    self.give_up(error);
                    return None;
                }
                match next {
                    Next::Job(job) => return Some(job),
                    // Much may have happened meanwhile.
                    Next::Wait | Next::Finished | Next::Done => board = self.board(),
                }
                continue;
            }
            match next {
                Next::Job(job) => return Some(job),
                Next::Finished => {}
                Next::Wait => {
                    board = self
                        .changed
                        .wait(board)
                        .unwrap_or_else(PoisonError::into_inner);
                }
                Next::Done => {
                    self.changed.notify_all();
                    return None;
                }
            }
        }
    }

    /// Gives out the submissions of which nothing is left to judge.
    fn hand_out(&self, finished: Vec<(usize, SubmissionResult)>) -> Result<()> {
        finished
            .into_iter()
            .try_for_each(|(number, result)| (self.done)(number, result))
    }

    fn perform(&self, job: &Job<'a>, slot: u32) -> Result<()> {
        match job {
            Job::Build {
                attempt,
                entry,
                sources,
                given,
            } => {
                let folder = self.place(&format!("attempt-{attempt}"))?;
                let outcome = self.build(entry, sources, given, &folder, slot);
                match outcome {
                    Err(error) if error.is::<Stopped>() => return Err(error),
                    outcome => self.board().built(*attempt, outcome, self.tell),
                }
            }
            Job::Check {
                attempt,
                index,
                entry,
                check,
                programs,
            } => {
                let folder = self.place(&format!("attempt-{attempt}-check-{index}"))?;
                let runner = Runner {
                    seed: self.seed,
                    slot,
                    random: self.options.random,
                    patience: self.options.patience,
                    repeats: self.options.repeats,
                    stop: &self.options.stop,
                };
                let result = runner.run(entry, programs, check, &folder)?;
                remove(&folder);
                self.board().checked(*attempt, *index, result, self.tell);
            }
        }
        // A class of large programs shall not pile up.
        let (Job::Build { attempt, .. } | Job::Check { attempt, .. }) = job;
        if self.board().is_closed(*attempt) {
            remove(&self.folder.join(format!("attempt-{attempt}")));
        }
        Ok(())
    }

    fn build(
        &self,
        entry: &Entry,
        sources: &BTreeMap<String, String>,
        given: &BTreeMap<String, PathBuf>,
        folder: &Path,
        slot: u32,
    ) -> Result<Outcome> {
        let stage = self.stage(entry, sources, folder)?;
        let builder = Builder {
            seed: self.seed,
            slot,
            patience: self.options.patience,
            stop: &self.options.stop,
        };
        let outcome = builder.build(entry, &stage, |name| !given.contains_key(name), folder)?;
        Ok(match outcome {
            Outcome::Built(mut built) => {
                built.programs.extend(given.clone());
                Outcome::Built(built)
            }
            failed => failed,
        })
    }

    fn stage(
        &self,
        entry: &Entry,
        sources: &BTreeMap<String, String>,
        folder: &Path,
    ) -> Result<Stage> {
        let stage = folder.join("stage");
        fs::create_dir(&stage)
            .and_then(|()| crate::work::set_mode(&stage, 0o755))
            .with_context(|| format!("make {}", stage.display()))?;
        Stage::fill(&stage, entry, sources)
            .with_context(|| format!("fill the stage of {}", entry.id))
    }

    /// A folder of this run that anybody may read.
    fn place(&self, name: &str) -> Result<PathBuf> {
        let path = self.folder.join(name);
        fs::create_dir_all(&path)
            .and_then(|()| crate::work::set_mode(&path, 0o755))
            .with_context(|| format!("make {}", path.display()))?;
        Ok(path)
    }

    fn board(&self) -> MutexGuard<'_, Board<'s, 'a>> {
        lock(&self.board)
    }

    /// Ends the run: the first trouble is the one that is reported.
    fn give_up(&self, error: anyhow::Error) {
        lock(&self.trouble).get_or_insert(error);
        self.options.stop.ask();
        self.changed.notify_all();
    }
}

/// The budget of one exercise's checks.
fn exercise_deadline(options: &Options) -> Duration {
    EXERCISE_DEADLINE.mul_f64(options.patience)
}
