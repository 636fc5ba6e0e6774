//! Which exercises there are, and what each demands.

mod names;

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::thread;

use exercise::{Exercise, Level};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use names::{answers_to, number, package, short, shortened};

/// All exercises of one checkout of the lab.
#[derive(Debug, Clone)]
pub struct Catalogue {
    /// The folder that holds `exercises/`, `solutions/` and `crates/`.
    pub root: PathBuf,
    /// In the order of their numbers.
    pub entries: Vec<Entry>,
}

/// One exercise: its folder, its data, its programs' sources.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The folder's name, e.g. `09-echo-iterative`.
    pub id: String,
    /// The exercise's folder.
    pub folder: PathBuf,
    /// What `exercise.toml` says.
    pub data: Exercise,
    /// The programs as `Cargo.toml` has them, in the order of `data.programs`.
    pub programs: Vec<Program>,
    /// The crates that the programs may use, as named in `[dependencies]`.
    pub dependencies: Vec<String>,
    /// Lints that the manifest allows: a skeleton is full of unused things.
    pub allowed_lints: Vec<String>,
}

/// One binary target of an exercise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// The binary's name, e.g. `echo-iterative`.
    pub name: String,
    /// Its root source, relative to the exercise's folder.
    pub path: String,
}

/// What is wrong with the catalogue, or with a name that was looked up in it.
#[derive(Debug)]
pub enum Error {
    /// No folder on the way up from here holds a lab.
    NoLab(PathBuf),
    /// A file of an exercise cannot be read.
    Unreadable(PathBuf, std::io::Error),
    /// A file of an exercise does not say what it must.
    Malformed(PathBuf, String),
    /// There is no such exercise; perhaps the second was meant.
    Unknown(String, Option<String>),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::NoLab(from) => write!(
                f,
                "no lab here: neither {} nor a folder above it holds exercises/ and crates/checks/",
                from.display()
            ),
            Error::Unreadable(path, source) => write!(f, "read {}: {source}", path.display()),
            Error::Malformed(path, what) => write!(f, "{}: {what}", path.display()),
            Error::Unknown(asked, Some(meant)) => {
                write!(f, "no exercise `{asked}`; did you mean `{meant}`?")
            }
            Error::Unknown(asked, None) => {
                write!(f, "no exercise `{asked}`; `cargo xtask list` names them")
            }
        }
    }
}

impl std::error::Error for Error {}

impl Catalogue {
    /// Finds the lab from a folder inside it and loads its exercises.
    ///
    /// # Errors
    ///
    /// [`Error::NoLab`], or whatever [`Catalogue::load`] reports.
    pub fn find(from: &Path) -> Result<Catalogue, Error> {
        Catalogue::load(Catalogue::root_of(from)?)
    }

    /// Finds the lab's folder from a folder inside it.
    ///
    /// # Errors
    ///
    /// [`Error::NoLab`].
    pub fn root_of(from: &Path) -> Result<&Path, Error> {
        from.ancestors()
            .find(|folder| {
                folder.join("exercises").is_dir() && folder.join("crates/checks").is_dir()
            })
            .ok_or_else(|| Error::NoLab(from.to_owned()))
    }

    /// Loads every `exercises/*/exercise.toml` under a root.
    ///
    /// # Errors
    ///
    /// A file that cannot be read or parsed, named.
    pub fn load(root: &Path) -> Result<Catalogue, Error> {
        Catalogue::of(root, Catalogue::ids(root)?)
    }

    /// The same with nothing but the exercise that somebody means by `asked`, as for
    /// [`Catalogue::get`]: the data of all take longer to read than it takes to look up
    /// a verdict. With all, if there is no such exercise.
    ///
    /// # Errors
    ///
    /// As [`Catalogue::load`].
    pub fn load_one(root: &Path, asked: &str) -> Result<Catalogue, Error> {
        let ids = Catalogue::ids(root)?;
        match ids.iter().find(|id| answers_to(id, shortened(asked))) {
            Some(id) => Catalogue::of(root, vec![id.clone()]),
            None => Catalogue::of(root, ids),
        }
    }

    fn of(root: &Path, ids: Vec<String>) -> Result<Catalogue, Error> {
        let folder = root.join("exercises");
        // All of them take long enough for more than one processor.
        let entries = thread::scope(|scope| {
            let load = |id: String| {
                let folder = folder.join(&id);
                scope.spawn(move || Entry::load(&folder, id))
            };
            let loading: Vec<_> = ids.into_iter().map(load).collect();
            loading
                .into_iter()
                .map(|one| one.join().unwrap_or_else(|panic| resume_unwind(panic)))
                .collect::<Result<_, _>>()
        })?;
        Ok(Catalogue {
            root: root.to_owned(),
            entries,
        })
    }

