//! An update as it is carried out, so that it can be cut off at any moment.
//!
//! First everything is prepared in a folder of its own: copies of all that will be
//! replaced (`before/`), and all that will take its place (`staged/`). With the name
//! that this folder then gets, the update has begun: what is left to do is written in
//! its journal, and whoever comes next can finish it or take it back. Each file
//! changes in one step, and only if it still is what the journal says.
//!
//! What the journal says is on the disk before a file changes, and what has changed is
//! there before the journal says that it has: so a power cut is but one more moment.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::FINISHER;
use super::disk;
use super::plan::Plan;
use super::refusal::refuse;
use super::summary::Summary;
use crate::durable;
use crate::folder::{self, FOLDER};
use crate::moment::Moment;

/// The folder of all updates, within [`FOLDER`].
pub const UPDATES: &str = "updates";

/// How the folder is called while the update is being prepared.
const PREPARING: &str = "preparing-";

/// How the folder is called while it is being removed: a half of it could not be taken
/// back.
const FORGOTTEN: &str = "forgotten-";

const FILE: &str = "journal.json";
const BEFORE: &str = "before";
const STAGED: &str = "staged";
const MEANWHILE: &str = "meanwhile";

/// Called before each step that changes anything: a test may end it there.
pub type Step<'a> = &'a mut dyn FnMut() -> io::Result<()>;

/// The folder of all updates of a lab.
pub fn updates(root: &Path) -> PathBuf {
    root.join(FOLDER).join(UPDATES)
}

/// One update.
#[derive(Debug)]
pub struct Journal {
    root: PathBuf,
    folder: PathBuf,
    data: Data,
}

#[derive(Debug, Serialize, Deserialize)]
struct Data {
    state: State,
    entries: Vec<Entry>,
    summary: Summary,
}

/// How far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It is being done.
    Open,
    /// It was done.
    Done,
    /// It is being taken back.
    Undoing,
    /// It was taken back.
    Undone,
}

#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    path: String,
    before: Option<String>,
    after: Option<String>,
    own: bool,
}

impl Journal {
    /// Prepares an update and begins it. Until this returns nothing of the learner's
    /// was changed.
    ///
    /// # Errors
    ///
    /// What the system says; then nothing has begun.
    pub fn begin(root: &Path, plan: Plan, step: Step) -> Result<Journal> {
        let all = updates(root);
        step()?;
        make(&all)?;
        clear(&all)?;
        let time = Moment::now().for_names();
        let beside = all.join(format!("{PREPARING}{time}"));
        let folder = free(&all, &time);
        let inside = folder.strip_prefix(root).unwrap_or(&folder);
        let inside = inside.display().to_string();
        let mut summary = plan.summary;
        for conflict in &mut summary.conflicts {
            conflict.new = format!("{inside}/{}", conflict.new);
            conflict.marked = conflict
                .marked
                .take()
                .map(|path| format!("{inside}/{path}"));
        }
        summary.folder = inside;
        let mut entries = Vec::new();
        for change in plan.changes {
            let path = &change.path;
            if let Some(before) = &change.before {
                step()?;
                disk::draft(&beside.join(BEFORE).join(path), &before.bytes)
                    .with_context(|| format!("back up {path}"))?;
            }
            if let Some(after) = &change.after {
                step()?;
                disk::draft(&beside.join(STAGED).join(path), &after.bytes)
                    .with_context(|| format!("prepare {path}"))?;
            }
            entries.push(Entry {
                before: change.before.as_ref().map(disk::Plain::state),
                after: change.after.as_ref().map(disk::Plain::state),
                path: change.path,
                own: change.own,
            });
        }
        for (path, bytes) in plan.kept {
            step()?;
            disk::draft(&beside.join(&path), &bytes).with_context(|| format!("keep {path}"))?;
        }
        let data = Data {
            state: State::Open,
            entries,
            summary,
        };
        step()?;
        let mut journal = Journal {
            root: root.to_owned(),
            folder: beside,
            data,
        };
        journal.save()?;
        durable::tree(&journal.folder)
            .with_context(|| format!("write {}", journal.folder.display()))?;
        step()?;
        fs::rename(&journal.folder, &folder)
            .and_then(|()| durable::folder(&all))
            .with_context(|| format!("make {}", folder.display()))?;
        journal.folder = folder;
        Ok(journal)
    }

