//! What somebody handed in, taken with suspicion.
//!
//! Only the files that `exercise.toml` names are ever opened, each component
//! of their path without following links; whatever else lies in the folder
//! (manifests, tests, `.cargo`) is not looked at.

mod discover;
mod take;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

pub use discover::{holds_exercises, is_submission, refuse_twins, tell_apart};
pub use take::Intake;

/// One folder with somebody's exercises.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// What the report calls it: the folder's name.
    pub name: String,
    /// The folders that hold its exercises; mostly one.
    places: Vec<Place>,
    /// Why nothing of it is taken.
    refused: Option<String>,
}

/// A folder that holds exercises.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    /// The folder that was named on the command line; it may be a link.
    base: PathBuf,
    /// From there to the folder that holds the exercises; no part may be a link.
    inside: PathBuf,
}

/// Why a path yields no submission.
#[derive(Debug)]
pub enum Error {
    /// There is nothing at that path.
    NoSuchPath(PathBuf),
    /// It is a file; a folder was expected.
    NoFolder(PathBuf),
    /// It cannot be read.
    Unreadable(PathBuf, io::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::NoSuchPath(path) => write!(f, "{}: no such file or folder", path.display()),
            Error::NoFolder(path) => write!(
                f,
                "{}: is a file; name the folder of a submission, or a folder of submissions \
                 (for a program that is already built: --bin NN={})",
                path.display(),
                path.display()
            ),
            Error::Unreadable(path, source) => write!(f, "read {}: {source}", path.display()),
        }
    }
}

impl std::error::Error for Error {}

impl Submission {
    /// A folder that holds exercises, under a name of the caller's.
    pub fn of(name: impl Into<String>, folder: &Path) -> Submission {
        Submission {
            name: name.into(),
            places: vec![Place::at(folder, PathBuf::new())],
            refused: None,
        }
    }

    /// One of which nothing is taken, and why.
    pub fn refused(name: impl Into<String>, why: impl Into<String>) -> Submission {
        Submission {
            name: name.into(),
            places: Vec::new(),
            refused: Some(why.into()),
        }
    }

    /// Where its exercises lie, for people to read; of several folders the first.
    pub fn folder(&self) -> PathBuf {
        self.places.first().map(Place::folder).unwrap_or_default()
    }
}

impl Place {
    fn at(base: &Path, inside: PathBuf) -> Place {
        Place {
            base: base.to_owned(),
            inside,
        }
    }

    fn folder(&self) -> PathBuf {
        below(&self.base, &self.inside)
    }
}

/// A path within a folder, which may be the folder itself.
fn below(folder: &Path, inside: &Path) -> PathBuf {
    if inside.as_os_str().is_empty() {
        folder.to_owned()
    } else {
        folder.join(inside)
    }
}
