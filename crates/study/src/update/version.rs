//! One version of the lab: its files and its exercises.
//!
//! A file that is handed in is the skeleton in it, whatever lies in its place: the new
//! version may come from a folder or a branch in which somebody works.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use grader::skeleton::{self, SHIPPED};

use super::course::Course;
use super::git::{Blobs, Repository};
use super::record::{FILE, Label, Record, digest, is_own};
use super::refusal::refuse;

/// A version of the lab.
pub struct Version {
    /// How it is called.
    pub label: Label,
    /// Its exercises.
    pub course: Course,
    /// Whether a list of its files has to be kept with it, since no git has one.
    pub listed: bool,
    /// Whether nothing but the skeletons is known of it.
    pub partial: bool,
    files: BTreeMap<String, Stamp>,
    /// Texts that are not what lies in their places.
    made: BTreeMap<String, Vec<u8>>,
    content: Content,
}

/// What tells one state of a file from another.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stamp {
    mark: Mark,
    executable: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Mark {
    Digest(String),
    Blob(String),
}

/// Where the bytes are.
enum Content {
    Folder(PathBuf),
    Git(Box<RefCell<Blobs>>),
    /// Nowhere: only the list is left.
    Gone,
}

impl Version {
    /// The version of a commit.
    ///
    /// # Errors
    ///
    /// A [`super::Refusal`] if it is no lab, or holds what no lab holds; or what git says.
    pub fn of_commit(repository: &Repository, commit: &str) -> Result<Version> {
        let mut files = BTreeMap::new();
        for blob in repository.files(commit)? {
            let executable = match blob.mode.as_str() {
                "100644" => false,
                "100755" => true,
                "120000" => refuse!("{commit}: {} is a link, which no lab holds", blob.path),
                _ => refuse!("{commit}: {} is no file", blob.path),
            };
            let mark = Mark::Blob(blob.id);
            files.insert(blob.path, Stamp { mark, executable });
        }
        let mut version = Version {
            label: Label {
                version: None,
                commit: Some(commit.to_owned()),
                date: repository.date(commit)?,
            },
            course: Course::default(),
            listed: false,
            partial: false,
            files,
            made: BTreeMap::new(),
            content: Content::Git(Box::new(RefCell::new(repository.blobs()?))),
        };
        // A package that somebody keeps in git has a name of its own.
        if version.files.contains_key(FILE) {
            let text = String::from_utf8(version.read(FILE)?).unwrap_or_default();
            if let Some(record) = Record::parse(&text) {
                version.label = record.label;
                version.listed = true;
            }
        }
        version.complete(commit)
    }

    /// The version in a folder: a package, or a checkout.
    ///
    /// # Errors
    ///
    /// As [`Version::of_commit`].
    pub fn of_folder(folder: &Path) -> Result<Version> {
        let shown = folder.display().to_string();
        let record = Record::of(folder).filter(|record| !record.files.is_empty());
        let mut label = Label::default();
        let paths = match &record {
            Some(record) => {
                label = record.label.clone();
                record.files.keys().cloned().collect()
            }
            None => match Repository::around(folder)?.filter(Repository::is_the_lab) {
                Some(repository) => {
                    label.commit = repository.commit("HEAD")?;
                    if let Some(commit) = &label.commit {
                        label.date = repository.date(commit)?;
                    }
                    repository.kept()?
                }
                None => {
                    let mut found = Vec::new();
                    walk(folder, "", &mut found)?;
                    found
                }
            },
        };
        let mut files = BTreeMap::new();
        for path in paths {
            refuse_odd(&path, &shown)?;
            let full = folder.join(&path);
            let found = match full.symlink_metadata() {
                Ok(found) => found,
                // Removed there, and not yet committed.
                Err(_) if record.is_none() => continue,
                Err(_) => refuse!("{shown}: {path} is not there; unpack the new version again"),
            };
            if !found.is_file() {
                refuse!("{shown}: {path} is a link or no file, which no lab holds");
            }
            let bytes = fs::read(&full).with_context(|| format!("read {}", full.display()))?;
            let mark = Mark::Digest(digest(&bytes));
            let executable = found.permissions().mode() & 0o111 != 0;
            files.insert(path, Stamp { mark, executable });
        }
        let version = Version {
            label,
            course: Course::default(),
            listed: true,
            partial: false,
            files,
            made: BTreeMap::new(),
            content: Content::Folder(folder.to_owned()),
        };
        let version = version.complete(&shown)?;
        for (path, wanted) in record.iter().flat_map(|record| &record.files) {
            let is = version.files.get(path).map(|stamp| &stamp.mark);
            if is != Some(&Mark::Digest(wanted.clone())) {
                refuse!(
                    "{shown}: {path} is not as it was handed out; unpack the new version again"
                );
            }
        }
        Ok(version)
    }

