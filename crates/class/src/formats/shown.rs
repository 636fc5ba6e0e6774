//! What of the verdicts a student is shown.

use std::fmt::Write;

use grader::report::{CheckResult, ExerciseResult, Repeats, Status, Verdict};
use testbed::exercise::Level;

use super::escape::{LONGEST, line, plain, short};
use crate::grades::{Entry, ExerciseGrade, Outcome};
use crate::policy::{Advanced, Policy, Show};

/// One thing that is told: a check, or an exercise as a whole.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// The check's name, or the exercise's id.
    pub name: String,
    /// What is said of it.
    pub verdict: Verdict,
    /// Whether a failure passed when it was judged again.
    pub flaky: Option<Repeats>,
    /// Whether it is beyond the course.
    pub advanced: bool,
    /// Points that count.
    pub earned: u32,
    /// The most that they can be; 0 for what counts nowhere.
    pub possible: u32,
    /// How long it took.
    pub seconds: f64,
    /// Why, as [`plain`] text; none where there is no reason, or none is shown.
    pub text: Option<String>,
}

impl Item {
    /// The verdict in one or two words: `passed`, `failed`, `flaky 2/4`, `not run`,
    /// `ungraded`.
    pub fn label(&self) -> String {
        match (self.verdict, self.flaky) {
            (_, Some(repeats)) => format!("flaky {}/{}", repeats.passed, repeats.runs),
            (Verdict::Passed, _) => "passed".into(),
            (Verdict::Failed, _) => "failed".into(),
            (Verdict::NotRun, _) => "not run".into(),
            (Verdict::Ungraded, _) => "ungraded".into(),
        }
    }
}

/// What is told of one exercise.
pub fn items(entry: &Entry<'_>, exercise: &ExerciseResult, policy: &Policy) -> Vec<Item> {
    let grade = entry.grade.exercise(&exercise.id);
    if policy.show == Show::Score {
        return vec![whole(exercise, grade)];
    }
    if exercise.checks.is_empty() {
        return vec![stopped(exercise, grade, policy.show)];
    }
    let checks = exercise.checks.iter();
    checks
        .map(|check| told(check, grade.is_some(), policy))
        .collect()
}

/// An exercise as one number.
fn whole(exercise: &ExerciseResult, grade: Option<&ExerciseGrade>) -> Item {
    let (earned, possible) = match grade {
        Some(grade) => (grade.earned, grade.possible),
        None => (exercise.score, exercise.max_score),
    };
    let ungraded = match grade {
        Some(grade) => matches!(grade.outcome, Outcome::Ungraded(_)),
        None => exercise.status == Status::Ungraded,
    };
    let verdict = match (ungraded, earned < possible) {
        (true, _) => Verdict::Ungraded,
        (_, true) => Verdict::Failed,
        (_, false) if exercise.status == Status::Graded => Verdict::Passed,
        // Of checks that do not count, one could not be judged.
        (_, false) if exercise.status == Status::Ungraded => Verdict::Passed,
        _ => Verdict::Failed,
    };
    Item {
        verdict,
        earned: if grade.is_some() { earned } else { 0 },
        ..item(&exercise.id, grade.map_or(0, |_| possible))
    }
}

/// An exercise of which no check ran.
fn stopped(exercise: &ExerciseResult, grade: Option<&ExerciseGrade>, show: Show) -> Item {
    let word = match exercise.status {
        Status::Missing => "not handed in",
        Status::Refused => "not taken",
        Status::BuildFailed => "does not compile",
        Status::Ungraded => "could not be judged",
        Status::Graded => "has no checks",
    };
    let text = match exercise.message.as_deref() {
        Some(message) if show == Show::Full => format!("{word}: {message}"),
        _ => word.to_owned(),
    };
    Item {
        verdict: match exercise.status {
            Status::Ungraded => Verdict::Ungraded,
            _ => Verdict::Failed,
        },
        text: Some(short(&plain(&text), LONGEST)),
        ..item(&exercise.id, grade.map_or(0, |grade| grade.possible))
    }
}