    /// The names of the exercises' folders, in their order.
    ///
    /// # Errors
    ///
    /// The folder of the exercises cannot be read.
    pub fn ids(root: &Path) -> Result<Vec<String>, Error> {
        let folder = root.join("exercises");
        let mut ids: Vec<String> = fs::read_dir(&folder)
            .map_err(|error| Error::Unreadable(folder.clone(), error))?
            .filter_map(Result::ok)
            .filter(|entry| entry.path().join("exercise.toml").is_file())
            .filter_map(|entry| entry.file_name().into_string().ok())
            .collect();
        ids.sort();
        Ok(ids)
    }

    /// The exercise that somebody means by `9`, `09`, `09-echo-iterative` or
    /// `echo-iterative`.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`], with the nearest name there is.
    pub fn get(&self, asked: &str) -> Result<&Entry, Error> {
        let asked = shortened(asked);
        self.entries
            .iter()
            .find(|entry| answers_to(&entry.id, asked))
            .ok_or_else(|| {
                let nearest = self
                    .entries
                    .iter()
                    .flat_map(|entry| [(entry.id.as_str(), entry), (entry.short(), entry)])
                    .map(|(name, entry)| (distance(asked, name), entry))
                    .min_by_key(|(distance, _)| *distance)
                    .filter(|(distance, _)| *distance <= asked.len().max(3) / 2)
                    .map(|(_, entry)| entry.id.clone());
                Error::Unknown(asked.to_owned(), nearest)
            })
    }

    /// What each concept means; the list that exercises choose theirs from.
    ///
    /// # Errors
    ///
    /// `exercises/concepts.toml` cannot be read or parsed.
    pub fn concepts(&self) -> Result<BTreeMap<String, String>, Error> {
        read(&self.root.join("exercises/concepts.toml"))
    }

    /// The titles of the parts of the course, by their numbers.
    ///
    /// # Errors
    ///
    /// `exercises/parts.toml` cannot be read or parsed, or lacks the part of an
    /// exercise.
    pub fn parts(&self) -> Result<BTreeMap<u8, String>, Error> {
        let path = self.root.join("exercises/parts.toml");
        let parts: BTreeMap<String, String> = read(&path)?;
        let parts = parts
            .into_iter()
            .map(|(number, title)| match number.parse() {
                Ok(number) => Ok((number, title)),
                Err(_) => Err(Error::Malformed(
                    path.clone(),
                    format!("`{number}` is no number of a part"),
                )),
            })
            .collect::<Result<BTreeMap<u8, String>, Error>>()?;
        let has_none = |entry: &&Entry| !parts.contains_key(&entry.data.part);
        match self.entries.iter().find(has_none) {
            Some(entry) => Err(Error::Malformed(
                path,
                format!("has no part {}, of which {} is", entry.data.part, entry.id),
            )),
            None => Ok(parts),
        }
    }

    /// Everything in the exercises' data that is not as it must be, one
    /// sentence each; empty when all is well.
    ///
    /// # Errors
    ///
    /// The list of concepts cannot be read.
    pub fn flaws(&self) -> Result<Vec<String>, Error> {
        let concepts = self.concepts()?;
        let mut flaws = Vec::new();
        let mut keys = BTreeMap::new();
        for entry in &self.entries {
            let found = entry.flaws(&concepts).into_iter();
            flaws.extend(found.map(|flaw| format!("{}: {flaw}", entry.id)));
            if let Some(other) = keys.insert(entry.key(), &entry.id) {
                flaws.push(format!("{}: its key is that of {other} too", entry.id));
            }
        }
        Ok(flaws)
    }
}

/// What a TOML file says.
fn read<T: DeserializeOwned>(path: &Path) -> Result<T, Error> {
    parse(path, |text| toml::from_str(text))
}

