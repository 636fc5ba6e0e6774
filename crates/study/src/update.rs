//! A new version of the lab, merged into what a learner has made of the old one.
//!
//! [`update`] finds out what the learner has (`base`) and what is new (`version`),
//! decides what becomes of each file (`plan`) and carries that out so that it can be
//! cut off at any moment (`journal`). Git is only asked; nothing is staged,
//! committed or stashed, since whether and when is the learner's choice.

mod base;
mod course;
mod disk;
mod git;
mod journal;
mod merge;
mod plan;
mod record;
mod refusal;
mod summary;
mod version;

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};

pub use record::{FILE, Label, Record, digest};
pub use refusal::Refusal;
pub use summary::{Conflict, News, Summary};

use git::Repository;
use journal::{Journal, State, Step};
use plan::Plan;
use refusal::refuse;
use version::Version;

/// What is to be done first where an update was cut off.
const CUT_OFF: &str = "an update was cut off here: `cargo xtask update` finishes it, `cargo xtask \
                       update --undo` takes it back";

/// What an update is asked to do.
#[derive(Debug, Clone)]
pub struct Wish {
    /// The learner's lab.
    pub root: PathBuf,
    /// Where the new version is.
    pub source: Source,
    /// Whether nothing is to be changed.
    pub dry_run: bool,
    /// A program that can finish the update when the lab cannot be built.
    pub finisher: Option<PathBuf>,
    /// Called when all is prepared and the first file is about to change.
    pub begins: fn(),
}

/// Where a new version is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// In a folder.
    Folder(PathBuf),
    /// In a repository: a remote, a remote and a branch, or an address. None for the
    /// one that the lab came from.
    Git(Option<String>),
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// There is nothing to do.
    UpToDate {
        /// The version that the learner has.
        have: Label,
        /// What it was held against: a folder, or a remote.
        source: String,
        /// Whether the learner's is the newer one.
        newer: bool,
    },
    /// What would be done.
    Would(Summary),
    /// What was done.
    Done(Summary),
    /// An earlier update was cut off; it is done now.
    Finished(Summary),
    /// An update was taken back.
    Undone {
        /// The update.
        summary: Summary,
        /// What was edited since, and is as it was.
        left: Vec<String>,
    },
    /// What earlier updates had kept was removed.
    Forgotten {
        /// How much that was.
        gone: Past,
        /// The folder of the update that can still be taken back, from the root of the
        /// lab on.
        kept: Option<String>,
    },
}

/// Updates that nobody needs to take back any more.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Past {
    /// How many.
    pub updates: usize,
    /// What they keep on the disk, in bytes.
    pub bytes: u64,
}

/// Brings a new version of the lab into a learner's tree.
///
/// # Errors
///
/// A [`Refusal`] when something is in the way: then nothing was changed. Or what the
/// system says; when the update had begun then, the next one finishes it.
pub fn update(wish: &Wish) -> Result<Outcome> {
    update_with(wish, &mut || Ok(()))
}

/// Takes the last update back, also one that was cut off.
///
/// # Errors
///
/// A [`Refusal`] if there is none. Or what the system says; called again it goes on.
pub fn undo(root: &Path) -> Result<Outcome> {
    undo_with(root, &mut || Ok(()))
}

/// Removes what updates have kept, all but the last one that can be taken back.
///
/// # Errors
///
/// A [`Refusal`] if one was cut off. Or what the system says; called again it goes on.
pub fn forget(root: &Path) -> Result<Outcome> {
    forget_with(root, &mut || Ok(()))
}

/// The updates that [`forget`] would remove, as far as they can be read.
pub fn past(root: &Path) -> Past {
    let past = Journal::all(root).map_or_else(|_| Vec::new(), |all| split(all).0);
    Past {
        updates: past.len(),
        bytes: past.iter().map(Journal::size).sum(),
    }
}

fn update_with(wish: &Wish, step: Step) -> Result<Outcome> {
    let root = &wish.root;
    let _alone = if wish.dry_run {
        None
    } else {
        Some(alone(root)?)
    };
    for journal in Journal::all(root)? {
        match journal.state() {
            State::Done | State::Undone if wish.dry_run => {}
            State::Done | State::Undone => journal.tidy(step)?,
            State::Open | State::Undoing if wish.dry_run => refuse!("{CUT_OFF}"),
            State::Open => return Ok(Outcome::Finished(journal.finish(step)?)),
            State::Undoing => return undone(journal, step),
        }
    }
    let repository = Repository::around(root)?;
    if let Some(repository) = &repository {
        repository.refuse_in_progress()?;
    }
    let (source, new, commit) = newest(wish, repository.as_ref())?;
    let old = base::find(root, repository.as_ref(), commit.as_deref())?;
    let up_to_date = |newer| Outcome::UpToDate {
        have: old.label.clone(),
        source: source.clone(),
        newer,
    };
    if let (Some(repository), Some(commit), Some(have)) = (&repository, commit, &old.label.commit) {
        let known = repository.commit(have)?;
        if known.is_some_and(|have| have != commit) && repository.led_to(&commit, have)? {
            return Ok(up_to_date(true));
        }
    }
    refuse_another_kind(root, &new, &source)?;
    let plan = Plan::make(root, &old, &new)?;
    if plan.is_empty() {
        // What git does not know is noted: the next update starts from there.
        if !wish.dry_run && (new.listed || old.partial) && old.label != new.label {
            note(root, &new)?;
        }
        return Ok(up_to_date(false));
    }
    if wish.dry_run {
        return Ok(Outcome::Would(plan.summary));
    }
    let journal = Journal::begin(root, plan, step)?;
    if let Some(program) = &wish.finisher {
        journal::keep_finisher(root, program, step)?;
    }
    (wish.begins)();
    Ok(Outcome::Done(journal.finish(step)?))
}