    /// The version that a list of files tells of; the skeletons are in the folder.
    ///
    /// # Errors
    ///
    /// The folder cannot be read.
    pub fn of_record(record: &Record, folder: &Path) -> Result<Version> {
        let stamp = |digest: &String| Stamp {
            mark: Mark::Digest(digest.clone()),
            executable: false,
        };
        let mut version = Version::of_skeletons(folder)?;
        version.label = record.label.clone();
        version.partial = false;
        version.listed = true;
        version.files = record
            .files
            .iter()
            .map(|(path, digest)| (path.clone(), stamp(digest)))
            .collect();
        // What is no longer as it was handed out tells nothing.
        let files = &version.files;
        version.made.retain(|path, text| {
            let known = files.get(path).map(|stamp| &stamp.mark);
            known == Some(&Mark::Digest(digest(text)))
        });
        Ok(version)
    }

    /// What is known of the version in a folder that does not say which it is: its
    /// skeletons.
    ///
    /// # Errors
    ///
    /// The folder cannot be read.
    pub fn of_skeletons(folder: &Path) -> Result<Version> {
        let mut paths = Vec::new();
        for name in ["exercises", "solutions", SHIPPED] {
            if folder.join(name).is_dir() {
                walk(folder, name, &mut paths)?;
            }
        }
        let stamp = Stamp {
            mark: Mark::Digest(String::new()),
            executable: false,
        };
        let mut version = Version {
            label: Label::default(),
            course: Course::default(),
            listed: false,
            partial: true,
            files: paths
                .into_iter()
                .map(|path| (path, stamp.clone()))
                .collect(),
            made: BTreeMap::new(),
            content: Content::Folder(folder.to_owned()),
        };
        version = version.complete(&folder.display().to_string())?;
        let made = &version.made;
        version.files.retain(|path, _| made.contains_key(path));
        version.content = Content::Gone;
        Ok(version)
    }

    /// Reads the exercises, and puts the skeletons in their places.
    fn complete(mut self, shown: &str) -> Result<Version> {
        self.files.retain(|path, _| !is_own(path));
        for path in self.files.keys() {
            refuse_odd(path, shown)?;
        }
        self.course = Course::of(&self).with_context(|| shown.to_owned())?;
        if self.course.exercises.is_empty() && !self.partial {
            refuse!("{shown}: this is no lab: it has no exercises");
        }
        for path in self.course.handed_in() {
            let Some(inside) = path.strip_prefix("exercises/") else {
                continue;
            };
            let solution = format!("solutions/{inside}");
            let shipped = format!("{SHIPPED}/{inside}");
            let text = if self.files.contains_key(&solution) {
                let text = String::from_utf8(self.read(&solution)?)
                    .with_context(|| format!("{shown}: {solution}"))?;
                skeleton::of(&text)
                    .with_context(|| format!("{shown}: {solution}"))?
                    .into_bytes()
            } else if self.files.contains_key(&shipped) {
                self.read(&shipped)?
            } else {
                continue;
            };
            let executable = self.files.get(&path).is_some_and(|stamp| stamp.executable);
            // The same text in git keeps git's name.
            if self.files.contains_key(&path) && self.read(&path)? == text {
                self.made.insert(path, text);
                continue;
            }
            let mark = Mark::Digest(digest(&text));
            self.files.insert(path.clone(), Stamp { mark, executable });
            self.made.insert(path, text);
        }
        if self.label.version.is_none() && self.files.contains_key("Cargo.toml") {
            self.label.version = self.read("Cargo.toml").ok().and_then(|text| package(&text));
        }
        Ok(self)
    }

    /// The paths of its files.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// Whether there is such a file.
    pub fn holds(&self, path: &str) -> bool {
        self.files.contains_key(path)
    }

    /// Whether it may be executed.
    pub fn executable(&self, path: &str) -> bool {
        self.files.get(path).is_some_and(|stamp| stamp.executable)
    }

    /// Whether it has what students do not get.
    pub fn is_whole(&self) -> bool {
        self.paths().any(|path| path.starts_with("solutions/"))
    }

    /// What is in a file.
    ///
    /// # Errors
    ///
    /// It cannot be read, or is not known any more.
    pub fn read(&self, path: &str) -> Result<Vec<u8>> {
        self.text(path)?
            .with_context(|| format!("nobody knows any more what was in {path}"))
    }

