//! Which submissions a path holds.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use exercise::text::turns;

use super::{Error, Place, Submission, below};
use crate::catalogue::Catalogue;

impl Submission {
    /// The submissions at a path: the path is one, or holds one a folder.
    ///
    /// A submission is a folder that holds folders named as exercises, or
    /// holds `exercises/` or `solutions/` that do, or holds one folder that
    /// does (an archive that was unpacked one level too deep).
    ///
    /// # Errors
    ///
    /// The path does not exist, is no folder, or cannot be read.
    pub fn discover(path: &Path, catalogue: &Catalogue) -> Result<Vec<Submission>, Error> {
        let children = children(path)?;
        let own_name = plain_name(path);
        let is_exercise = catalogue
            .entries
            .iter()
            .any(|entry| own_name == *entry.id.as_str());
        if is_exercise && held(path, catalogue).is_none() {
            return Ok(vec![one_exercise(path, own_name)]);
        }
        if let Some(inside) = held(path, catalogue) {
            return Ok(vec![submission(path, inside, &own_name)]);
        }
        let anything = children
            .iter()
            .any(|name| !matches!(locate(&path.join(name), catalogue), Located::Nothing));
        if !anything {
            return Ok(vec![submission(path, PathBuf::new(), &own_name)]);
        }
        let members = children.iter();
        let mut members: Vec<Submission> = members
            .map(|name| Submission::member(path, name, catalogue))
            .collect();
        refuse_twins(&mut members);
        Ok(members)
    }

    /// All that lies at a path as one submission, in however many folders: what
    /// somebody has handed in who put together several.
    ///
    /// # Errors
    ///
    /// The path does not exist, is no folder, or cannot be read.
    pub fn whole(path: &Path, catalogue: &Catalogue) -> Result<Submission, Error> {
        let own_name = plain_name(path);
        let mut one = submission(path, PathBuf::new(), &own_name);
        // What it lies in may have any name: nobody chose it.
        one.refused = None;
        let places = places(path, catalogue)?;
        if !places.is_empty() {
            one.places = places;
        }
        Ok(one)
    }

    /// Adds what lies in another folder, an archive that was unpacked.
    ///
    /// # Errors
    ///
    /// It cannot be read.
    pub fn add(&mut self, folder: &Path, catalogue: &Catalogue) -> Result<(), Error> {
        self.places.extend(places(folder, catalogue)?);
        Ok(())
    }

    /// One folder of a folder of submissions.
    pub fn member(base: &Path, name: &OsStr, catalogue: &Catalogue) -> Submission {
        let folder = base.join(name);
        let mut one = submission(base, PathBuf::from(name), name);
        let linked = fs::symlink_metadata(&folder).is_ok_and(|found| found.is_symlink());
        if linked {
            one.refused = Some(format!("{} is a link; links are not followed", one.name));
            return one;
        }
        match locate(&folder, catalogue) {
            Located::At(inside) => {
                one.places = vec![Place::at(base, below(Path::new(name), &inside))];
            }
            Located::Nothing => {}
            Located::Several(names) => {
                one.refused = Some(format!(
                    "{} holds several submissions ({}); leave the one that counts",
                    one.name,
                    names.join(", ")
                ));
            }
            Located::Unreadable(error) => {
                one.refused = Some(format!("read {}: {error}", one.name));
            }
        }
        one
    }
}

/// Refuses submissions whose names differ in upper and lower case alone: on many
/// machines, and in many a list, they are one.
pub fn refuse_twins(submissions: &mut [Submission]) {
    let names: Vec<String> = submissions
        .iter()
        .map(|one| one.name.to_lowercase())
        .collect();
    let mut seen = BTreeMap::new();
    for name in &names {
        *seen.entry(name).or_insert(0) += 1;
    }
    for (one, name) in submissions.iter_mut().zip(&names) {
        if seen[name] > 1 && one.refused.is_none() {
            one.refused = Some(format!(
                "there is another submission whose name differs from {} in upper and lower case \
                 alone; rename one",
                one.name
            ));
        }
    }
}

/// Gives submissions that share a name their whole path for one.
pub fn tell_apart(submissions: &mut [Submission]) {
    let names: Vec<String> = submissions.iter().map(|one| one.name.clone()).collect();
    for (index, one) in submissions.iter_mut().enumerate() {
        if names
            .iter()
            .enumerate()
            .any(|(other, name)| other != index && *name == one.name)
        {
            one.name = one.folder().display().to_string();
        }
    }
}

fn submission(base: &Path, inside: PathBuf, name: &OsStr) -> Submission {
    let (name, refused) = readable(name);
    Submission {
        name,
        places: vec![Place::at(base, inside)],
        refused,
    }
}

/// A path that is itself an exercise's folder.
fn one_exercise(path: &Path, name: OsString) -> Submission {
    let folder = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let parent = folder.parent().unwrap_or(&folder);
    submission(parent, PathBuf::new(), &name)
}

