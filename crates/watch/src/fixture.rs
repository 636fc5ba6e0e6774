//! A course of two exercises for the tests of the other modules.

use std::fs;

use grader::catalogue::Catalogue;
use grader::report::{CheckResult, ExerciseResult, Status, Verdict};
use grader::score;
use tempfile::TempDir;

/// What an exercise's file says.
const EXERCISE: &str = r#"
key = "KEY"
title = "The TITLE program"
part = 1
concepts = ["eof"]
files = ["src/main.rs"]
programs = ["program"]
[[check]]
name = "echoes_a_line"
requirement = "1"
points = 60
concepts = ["eof"]
shows = "A client that sends one line gets it back."
hints = ["Look at what was read.", "Send it back.", "Use `writen`."]
[[check]]
name = "ends_at_end_of_file"
requirement = "3"
points = 30
concepts = ["eof"]
shows = "It ends."
hints = ["a", "b", "c"]
after = ["echoes_a_line"]
[[check]]
name = "reports_errors"
requirement = "R3"
points = 10
concepts = ["eof"]
shows = "It says what went wrong."
hints = ["a", "b", "c"]
"#;

const MANIFEST: &str = r#"
[package]
name = "program"
[[bin]]
name = "program"
path = "src/main.rs"
"#;

/// Such a course in a folder.
pub fn lab() -> (TempDir, Catalogue) {
    let lab = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = lab.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("crates/checks/Cargo.toml", "");
    write("exercises/concepts.toml", "eof = \"End of file.\"\n");
    write("exercises/parts.toml", "1 = \"The first part\"\n");
    for (id, title) in [("01-one", "first"), ("02-two", "second")] {
        let text = EXERCISE.replace("TITLE", title).replace("KEY", &id[3..]);
        write(&format!("exercises/{id}/exercise.toml"), &text);
        write(&format!("exercises/{id}/Cargo.toml"), MANIFEST);
        write(&format!("exercises/{id}/src/main.rs"), "todo!();\n");
        write(&format!("solutions/{id}/src/main.rs"), "// done\n");
    }
    let catalogue = Catalogue::load(lab.path()).unwrap();
    (lab, catalogue)
}

/// The course, without its folder.
pub fn course() -> Catalogue {
    lab().1
}

/// A result in which these checks have failed and the others passed.
pub fn failed(course: &Catalogue, at: usize, names: &[&str]) -> ExerciseResult {
    let entry = &course.entries[at];
    let checks = entry.data.checks.iter().map(|check| {
        let fails = names.contains(&check.name.as_str());
        let story = format!("What was done\n   1. {} was tried\n", check.name);
        let (verdict, story) = match fails {
            true => (Verdict::Failed, Some(story)),
            false => (Verdict::Passed, None),
        };
        CheckResult::new(check, verdict, 0.1, story)
    });
    let checks: Vec<CheckResult> = checks.collect();
    ExerciseResult {
        id: entry.id.clone(),
        score: score::score(&checks),
        max_score: entry.max_score(),
        status: Status::Graded,
        message: None,
        checks,
    }
}

/// A result of a program that does not compile.
pub fn broken(course: &Catalogue, at: usize) -> ExerciseResult {
    ExerciseResult {
        score: 0,
        status: Status::BuildFailed,
        message: Some("error[E0425]: cannot find value `x`\n --> src/main.rs:1:1".into()),
        checks: Vec::new(),
        ..failed(course, at, &[])
    }
}
