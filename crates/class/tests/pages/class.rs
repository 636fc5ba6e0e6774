//! Classes that were never judged.

use std::path::{Path, PathBuf};

use grader::report::{CheckResult, ExerciseResult, Head, Lab, Status, SubmissionResult, Verdict};
use jail::{Promises, Tier};
use testbed::exercise::{Check, Level};

use class::grades::{Class, Results};
use class::pages::{Texts, write};
use class::policy::{Policy, Show};
use class::roster::Roster;
use tempfile::TempDir;

/// A folder with the pages of these results.
pub fn pages(results: Vec<SubmissionResult>, show: Show) -> TempDir {
    let policy = Policy {
        show,
        ..Policy::default()
    };
    graded(results, &policy, None)
}

/// The same with grades.
pub fn graded(results: Vec<SubmissionResult>, policy: &Policy, roster: Option<&Roster>) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let path = write_into(dir.path(), &results, policy, roster).unwrap();
    assert_eq!(path, dir.path().join("index.html"));
    dir
}

/// Writes pages into a folder.
pub fn write_into(
    dir: &Path,
    results: &dyn Results,
    policy: &Policy,
    roster: Option<&Roster>,
) -> anyhow::Result<PathBuf> {
    let head = head();
    let class = Class::new(&head, results, policy, roster).unwrap();
    write(dir, &class, &texts())
}

pub fn head() -> Head {
    Head {
        lab: Lab {
            version: "0.1.0".into(),
            commit: Some("0123456789ab".into()),
            rustc: "rustc 1.85.0".into(),
        },
        tier: Tier::Cell,
        promises: Promises::default(),
        seed: 1,
    }
}

/// Texts of one exercise: of the others nothing is known.
pub fn texts() -> Texts {
    let mut texts = Texts::default();
    let id = || "09-echo-iterative".to_owned();
    texts.titles.insert(id(), "An iterative echo server".into());
    texts.shows.insert(
        (id(), "second_client_waits".into()),
        "One client at a time, the next one waits.".into(),
    );
    texts
        .concepts
        .insert("eof".into(), "A read of zero bytes.".into());
    texts
}

/// A student whose verdicts depend on the number alone.
pub fn student(name: &str, number: usize) -> SubmissionResult {
    let ids = ["08-echo-client", "09-echo-iterative", "10-echo-forking"];
    let exercises = ids.iter().zip(number..).map(|(id, luck)| match luck % 11 {
        3 => without(id, Status::Missing, "no folder"),
        5 => without(
            id,
            Status::BuildFailed,
            "warning: unused\nerror[E0308]: mismatched types\n --> src/server.rs:1:1",
        ),
        7 => without(id, Status::Refused, "src/server.rs is a link"),
        9 => judged(id, [Verdict::Passed, Verdict::Ungraded, Verdict::Passed]),
        luck if luck % 2 == 0 => judged(id, [Verdict::Passed; 3]),
        _ => judged(id, [Verdict::Passed, Verdict::Failed, Verdict::NotRun]),
    });
    SubmissionResult::new(name.to_owned(), exercises.collect())
}

/// A student of whom the lab could judge nothing.
pub fn ungraded(name: &str) -> SubmissionResult {
    let exercise = without("09-echo-iterative", Status::Ungraded, "no cell can be made");
    SubmissionResult::new(name.to_owned(), vec![exercise])
}

/// A class of that many.
pub fn class(count: usize) -> Vec<SubmissionResult> {
    (0..count)
        .map(|number| student(&format!("student {number}"), number))
        .collect()
}

/// An exercise of which nothing was run.
pub fn without(id: &str, status: Status, message: &str) -> ExerciseResult {
    ExerciseResult {
        id: id.to_owned(),
        score: 0,
        max_score: 100,
        status,
        message: Some(message.to_owned()),
        checks: Vec::new(),
    }
}

fn judged(id: &str, verdicts: [Verdict; 3]) -> ExerciseResult {
    let names = ["echoes_a_line", "second_client_waits", "goes_beyond"];
    let checks: Vec<CheckResult> = names
        .iter()
        .zip(verdicts)
        .map(|(name, verdict)| check(name, verdict, "What was done\n   1. ada connected"))
        .collect();
    ExerciseResult {
        id: id.to_owned(),
        score: grader::score::score(&checks),
        max_score: 100,
        status: grader::score::status(&checks),
        message: None,
        checks,
    }
}

/// A check, with a story unless it passed.
pub fn check(name: &str, verdict: Verdict, story: &str) -> CheckResult {
    let advanced = name == "goes_beyond";
    let check = Check {
        name: name.to_owned(),
        requirement: if advanced { "R3" } else { "2" }.into(),
        points: if advanced { 10 } else { 50 },
        level: if advanced {
            Level::Advanced
        } else {
            Level::Core
        },
        concepts: vec!["eof".into(), "accept".into()],
        shows: String::new(),
        hints: Vec::new(),
        after: Vec::new(),
    };
    let story = (verdict != Verdict::Passed).then(|| story.to_owned());
    CheckResult::new(&check, verdict, 0.01, story)
}
