//! A class as it comes from elsewhere: a folder, an archive, archives in a folder,
//! archives within an archive.
//!
//! Of an archive only the files that exercises ask for are unpacked, and archives
//! within it. What is wrong with one submission is said of this one; the others
//! go on.

mod archive;
mod outer;
mod refused;

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use grader::catalogue::Catalogue;
use grader::submission::{self, Submission, holds_exercises, refuse_twins};

pub use archive::is_archive;
use archive::{Bounds, unpack};
use outer::outer;
use refused::Refused;

/// Opens what holds submissions.
#[derive(Debug)]
pub struct Opener<'a> {
    catalogue: &'a Catalogue,
    /// Where archives are unpacked; it must outlive the submissions.
    work: PathBuf,
    /// How many folders of it are in use.
    used: usize,
    /// What one submission may unpack to.
    bounds: Bounds,
}

impl<'a> Opener<'a> {
    /// One that unpacks into an empty folder.
    pub fn new(catalogue: &'a Catalogue, work: &Path) -> Opener<'a> {
        Opener {
            catalogue,
            work: work.to_owned(),
            used: 0,
            bounds: Bounds::SUBMISSION,
        }
    }

    /// Lets the archive of one submission unpack to so many bytes at most, in
    /// place of 256 MiB; of a compressed stream all of it counts.
    pub fn most(mut self, bytes: u64) -> Opener<'a> {
        self.bounds.bytes = bytes;
        self
    }

    /// The submissions at a path, in the order of their names.
    ///
    /// # Errors
    ///
    /// There is nothing at the path, it is neither a folder nor an archive that
    /// can be read, or nothing can be unpacked here.
    pub fn open(&mut self, path: &Path) -> Result<Vec<Submission>> {
        is_there(path)?;
        let mut refused = Refused::default();
        let mut base = path.to_owned();
        let mut around = None;
        if path.is_file() && is_archive(path) {
            base = self.folder()?;
            refused = unpack(path, &base, self.catalogue, Bounds::CLASS)
                .map_err(|error| damaged(path, error))?;
            if refused.is_empty() && fs::read_dir(&base)?.next().is_none() {
                let why = "there is no submission in it";
                return Err(Damaged(format!("{}: {why}", path.display())).into());
            }
            around = outer(&base, &refused, self.catalogue)?;
        } else if path.is_dir() {
            around = outer(path, &refused, self.catalogue)?;
        }
        if let Some(around) = &around {
            base.push(around);
            fs::create_dir_all(&base).with_context(|| format!("make {}", base.display()))?;
        }
        let mut refused = refused.by_submission(around.as_deref());
        let mut submissions = if path.is_dir() || is_archive(path) {
            match self.with_archives(&base)? {
                Some(submissions) => submissions,
                None => Submission::discover(&base, self.catalogue)?,
            }
        } else {
            Submission::discover(&base, self.catalogue)?
        };
        if let [only] = &mut submissions[..] {
            // The folder in which it was unpacked says nothing.
            if base != path && only.name == plain(&base) {
                only.name = stem(path);
                let ids = self.catalogue.entries.iter().map(|entry| entry.id.as_str());
                let mut parts = ids.chain(["exercises", "solutions"]);
                let is_one = holds_exercises(&base, self.catalogue)
                    || parts.any(|part| refused.contains_key(part));
                if !is_one && !refused.is_empty() {
                    // Nothing is left but those who are refused.
                    submissions.clear();
                } else if let Some(why) = std::mem::take(&mut refused).into_values().next() {
                    *only = Submission::refused(stem(path), why);
                }
            }
        }
        for (name, why) in refused {
            submissions.retain(|one| one.name != name);
            submissions.push(Submission::refused(name, why));
        }
        submissions.sort_by(|one, other| one.name.cmp(&other.name));
        refuse_twins(&mut submissions);
        Ok(submissions)
    }

    /// All that lies at a path as one submission: folders and archives alike.
    ///
    /// # Errors
    ///
    /// As [`Opener::open`].
    pub fn open_whole(&mut self, path: &Path) -> Result<Submission> {
        is_there(path)?;
        let mut archives = Vec::new();
        let mut one = if path.is_file() && is_archive(path) {
            archives.push(path.to_owned());
            Submission::whole(&self.folder()?, self.catalogue)?
        } else {
            archives.extend(archives_in(path));
            Submission::whole(path, self.catalogue)?
        };
        for archive in archives {
            let folder = self.folder()?;
            let refused = match unpack(&archive, &folder, self.catalogue, self.bounds) {
                Ok(refused) => refused.first(),
                Err(error) => Some(format!("{}: {error}", plain(&archive))),
            };
            if let Some(why) = refused {
                return Ok(Submission::refused(one.name, why));
            }
            one.add(&folder, self.catalogue)?;
        }
        if path.is_file() {
            // The folder in which it was unpacked says nothing.
            one.name = stem(path);
        }
        Ok(one)
    }

