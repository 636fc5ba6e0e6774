//! What a table says of a result and a grade is made of, kept beside the result: a class
//! of hundreds that was judged before is told of without reading every story again.

use std::io;

use exercise::Level;
use serde::{Deserialize, Serialize};

use crate::report::{CheckResult, ExerciseResult, Status, SubmissionResult, Verdict};

/// An exercise of a submission in one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExerciseBrief {
    /// The exercise's folder, e.g. `09-echo-iterative`.
    pub id: String,
    /// Points of the core checks that passed.
    pub score: u32,
    /// Points of all core checks.
    pub max_score: u32,
    /// How far judging came.
    pub status: Status,
    /// Why the score is what it is; none for a full score.
    pub why: Option<String>,
    /// Points of the advanced checks that passed, which are not part of the score.
    pub beyond: u32,
    /// Points of all advanced checks.
    pub max_beyond: u32,
    /// What the lab could not judge; none if it could judge everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<Fault>,
}

/// What the lab could not judge of an exercise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// Why, in one line.
    pub why: String,
    /// Whether a core check is among it, or waited for a check that is.
    pub is_core: bool,
}

/// A submission in one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Brief {
    /// The submission's name.
    pub name: String,
    /// The sum over its exercises.
    pub score: u32,
    /// The most that the exercises can earn together.
    pub max_score: u32,
    /// In the order of the catalogue.
    pub exercises: Vec<ExerciseBrief>,
}

/// What an exercise came to, with its whole result as it stands in a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// In one line.
    pub brief: ExerciseBrief,
    /// The result as JSON, with the blanks that a report has before each line.
    pub json: String,
}

/// How deep a submission stands in the JSON of a report, in blanks.
pub const SUBMISSION_DEPTH: usize = 4;

/// How deep an exercise stands in it, in blanks.
const EXERCISE_DEPTH: usize = 8;

impl ExerciseBrief {
    /// What is to be said of a result.
    pub fn of(result: &ExerciseResult) -> ExerciseBrief {
        ExerciseBrief {
            id: result.id.clone(),
            score: result.score,
            max_score: result.max_score,
            status: result.status,
            why: result.why(),
            beyond: advanced(result).map(|check| check.earned).sum(),
            max_beyond: advanced(result).map(|check| check.points).sum(),
            fault: Fault::of(result),
        }
    }
}

fn advanced(result: &ExerciseResult) -> impl Iterator<Item = &CheckResult> {
    let checks = result.checks.iter();
    checks.filter(|check| check.level == Level::Advanced)
}

impl Fault {
    fn of(result: &ExerciseResult) -> Option<Fault> {
        if result.status != Status::Ungraded {
            return None;
        }
        let message = result.message.as_deref();
        let told = message.and_then(|text| text.lines().next());
        let told = told.map(str::to_owned).or_else(|| {
            let check = result.first(Verdict::Ungraded)?;
            Some(format!("{} could not be judged", check.name))
        });
        let mut core = result.checks.iter();
        let is_core = result.checks.is_empty()
            || core.any(|check| {
                check.level == Level::Core
                    && matches!(check.verdict, Verdict::Ungraded | Verdict::NotRun)
            });
        Some(Fault {
            why: told.unwrap_or_else(|| "it could not be judged".into()),
            is_core,
        })
    }
}

impl Brief {
    /// What is to be said of a result.
    pub fn of(result: &SubmissionResult) -> Brief {
        let exercises = result.exercises.iter().map(ExerciseBrief::of);
        Brief::new(result.name.clone(), exercises.collect())
    }

    /// Adds up the exercises.
    pub fn new(name: String, exercises: Vec<ExerciseBrief>) -> Brief {
        Brief {
            name,
            score: exercises.iter().map(|exercise| exercise.score).sum(),
            max_score: exercises.iter().map(|exercise| exercise.max_score).sum(),
            exercises,
        }
    }
}

impl Settled {
    /// A result as it stands in a report.
    ///
    /// # Errors
    ///
    /// It holds what JSON cannot say: a number that is none.
    pub fn of(result: &ExerciseResult) -> io::Result<Settled> {
        Ok(Settled {
            brief: ExerciseBrief::of(result),
            json: indented(result, EXERCISE_DEPTH)?,
        })
    }
}

/// A submission of exercises that are settled: in one line, and as it stands in a
/// report, the same as [`indented`] makes of its [`SubmissionResult`].
///
/// # Errors
///
/// As [`Settled::of`].
pub fn submission(name: &str, exercises: Vec<Settled>) -> io::Result<(Brief, String)> {
    let (briefs, texts): (Vec<_>, Vec<_>) = exercises
        .into_iter()
        .map(|one| (one.brief, one.json))
        .unzip();
    let brief = Brief::new(name.to_owned(), briefs);
    let empty = SubmissionResult {
        name: brief.name.clone(),
        score: brief.score,
        max_score: brief.max_score,
        exercises: Vec::new(),
    };
    let mut json = indented(&empty, SUBMISSION_DEPTH)?;
    if !texts.is_empty() {
        // Between the brackets of the list, which is what it ends with.
        let at = json.rfind(']').unwrap_or(json.len());
        let end = json.split_off(at);
        let margin = " ".repeat(EXERCISE_DEPTH);
        for (number, text) in texts.iter().enumerate() {
            json.push_str(if number == 0 { "\n" } else { ",\n" });
            json.push_str(&margin);
            json.push_str(text);
        }
        json.push('\n');
        json.push_str(&margin[2..]);
        json.push_str(&end);
    }
    Ok((brief, json))
}

/// A value as JSON for people, as it stands that many blanks deep in a larger one.
///
/// # Errors
///
/// As [`Settled::of`].
pub fn indented(value: &impl Serialize, depth: usize) -> io::Result<String> {
    let text = serde_json::to_string_pretty(value)?;
    // No line feed of a text is left in JSON: each begins a line.
    Ok(text.replace('\n', &format!("\n{}", " ".repeat(depth))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exercise(id: &str, message: &str) -> ExerciseResult {
        ExerciseResult {
            id: id.into(),
            score: 3,
            max_score: 100,
            status: Status::Missing,
            message: Some(message.into()),
            checks: Vec::new(),
        }
    }

    #[test]
    fn a_submission_of_settled_exercises_is_the_submission() {
        for count in 0..3 {
            let exercises: Vec<_> = ["a ] b", "two\nlines \u{1}"]
                .iter()
                .take(count)
                .map(|message| exercise("09", message))
                .collect();
            let settled = exercises.iter().map(|one| Settled::of(one).unwrap());
            let (brief, json) = submission("ada ]\n\"", settled.collect()).unwrap();
            let whole = SubmissionResult::new("ada ]\n\"".into(), exercises);
            assert_eq!(json, indented(&whole, SUBMISSION_DEPTH).unwrap());
            assert_eq!(brief, Brief::of(&whole));
        }
    }
}