    /// All updates of a lab, the oldest first.
    ///
    /// # Errors
    ///
    /// A journal cannot be read, or is of a newer lab.
    pub fn all(root: &Path) -> Result<Vec<Journal>> {
        let all = updates(root);
        let entries = match fs::read_dir(&all) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.with_context(|| format!("read {}", all.display()))?,
        };
        let mut folders: Vec<PathBuf> = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|folder| !is_scrap(folder) && folder.join(FILE).is_file())
            .collect();
        folders.sort();
        let read = |folder: PathBuf| {
            let path = folder.join(FILE);
            let text = fs::read(&path).with_context(|| format!("read {}", path.display()))?;
            let Ok(data) = serde_json::from_slice(&text) else {
                refuse!(
                    "{} cannot be read: move its folder away, then update; what was replaced is \
                     in {BEFORE}/ there",
                    path.display()
                );
            };
            Ok(Journal {
                root: root.to_owned(),
                folder,
                data,
            })
        };
        folders.into_iter().map(read).collect()
    }

    /// How far it has come.
    pub fn state(&self) -> State {
        self.data.state
    }

    /// Makes every change that is not made yet.
    ///
    /// # Errors
    ///
    /// What the system says; whoever calls this again goes on.
    pub fn finish(mut self, step: Step) -> Result<Summary> {
        for at in 0..self.data.entries.len() {
            let entry = &self.data.entries[at];
            let path = entry.path.clone();
            let there = disk::state(&self.root, &path)?;
            if there == entry.after {
                continue;
            }
            let wanted = entry.after.clone();
            let staged = self.folder.join(STAGED).join(&path);
            if wanted.is_some() && !staged.exists() {
                // It was put in place before the update was cut off, and edited since.
                continue;
            }
            if there != entry.before && !self.overrules(at, step)? {
                continue;
            }
            step()?;
            let made = match &wanted {
                Some(state) => disk::put(&staged, &self.root, &path, state.ends_with(" x")),
                None => disk::remove(&self.root, &path),
            };
            made.with_context(|| {
                format!("{path} could not be changed; `cargo xtask update` goes on from here")
            })?;
        }
        self.settle()?;
        step()?;
        self.data.state = State::Done;
        self.save()?;
        self.tidy(step)?;
        Ok(self.data.summary)
    }

    /// Whether the new state of a file comes although the file was edited since the
    /// update began. What is there is kept first.
    fn overrules(&mut self, at: usize, step: Step) -> Result<bool> {
        let entry = &self.data.entries[at];
        let overrules = entry.after.is_some() && !entry.own;
        let path = entry.path.clone();
        if let Some(plain) = disk::read(&self.root, &path)?.filter(|_| overrules) {
            step()?;
            durable::write(&self.folder.join(MEANWHILE).join(&path), &plain.bytes)
                .with_context(|| format!("back up {path}"))?;
        }
        if !overrules && !self.data.summary.touched.contains(&path) {
            step()?;
            // The new one is not lost either.
            let staged = self.folder.join(STAGED).join(&path);
            if let Ok(bytes) = fs::read(&staged) {
                durable::write(&self.folder.join("new").join(&path), &bytes)
                    .with_context(|| format!("keep {path}"))?;
            }
            self.data.summary.touched.push(path);
            self.save()?;
        }
        Ok(overrules)
    }

    /// Puts back what was there before, except what was edited since; gives the paths
    /// of that.
    ///
    /// # Errors
    ///
    /// What the system says; whoever calls this again goes on.
    pub fn undo(mut self, step: Step) -> Result<(Summary, Vec<String>)> {
        step()?;
        self.data.state = State::Undoing;
        self.save()?;
        let mut left = Vec::new();
        // Files that went away come back after those that took their room have gone.
        let (back, away): (Vec<_>, Vec<_>) = self
            .data
            .entries
            .iter()
            .rev()
            .partition(|entry| entry.before.is_some());
        for entry in away.into_iter().chain(back) {
            let path = &entry.path;
            let there = disk::state(&self.root, path)?;
            if there == entry.before {
                continue;
            }
            if there != entry.after {
                left.push(path.clone());
                continue;
            }
            step()?;
            let made = match &entry.before {
                Some(state) => self.restore(path, state.ends_with(" x")),
                None => disk::remove(&self.root, path),
            };
            made.with_context(|| {
                format!("{path} could not be put back; `cargo xtask update --undo` goes on")
            })?;
        }
        self.settle()?;
        step()?;
        self.data.state = State::Undone;
        self.save()?;
        self.tidy(step)?;
        Ok((self.data.summary, left))
    }

    fn restore(&self, path: &str, executable: bool) -> io::Result<()> {
        let copy = self.folder.join(STAGED).join(path);
        let bytes = fs::read(self.folder.join(BEFORE).join(path))?;
        durable::write(&copy, &bytes)?;
        disk::put(&copy, &self.root, path, executable)
    }

    /// Removes what nobody needs any more.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn tidy(&self, step: Step) -> Result<()> {
        let staged = self.folder.join(STAGED);
        let finisher = self.root.join(FINISHER);
        if staged.exists() {
            step()?;
            fs::remove_dir_all(&staged).with_context(|| format!("remove {}", staged.display()))?;
        }
        if finisher.exists() {
            step()?;
            fs::remove_file(&finisher).with_context(|| format!("remove {}", finisher.display()))?;
        }
        Ok(())
    }

    fn save(&self) -> Result<()> {
        let path = self.folder.join(FILE);
        let text = serde_json::to_vec_pretty(&self.data).context("the journal")?;
        durable::write(&path, &text).with_context(|| format!("write {}", path.display()))
    }

    /// Waits until every change is on the disk.
    fn settle(&self) -> Result<()> {
        let paths = self.data.entries.iter().map(|entry| entry.path.as_str());
        disk::settle(&self.root, paths).context("write to the disk what was changed")
    }

    /// Removes its folder, and gives how many bytes were in it. It can be taken back no
    /// more.
    ///
    /// # Errors
    ///
    /// What the system says; then it is there as a whole, or the next update removes the
    /// rest.
    pub fn forget(self, step: Step) -> Result<u64> {
        let bytes = disk::size(&self.folder);
        let all = updates(&self.root);
        let name = self.folder.file_name().unwrap_or_default();
        let away = all.join(format!("{FORGOTTEN}{}", name.to_string_lossy()));
        step()?;
        fs::rename(&self.folder, &away)
            .and_then(|()| durable::folder(&all))
            .and_then(|()| step())
            .and_then(|()| fs::remove_dir_all(&away))
            .with_context(|| format!("remove {}", self.folder.display()))?;
        Ok(bytes)
    }

    /// Its folder, from the root of the lab on.
    pub fn inside(&self) -> String {
        let inside = self.folder.strip_prefix(&self.root);
        inside.unwrap_or(&self.folder).display().to_string()
    }

    /// The bytes that it keeps on the disk.
    pub fn size(&self) -> u64 {
        disk::size(&self.folder)
    }
}

