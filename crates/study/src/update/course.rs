//! The exercises of a version, as far as an update has to know them.
//!
//! The data may be newer than this program: what it does not know is passed over.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use serde::Deserialize;

use super::refusal::refuse;
use super::version::Version;

/// All exercises of a version.
#[derive(Debug, Clone, Default)]
pub struct Course {
    /// In the order of their folders.
    pub exercises: Vec<Exercise>,
}

/// One exercise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exercise {
    /// The folder's name.
    pub id: String,
    /// What it is known by for good.
    pub key: String,
    /// The files to hand in, from the exercise's folder on.
    pub files: Vec<String>,
    /// The names of its checks, in order.
    pub checks: Vec<String>,
}

#[derive(Deserialize)]
struct Data {
    #[serde(default)]
    key: String,
    #[serde(default)]
    files: Vec<String>,
    #[serde(default, rename = "check")]
    checks: Vec<Check>,
}

#[derive(Deserialize)]
struct Check {
    name: String,
}

impl Course {
    /// The exercises of a version.
    ///
    /// # Errors
    ///
    /// The data of one cannot be understood, or two are the same.
    pub fn of(version: &Version) -> Result<Course> {
        let mut exercises: Vec<Exercise> = Vec::new();
        for path in version.paths() {
            let id = path
                .strip_prefix("exercises/")
                .and_then(|inside| inside.strip_suffix("/exercise.toml"))
                .filter(|id| !id.contains('/'));
            let Some(id) = id else { continue };
            let text = String::from_utf8(version.read(path)?).context(path.to_owned())?;
            let data: Data = match toml::from_str(&text) {
                // What a learner has broken in their own tree becomes the new one.
                Err(_) if version.partial => continue,
                data => data.with_context(|| path.to_owned())?,
            };
            // As the catalogue does for those that have none yet.
            let key = match data.key.as_str() {
                "" => id.split_once('-').map_or(id, |(_, name)| name),
                key => key,
            };
            if let Some(other) = exercises.iter().find(|other| other.key == key) {
                refuse!("{path}: its key is that of {} too", other.id);
            }
            exercises.push(Exercise {
                id: id.to_owned(),
                key: key.to_owned(),
                files: data.files,
                checks: data.checks.into_iter().map(|check| check.name).collect(),
            });
        }
        Ok(Course { exercises })
    }

    /// The exercise of that key.
    pub fn get(&self, key: &str) -> Option<&Exercise> {
        self.exercises.iter().find(|one| one.key == key)
    }

    /// The paths of all files that are handed in.
    pub fn handed_in(&self) -> BTreeSet<String> {
        let paths = self.exercises.iter().flat_map(Exercise::places);
        paths.collect()
    }
}

impl Exercise {
    /// The path of a file of it, from the root of the lab on.
    pub fn place(&self, file: &str) -> String {
        format!("exercises/{}/{file}", self.id)
    }

    /// The paths of the files that are handed in.
    pub fn places(&self) -> impl Iterator<Item = String> + '_ {
        self.files.iter().map(|file| self.place(file))
    }
}

/// Which file of the new form of an exercise takes the place of which of the old:
/// the one of the same path, or else of the same name, or else the only one left.
pub fn pairs<'a>(old: &'a Exercise, new: &'a Exercise) -> BTreeMap<&'a str, &'a str> {
    let mut pairs = BTreeMap::new();
    let mut from: Vec<&str> = old.files.iter().map(String::as_str).collect();
    let mut to: Vec<&str> = new.files.iter().map(String::as_str).collect();
    for alike in [
        |one: &str, two: &str| one == two,
        |one: &str, two: &str| name(one) == name(two),
    ] {
        to.retain(|file| {
            let found = from.iter().position(|other| alike(other, file));
            if let Some(at) = found {
                pairs.insert(*file, from.remove(at));
            }
            found.is_none()
        });
    }
    if let ([from], [to]) = (&from[..], &to[..]) {
        pairs.insert(*to, *from);
    }
    pairs
}

fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exercise(files: &[&str]) -> Exercise {
        Exercise {
            id: "01-a".into(),
            key: "a".into(),
            files: files.iter().map(|file| (*file).to_owned()).collect(),
            checks: Vec::new(),
        }
    }

    #[test]
    fn a_file_that_moved_or_was_renamed_is_found_again() {
        let old = exercise(&["src/a.rs", "src/b.rs", "src/c.rs"]);
        let new = exercise(&["src/x.rs", "src/in/b.rs", "src/a.rs"]);
        let expected = [
            ("src/a.rs", "src/a.rs"),
            ("src/in/b.rs", "src/b.rs"),
            ("src/x.rs", "src/c.rs"),
        ];
        assert_eq!(pairs(&old, &new), BTreeMap::from(expected));
    }

    #[test]
    fn nobody_guesses_among_several() {
        let old = exercise(&["src/a.rs", "src/b.rs"]);
        let new = exercise(&["src/x.rs", "src/y.rs"]);
        assert_eq!(pairs(&old, &new), BTreeMap::new());
    }
}
