//! How far somebody has come.
//!
//! A file in the repository, so that it moves to another machine with it:
//! `.lab/progress.toml`. Exercises stand in it under their keys, which stay when a
//! folder is renamed. It decides nothing: no verdict and no score depends on it, and
//! it may be thrown away.
//!
//! Two processes may write it at the same time: each puts what it knows to what
//! is there ([`Progress::save`]).

mod kept;

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use exercise::{Check, Level};
use grader::catalogue::{Catalogue, Entry};
use grader::report::{CheckResult, ExerciseResult, Status, Verdict, write_atomically};

use crate::backup;
use crate::folder::{self, Lock};
use crate::moment::Moment;
pub use kept::Last;
use kept::{Damage, Kept, Of};

/// The file's name.
const FILE: &str = "progress.toml";

/// What is known of a learner's progress.
#[derive(Debug)]
pub struct Progress {
    root: PathBuf,
    /// All that is known.
    kept: Kept,
    /// What of it is not in the file yet.
    found: Kept,
    /// The keys of those whose verdicts are to be dropped from the file.
    forgotten: BTreeSet<String>,
    notice: Option<String>,
}

impl Progress {
    /// Reads what is kept in a lab; nothing, if there is no file.
    ///
    /// A file that is damaged or from a newer lab is moved aside, never lost:
    /// [`Progress::notice`] then says so.
    ///
    /// # Errors
    ///
    /// The file is there and cannot be read.
    pub fn open(catalogue: &Catalogue) -> Result<Progress> {
        Progress::of(&catalogue.root)
    }

    fn of(root: &Path) -> Result<Progress> {
        let mut progress = Progress {
            root: root.to_owned(),
            kept: Kept::default(),
            found: Kept::default(),
            forgotten: BTreeSet::new(),
            notice: None,
        };
        match read(&progress.path())? {
            Ok(kept) => progress.kept = kept,
            Err(_) => {
                // Another process may be doing the same.
                let read = Lock::take(root).and_then(|lock| progress.read_or_move(&lock));
                match read {
                    Ok(kept) => progress.kept = kept,
                    Err(error) => {
                        progress.notice = Some(format!(
                            "{} cannot be read as progress, nor be moved aside: {error:#}",
                            progress.path().display()
                        ));
                    }
                }
            }
        }
        Ok(progress)
    }

    /// The file.
    pub fn path(&self) -> PathBuf {
        folder::of(&self.root).join(FILE)
    }

    /// One line for the user, if the file was not as it should be.
    pub fn notice(&self) -> Option<&str> {
        self.notice.as_deref()
    }

    /// The same, once.
    pub fn take_notice(&mut self) -> Option<String> {
        self.notice.take()
    }

    /// Takes what an exercise came to just now. What was not judged leaves what is known
    /// as it is, but see [`Progress::does_not_compile`].
    pub fn record(&mut self, entry: &Entry, result: &ExerciseResult) {
        self.record_at(entry, result, Moment::now());
    }

    fn record_at(&mut self, entry: &Entry, result: &ExerciseResult, now: Moment) {
        if result.status == Status::BuildFailed {
            self.does_not_compile(entry);
        }
        if !matches!(result.status, Status::Graded | Status::Ungraded) || result.checks.is_empty() {
            return;
        }
        let verdicts = result.checks.iter();
        let last = Last {
            judged: now,
            score: result.score,
            max_score: result.max_score,
            checks: verdicts
                .map(|check| (check.name.clone(), check.verdict))
                .collect(),
        };
        self.find(
            entry,
            Of {
                passed: last.passes(entry).then_some(now),
                last: Some(last),
                ..Of::default()
            },
        );
    }

    /// A program of an exercise does not compile: if it was done, it is no longer. What
    /// failed before stays known.
    pub fn does_not_compile(&mut self, entry: &Entry) {
        if self.last(entry).is_some_and(|last| last.passes(entry)) {
            self.forget(entry);
        }
    }

    /// Takes what has just been found out of an exercise.
    fn find(&mut self, entry: &Entry, of: Of) {
        let mut found = Kept::default();
        found.exercise.insert(entry.key().to_owned(), of);
        self.kept.put(&found);
        self.found.put(&found);
    }

    /// What an exercise came to when it was last judged.
    pub fn last(&self, entry: &Entry) -> Option<&Last> {
        self.kept.exercise.get(entry.key())?.last.as_ref()
    }

    /// When all core checks of an exercise passed for the first time.
    pub fn passed(&self, entry: &Entry) -> Option<Moment> {
        self.kept.exercise.get(entry.key())?.passed
    }

