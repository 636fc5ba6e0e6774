//! What an exercise is: the data of `exercise.toml`.
//!
//! The grader reads it to know what to run, a check reads it to know which
//! requirement it tests, so both speak of the same sentence. It is a crate of its own
//! so that the grader is compiled while the testbed is, and not after it.

use serde::{Deserialize, Serialize};

/// An exercise, as its `exercise.toml` describes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exercise {
    /// The handout's title.
    pub title: String,
    /// What the exercise is known by for good, whatever its folder is called; a
    /// learner's progress is kept under it.
    #[serde(default)]
    pub key: String,
    /// The part of the course, from 1 to 7.
    pub part: u8,
    /// What the exercise teaches; tags of a fixed list.
    pub concepts: Vec<String>,
    /// The files that a student hands in, relative to the exercise's folder.
    pub files: Vec<String>,
    /// The programs under judgement; the first is the main one.
    pub programs: Vec<String>,
    /// How many processes and threads one program may have at a time. Fewer
    /// leave more of a processor to the checks beside a fork bomb.
    #[serde(default = "few_processes")]
    pub processes: u64,
    /// Size of the folder that its programs may write to, in MiB, where it is a
    /// file system of its own.
    #[serde(default = "small_scratch")]
    pub scratch: u64,
    /// How it is tried by hand.
    #[serde(rename = "try")]
    pub by_hand: Option<ByHand>,
    /// The checks, in the order in which they run and are reported.
    #[serde(rename = "check")]
    pub checks: Vec<Check>,
}

fn few_processes() -> u64 {
    64
}

fn small_scratch() -> u64 {
    64
}

/// How an exercise is tried by hand: commands for a shell, and what to make of them.
///
/// In each, `{port}` stands for the port of the trial, `{talk}` for a client of
/// it and `{listen}` for a server on it that are none of the exercise's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ByHand {
    /// What to do there, and what is to be seen.
    pub say: String,
    /// Commands that run first, each to its end.
    #[serde(default)]
    pub before: Vec<String>,
    /// Commands that then run beside the others. The first is a server.
    #[serde(default)]
    pub beside: Vec<String>,
    /// The command that has the user's terminal; a shell, if there is none.
    pub front: Option<String>,
    /// Commands that start beside it when it listens.
    #[serde(default)]
    pub after: Vec<String>,
    /// What to type in that shell, or in a second terminal.
    #[serde(default)]
    pub more: Vec<String>,
}

/// One `#[test]` that tests one requirement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// The name of the `#[test]` function.
    pub name: String,
    /// The number in the handout (`"2"`) or the rule (`"R3"`).
    pub requirement: String,
    /// What a pass earns. The core checks of an exercise add up to 100.
    pub points: u32,
    /// Whether it counts in a plain course.
    #[serde(default)]
    pub level: Level,
    /// The concepts that a failure points to; tags of the exercise's list.
    pub concepts: Vec<String>,
    /// The requirement in one sentence.
    pub shows: String,
    /// From vague to concrete.
    pub hints: Vec<String>,
    /// The checks that must have passed for this one to mean anything.
    #[serde(default)]
    pub after: Vec<String>,
}

/// Whether a check counts in a plain course.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Everybody is expected to reach it.
    #[default]
    Core,
    /// Beyond the course: reported, and part of no score.
    Advanced,
}

impl Exercise {
    /// Reads the text of an `exercise.toml`.
    ///
    /// # Errors
    ///
    /// The text is no TOML, lacks a field, or has one that is not known; the
    /// message names the line.
    pub fn parse(text: &str) -> Result<Exercise, toml::de::Error> {
        toml::from_str(text)
    }

    /// The check of that name.
    pub fn check(&self, name: &str) -> Option<&Check> {
        self.checks.iter().find(|check| check.name == name)
    }
}

impl Check {
    /// How the requirement is cited: `requirement 2`, or `rule R3`.
    pub fn cites(&self) -> String {
        if self.requirement.starts_with('R') {
            format!("rule {}", self.requirement)
        } else {
            format!("requirement {}", self.requirement)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_that_is_not_given_is_core() {
        let exercise = Exercise::parse(
            r#"
            title = "T"
            part = 4
            concepts = ["eof"]
            files = ["src/server.rs"]
            programs = ["p"]
            [[check]]
            name = "echoes_a_line"
            requirement = "1"
            points = 100
            concepts = ["eof"]
            shows = "It echoes."
            hints = ["a", "b", "c"]
            "#,
        )
        .unwrap();
        assert_eq!(exercise.checks[0].level, Level::Core);
        assert_eq!(exercise.checks[0].cites(), "requirement 1");
    }

    #[test]
    fn an_unknown_field_is_named() {
        let error = Exercise::parse("titel = 'T'").unwrap_err().to_string();
        assert!(error.contains("titel"), "{error}");
    }
}
