//! The submissions of a run, taken up one after another.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result};
use grader::brief::Settled;
use grader::catalogue::Entry;
use grader::grade::{Attempt, Candidate};
use grader::record::{Key, Keys, Records};
use grader::report::{ExerciseResult, Status};
use grader::submission::{Intake, Submission};

/// What was handed in for an exercise; a submission that cannot be read is
/// refused, and the others go on.
fn take(submission: &Submission, entry: &Entry) -> Intake {
    submission.take(entry).unwrap_or_else(|error| {
        let folder = submission.folder();
        Intake::Refused(format!("{} cannot be read: {error}", folder.display()))
    })
}

/// The exercises of which somebody has handed in something: what nobody did
/// needs no checks.
pub fn handed_in<'a>(submissions: &[Submission], entries: &[&'a Entry]) -> Vec<&'a Entry> {
    let mut missing: Vec<&Entry> = entries.to_vec();
    for submission in submissions {
        missing.retain(|entry| matches!(take(submission, entry), Intake::Missing(_)));
        if missing.is_empty() {
            break;
        }
    }
    let is_missing = |entry: &Entry| missing.iter().any(|one| one.id == entry.id);
    let there = entries.iter().copied();
    there.filter(|&entry| !is_missing(entry)).collect()
}

/// Makes candidates of submissions, with what is known of them from an earlier
/// run, and records what they come to.
pub struct Queue<'a> {
    entries: Vec<&'a Entry>,
    kept: Option<Kept>,
}

/// What is kept from run to run.
struct Kept {
    records: Records,
    keys: Keys,
    /// Whether what is known is judged again all the same.
    fresh: bool,
    /// Under what a result is to be recorded, by submission and exercise.
    open: Mutex<BTreeMap<(String, String), Key>>,
    /// How many exercises are not judged again, and how many were handed in.
    known: AtomicUsize,
    handed_in: AtomicUsize,
    /// The first record that could not be written.
    trouble: Mutex<Option<anyhow::Error>>,
}

impl<'a> Queue<'a> {
    /// Nothing is kept.
    pub fn new(entries: Vec<&'a Entry>) -> Queue<'a> {
        Queue {
            entries,
            kept: None,
        }
    }

    /// Keeps verdicts in a folder. What is there already is not judged again,
    /// unless `fresh`.
    pub fn keep(self, folder: &Path, keys: Keys, fresh: bool) -> Result<Queue<'a>> {
        let records =
            Records::open(folder, &keys).with_context(|| format!("make {}", folder.display()))?;
        Ok(Queue {
            kept: Some(Kept {
                records,
                keys,
                fresh,
                open: Mutex::default(),
                known: AtomicUsize::new(0),
                handed_in: AtomicUsize::new(0),
                trouble: Mutex::default(),
            }),
            ..self
        })
    }

    /// What a submission came to in an earlier run, if nothing of it is left to
    /// judge: each exercise is known, or was not handed in, or is not taken.
    pub fn settled(&self, submission: &Submission) -> Option<Vec<Settled>> {
        let kept = self.kept.as_ref().filter(|kept| !kept.fresh)?;
        let mut known = 0;
        let settled = self.entries.iter().map(|&entry| {
            let (status, why) = match take(submission, entry) {
                Intake::Taken(files) => {
                    known += 1;
                    return kept.records.settled(&kept.keys.of(entry, &files)?);
                }
                Intake::Missing(what) => (Status::Missing, what),
                Intake::Refused(why) => (Status::Refused, why),
            };
            Settled::of(&ExerciseResult::without(entry, status, &why)).ok()
        });
        let settled = settled.collect::<Option<Vec<Settled>>>()?;
        kept.handed_in.fetch_add(known, Ordering::Relaxed);
        kept.known.fetch_add(known, Ordering::Relaxed);
        Some(settled)
    }

    /// A submission, to be judged.
    pub fn candidate(&self, submission: &Submission) -> Candidate<'a> {
        let attempts = self.entries.iter().map(|&entry| {
            let mut attempt = Attempt::new(entry, take(submission, entry));
            if let Some(kept) = &self.kept {
                attempt.known = kept.look_up(&submission.name, entry, &attempt.intake);
            }
            attempt
        });
        Candidate {
            name: submission.name.clone(),
            attempts: attempts.collect(),
        }
    }

    /// Takes down what an exercise of a submission came to.
    pub fn done(&self, submission: &str, result: &ExerciseResult) {
        let Some(kept) = &self.kept else {
            return;
        };
        let name = (submission.to_owned(), result.id.clone());
        let Some(key) = lock(&kept.open).remove(&name) else {
            return;
        };
        if let Err(error) = kept.records.put(&key, result) {
            lock(&kept.trouble).get_or_insert(error.into());
        }
    }

    /// How many of the exercises that were handed in were known already, in a
    /// sentence; none when there was none.
    pub fn known(&self) -> Option<String> {
        let kept = self.kept.as_ref()?;
        let known = kept.known.load(Ordering::Relaxed);
        let all = kept.handed_in.load(Ordering::Relaxed);
        (known > 0).then(|| {
            format!(
                "{known} of {all} exercises were judged before, the same files under the same \
                 lab; --fresh judges them again"
            )
        })
    }

    /// Forgets what was kept under versions of the lab that nobody uses any more.
    pub fn sweep(&self) {
        if let Some(kept) = &self.kept {
            kept.records.sweep();
        }
    }

    /// Why not every verdict could be kept. The report has all of them.
    pub fn trouble(&self) -> Option<anyhow::Error> {
        lock(&self.kept.as_ref()?.trouble).take()
    }
}

impl Kept {
    fn look_up(&self, submission: &str, entry: &Entry, intake: &Intake) -> Option<ExerciseResult> {
        let Intake::Taken(files) = intake else {
            return None;
        };
        let key = self.keys.of(entry, files)?;
        let known = self.records.get(&key).filter(|_| !self.fresh);
        self.handed_in.fetch_add(1, Ordering::Relaxed);
        if known.is_some() {
            self.known.fetch_add(1, Ordering::Relaxed);
        } else {
            let name = (submission.to_owned(), entry.id.clone());
            lock(&self.open).insert(name, key);
        }
        known
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
