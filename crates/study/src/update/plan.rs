//! What an update changes, decided before anything is changed.
//!
//! Three rules make all of it. A file to hand in belongs to the learner: what they
//! wrote stays, merged with the lab's changes where that is possible. Any other file
//! belongs to the lab: it becomes the new one, and what a learner had made of it is
//! kept. What is in neither version is nobody's business here.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::Result;

use super::course::{self, Exercise};
use super::disk::{self, Plain};
use super::merge::{self, Merge};
use super::record::FILE;
use super::refusal::refuse;
use super::summary::{Conflict, Summary};
use super::version::{Version, walk};

mod news;

/// The largest file of a learner's that moves along with an exercise, in bytes.
const LARGEST: u64 = 16 << 20;

/// What cargo builds the lab from: put in place last and together, so that an
/// interrupted update can as a rule still be built and finished.
const BUILDS: &[&str] = &[".cargo", "Cargo.lock", "Cargo.toml", "crates", "xtask"];

/// All of it.
#[derive(Debug)]
pub struct Plan {
    /// In the order in which they are made.
    pub changes: Vec<Change>,
    /// What is kept beside: a path in the update's folder, and what is in it.
    pub kept: Vec<(String, Vec<u8>)>,
    /// What there is to tell.
    pub summary: Summary,
}

/// One file.
#[derive(Debug)]
pub struct Change {
    /// From the root of the lab on.
    pub path: String,
    /// What is there now.
    pub before: Option<Plain>,
    /// What will be there.
    pub after: Option<Plain>,
    /// Whether it is the learner's.
    pub own: bool,
}

impl Plan {
    /// Decides what becomes of a lab that has one version and gets another.
    ///
    /// # Errors
    ///
    /// A [`super::Refusal`] if something is in the way; or a file cannot be read.
    pub fn make(root: &Path, old: &Version, new: &Version) -> Result<Plan> {
        let mut planner = Planner {
            root,
            old,
            new,
            seen: RefCell::default(),
            wanted: BTreeMap::new(),
            gone: BTreeSet::new(),
            leaving: leaving(old, new),
            kept: Vec::new(),
            summary: Summary {
                from: old.label.clone(),
                to: new.label.clone(),
                guessed: old.partial,
                exercises: news::of(old, new)?,
                ..Summary::default()
            },
        };
        planner.exercises()?;
        planner.new_files()?;
        planner.old_files()?;
        let record = new.record()?.text().into_bytes();
        planner.want(FILE, record, false, false);
        planner.finish()
    }

    /// Whether the learner's tree is already as it should be.
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty() && self.changes.iter().all(|change| change.path == FILE)
    }
}

/// The places that files of the learner leave.
fn leaving(old: &Version, new: &Version) -> BTreeSet<String> {
    let mut places = BTreeSet::new();
    for after in &new.course.exercises {
        let Some(before) = old.course.get(&after.key) else {
            continue;
        };
        let pairs = course::pairs(before, after);
        let moved = pairs
            .iter()
            .map(|(to, from)| (after.place(to), before.place(from)));
        places.extend(moved.filter(|(to, from)| to != from).map(|(_, from)| from));
    }
    places
}

struct Planner<'a> {
    root: &'a Path,
    old: &'a Version,
    new: &'a Version,
    /// What was read, so that a decision and its record are about the same bytes.
    seen: RefCell<BTreeMap<String, Option<Plain>>>,
    wanted: BTreeMap<String, (Option<Plain>, bool)>,
    gone: BTreeSet<String>,
    leaving: BTreeSet<String>,
    kept: Vec<(String, Vec<u8>)>,
    summary: Summary,
}

