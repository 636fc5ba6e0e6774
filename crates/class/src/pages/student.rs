//! What is on the page of a student.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use grader::report::{CheckResult, ExerciseResult, Repeats, Status, SubmissionResult, Verdict};
use serde::Serialize;
use testbed::exercise::Level;

use super::names::anchor;
use super::tally::who;
use super::{Texts, visible};
use crate::formats::shown::lateness;
use crate::grades::{Entry, ExerciseGrade, Outcome};
use crate::policy::{Policy, Show};

/// The longest reason that the overview gives, in characters.
const REASON: usize = 160;

/// The longest text that is shown whole, in characters. The lab's own stories are
/// far shorter; what a compiler says may not be.
const TEXT: usize = 20_000;

/// The lines of a story that begin one of its parts. The lab indents all else,
/// so that no program can print one.
const PARTS: [&str; 5] = [
    "What was done",
    "What should have happened",
    "What happened instead",
    "What it had printed",
    "Read on",
];

/// A page of a student.
#[derive(Debug, Serialize)]
pub struct Page<'a> {
    name: String,
    /// The student's id and what the submission is called, as far as the name does
    /// not say it.
    also: Vec<String>,
    score: u32,
    max: u32,
    is_final: bool,
    /// None where there are no grades.
    grade: Option<Whole>,
    shown: &'static str,
    exercises: Vec<Exercise<'a>>,
    concepts: Vec<Concept<'a>>,
    foot: &'a [String],
}

/// The grade of the whole.
#[derive(Debug, Serialize)]
struct Whole {
    /// None if the lab could not judge a part of it.
    total: Option<String>,
    out_of: String,
    /// Exercises without a grade.
    without: String,
    /// Whether nobody knows when it came, and a deadline counts.
    is_undated: bool,
}

#[derive(Debug, Serialize)]
struct Exercise<'a> {
    id: &'a str,
    anchor: String,
    title: Option<String>,
    kind: &'static str,
    words: &'static str,
    score: u32,
    max: u32,
    grade: Option<Part>,
    why: String,
    message: Option<String>,
    checks: Vec<Check<'a>>,
    /// Whether there is more to say than the overview does.
    has_section: bool,
}

/// The grade of an exercise.
#[derive(Debug, Serialize)]
struct Part {
    /// In per cent; none where there is none.
    percent: Option<String>,
    /// How it came to that, if there is something to say.
    why: String,
}

#[derive(Debug, Serialize)]
struct Check<'a> {
    name: &'a str,
    anchor: String,
    kind: &'static str,
    words: &'static str,
    mark: &'static str,
    cites: String,
    shows: Option<String>,
    points: u32,
    earned: u32,
    advanced: bool,
    concepts: &'a [String],
    /// How many of how many runs passed, where some did and some did not.
    flaky: Option<String>,
    /// Empty if there is none, or none is shown.
    story: Vec<Line>,
    /// Whether the story has a place of its own: what was not run has one line.
    is_told: bool,
}

#[derive(Debug, Serialize)]
struct Line {
    text: String,
    is_part: bool,
}

#[derive(Debug, Serialize)]
struct Concept<'a> {
    tag: &'a str,
    means: Option<String>,
    checks: u32,
}

/// Collects what a student is shown.
pub fn page<'a>(
    entry: &'a Entry<'_>,
    policy: &Policy,
    has_grades: bool,
    texts: &Texts,
    foot: &'a [String],
) -> Page<'a> {
    let result = &entry.result;
    let all = result.exercises.iter();
    let part = |id: &str| has_grades.then(|| part(entry.grade.exercise(id)));
    Page {
        name: visible::name(who(entry)),
        also: also(entry),
        score: result.score,
        max: result.max_score,
        is_final: all.clone().all(|one| one.status != Status::Ungraded),
        grade: has_grades.then(|| whole(entry)),
        shown: match policy.show {
            Show::Full => "full",
            Show::Verdicts => "verdicts",
            Show::Score => "score",
        },
        exercises: all
            .map(|one| exercise(one, part(&one.id), texts, policy.show))
            .collect(),
        concepts: match policy.show {
            Show::Score => Vec::new(),
            Show::Full | Show::Verdicts => concepts(result, texts),
        },
        foot,
    }
}

/// What else a submission is known by.
fn also(entry: &Entry<'_>) -> Vec<String> {
    let Some(student) = entry.student else {
        return Vec::new();
    };
    let (name, id) = (who(entry), &student.id);
    let mut also = Vec::new();
    if id != name {
        also.push(visible::name(id));
    }
    let submission = &entry.result.name;
    if submission != name && submission != id {
        also.push(format!("handed in as {}", visible::name(submission)));
    }
    also
}

fn whole(entry: &Entry<'_>) -> Whole {
    let grade = &entry.grade;
    let without: Vec<&str> = grade.ungraded().map(|(id, _)| id).collect();
    Whole {
        total: grade.total.map(|total| total.to_string()),
        out_of: grade.out_of.to_string(),
        without: without.join(", "),
        is_undated: grade.is_undated(),
    }
}

/// None is the grade of an exercise that is not due.
fn part(grade: Option<&ExerciseGrade>) -> Part {
    let Some(grade) = grade else {
        return Part {
            percent: None,
            why: "counts nowhere".into(),
        };
    };
    match &grade.outcome {
        Outcome::Percent(percent) => Part {
            percent: Some(percent.to_string()),
            why: lateness(grade).unwrap_or_default(),
        },
        Outcome::Ungraded(_) => Part {
            percent: None,
            why: "could not be judged".into(),
        },
    }
}

