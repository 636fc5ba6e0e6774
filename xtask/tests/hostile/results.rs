//! Grading a class, and what is demanded of the report.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use jail::{Promises, Tier};
use serde_json::Value;

use crate::class::Class;
use crate::repository;

/// The report of one call of `grade`.
pub struct Report(pub Value);

/// What is said of one exercise of one submission.
pub struct Result<'a> {
    pub name: &'a str,
    pub exercise: &'a Value,
}

/// `cargo xtask grade` over a class, two checks at a time.
pub fn command(class: &Path, more: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command
        .current_dir(repository())
        .args(["grade", "--fresh", "--format", "json", "--jobs", "2"])
        .arg(class)
        .args(more);
    command
}

/// Grades a class in a tier, with deadlines of `patience` times their length,
/// and sees to it that nothing is left.
pub fn graded(class: &Class, patience: f64, more: &[&str]) -> Report {
    let start = Instant::now();
    let output = command(class.path(), more)
        .env("LAB_PATIENCE", patience.to_string())
        .output()
        .unwrap();
    println!("graded in {:.1} s", start.elapsed().as_secs_f64());
    class.mark.assert_nothing_is_left();
    Report::read(&output.stdout, &String::from_utf8_lossy(&output.stderr))
}

impl Report {
    pub fn read(json: &[u8], complaints: &str) -> Report {
        let report = serde_json::from_slice(json).unwrap_or_else(|error| {
            panic!("no report ({error}): {complaints}");
        });
        Report(report)
    }

    pub fn tier(&self) -> Tier {
        self.0["tier"].as_str().unwrap().parse().unwrap()
    }

    /// What held on the machine.
    pub fn promises(&self) -> Promises {
        serde_json::from_value(self.0["promises"].clone()).unwrap()
    }

    /// By the name without its number; the exercise that was handed in.
    pub fn all(&self) -> Vec<Result<'_>> {
        let submissions = self.0["submissions"].as_array().unwrap();
        let results = submissions.iter().filter_map(|submission| {
            let name = submission["name"].as_str().unwrap();
            let name = name.split_once('-').map_or(name, |(_, name)| name);
            let exercises = submission["exercises"].as_array().unwrap();
            let exercise = exercises.iter().find(|one| one["status"] != "missing")?;
            Some(Result { name, exercise })
        });
        results.collect()
    }

    pub fn of(&self, name: &str) -> Result<'_> {
        let mut all = self.all().into_iter();
        all.find(|result| result.name == name)
            .unwrap_or_else(|| panic!("{name} was not graded"))
    }

    /// Every honest submission has passed every check.
    pub fn assert_the_honest_are_untouched(&self) {
        let all = self.all();
        let honest: Vec<_> = all.iter().filter(|one| one.name == "honest").collect();
        assert!(!honest.is_empty());
        for one in honest {
            one.passes();
        }
    }
}

impl Result<'_> {
    fn text(&self, key: &str) -> &str {
        self.exercise[key].as_str().unwrap_or_default()
    }

    pub fn status(&self) -> &str {
        self.text("status")
    }

    pub fn score(&self) -> u64 {
        self.exercise["score"].as_u64().unwrap()
    }

    pub fn message(&self) -> &str {
        self.text("message")
    }

    pub fn checks(&self) -> &[Value] {
        self.exercise["checks"].as_array().unwrap()
    }

    /// How long its checks took together, in seconds.
    pub fn seconds(&self) -> f64 {
        self.checks()
            .iter()
            .map(|check| check["seconds"].as_f64().unwrap())
            .sum()
    }

    /// The stories of what it failed, or could not be judged.
    pub fn stories(&self) -> String {
        let told = self.checks().iter();
        let told = told.filter(|one| one["verdict"] == "failed" || one["verdict"] == "ungraded");
        told.filter_map(|check| check["story"].as_str()).collect()
    }

    /// What is demanded, or everything that there is to know.
    pub fn assert(&self, demanded: bool, what: &str) {
        let (status, score, message) = (self.status(), self.score(), self.message());
        assert!(
            demanded,
            "{} {what}: {status}, {score} points\n{message}\n{}",
            self.name,
            self.stories()
        );
    }

    /// What the student, or the instructor, reads of it holds a text.
    pub fn says(&self, text: &str) -> &Self {
        let said = format!("{}{}", self.message(), self.stories());
        self.assert(said.contains(text), &format!("does not say {text:?}"));
        self
    }

    /// It does not hold it.
    pub fn never_says(&self, text: &str) -> &Self {
        let said = format!("{}{}", self.message(), self.stories());
        self.assert(!said.contains(text), &format!("says {text:?}"));
        self
    }

    /// It does not compile.
    pub fn does_not_build(&self) -> &Self {
        self.assert(self.status() == "build_failed", "was built");
        self.assert(self.score() == 0, "got points");
        self
    }

    /// Nothing that is said of it is obeyed by a terminal, and it is not more than
    /// anybody reads.
    pub fn is_readable(&self) {
        let said = format!("{}{}", self.message(), self.stories());
        self.assert(
            self.message().len() < 80 << 10,
            "says more than anybody reads",
        );
        let obeyed = |c: char| {
            let turns = matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
            turns || c.is_control() && c != '\n' && c != '\t'
        };
        let found = said.chars().find(|c| obeyed(*c));
        self.assert(found.is_none(), &format!("holds {found:?}"));
    }

    /// All that is said of it but how long it took.
    pub fn without_times(&self) -> Value {
        let mut exercise = self.exercise.clone();
        for check in exercise["checks"].as_array_mut().unwrap() {
            check.as_object_mut().unwrap().remove("seconds");
        }
        exercise
    }

    /// It is exactly what the report of a right submission is.
    pub fn passes(&self) {
        self.assert(self.status() == "graded", "was not graded");
        self.assert(self.exercise["message"].is_null(), "has a message");
        let max = self.exercise["max_score"].as_u64().unwrap();
        self.assert(self.score() == max, "lost points");
        for check in self.checks() {
            let right = check["verdict"] == "passed" && check["story"].is_null();
            self.assert(
                right && check["earned"] == check["points"],
                "failed a check",
            );
        }
    }

    /// Every check is passed but those that cannot be judged in this place, which are
    /// ungraded, not failed.
    pub fn passes_but(&self, unjudged: &[&str]) {
        for check in self.checks() {
            let is_unjudged = unjudged.contains(&check["name"].as_str().unwrap());
            let expected = if is_unjudged { "ungraded" } else { "passed" };
            self.assert(check["verdict"] == expected, "was judged otherwise");
        }
    }
}