impl Planner<'_> {
    fn exercises(&mut self) -> Result<()> {
        let (old, new) = (self.old, self.new);
        for after in &new.course.exercises {
            let before = old.course.get(&after.key);
            let pairs = before.map(|before| course::pairs(before, after));
            for file in &after.files {
                let from = before
                    .zip(pairs.as_ref().and_then(|pairs| pairs.get(file.as_str())))
                    .map(|(before, file)| before.place(file));
                self.own_file(from, &after.place(file))?;
            }
            let (Some(before), Some(pairs)) = (before, pairs) else {
                continue;
            };
            for file in &before.files {
                if !pairs.values().any(|paired| paired == file) {
                    self.not_handed_in(&before.place(file), &after.place(file))?;
                }
            }
            if before.id != after.id {
                self.move_along(before, after)?;
            }
        }
        for before in &old.course.exercises {
            if new.course.get(&before.key).is_none() {
                for place in before.places() {
                    self.not_handed_in(&place, &place)?;
                }
            }
        }
        Ok(())
    }

    /// A file to hand in, with its place before if it had one.
    fn own_file(&mut self, from: Option<String>, to: &str) -> Result<()> {
        // What was given code so far is a base as good as a skeleton.
        let base_at = from.or_else(|| self.old.holds(to).then(|| to.to_owned()));
        let as_before = match &base_at {
            Some(at) => self.old.holds(at) && self.old.agrees(at, self.new, to)?,
            None => false,
        };
        let from = base_at.as_deref().unwrap_or(to);
        if as_before && from == to {
            return Ok(());
        }
        let there = self.mine(from)?;
        let moves = from != to && there.is_some();
        let in_place = if from == to { None } else { self.mine(to)? };
        if moves {
            let clash = in_place.is_some() && !self.leaving.contains(to) && !self.old.holds(to);
            if clash {
                self.summary.overruled.push(to.to_owned());
            }
        }
        let new = self.new.read(to)?;
        let Some(mine) = there.or(in_place) else {
            // The learner has removed it, and it is no other now: so be it.
            if !as_before {
                let executable = self.new.executable(to);
                self.want(to, new, executable, true);
            }
            return Ok(());
        };
        let base = match &base_at {
            Some(at) => self.old.text(at)?,
            None => None,
        };
        let untouched = match &base_at {
            Some(at) => !self.changed(at, &mine)?,
            None => false,
        };
        let bytes = if merge::same(&mine.bytes, &new) || (as_before && !untouched) {
            mine.bytes
        } else if untouched {
            merge::dressed_as(&mine.bytes, &new)
        } else {
            self.merged(to, base.as_deref(), mine.bytes, new)
        };
        if moves {
            self.gone.insert(from.to_owned());
            if !untouched {
                self.summary.moved.push((from.to_owned(), to.to_owned()));
            }
        }
        self.want(to, bytes, mine.executable, true);
        Ok(())
    }

    /// Both have changed a file.
    fn merged(&mut self, path: &str, base: Option<&[u8]>, mine: Vec<u8>, new: Vec<u8>) -> Vec<u8> {
        let merge = base.map_or(Merge::NoText, |base| merge::three_ways(base, &mine, &new));
        let marked = match merge {
            Merge::Clean(bytes) => {
                if bytes != mine {
                    self.summary.merged.push(path.to_owned());
                }
                return bytes;
            }
            Merge::Conflict(marked) => Some(marked),
            Merge::NoText => None,
        };
        let kept = (format!("new/{path}"), format!("merged/{path}"));
        self.summary.conflicts.push(Conflict {
            path: path.to_owned(),
            new: kept.0.clone(),
            marked: marked.as_ref().map(|_| kept.1.clone()),
        });
        self.kept.push((kept.0, new));
        self.kept.extend(marked.map(|marked| (kept.1, marked)));
        mine
    }

    /// A file that was to be handed in and is not any more.
    fn not_handed_in(&mut self, from: &str, to: &str) -> Result<()> {
        let Some(mine) = self.mine(from)? else {
            return Ok(());
        };
        // The lab gives it now: the rule for the lab's files.
        if from == to && self.new.holds(to) {
            return Ok(());
        }
        if !self.changed(from, &mine)? {
            self.gone.insert(from.to_owned());
        } else if self.new.holds(to) {
            self.gone.insert(from.to_owned());
            self.summary.overruled.push(from.to_owned());
        } else if from != to && self.mine(to)?.is_none() {
            self.gone.insert(from.to_owned());
            self.want(to, mine.bytes, mine.executable, true);
            self.left(to, "is no longer handed in");
        } else {
            self.left(from, "is no longer handed in");
        }
        Ok(())
    }

    /// What the learner has added to an exercise moves with it.
    fn move_along(&mut self, before: &Exercise, after: &Exercise) -> Result<()> {
        let folder = before.place("");
        let mut found = Vec::new();
        if self.root.join(&folder).is_dir() {
            walk(self.root, folder.trim_end_matches('/'), &mut found)?;
        }
        for from in found {
            if self.old.holds(&from) || self.gone.contains(&from) || self.wanted.contains_key(&from)
            {
                continue;
            }
            let Some(inside) = from.strip_prefix(&folder) else {
                continue;
            };
            let to = after.place(inside);
            let kind = self.root.join(&from).symlink_metadata();
            if !kind.is_ok_and(|found| found.is_file() && found.len() <= LARGEST) {
                self.left(&from, "is a link, or large, and did not move along");
            } else if self.new.holds(&to) || self.mine(&to)?.is_some() {
                self.left(&from, "did not move along: its new place is taken");
            } else if let Some(mine) = self.mine(&from)? {
                self.gone.insert(from.clone());
                self.want(&to, mine.bytes, mine.executable, true);
                self.summary.moved.push((from, to));
            }
        }
        Ok(())
    }

    /// The lab's files in the new version.
    fn new_files(&mut self) -> Result<()> {
        let (old, new) = (self.old, self.new);
        let (own_before, own) = (old.course.handed_in(), new.course.handed_in());
        for path in new.paths().filter(|path| !own.contains(*path)) {
            if !own_before.contains(path) && old.holds(path) && old.agrees(path, new, path)? {
                continue;
            }
            let bytes = new.read(path)?;
            if let Some(mine) = self.mine(path)? {
                let keeps = mine.bytes != bytes && self.changed(path, &mine)?;
                if keeps && !self.gone.contains(path) {
                    self.summary.overruled.push(path.to_owned());
                }
            }
            self.want(path, bytes, new.executable(path), false);
        }
        Ok(())
    }

    /// The lab's files that the new version does not have.
    fn old_files(&mut self) -> Result<()> {
        let (old, new) = (self.old, self.new);
        let own_before = old.course.handed_in();
        let moved: Vec<String> = old
            .course
            .exercises
            .iter()
            .filter(|before| {
                let after = new.course.get(&before.key);
                after.is_some_and(|after| after.id != before.id)
            })
            .map(|before| before.place(""))
            .collect();
        let lost = |path: &&str| !new.holds(path) && !own_before.contains(*path);
        for path in old.paths().filter(lost) {
            let Some(mine) = self.mine(path)? else {
                continue;
            };
            if !self.changed(path, &mine)? {
                self.gone.insert(path.to_owned());
            } else if moved.iter().any(|folder| path.starts_with(folder)) {
                self.gone.insert(path.to_owned());
                self.summary.overruled.push(path.to_owned());
            } else {
                self.left(path, "is no longer part of the lab, and you had changed it");
            }
        }
        Ok(())
    }

    /// Makes the list of all changes.
    fn finish(mut self) -> Result<Plan> {
        for path in std::mem::take(&mut self.gone) {
            self.wanted.entry(path).or_insert((None, true));
        }
        let own = self.new.course.handed_in();
        let mut changes = Vec::new();
        for (path, (after, moved)) in std::mem::take(&mut self.wanted) {
            let before = self.mine(&path)?;
            if before == after {
                continue;
            }
            let own = own.contains(&path) || (moved && !self.old.holds(&path));
            if path != FILE && !own {
                let count = match (&before, &after) {
                    (_, None) => &mut self.summary.removed,
                    (None, _) => &mut self.summary.added,
                    (Some(_), Some(_)) => &mut self.summary.replaced,
                };
                *count += 1;
            }
            changes.push(Change {
                path,
                before,
                after,
                own,
            });
        }
        self.refuse_obstacles(&changes)?;
        changes.sort_by_key(|change| {
            let top = change.path.split('/').next().unwrap_or_default();
            let rank = match top {
                _ if change.path == FILE => 2,
                top if BUILDS.contains(&top) => 1,
                _ => 0,
            };
            (rank, change.after.is_some(), change.path.clone())
        });
        Ok(Plan {
            changes,
            kept: self.kept,
            summary: self.summary,
        })
    }

    /// Refuses to put a file where a folder is, or a folder where a file is, unless
    /// that goes away first.
    fn refuse_obstacles(&self, changes: &[Change]) -> Result<()> {
        let removed: BTreeSet<&str> = changes
            .iter()
            .filter(|change| change.after.is_none())
            .map(|change| change.path.as_str())
            .collect();
        for change in changes.iter().filter(|change| change.after.is_some()) {
            let Some(there) = disk::in_the_way(self.root, &change.path) else {
                continue;
            };
            let there = there.to_string_lossy();
            let mut inside = Vec::new();
            if self.root.join(&*there).is_dir() {
                walk(self.root, &there, &mut inside)?;
            } else {
                inside.push(there.to_string());
            }
            if let Some(stays) = inside.iter().find(|path| !removed.contains(path.as_str())) {
                refuse!(
                    "{stays} is in the way of the new version's {}: move it away, then update",
                    change.path
                );
            }
        }
        Ok(())
    }

    /// Whether the learner has made another file of one of the old version's.
    fn changed(&self, path: &str, mine: &Plain) -> Result<bool> {
        if self.old.is(path, &mine.bytes)? == Some(true) {
            return Ok(false);
        }
        let text = self.old.text(path)?;
        Ok(!text.is_some_and(|text| merge::same(&text, &mine.bytes)))
    }

    fn want(&mut self, path: &str, bytes: Vec<u8>, executable: bool, own: bool) {
        let plain = Plain { bytes, executable };
        self.wanted.insert(path.to_owned(), (Some(plain), own));
    }

    fn left(&mut self, path: &str, why: &str) {
        self.summary.left.push((path.to_owned(), why.to_owned()));
    }

    fn mine(&self, path: &str) -> Result<Option<Plain>> {
        if let Some(seen) = self.seen.borrow().get(path) {
            return Ok(seen.clone());
        }
        let found = disk::read(self.root, path)?;
        self.seen
            .borrow_mut()
            .insert(path.to_owned(), found.clone());
        Ok(found)
    }
}
