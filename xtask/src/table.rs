//! A report as text for people.

use std::fmt::Write;

use grader::report::{ExerciseResult, Report, Status, SubmissionResult, Verdict};
use testbed::exercise::Level;

use crate::output::{BAD, DIM, GOOD, STRONG, styled};

/// The longest reason that a row of the table gives, in characters.
const REASON: usize = 100;

/// One submission in full, or a table of several.
pub fn text(report: &Report) -> String {
    let mut text = table(report);
    if let [only] = &report.submissions[..] {
        for exercise in &only.exercises {
            text.push_str(&details(exercise));
        }
    }
    let lab = &report.lab;
    let commit = lab
        .commit
        .as_deref()
        .map(|id| format!(" ({id})"))
        .unwrap_or_default();
    let line = format!(
        "lab {}{commit}, {}, tier {}, seed {}",
        lab.version, lab.rustc, report.tier, report.seed
    );
    let _ = writeln!(text, "\n{}", styled(DIM, line));
    text
}

/// A row a submission: the score of each exercise, the sum, and one reason.
fn table(report: &Report) -> String {
    let mut ids: Vec<&str> = Vec::new();
    for exercise in report.submissions.iter().flat_map(|one| &one.exercises) {
        if !ids.contains(&exercise.id.as_str()) {
            ids.push(&exercise.id);
        }
    }
    ids.sort_unstable();
    let names = report
        .submissions
        .iter()
        .map(|one| one.name.chars().count())
        .max()
        .unwrap_or(0);
    let names = names.max("submission".len());
    let mut text = format!("{:names$}", "submission");
    for id in &ids {
        let _ = write!(text, "  {:>8}", number(id));
    }
    let mut text = format!(
        "{}\n",
        styled(STRONG, text + &format!("  {:>9}  why", "score"))
    );
    for submission in &report.submissions {
        let _ = write!(text, "{:names$}", submission.name);
        for id in &ids {
            let cell = submission
                .exercises
                .iter()
                .find(|exercise| exercise.id == *id);
            text.push_str(&cell.map_or_else(|| format!("  {:>8}", ""), score));
        }
        let sum = format!("{}/{}", submission.score, submission.max_score);
        let line = format!("  {sum:>9}  {}", why(submission));
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}

fn number(id: &str) -> &str {
    id.split('-').next().unwrap_or(id)
}

/// What a cell of the table says.
fn score(exercise: &ExerciseResult) -> String {
    let full = exercise.score == exercise.max_score;
    let (style, word) = match exercise.status {
        Status::Graded if full => (GOOD, exercise.score.to_string()),
        Status::Graded => (BAD, exercise.score.to_string()),
        Status::Ungraded => (BAD, format!("{}?", exercise.score)),
        Status::Missing => (DIM, "missing".into()),
        Status::Refused => (BAD, "refused".into()),
        Status::BuildFailed => (BAD, "no build".into()),
    };
    format!("  {}", styled(style, format!("{word:>8}")))
}

/// The first reason of a submission, and how many others there are.
fn why(submission: &SubmissionResult) -> String {
    let reasons: Vec<String> = submission
        .exercises
        .iter()
        .filter_map(|exercise| Some(format!("{} {}", number(&exercise.id), exercise.why()?)))
        .collect();
    let Some(first) = reasons.first() else {
        return String::new();
    };
    let all_missing = submission
        .exercises
        .iter()
        .all(|one| one.status == Status::Missing);
    if all_missing && reasons.len() > 1 {
        return "nothing handed in".into();
    }
    let mut line = shortened(first);
    if reasons.len() > 1 {
        let _ = write!(line, " (and {} more)", reasons.len() - 1);
    }
    line
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= REASON {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(REASON - 1).collect();
    short.push('…');
    short
}

/// Everything about one exercise: each check, then the stories.
fn details(exercise: &ExerciseResult) -> String {
    let mut text = String::new();
    let sum = format!("{}/{}", exercise.score, exercise.max_score);
    let _ = writeln!(text, "\n{}  {sum}", styled(STRONG, &exercise.id));
    if let Some(message) = &exercise.message {
        let _ = writeln!(text, "{}", indented(message));
    }
    for check in &exercise.checks {
        let (style, word) = match check.verdict {
            Verdict::Passed => (GOOD, "passed"),
            Verdict::Failed => (BAD, "failed"),
            Verdict::NotRun => (DIM, "not run"),
            Verdict::Ungraded => (BAD, "ungraded"),
        };
        let word = styled(style, format!("{word:8}"));
        let points = match check.level {
            Level::Core => format!("{:>3}/{:<3}", check.earned, check.points),
            Level::Advanced => format!("{:7}", "beyond"),
        };
        let _ = writeln!(text, "  {word}  {points}  {}", check.name);
    }
    let told = exercise
        .checks
        .iter()
        .filter(|check| matches!(check.verdict, Verdict::Failed | Verdict::Ungraded));
    for check in told {
        let story = check.story.as_deref().unwrap_or_default();
        let _ = writeln!(
            text,
            "\n  {}\n{}",
            styled(STRONG, &check.name),
            indented(story)
        );
    }
    text
}

fn indented(text: &str) -> String {
    text.trim_end()
        .lines()
        .map(|line| format!("  {line}\n"))
        .collect::<String>()
        .trim_end()
        .to_owned()
}