fn note(root: &Path, version: &Version) -> Result<()> {
    let text = version.record()?.text();
    let path = Record::path(root);
    grader::report::write_atomically(&path, |file| file.write_all(text.as_bytes()))
        .with_context(|| format!("write {}", path.display()))
}

fn undo_with(root: &Path, step: Step) -> Result<Outcome> {
    let _alone = alone(root)?;
    let last = Journal::all(root)?.into_iter().rev();
    match last
        .into_iter()
        .find(|journal| journal.state() != State::Undone)
    {
        Some(journal) => undone(journal, step),
        None => refuse!("no update was made here that could be taken back"),
    }
}

fn forget_with(root: &Path, step: Step) -> Result<Outcome> {
    let _alone = alone(root)?;
    let all = Journal::all(root)?;
    let cut_off = |journal: &Journal| matches!(journal.state(), State::Open | State::Undoing);
    if all.iter().any(cut_off) {
        refuse!("{CUT_OFF}");
    }
    let (past, last) = split(all);
    let mut gone = Past::default();
    for journal in past {
        gone.bytes += journal.forget(step)?;
        gone.updates += 1;
    }
    journal::clear(&journal::updates(root))?;
    let kept = last.map(|journal| journal.inside());
    Ok(Outcome::Forgotten { gone, kept })
}

/// Those that are over, and the last of them that can be taken back.
fn split(mut all: Vec<Journal>) -> (Vec<Journal>, Option<Journal>) {
    let last = all
        .iter()
        .rposition(|journal| journal.state() == State::Done)
        .map(|at| all.remove(at));
    (all, last)
}

fn undone(journal: Journal, step: Step) -> Result<Outcome> {
    let (summary, left) = journal.undo(step)?;
    Ok(Outcome::Undone { summary, left })
}

/// The new version, what it is called, and its commit if it is in a repository.
fn newest(
    wish: &Wish,
    repository: Option<&Repository>,
) -> Result<(String, Version, Option<String>)> {
    let asked = match &wish.source {
        Source::Folder(folder) => {
            let lab = lab_in(folder)?;
            let same = |path: &Path| path.canonicalize().ok();
            if same(&lab) == same(&wish.root) {
                refuse!(
                    "{} is this lab itself: name the new version",
                    folder.display()
                );
            }
            return Ok((lab.display().to_string(), Version::of_folder(&lab)?, None));
        }
        Source::Git(asked) => asked.as_deref(),
    };
    let Some(repository) = repository else {
        refuse!(
            "there is no git repository here to get the new version from: name the folder that \
             it is in (`cargo xtask update FOLDER`)"
        );
    };
    let remote = repository.remote(asked)?;
    let commit = repository.fetch(&remote)?;
    let version = Version::of_commit(repository, &commit)?;
    Ok((remote.shown(), version, Some(commit)))
}

/// The lab in a folder: an archive may have been unpacked one level too deep.
fn lab_in(folder: &Path) -> Result<PathBuf> {
    let shown = folder.display();
    if folder.is_file() {
        refuse!("{shown} is a file: unpack it, and name the folder");
    }
    if !folder.is_dir() {
        refuse!("{shown}: no such folder");
    }
    let is_lab = |folder: &Path| folder.join("exercises").is_dir();
    if is_lab(folder) {
        return Ok(folder.to_owned());
    }
    let entries = fs::read_dir(folder).with_context(|| format!("read {shown}"))?;
    let labs: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|folder| is_lab(folder))
        .collect();
    match &labs[..] {
        [lab] => Ok(lab.clone()),
        _ => refuse!("{shown}: no lab is in this folder"),
    }
}

/// The whole lab and the students' package do not become each other.
fn refuse_another_kind(root: &Path, new: &Version, source: &str) -> Result<()> {
    match (root.join("solutions").is_dir(), new.is_whole()) {
        (false, true) => refuse!(
            "{source} is the whole lab, with its solutions, and this is the students' package: \
             ask for the new package"
        ),
        (true, false) => refuse!(
            "{source} is a students' package, and this is the whole lab: update it from its \
             repository (`cargo xtask update --git REMOTE`)"
        ),
        _ => Ok(()),
    }
}

/// Holds other updates off.
fn alone(root: &Path) -> Result<Option<Flock<File>>> {
    let all = journal::updates(root);
    journal::make(&all)?;
    let path = all.join("lock");
    let file = File::create(&path).with_context(|| format!("write {}", path.display()))?;
    match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
        Ok(held) => Ok(Some(held)),
        Err((_, Errno::EWOULDBLOCK)) => refuse!("another update is running here"),
        // A file system without locks.
        Err((_, Errno::ENOLCK | Errno::EOPNOTSUPP | Errno::ENOSYS)) => Ok(None),
        Err((_, errno)) => {
            Err(std::io::Error::from(errno)).with_context(|| format!("lock {}", path.display()))
        }
    }
}

/// How the version in a folder of the lab is called, as far as git can and will say.
///
/// # Errors
///
/// Git cannot be run any more.
pub fn label(root: &Path) -> Result<Label> {
    let mut label = Label {
        version: Some(env!("CARGO_PKG_VERSION").to_owned()),
        ..Label::default()
    };
    if let Ok(Some(repository)) = Repository::around(root) {
        if let Some(commit) = repository.commit("HEAD")? {
            label.date = repository.date(&commit)?;
            let changes = if repository.has_changes()? {
                "+changes"
            } else {
                ""
            };
            label.commit = Some(format!("{commit}{changes}"));
        }
    }
    Ok(label)
}

/// The program that can finish an update, from the root of the lab on.
pub const FINISHER: &str = ".lab/updates/finish";

#[cfg(test)]
#[path = "update/tests/mod.rs"]
mod tests;
