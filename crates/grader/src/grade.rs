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

use anyhow::{Context, Result, bail};

use crate::build::{Builder, Built, Outcome};
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
    /// When to give up.
    pub stop: Stop,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            jobs: thread::available_parallelism().map_or(1, Into::into),
            random: 1,
            patience: 1.0,
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
}

impl<'a> Attempt<'a> {
    /// An attempt that is made of sources.
    pub fn new(entry: &'a Entry, intake: Intake) -> Attempt<'a> {
        Attempt {
            entry,
            intake,
            programs: BTreeMap::new(),
            first_failure_only: false,
        }
    }
}

/// What is told while a run goes on.
#[derive(Debug)]
pub enum Event<'a> {
    /// A check has its verdict. Told in order within an exercise.
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
    // A seed may serve several runs, one after another: each has its folder.
    static RUNS: AtomicUsize = AtomicUsize::new(0);
    let run = RUNS.fetch_add(1, Ordering::Relaxed);
    let folder = seed.work.folder(format!("grade-{run}"))?;
    let shared = Shared {
        seed,
        folder: &folder,
        options,
        tell,
        board: Mutex::new(Board::new(candidates, options)),
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
    if let Some(error) = shared
        .trouble
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner)
    {
        return Err(error);
    }
    Ok(shared
        .board
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner)
        .results())
}

/// What the workers share.
struct Shared<'a> {
    seed: &'a Seed,
    /// Where everything of this run lies.
    folder: &'a Path,
    options: &'a Options,
    tell: &'a (dyn Fn(Event<'_>) + Sync),
    board: Mutex<Board<'a>>,
    changed: Condvar,
    trouble: Mutex<Option<anyhow::Error>>,
}

impl<'a> Shared<'a> {
    fn work(&self) {
        let slot = Slot::take();
        while let Some(job) = self.next() {
            if let Err(error) = self.perform(&job, slot.number()) {
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
            match board.next(self.tell) {
                Next::Job(job) => return Some(job),
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
        let filled = Stage::fill(&stage, entry, sources)
            .with_context(|| format!("fill the stage of {}", entry.id))?;
        if filled.digest.is_empty() {
            bail!("the stage of {} is empty", entry.id);
        }
        Ok(filled)
    }

    /// A folder of this run that anybody may read.
    fn place(&self, name: &str) -> Result<PathBuf> {
        let path = self.folder.join(name);
        fs::create_dir_all(&path)
            .and_then(|()| crate::work::set_mode(&path, 0o755))
            .with_context(|| format!("make {}", path.display()))?;
        Ok(path)
    }

    fn board(&self) -> MutexGuard<'_, Board<'a>> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the run: the first trouble is the one that is reported.
    fn give_up(&self, error: anyhow::Error) {
        self.trouble
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get_or_insert(error);
        self.options.stop.ask();
        self.changed.notify_all();
    }
}

/// The budget of one exercise's checks.
fn exercise_deadline(options: &Options) -> Duration {
    EXERCISE_DEADLINE.mul_f64(options.patience)
}

impl Built {
    /// Programs that came as they are.
    pub fn given(programs: BTreeMap<String, PathBuf>) -> Built {
        Built {
            programs,
            digest: None,
        }
    }
}
