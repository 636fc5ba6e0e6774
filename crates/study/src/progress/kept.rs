//! The file, and how two of them are put together.

use std::collections::BTreeMap;

use grader::report::Verdict;
use serde::{Deserialize, Serialize};

use crate::Moment;

/// The form of the file that this lab reads and writes.
const FORMAT: u32 = 1;

/// What stands above the first line.
const HEAD: &str = "\
# How far you have come with the exercises, written by `cargo xtask`. It belongs into
# your repository. No score depends on it. If it is lost, `cargo xtask progress --rebuild`
# makes it anew from your programs.
";

/// Everything that is kept of a learner's progress.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kept {
    format: u32,
    /// By the key of the exercise.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub exercise: BTreeMap<String, Of>,
}

/// What is kept of one exercise.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Of {
    /// When all its core checks passed for the first time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub passed: Option<Moment>,
    /// What it came to when it was last judged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<Last>,
    /// By the check's name, how many of its hints were used.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub hints: BTreeMap<String, usize>,
}

/// What an exercise came to when it was last judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Last {
    /// When that was.
    pub judged: Moment,
    /// What the core checks earned.
    pub score: u32,
    /// What they could earn.
    pub max_score: u32,
    /// By the check's name.
    pub checks: BTreeMap<String, Verdict>,
}

/// Why a text is not what is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Damage {
    /// It cannot be read as what it should be.
    Malformed,
    /// A newer lab has written it.
    Newer,
}

impl Default for Kept {
    fn default() -> Self {
        Kept {
            format: FORMAT,
            exercise: BTreeMap::new(),
        }
    }
}

impl Kept {
    /// Reads the text of a file. One that git could not merge holds two texts:
    /// they are put together.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Kept, Damage> {
        match sides(text) {
            Some((ours, theirs)) => {
                let mut kept = Kept::parse_one(&ours)?;
                kept.add(&Kept::parse_one(&theirs)?);
                Ok(kept)
            }
            None => Kept::parse_one(text),
        }
    }

    fn parse_one(text: &str) -> Result<Kept, Damage> {
        #[derive(Deserialize)]
        struct Format {
            format: u32,
        }
        // First of all: a newer form may have fields that this one does not know.
        let Format { format } = toml::from_str(text).map_err(|_| Damage::Malformed)?;
        if format > FORMAT {
            return Err(Damage::Newer);
        }
        toml::from_str(text).map_err(|_| Damage::Malformed)
    }

    /// The text of the file.
    ///
    /// # Errors
    ///
    /// As `toml` says.
    pub fn text(&self) -> Result<String, toml::ser::Error> {
        Ok(format!("{HEAD}{}", toml::to_string(self)?))
    }

    /// Takes what has just been found out: its verdicts are the last ones, whatever the
    /// clocks say of those that are here.
    pub fn put(&mut self, found: &Kept) {
        for (key, of) in &found.exercise {
            if let (Some(here), Some(_)) = (self.exercise.get_mut(key), &of.last) {
                here.last = None;
            }
        }
        self.add(found);
    }

    /// Puts what another machine knows to this: the later verdicts, the earlier pass,
    /// the more hints.
    pub fn add(&mut self, other: &Kept) {
        for (key, theirs) in &other.exercise {
            let ours = self.exercise.entry(key.clone()).or_default();
            ours.passed = match (ours.passed, theirs.passed) {
                (Some(one), Some(two)) => Some(one.min(two)),
                (one, two) => one.or(two),
            };
            let newer = |last: &Last| ours.last.as_ref().is_none_or(|it| it.judged < last.judged);
            if let Some(last) = theirs.last.as_ref().filter(|last| newer(last)) {
                ours.last = Some(last.clone());
            }
            for (check, &used) in &theirs.hints {
                let hints = ours.hints.entry(check.clone()).or_default();
                *hints = used.max(*hints);
            }
        }
    }
}

/// The two texts of a file with git's conflict markers; none if there are no such.
fn sides(text: &str) -> Option<(String, String)> {
    enum At {
        Both,
        Ours,
        Base,
        Theirs,
    }
    let (mut ours, mut theirs) = (String::new(), String::new());
    let mut at = At::Both;
    let mut conflicts = 0;
    for line in text.lines() {
        at = match (&at, line.get(..7)) {
            (At::Both, Some("<<<<<<<")) => At::Ours,
            (At::Ours, Some("|||||||")) => At::Base,
            (At::Ours | At::Base, Some("=======")) => At::Theirs,
            (At::Theirs, Some(">>>>>>>")) => {
                conflicts += 1;
                At::Both
            }
            (now, _) => {
                if matches!(now, At::Both | At::Ours) {
                    ours.extend([line, "\n"]);
                }
                if matches!(now, At::Both | At::Theirs) {
                    theirs.extend([line, "\n"]);
                }
                continue;
            }
        };
    }
    (conflicts > 0).then_some((ours, theirs))
}