    /// How many of a check's hints were used.
    pub fn hints_used(&self, entry: &Entry, check: &str) -> usize {
        let of = self.kept.exercise.get(entry.key());
        let used = of.and_then(|of| of.hints.get(check)).copied();
        used.unwrap_or(0)
    }

    /// How many hints of an exercise were used, of all its checks together.
    pub fn all_hints_used(&self, entry: &Entry) -> usize {
        let of = self.kept.exercise.get(entry.key());
        of.map_or(0, |of| of.hints.values().sum())
    }

    /// The next hint of a check is used, if there is one more. How many are used now.
    pub fn use_hint(&mut self, entry: &Entry, check: &str) -> usize {
        let all = entry.data.check(check).map_or(0, |one| one.hints.len());
        let used = (self.hints_used(entry, check) + 1).min(all);
        self.find(
            entry,
            Of {
                hints: [(check.to_owned(), used)].into(),
                ..Of::default()
            },
        );
        used
    }

    /// Drops the verdicts of an exercise: its program is no longer the one that was
    /// judged. When it passed first and the hints that were used stay.
    pub fn forget(&mut self, entry: &Entry) {
        for kept in [&mut self.kept, &mut self.found] {
            if let Some(of) = kept.exercise.get_mut(entry.key()) {
                of.last = None;
            }
        }
        self.forgotten.insert(entry.key().to_owned());
    }

    /// Writes what was found out into the file. What another process has written there
    /// meanwhile stays.
    ///
    /// # Errors
    ///
    /// It cannot be written; then the file is as it was.
    pub fn save(&mut self) -> Result<()> {
        let lock = Lock::take(&self.root)?;
        let there = self.read_or_move(&lock)?;
        let mut kept = there.clone();
        for key in &self.forgotten {
            if let Some(of) = kept.exercise.get_mut(key) {
                of.last = None;
            }
        }
        kept.put(&self.found);
        let path = self.path();
        if kept != there || !path.exists() {
            let text = kept.text().context("the text of the progress")?;
            write_atomically(&path, |file| file.write_all(text.as_bytes()))
                .with_context(|| format!("write {}", path.display()))?;
        }
        self.kept = kept;
        self.found = Kept::default();
        self.forgotten.clear();
        Ok(())
    }

    /// What is in the file; if that cannot be made out, it is moved aside.
    fn read_or_move(&mut self, _lock: &Lock) -> Result<Kept> {
        let path = self.path();
        let damage = match read(&path)? {
            Ok(kept) => return Ok(kept),
            Err(damage) => damage,
        };
        let aside = backup::folder(&self.root, "progress")?.join(FILE);
        fs::rename(&path, &aside).with_context(|| format!("move {}", path.display()))?;
        let what = match damage {
            Damage::Malformed => "is damaged",
            Damage::Newer => "was written by a newer lab",
        };
        self.notice = Some(format!(
            "{} {what}; it is now {}. `cargo xtask progress --rebuild` makes it anew from your \
             programs",
            path.display(),
            aside.display()
        ));
        Ok(Kept::default())
    }
}

impl Last {
    /// Whether every core check has passed.
    pub fn passes(&self, entry: &Entry) -> bool {
        let core = |check: &&Check| check.level == Level::Core;
        let mut core = entry.data.checks.iter().filter(core);
        core.all(|check| self.verdict(&check.name) == Some(Verdict::Passed))
    }

    /// Whether it is this.
    pub fn is(&self, result: &ExerciseResult) -> bool {
        let verdict = |check: &CheckResult| self.verdict(&check.name) == Some(check.verdict);
        self.score == result.score
            && self.checks.len() == result.checks.len()
            && result.checks.iter().all(verdict)
    }

    /// What a check came to; none for one that there was not at the time.
    pub fn verdict(&self, check: &str) -> Option<Verdict> {
        self.checks.get(check).copied()
    }

    /// The first check, in the order of the exercise, that failed.
    pub fn first_failed<'a>(&self, entry: &'a Entry) -> Option<&'a Check> {
        let mut checks = entry.data.checks.iter();
        checks.find(|check| self.verdict(&check.name) == Some(Verdict::Failed))
    }
}

/// What is in a file; nothing if there is none.
fn read(path: &Path) -> Result<Result<Kept, Damage>> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Ok(Kept::default())),
        Err(error) => {
            let error = anyhow::Error::from(error);
            bail!(error.context(format!("read {}", path.display())));
        }
    };
    Ok(match String::from_utf8(bytes) {
        Ok(text) => Kept::parse(&text),
        Err(_) => Err(Damage::Malformed),
    })
}

#[cfg(test)]
#[path = "progress_tests.rs"]
mod tests;
