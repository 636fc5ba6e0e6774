//! JUnit XML, which Jenkins, GitLab and others show.
//!
//! There is no standard. Source: "JUnit XML reporting file format",
//! <https://llg.cubic.org/docs/junit/>, which describes what Jenkins takes;
//! `schema/junit-rules.json` holds its rules. Used of it: `testsuites`, `testsuite`, `testcase`
//! with `failure`, `error` and `skipped`.
//!
//! - A suite is an exercise of a submission, a case is a check (or the exercise,
//!   where no check ran or the policy shows no more).
//! - `failure` is the student's, `error` is the lab's own fault, `skipped` what was not
//!   reached.
//! - The root has no totals: the class is written as it is read, one submission at a
//!   time. Each suite has its own.

use std::io::{self, Write};
use std::time::Duration;

use grader::report::{ExerciseResult, Verdict};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::escape::{line, short};
use super::shown::{Item, items};
use crate::grades::{Class, Entry};

/// Writes one file for the whole class.
///
/// # Errors
///
/// A result cannot be read, or the file cannot be written.
pub fn write(class: &Class<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(out, "<testsuites name=\"socket lab\">")?;
    for entry in class.each() {
        let entry = entry?;
        for exercise in &entry.result.exercises {
            let mut report = Report::new("socket lab");
            report.add_test_suite(suite(class, &entry, exercise));
            let text = report.to_string().map_err(io::Error::other)?;
            out.write_all(within(&text)?.as_bytes())?;
        }
    }
    writeln!(out, "</testsuites>")
}

/// What is between the root's tags: the crate writes whole files only.
fn within(text: &str) -> io::Result<&str> {
    let other = || io::Error::other("the XML is laid out in another way");
    let start = text.find("    <testsuite ").ok_or_else(other)?;
    let end = text.rfind("</testsuites>").ok_or_else(other)?;
    text.get(start..end).ok_or_else(other)
}

fn suite(class: &Class<'_>, entry: &Entry<'_>, exercise: &ExerciseResult) -> TestSuite {
    let who = match entry.student {
        Some(student) => line(&student.id),
        None => short(&line(&entry.result.name), 80),
    };
    let name = format!("{who} {}", line(&exercise.id));
    let mut suite = TestSuite::new(&name);
    let mut seconds = 0.0;
    for item in items(entry, exercise, class.policy) {
        seconds += item.seconds;
        let mut case = TestCase::new(line(&item.name), status(&item));
        case.set_classname(&name);
        case.set_time(duration(item.seconds));
        suite.add_test_case(case);
    }
    suite.set_time(duration(seconds));
    suite
}

fn duration(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}

fn status(item: &Item) -> TestCaseStatus {
    let mut status = match item.verdict {
        Verdict::Passed => return TestCaseStatus::success(),
        Verdict::Failed => TestCaseStatus::non_success(NonSuccessKind::Failure),
        Verdict::Ungraded => TestCaseStatus::non_success(NonSuccessKind::Error),
        Verdict::NotRun => {
            let mut skipped = TestCaseStatus::skipped();
            skipped.set_message("a check that it builds on did not pass");
            return skipped;
        }
    };
    let points = format!(
        "{}: {} of {} points",
        item.label(),
        item.earned,
        item.possible
    );
    status.set_message(points);
    status.set_type(if item.flaky.is_some() {
        "flaky"
    } else if item.verdict == Verdict::Ungraded {
        "lab"
    } else {
        "student"
    });
    if let Some(text) = &item.text {
        // The crate takes tabs for a part of terminal codes and drops them.
        status.set_description(text.replace('\t', "    "));
    }
    status
}

#[cfg(test)]
mod tests;