    /// The members of a folder in which there are archives; none when there is
    /// no archive where a submission should be.
    fn with_archives(&mut self, base: &Path) -> Result<Option<Vec<Submission>>> {
        let mut members = Vec::new();
        let mut any = false;
        for name in names(base)? {
            let path = base.join(&name);
            if is_archive(&path) && path.is_file() {
                any = true;
                members.push(self.unpacked(&path, OsStr::new(&stem(&path)))?);
                continue;
            }
            if !path.is_dir() {
                continue;
            }
            let archives = archives_in(&path);
            let member = match &archives[..] {
                [] => Submission::member(base, &name, self.catalogue),
                [only] => {
                    any = true;
                    self.unpacked(only, &name)?
                }
                several => {
                    any = true;
                    let names: Vec<String> = several.iter().map(|path| plain(path)).collect();
                    let text = name.to_string_lossy();
                    let why = format!(
                        "{text} holds several archives ({}); leave the one that counts",
                        names.join(", ")
                    );
                    Submission::refused(text, why)
                }
            };
            members.push(member);
        }
        Ok(any.then_some(members))
    }

    /// The submission in an archive, under a name.
    fn unpacked(&mut self, archive: &Path, name: &OsStr) -> Result<Submission> {
        let base = self.folder()?;
        let inside = base.join(name);
        let text = name.to_string_lossy().into_owned();
        fs::create_dir(&inside).with_context(|| format!("make {}", inside.display()))?;
        let refused = match unpack(archive, &inside, self.catalogue, self.bounds) {
            Ok(refused) => refused.first(),
            Err(error) => Some(format!("{}: {error}", plain(archive))),
        };
        Ok(match refused {
            Some(why) => Submission::refused(text, why),
            None => Submission::member(&base, name, self.catalogue),
        })
    }

    fn folder(&mut self) -> Result<PathBuf> {
        let folder = self.work.join(format!("unpacked-{}", self.used));
        self.used += 1;
        fs::create_dir(&folder).with_context(|| format!("make {}", folder.display()))?;
        Ok(folder)
    }
}

fn is_there(path: &Path) -> Result<()> {
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(submission::Error::NoSuchPath(path.to_owned()).into())
        }
        _ => Ok(()),
    }
}

/// An archive that was named is no archive, is damaged, or holds too much or nothing.
#[derive(Debug)]
pub struct Damaged(String);

impl fmt::Display for Damaged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Damaged {}

/// What is wrong with the archive itself; what is wrong with the machine stays that.
fn damaged(path: &Path, error: io::Error) -> anyhow::Error {
    if is_damage(&error) {
        return Damaged(format!("{} cannot be unpacked: {error}", path.display())).into();
    }
    anyhow::Error::new(error).context(format!("unpack {}", path.display()))
}

/// Whether an error is of what was read, not of the machine.
fn is_damage(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidData, InvalidInput, Other, UnexpectedEof};
    matches!(
        error.kind(),
        InvalidData | InvalidInput | Other | UnexpectedEof
    )
}

/// The archives in a folder and in the folders of it.
fn archives_in(folder: &Path) -> Vec<PathBuf> {
    let mut archives = Vec::new();
    let mut places = vec![folder.to_owned()];
    for name in names(folder).unwrap_or_default() {
        let path = folder.join(name);
        if path.is_dir() && !path.is_symlink() {
            places.push(path);
        }
    }
    for place in places {
        for name in names(&place).unwrap_or_default() {
            let path = place.join(name);
            if is_archive(&path) && path.is_file() && !path.is_symlink() {
                archives.push(path);
            }
        }
    }
    archives
}

/// What a folder holds, sorted, without what only programs make.
fn names(folder: &Path) -> io::Result<Vec<OsString>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        if !name.as_encoded_bytes().starts_with(b".") && name != "__MACOSX" && name != "target" {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

fn plain(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// The name of an archive without what tells its kind.
fn stem(path: &Path) -> String {
    let name = plain(path);
    let lower = name.to_lowercase();
    let kinds = archive::KINDS.iter();
    let kind = kinds.copied().find(|kind| lower.ends_with(kind));
    let end = name.len() - kind.map_or(0, str::len);
    name.get(..end).unwrap_or(&name).to_owned()
}
