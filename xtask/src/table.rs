//! A report as text for people.

use std::borrow::Cow;
use std::fmt::Write;

use anstyle::Style;
use anyhow::{Context, Result};
use grader::brief::Brief;
use grader::report::{ExerciseResult, Head, Status, Verdict};
use grader::spool::Spool;
use testbed::exercise::Level;

use crate::output::{BAD, DIM, GOOD, STRONG, styled};

/// The longest reason that a row of the table gives, in characters.
const REASON: usize = 100;

/// With more exercises than this, a word in each cell and a reason in each row
/// would make the table wider than any terminal.
const FEW: usize = 6;

/// One submission in full, or a table of several.
///
/// # Errors
///
/// The results cannot be read.
pub fn text(head: &Head, results: &Spool) -> Result<String> {
    let mut ids = Ids::default();
    let mut rows = Vec::new();
    for brief in results.briefs() {
        rows.push(Row::of(brief.context("read a result")?, &mut ids));
    }
    let mut text = table(&rows, &ids);
    if results.len() == 1 {
        for result in results.iter() {
            for exercise in &result.context("read a result")?.exercises {
                text.push_str(&details(exercise));
            }
        }
    }
    let _ = writeln!(text, "\n{}", styled(DIM, head.line()));
    if let Some(what) = head.not_prevented() {
        let line = format!("not prevented here: {what}");
        let _ = writeln!(text, "{}", styled(DIM, line));
    }
    Ok(text)
}

/// The exercises' ids, in the order in which they were met.
#[derive(Default)]
struct Ids(Vec<String>);

impl Ids {
    /// The number of an id, which is a new one for one that is new.
    fn number(&mut self, id: String) -> usize {
        let known = self.0.iter().position(|one| *one == id);
        known.unwrap_or_else(|| {
            self.0.push(id);
            self.0.len() - 1
        })
    }
}

/// What the table says of a submission.
struct Row {
    name: String,
    /// Of each exercise its number, how far judging came, and its score.
    cells: Vec<(usize, Status, u32, u32)>,
    sum: String,
    why: String,
}

impl Row {
    fn of(submission: Brief, ids: &mut Ids) -> Row {
        let why = why(&submission);
        let cells = submission.exercises.into_iter();
        Row {
            cells: cells
                .map(|one| (ids.number(one.id), one.status, one.score, one.max_score))
                .collect(),
            name: unobeyed(&submission.name).into_owned(),
            sum: format!("{}/{}", submission.score, submission.max_score),
            why,
        }
    }
}

/// A row a submission: the score of each exercise, the sum, and one reason.
fn table(rows: &[Row], Ids(ids): &Ids) -> String {
    let mut columns: Vec<usize> = (0..ids.len()).collect();
    columns.sort_unstable_by_key(|number| &ids[*number]);
    let names = rows.iter().map(|row| row.name.chars().count()).max();
    let names = names.unwrap_or(0).max("submission".len());
    let few = ids.len() <= FEW;
    let width = if few { 8 } else { 3 };
    let gap = if few { "  " } else { " " };
    let mut head = format!("{:names$}", "submission");
    for column in &columns {
        let _ = write!(head, "{gap}{:>width$}", number(&ids[*column]));
    }
    let _ = write!(head, "  {:>9}", "score");
    if few {
        head.push_str("  why");
    }
    let mut text = format!("{}\n", styled(STRONG, head));
    let mut reasons = String::new();
    let mut marks = Vec::new();
    for row in rows {
        let _ = write!(text, "{:names$}", row.name);
        for column in &columns {
            let (style, word) = match row.cells.iter().find(|cell| cell.0 == *column) {
                Some(&(_, status, score, most)) => mark(status, score, most, few, &mut marks),
                None => (DIM, String::new()),
            };
            let _ = write!(text, "{gap}{}", styled(style, format!("{word:>width$}")));
        }
        let line = if few {
            format!("  {:>9}  {}", row.sum, row.why)
        } else {
            format!("  {:>9}", row.sum)
        };
        let _ = writeln!(text, "{}", line.trim_end());
        if !few && !row.why.is_empty() {
            let _ = writeln!(reasons, "{:names$}  {}", row.name, row.why);
        }
    }
    if !marks.is_empty() {
        let _ = writeln!(text, "{}", styled(DIM, marks.join("   ")));
    }
    if !reasons.is_empty() {
        let _ = write!(text, "\n{reasons}");
    }
    text
}

fn number(id: &str) -> &str {
    id.split('-').next().unwrap_or(id)
}

/// What a cell of the table says. Where there is no room for a word it is a
/// mark, explained once in `marks`.
fn mark(
    status: Status,
    score: u32,
    most: u32,
    words: bool,
    marks: &mut Vec<&'static str>,
) -> (Style, String) {
    let (style, word, mark, explained) = match status {
        Status::Graded if score == most => return (GOOD, score.to_string()),
        Status::Graded => return (BAD, score.to_string()),
        Status::Ungraded if words => return (BAD, format!("{score}?")),
        Status::Ungraded => (BAD, "", "?", "? could not be judged"),
        Status::Missing => (DIM, "missing", "-", "- missing"),
        Status::Refused => (BAD, "refused", "x", "x refused"),
        Status::BuildFailed => (BAD, "no build", "!", "! does not compile"),
    };
    if words {
        return (style, word.to_owned());
    }
    if !marks.contains(&explained) {
        marks.push(explained);
    }
    (style, mark.to_owned())
}

/// The first reason of a submission, and how many others there are.
fn why(submission: &Brief) -> String {
    let reasons: Vec<String> = submission
        .exercises
        .iter()
        .filter_map(|one| Some(format!("{} {}", number(&one.id), one.why.as_ref()?)))
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
        let flaky = check.flaky().map(|repeats| {
            let flaky = format!("  flaky {}/{}", repeats.passed, repeats.runs);
            styled(BAD, flaky)
        });
        let flaky = flaky.unwrap_or_default();
        let _ = writeln!(text, "  {word}  {points}  {}{flaky}", check.name);
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

/// A line that no workflow of GitHub's obeys: they look for commands at the
/// beginning of what is printed, behind blanks too.
fn unobeyed(line: &str) -> Cow<'_, str> {
    let begins = line.trim_start();
    match begins.starts_with("::") || begins.starts_with("##[") {
        true => Cow::Owned(format!("| {line}")),
        false => Cow::Borrowed(line),
    }
}

fn indented(text: &str) -> String {
    text.trim_end()
        .lines()
        .map(|line| format!("  {}\n", unobeyed(line)))
        .collect::<String>()
        .trim_end()
        .to_owned()
}