/// The kind of an exercise's result, as the style sheet knows it, and in words.
pub fn words(status: Status, score: u32, max: u32) -> (&'static str, &'static str) {
    match status {
        Status::Graded if score == max => ("full", "full score"),
        Status::Graded if score == 0 => ("zero", "no points"),
        Status::Graded => ("part", "in part"),
        Status::Missing => ("missing", "missing"),
        Status::Refused => ("refused", "refused"),
        Status::BuildFailed => ("unbuilt", "does not compile"),
        Status::Ungraded => ("open", "could not be judged"),
    }
}

fn exercise<'a>(
    result: &'a ExerciseResult,
    grade: Option<Part>,
    texts: &Texts,
    shown: Show,
) -> Exercise<'a> {
    let (kind, words) = words(result.status, result.score, result.max_score);
    let tells = shown != Show::Score;
    let checks: Vec<Check> = match shown {
        Show::Score => Vec::new(),
        Show::Full | Show::Verdicts => {
            let checks = result.checks.iter();
            let numbered = checks.zip(1..);
            numbered
                .map(|(one, number)| check(&result.id, number, one, texts, shown))
                .collect()
        }
    };
    let message = result.message.as_deref().filter(|_| tells);
    // One line is already in the overview.
    let message = message.filter(|text| text.trim().contains('\n') || text.len() > REASON);
    Exercise {
        id: &result.id,
        anchor: anchor(&result.id),
        title: texts.title(&result.id),
        kind,
        words,
        score: result.score,
        max: result.max_score,
        grade,
        why: why(result, shown, words),
        message: message.map(cut),
        has_section: message.is_some() || !checks.is_empty(),
        checks,
    }
}

/// Why the score of an exercise is what it is, as far as it is shown. `told` stands
/// before it already.
fn why(result: &ExerciseResult, shown: Show, told: &str) -> String {
    let why = match (shown, result.status) {
        (Show::Score, _) => None,
        (Show::Verdicts, Status::Graded) => {
            let failed = result.first(Verdict::Failed);
            failed.map(|check| format!("fails {}", check.name))
        }
        (Show::Verdicts | Show::Full, _) => result.why(),
    };
    let why = why.filter(|why| !why.trim().is_empty());
    why.map_or_else(String::new, |why| {
        let rest = why.strip_prefix(told);
        let rest = rest.and_then(|rest| rest.strip_prefix(": "));
        visible::line(rest.unwrap_or(&why), REASON)
    })
}

fn check<'a>(
    exercise: &str,
    number: u32,
    result: &'a CheckResult,
    texts: &Texts,
    shown: Show,
) -> Check<'a> {
    let (kind, words, mark) = match result.verdict {
        Verdict::Passed => ("passed", "passed", "✓"),
        Verdict::Failed => ("failed", "failed", "✗"),
        Verdict::NotRun => ("not-run", "not run", "–"),
        Verdict::Ungraded => ("open", "ungraded", "?"),
    };
    let story = result.story.as_deref().filter(|_| shown == Show::Full);
    let story = story.map(lines).unwrap_or_default();
    Check {
        name: &result.name,
        anchor: format!("{}-{number}", anchor(exercise)),
        kind,
        words,
        mark,
        cites: cites(&result.requirement),
        shows: texts.shows(exercise, &result.name),
        points: result.points,
        earned: result.earned,
        advanced: result.level == Level::Advanced,
        concepts: &result.concepts,
        flaky: result
            .flaky()
            .map(|Repeats { passed, runs }| format!("flaky {passed}/{runs}")),
        is_told: !story.is_empty() && result.verdict != Verdict::NotRun,
        story,
    }
}

/// How a requirement is cited, as the handouts do.
pub fn cites(requirement: &str) -> String {
    if requirement.starts_with('R') {
        format!("rule {requirement}")
    } else {
        format!("requirement {requirement}")
    }
}

fn lines(story: &str) -> Vec<Line> {
    let story = cut(story.trim_end());
    let lines = story.lines().map(|line| Line {
        text: line.to_owned(),
        is_part: PARTS.contains(&line),
    });
    lines.collect()
}

/// A text of bounded length.
fn cut(text: &str) -> String {
    let text = text.trim_end();
    match text.char_indices().nth(TEXT) {
        Some((at, _)) => format!("{}\n… {} more bytes", &text[..at], text.len() - at),
        None => text.to_owned(),
    }
}

/// The concepts of the checks that failed, those of most checks first.
fn concepts<'a>(result: &'a SubmissionResult, texts: &Texts) -> Vec<Concept<'a>> {
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    let failed = result
        .exercises
        .iter()
        .flat_map(|exercise| &exercise.checks)
        .filter(|check| check.level == Level::Core && check.verdict == Verdict::Failed);
    for concept in failed.flat_map(|check| &check.concepts) {
        *counts.entry(concept).or_default() += 1;
    }
    let mut concepts: Vec<Concept> = counts
        .into_iter()
        .map(|(tag, checks)| Concept {
            tag,
            means: texts.means(tag),
            checks,
        })
        .collect();
    concepts.sort_by_key(|concept| Reverse(concept.checks));
    concepts
}
