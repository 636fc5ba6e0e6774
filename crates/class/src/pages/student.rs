//! What is on the page of a student.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use grader::report::{CheckResult, ExerciseResult, Status, SubmissionResult, Verdict};
use serde::Serialize;
use testbed::exercise::Level;

use super::names::anchor;
use super::{Shown, Texts, visible};

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
    score: u32,
    max: u32,
    is_final: bool,
    shown: &'static str,
    exercises: Vec<Exercise<'a>>,
    concepts: Vec<Concept<'a>>,
    lab: &'a str,
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
    why: String,
    message: Option<String>,
    checks: Vec<Check<'a>>,
    /// Whether there is more to say than the overview does.
    has_section: bool,
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
    result: &'a SubmissionResult,
    texts: &Texts,
    shown: Shown,
    lab: &'a str,
) -> Page<'a> {
    let all = result.exercises.iter();
    Page {
        name: visible::name(&result.name),
        score: result.score,
        max: result.max_score,
        is_final: all.clone().all(|one| one.status != Status::Ungraded),
        shown: match shown {
            Shown::Full => "full",
            Shown::Verdicts => "verdicts",
            Shown::Score => "score",
        },
        exercises: all.map(|one| exercise(one, texts, shown)).collect(),
        concepts: match shown {
            Shown::Score => Vec::new(),
            Shown::Full | Shown::Verdicts => concepts(result, texts),
        },
        lab,
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

fn exercise<'a>(result: &'a ExerciseResult, texts: &Texts, shown: Shown) -> Exercise<'a> {
    let (kind, words) = words(result.status, result.score, result.max_score);
    let tells = shown != Shown::Score;
    let checks: Vec<Check> = match shown {
        Shown::Score => Vec::new(),
        Shown::Full | Shown::Verdicts => {
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
        why: why(result, shown),
        message: message.map(cut),
        has_section: message.is_some() || !checks.is_empty(),
        checks,
    }
}

/// Why the score of an exercise is what it is, as far as it is shown.
fn why(result: &ExerciseResult, shown: Shown) -> String {
    let why = match (shown, result.status) {
        (Shown::Score, _) => None,
        (Shown::Verdicts, Status::Graded) => {
            let failed = result.first(Verdict::Failed);
            failed.map(|check| format!("fails {}", check.name))
        }
        (Shown::Verdicts | Shown::Full, _) => result.why(),
    };
    let why = why.filter(|why| !why.trim().is_empty());
    why.map_or_else(String::new, |why| visible::line(&why, REASON))
}

fn check<'a>(
    exercise: &str,
    number: u32,
    result: &'a CheckResult,
    texts: &Texts,
    shown: Shown,
) -> Check<'a> {
    let (kind, words, mark) = match result.verdict {
        Verdict::Passed => ("passed", "passed", "✓"),
        Verdict::Failed => ("failed", "failed", "✗"),
        Verdict::NotRun => ("not-run", "not run", "–"),
        Verdict::Ungraded => ("open", "ungraded", "?"),
    };
    let story = result.story.as_deref().filter(|_| shown == Shown::Full);
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
