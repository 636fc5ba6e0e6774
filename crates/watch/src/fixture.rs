//! A course of two exercises for the tests of the other modules.

use grader::catalogue::Catalogue;
use grader::report::{CheckResult, ExerciseResult, Status, Verdict};
use small_lab::Lab;

/// The checks of an exercise, named so that a screen on which they stand can be read.
const CHECKS: &str = r#"
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

/// Such a course in a folder.
pub fn lab() -> (Lab, Catalogue) {
    let lab = Lab::with_checks(CHECKS);
    let catalogue = Catalogue::load(lab.root()).unwrap();
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
    ExerciseResult::judged(entry, checks.collect())
}

/// A result of a program that does not compile.
pub fn broken(course: &Catalogue, at: usize) -> ExerciseResult {
    let message = "error[E0425]: cannot find value `x`\n --> src/main.rs:1:1";
    ExerciseResult::without(&course.entries[at], Status::BuildFailed, message)
}