/// The folders that hold exercises, at a path and up to two levels below it.
fn places(path: &Path, catalogue: &Catalogue) -> Result<Vec<Place>, Error> {
    let is_exercise = |name: &OsStr| catalogue.entries.iter().any(|one| name == one.id.as_str());
    let mut places = Vec::new();
    if let Some(inside) = held(path, catalogue) {
        let is_lab = !inside.as_os_str().is_empty();
        places.push(Place::at(path, inside));
        if is_lab {
            // The other folders of a lab (its skeletons) are not handed in.
            return Ok(places);
        }
    }
    for name in children(path)? {
        let folder = path.join(&name);
        if is_exercise(&name) || folder.is_symlink() {
            continue;
        }
        if let Some(inside) = held(&folder, catalogue) {
            places.push(Place::at(path, below(Path::new(&name), &inside)));
            continue;
        }
        for below_name in children(&folder).unwrap_or_default() {
            let deep = Path::new(&name).join(&below_name);
            if let Some(inside) = held(&path.join(&deep), catalogue) {
                places.push(Place::at(path, below(&deep, &inside)));
            }
        }
    }
    Ok(places)
}

enum Located {
    At(PathBuf),
    Nothing,
    Several(Vec<String>),
    Unreadable(io::Error),
}

fn locate(folder: &Path, catalogue: &Catalogue) -> Located {
    if let Some(inside) = held(folder, catalogue) {
        return Located::At(inside);
    }
    // A folder may be listed by whom it lets at nothing that it lists.
    if let Err(error) = fs::metadata(folder.join(".")) {
        if error.kind() == io::ErrorKind::PermissionDenied {
            return Located::Unreadable(error);
        }
    }
    let children = match children(folder) {
        Ok(children) => children,
        Err(Error::Unreadable(_, error)) => return Located::Unreadable(error),
        Err(_) => return Located::Nothing,
    };
    let mut found: Vec<PathBuf> = children
        .into_iter()
        .filter_map(|name| {
            held(&folder.join(&name), catalogue).map(|inside| below(Path::new(&name), &inside))
        })
        .collect();
    match found.len() {
        0 => Located::Nothing,
        1 => Located::At(found.remove(0)),
        _ => Located::Several(
            found
                .iter()
                .map(|path| path.display().to_string())
                .collect(),
        ),
    }
}

/// Whether a folder holds folders named as exercises, or `exercises/` or `solutions/`
/// that do.
pub fn holds_exercises(folder: &Path, catalogue: &Catalogue) -> bool {
    held(folder, catalogue).is_some()
}

/// Whether a folder holds exercises, or one or more folders that do.
pub fn is_submission(folder: &Path, catalogue: &Catalogue) -> bool {
    matches!(
        locate(folder, catalogue),
        Located::At(_) | Located::Several(_)
    )
}

/// Where in a folder the exercises are, if it holds any.
fn held(folder: &Path, catalogue: &Catalogue) -> Option<PathBuf> {
    ["", "exercises", "solutions"]
        .into_iter()
        .map(PathBuf::from)
        .find(|inside| {
            let place = folder.join(inside);
            let linked = fs::symlink_metadata(&place).is_ok_and(|found| found.is_symlink());
            // A link is looked into only where it was named on the command line.
            if linked && !inside.as_os_str().is_empty() {
                return false;
            }
            catalogue
                .entries
                .iter()
                .any(|entry| fs::symlink_metadata(place.join(&entry.id)).is_ok())
        })
}

/// The folders in a folder, links among them, sorted; not those that only
/// programs make.
fn children(folder: &Path) -> Result<Vec<OsString>, Error> {
    let unreadable = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => Error::NoSuchPath(folder.to_owned()),
        io::ErrorKind::NotADirectory => Error::NoFolder(folder.to_owned()),
        _ => Error::Unreadable(folder.to_owned(), error),
    };
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let name = entry.file_name();
        let made_by_programs = name.as_encoded_bytes().starts_with(b".")
            || ["__MACOSX", "target", "lost+found"]
                .iter()
                .any(|other| name == *other);
        let folder_or_link = entry
            .file_type()
            .is_ok_and(|kind| kind.is_dir() || kind.is_symlink())
            && entry.path().is_dir();
        if folder_or_link && !made_by_programs {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

/// The name of a folder that may have been given as `.` or `class/..`.
fn plain_name(path: &Path) -> OsString {
    let named = path.file_name().map(OsStr::to_owned);
    named
        .or_else(|| {
            fs::canonicalize(path)
                .ok()?
                .file_name()
                .map(OsStr::to_owned)
        })
        .unwrap_or_else(|| path.as_os_str().to_owned())
}

/// A name that can be printed, and the reason to refuse it if it could not.
fn readable(name: &OsStr) -> (String, Option<String>) {
    // Line ends of their own, and what nobody sees: two names would look like one.
    let unseen = |c: char| {
        matches!(
            c,
            '\u{2028}' | '\u{2029}' | '\u{200b}' | '\u{2060}' | '\u{feff}'
        ) || turns(c)
    };
    let odd = |c: char| c.is_control() || unseen(c) || c == '"';
    match name.to_str() {
        Some(text) if text.starts_with('-') => {
            let refused = format!("the folder's name `{text}` begins with a dash; rename it");
            (text.to_owned(), Some(refused))
        }
        Some(text) if !text.contains(odd) => (text.to_owned(), None),
        _ => {
            let escaped = name.to_string_lossy().escape_debug().to_string();
            let refused = format!("the folder's name `{escaped}` is no plain text; rename it");
            (escaped, Some(refused))
        }
    }
}