/// What `parse` makes of the text of a file.
fn parse<T, E: fmt::Display>(
    path: &Path,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Result<T, Error> {
    let text =
        fs::read_to_string(path).map_err(|error| Error::Unreadable(path.to_owned(), error))?;
    parse(&text).map_err(|error| Error::Malformed(path.to_owned(), error.to_string()))
}

/// The parts of an exercise's `Cargo.toml` that building a program needs.
#[derive(Deserialize)]
struct Manifest {
    #[serde(default)]
    bin: Vec<ManifestBin>,
    #[serde(default)]
    dependencies: BTreeMap<String, toml::Value>,
    #[serde(default)]
    lints: BTreeMap<String, BTreeMap<String, toml::Value>>,
}

#[derive(Deserialize)]
struct ManifestBin {
    name: String,
    path: String,
}

impl Entry {
    fn load(folder: &Path, id: String) -> Result<Entry, Error> {
        let data = parse(&folder.join("exercise.toml"), Exercise::parse)?;
        let path = folder.join("Cargo.toml");
        let manifest: Manifest = read(&path)?;
        let programs = data
            .programs
            .iter()
            .map(|name| {
                manifest
                    .bin
                    .iter()
                    .find(|bin| bin.name == *name)
                    .map(|bin| Program {
                        name: name.clone(),
                        path: bin.path.clone(),
                    })
                    .ok_or_else(|| {
                        Error::Malformed(path.clone(), format!("has no [[bin]] named `{name}`"))
                    })
            })
            .collect::<Result<_, _>>()?;
        Ok(Entry {
            id,
            folder: folder.to_owned(),
            data,
            programs,
            dependencies: manifest.dependencies.into_keys().collect(),
            allowed_lints: manifest
                .lints
                .get("rust")
                .into_iter()
                .flatten()
                .filter(|(_, level)| level.as_str() == Some("allow"))
                .map(|(name, _)| name.clone())
                .collect(),
        })
    }

    /// The package's name, which is also that of its test target in `checks`:
    /// `ex09-echo-iterative`.
    pub fn package(&self) -> String {
        package(&self.id)
    }

    /// The two digits, e.g. `09`.
    pub fn number(&self) -> &str {
        number(&self.id)
    }

    /// The name without its number, e.g. `echo-iterative`.
    pub fn short(&self) -> &str {
        short(&self.id)
    }

    /// What it is known by for good: the key in its data, or its name where there
    /// is none.
    pub fn key(&self) -> &str {
        match self.data.key.as_str() {
            "" => self.short(),
            key => key,
        }
    }

    /// Points that can be earned: those of the core checks.
    pub fn max_score(&self) -> u32 {
        crate::score::max_score(&self.data)
    }

    /// The model submission of this exercise, in the form of any other.
    pub fn solution(&self) -> PathBuf {
        let root = self
            .folder
            .parent()
            .and_then(Path::parent)
            .unwrap_or(&self.folder);
        root.join("solutions").join(&self.id)
    }

    fn flaws(&self, concepts: &BTreeMap<String, String>) -> Vec<String> {
        let mut flaws = Vec::new();
        let data = &self.data;
        let mut flaw = |holds: bool, text: String| {
            if !holds {
                flaws.push(text);
            }
        };
        let points = self.max_score();
        flaw(
            points == 100,
            format!("the points of its core checks add up to {points}, not 100"),
        );
        flaw(
            (1..=7).contains(&data.part),
            format!("there is no part {}", data.part),
        );
        let letters = |key: &str| {
            let mut letters = key.chars();
            letters.all(|one| one.is_ascii_lowercase() || one.is_ascii_digit() || one == '-')
        };
        flaw(
            !data.key.is_empty() && letters(&data.key),
            format!(
                "its key is {:?}, not a name such as `echo-iterative`",
                data.key
            ),
        );
        flaw(!data.programs.is_empty(), "names no program".into());
        flaw(!data.files.is_empty(), "names no file to hand in".into());
        for file in &data.files {
            flaw(
                self.folder.join(file).is_file(),
                format!("{file} is to be handed in and has no skeleton"),
            );
            flaw(
                self.solution().join(file).is_file(),
                format!("{file} has no solution"),
            );
        }
        for concept in &data.concepts {
            flaw(
                concepts.contains_key(concept),
                format!("`{concept}` is not in concepts.toml"),
            );
        }
        let mut earlier: Vec<&str> = Vec::new();
        for check in &data.checks {
            let name = &check.name;
            flaw(
                !earlier.contains(&name.as_str()),
                format!("two checks are named {name}"),
            );
            flaw(
                check.hints.len() == 3,
                format!("{name} has {} hints, not 3", check.hints.len()),
            );
            flaw(
                !check.concepts.is_empty(),
                format!("{name} names no concept"),
            );
            flaw(
                check.level == Level::Advanced || check.points > 0,
                format!("{name} is core and earns nothing"),
            );
            for concept in &check.concepts {
                flaw(
                    data.concepts.contains(concept),
                    format!("{name} names `{concept}`, which the exercise does not"),
                );
            }
            for after in &check.after {
                flaw(
                    earlier.contains(&after.as_str()),
                    format!("{name} comes after `{after}`, which is no earlier check"),
                );
            }
            earlier.push(name);
        }
        flaws
    }

    /// Where the data and the test binary disagree, given the names that the
    /// binary's `--list` prints: no check is missing on either side.
    pub fn disagreements(&self, listed: &[String]) -> Vec<String> {
        let named = &self.data.checks;
        let untested = named
            .iter()
            .filter(|check| !listed.contains(&check.name))
            .map(|check| format!("{}: no test is named {}", self.id, check.name));
        let unnamed = listed
            .iter()
            .filter(|name| !named.iter().any(|check| check.name == **name))
            .map(|name| format!("{}: exercise.toml does not name the test {name}", self.id));
        untested.chain(unnamed).collect()
    }
}

/// How many insertions, deletions and replacements lead from one to the other.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
#[path = "catalogue_tests.rs"]
mod tests;
