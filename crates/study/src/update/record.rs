//! Which version of the lab a folder holds: the file `.lab/version.toml`.
//!
//! The students' package brings it, with the digest of every file, since it has no
//! history that could tell. Where git has the history, the commit is enough.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use grader::stage::hex;
use hmac_sha256::Hash;
use serde::{Deserialize, Serialize};

use crate::folder;

/// The file, from the root of the lab on.
pub const FILE: &str = ".lab/version.toml";

const HEAD: &str =
    "# Which version of the lab this is: `cargo xtask update` reads it and writes it.\n";

/// How a version is called.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Label {
    /// The version of the lab's packages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The commit, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// When that was committed: `2026-11-26T18:04:05Z`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let day = self.date.as_deref().and_then(|date| date.get(..10));
        match (&self.commit, &self.version) {
            (Some(commit), _) => {
                // `+changes` stays: it is no version that anybody else has.
                let (name, more) = commit.split_at(commit.find('+').unwrap_or(commit.len()));
                write!(f, "{}{more}", name.get(..8).unwrap_or(name))?;
            }
            (None, Some(version)) => write!(f, "version {version}")?,
            (None, None) => f.write_str("a version without a name")?,
        }
        day.map_or(Ok(()), |day| write!(f, " of {day}"))
    }
}

/// What the file says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The version.
    #[serde(flatten)]
    pub label: Label,
    /// The SHA-256 of each file of the version, by its path with `/`; empty where
    /// git knows them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub files: BTreeMap<String, String>,
}

impl Record {
    /// The file of a lab.
    pub fn path(root: &Path) -> PathBuf {
        root.join(FILE)
    }

    /// What the file of a lab says; none if there is none, or if it is damaged.
    pub fn of(root: &Path) -> Option<Record> {
        Record::parse(&fs::read_to_string(Record::path(root)).ok()?)
    }

    /// What a text says.
    pub fn parse(text: &str) -> Option<Record> {
        toml::from_str(text).ok()
    }

    /// The text of the file.
    pub fn text(&self) -> String {
        // Nothing but text is in it, which TOML can always hold.
        let body = toml::to_string(self).unwrap_or_default();
        format!("{HEAD}{body}")
    }
}

/// The SHA-256 of some bytes, in hex.
pub fn digest(bytes: &[u8]) -> String {
    hex(&Hash::hash(bytes))
}

/// Whether a path is the learner's own, and of no version: what is in [`folder::FOLDER`].
pub(super) fn is_own(path: &str) -> bool {
    path.split('/').next() == Some(folder::FOLDER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let record = Record {
            label: Label {
                version: Some("0.1.0".into()),
                commit: Some("0123456789abcdef".into()),
                date: Some("2026-11-26T18:04:05Z".into()),
            },
            files: BTreeMap::from([("a b/c.rs".into(), digest(b"x"))]),
        };
        assert_eq!(Record::parse(&record.text()), Some(record.clone()));
        assert_eq!(record.label.to_string(), "01234567 of 2026-11-26");
        let label = Label {
            commit: Some("0123456789abcdef+changes".into()),
            ..Label::default()
        };
        assert_eq!(label.to_string(), "01234567+changes");
        let without = Record {
            files: BTreeMap::new(),
            ..record
        };
        assert_eq!(Record::parse(&without.text()), Some(without));
    }

    #[test]
    fn a_damaged_file_says_nothing() {
        assert_eq!(Record::parse("<<<<<<< HEAD\nversion = \"1\"\n"), None);
    }
}