fn told(check: &CheckResult, is_due: bool, policy: &Policy) -> Item {
    let advanced = check.level == Level::Advanced;
    // What a bonus makes good for is seen in the exercise's points, not in its own.
    let counts = is_due && (!advanced || policy.advanced == Advanced::Counted);
    let story = match policy.show {
        Show::Full => check.story.as_deref(),
        Show::Verdicts | Show::Score => None,
    };
    Item {
        verdict: check.verdict,
        flaky: check.flaky(),
        advanced,
        earned: if counts { check.earned } else { 0 },
        seconds: check.seconds,
        text: story.map(|story| short(&plain(story), LONGEST)),
        ..item(&check.name, if counts { check.points } else { 0 })
    }
}

fn item(name: &str, possible: u32) -> Item {
    Item {
        name: name.to_owned(),
        verdict: Verdict::Passed,
        flaky: None,
        advanced: false,
        earned: 0,
        possible,
        seconds: 0.0,
        text: None,
    }
}

/// The grade of one exercise in words, e.g. `48 % (60 of 100 points, 2 days late)`.
pub fn graded(grade: &ExerciseGrade) -> String {
    let percent = match &grade.outcome {
        Outcome::Percent(percent) => percent,
        Outcome::Ungraded(_) => return "could not be judged".into(),
    };
    let mut text = format!("{percent} % ({} of {} points", grade.earned, grade.possible);
    match grade.days_late {
        Some(0) | None => {}
        Some(1) => text.push_str(", a day late"),
        Some(days) => {
            let _ = write!(text, ", {days} days late");
        }
    }
    text.push(')');
    text
}

/// How late an exercise came and what that left of it, e.g. `2 days late, counts 80 %`;
/// none where it came in time, or nobody knows when.
pub fn lateness(grade: &ExerciseGrade) -> Option<String> {
    let days = match grade.days_late? {
        0 => return None,
        1 => "a day late".to_owned(),
        days => format!("{days} days late"),
    };
    Some(format!("{days}, counts {} %", grade.kept))
}

/// A submission in a few lines of text: the whole, each exercise, and what is
/// not passed as far as the policy shows it.
pub fn summary(entry: &Entry<'_>, policy: &Policy) -> String {
    let total = entry.grade.total.map_or_else(
        || "Could not be judged".to_owned(),
        |total| format!("Total: {total} of {}", entry.grade.out_of),
    );
    let mut text = format!("{total}\n");
    for exercise in &entry.result.exercises {
        let grade = entry.grade.exercise(&exercise.id);
        let words = grade.map_or_else(|| "counts nowhere".into(), graded);
        let _ = writeln!(text, "{}: {words}", line(&exercise.id));
        if policy.show == Show::Score {
            continue;
        }
        for item in items(entry, exercise, policy) {
            if item.verdict == Verdict::Passed {
                continue;
            }
            let _ = match &item.text {
                // The story is on the student's page; a line of it will do here.
                Some(_) if policy.show == Show::Full => {
                    let why = why(exercise, &item);
                    writeln!(text, "  {}: {}{why}", item.label(), line(&item.name))
                }
                Some(word) if exercise.checks.is_empty() => {
                    writeln!(text, "  {}: {}", item.label(), line(word))
                }
                _ => writeln!(text, "  {}: {}", item.label(), line(&item.name)),
            };
        }
    }
    text
}

/// What was seen, on one short line.
fn why(exercise: &ExerciseResult, item: &Item) -> String {
    let why = match exercise.checks.iter().find(|check| check.name == item.name) {
        None => exercise.why(),
        Some(check) => {
            // The line that the lab itself chooses where only this check failed.
            let alone = ExerciseResult {
                status: Status::Graded,
                checks: vec![check.clone()],
                ..exercise.clone()
            };
            let told = alone.why();
            told.and_then(|told| told.split_once(": ").map(|(_, seen)| seen.to_owned()))
        }
    };
    why.map_or_else(String::new, |why| format!(" ({})", short(&line(&why), 200)))
}