    /// What is in a file; none if there is none, or if it is not known any more.
    ///
    /// # Errors
    ///
    /// It cannot be read.
    pub fn text(&self, path: &str) -> Result<Option<Vec<u8>>> {
        if let Some(text) = self.made.get(path) {
            return Ok(Some(text.clone()));
        }
        let Some(stamp) = self.files.get(path) else {
            return Ok(None);
        };
        match (&self.content, &stamp.mark) {
            (Content::Folder(folder), _) => {
                let full = folder.join(path);
                fs::read(&full)
                    .map(Some)
                    .with_context(|| format!("read {}", full.display()))
            }
            (Content::Git(blobs), Mark::Blob(id)) => blobs.borrow_mut().read(id).map(Some),
            (Content::Git(_), Mark::Digest(_)) => bail!("{path} is in no commit"),
            (Content::Gone, _) => Ok(None),
        }
    }

    /// Whether some bytes are what a file of it holds, to the byte; none if that
    /// cannot be told.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn is(&self, path: &str, bytes: &[u8]) -> Result<Option<bool>> {
        if let Some(text) = self.text(path)? {
            return Ok(Some(text == bytes));
        }
        Ok(match self.files.get(path).map(|stamp| &stamp.mark) {
            Some(Mark::Digest(known)) if !known.is_empty() => Some(*known == digest(bytes)),
            _ => None,
        })
    }

    /// Whether two versions have the same in a file. Neither has it: the same.
    ///
    /// # Errors
    ///
    /// A file cannot be read.
    pub fn agrees(&self, path: &str, other: &Version, there: &str) -> Result<bool> {
        let (one, two) = match (self.files.get(path), other.files.get(there)) {
            (None, None) => return Ok(true),
            (Some(one), Some(two)) => (one, two),
            _ => return Ok(false),
        };
        // A list of digests says nothing of modes.
        let modes = matches!(self.content, Content::Gone) || one.executable == two.executable;
        Ok(modes
            && match (&one.mark, &two.mark) {
                (Mark::Blob(one), Mark::Blob(two)) => one == two,
                (Mark::Digest(one), Mark::Digest(two)) => one == two,
                (Mark::Blob(_), Mark::Digest(_)) => {
                    other.is(there, &self.read(path)?)? == Some(true)
                }
                (Mark::Digest(_), Mark::Blob(_)) => {
                    self.is(path, &other.read(there)?)? == Some(true)
                }
            })
    }

    /// What is to be kept so that the next update knows this version.
    ///
    /// # Errors
    ///
    /// A file cannot be read.
    pub fn record(&self) -> Result<Record> {
        let mut files = BTreeMap::new();
        if self.listed {
            for (path, stamp) in &self.files {
                let digest = match &stamp.mark {
                    Mark::Digest(known) => known.clone(),
                    Mark::Blob(_) => digest(&self.read(path)?),
                };
                files.insert(path.clone(), digest);
            }
        }
        Ok(Record {
            label: self.label.clone(),
            files,
        })
    }
}

/// The version that a workspace gives its packages.
fn package(manifest: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(manifest).ok()?;
    let table: toml::Table = toml::from_str(text).ok()?;
    let version = table.get("workspace")?.get("package")?.get("version")?;
    version.as_str().map(str::to_owned)
}

/// Refuses what would be written elsewhere than in the lab's folder.
fn refuse_odd(path: &str, shown: &str) -> Result<()> {
    let odd = |part: &str| {
        matches!(part, "" | "." | "..")
            || part.eq_ignore_ascii_case(".git")
            || part.contains(|letter: char| letter.is_control() || letter == '\\')
    };
    if path.split('/').any(odd) || path.split('/').next() == Some("target") {
        refuse!("{shown}: a file is named {path:?}, which no lab holds");
    }
    Ok(())
}

/// Adds the files below a folder of a lab that are part of it.
pub(super) fn walk(root: &Path, inside: &str, found: &mut Vec<String>) -> Result<()> {
    const OTHERS: &[&str] = &[".git", ".lab", "target"];
    let folder = root.join(inside);
    let entries = fs::read_dir(&folder).with_context(|| format!("read {}", folder.display()))?;
    let mut names = BTreeSet::new();
    for entry in entries {
        let entry = entry.with_context(|| format!("read {}", folder.display()))?;
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        let kind = entry.file_type().with_context(|| format!("read {name}"))?;
        names.insert((name, kind.is_dir()));
    }
    for (name, is_folder) in names {
        let path = match inside {
            "" => name.clone(),
            _ => format!("{inside}/{name}"),
        };
        if OTHERS.contains(&name.as_str()) {
            continue;
        }
        if is_folder {
            walk(root, &path, found)?;
        } else {
            found.push(path);
        }
    }
    Ok(())
}