/// Makes it possible to finish when the lab cannot be built: the running program gets
/// a second name.
///
/// # Errors
///
/// What the system says.
pub fn keep_finisher(root: &Path, program: &Path, step: Step) -> Result<()> {
    let to = root.join(FINISHER);
    step()?;
    let _ = fs::remove_file(&to);
    // Another file system, or one without links.
    fs::hard_link(program, &to)
        .or_else(|_| fs::copy(program, &to).map(|_| ()))
        // What was built a moment ago is perhaps not on the disk itself.
        .and_then(|()| durable::tree(&to))
        .and_then(|()| durable::folder(&updates(root)))
        .with_context(|| format!("write {}", to.display()))
}

/// Removes what was being prepared, or removed, when an update was cut off.
pub fn clear(all: &Path) -> Result<()> {
    let entries = fs::read_dir(all).with_context(|| format!("read {}", all.display()))?;
    for entry in entries.filter_map(Result::ok) {
        let folder = entry.path();
        if is_scrap(&folder) {
            fs::remove_dir_all(&folder).with_context(|| format!("remove {}", folder.display()))?;
        }
    }
    Ok(())
}

fn is_scrap(folder: &Path) -> bool {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with(PREPARING) || name.starts_with(FORGOTTEN)
}

/// A folder that is not there yet. In one second there may be several.
fn free(all: &Path, time: &str) -> PathBuf {
    let names = (1..).map(|number| match number {
        1 => time.to_owned(),
        _ => format!("{time}-{number:03}"),
    });
    names
        .map(|name| all.join(name))
        .find(|folder| !folder.exists())
        .unwrap_or_else(|| all.join(time))
}

/// Makes the folder of all updates. Git shall not see them: they are what git would
/// have to keep itself.
///
/// # Errors
///
/// What the system says.
pub fn make(all: &Path) -> Result<()> {
    folder::make(all, "*").with_context(|| format!("make {}", all.display()))
}
