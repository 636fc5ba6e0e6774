//! `result.json` of Classroom 50, `classroom50/result/v1`.
//!
//! Source: the guide "Advanced Autograding" and `schemas/result-v1.schema.json` in
//! <https://github.com/foundation50/classroom50>. Used of it: every key that is required,
//! `graded_at`, and `output` of a test, which Classroom 50 keeps as it is.
//!
//! - Its points are whole numbers, and it marks lateness itself, from `datetime`: so
//!   `score` and `max-score` are the points of the exercises that are due, without
//!   weights and before lateness.
//! - What identifies a submission comes from the runner's environment; what the
//!   student's repository says does not count.
//! - What the lab could not judge makes no file. The command must then end with a
//!   status other than 0: Classroom 50 takes that for an error of the infrastructure.

use grader::report::Verdict;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::LeftOut;
use super::escape::line;
use super::shown::{Item, items};
use crate::grades::{Class, Entry};

/// What the runner knows of the submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// `CLASSROOM`.
    pub classroom: String,
    /// `ASSIGNMENT`.
    pub assignment: String,
    /// `ASSIGNMENT_TYPE`: `individual`, `group` or `team`; without it `individual`.
    pub assignment_type: String,
    /// `OWNER`, or `USERNAME`.
    pub owner: String,
    /// `SUBMISSION_TAG`, which begins with `submit/`.
    pub submission: String,
    /// `COMMIT_URL`.
    pub commit: String,
    /// `RELEASE_URL`.
    pub release: String,
    /// `REVIEW_URL`; without it the commit's.
    pub review: String,
    /// When it was handed in: the time of the commit.
    pub submitted: Timestamp,
    /// When it was graded.
    pub graded: Option<Timestamp>,
}

impl Context {
    /// What the environment says; `variable` is [`std::env::var`] but in tests.
    ///
    /// # Errors
    ///
    /// A variable is missing or not as Classroom 50 wants it; the text names it.
    pub fn from_environment(
        variable: impl Fn(&str) -> Option<String>,
        submitted: Timestamp,
    ) -> Result<Context, String> {
        let given = |name: &str| variable(name).filter(|value| !value.is_empty());
        let needed = |name: &str| {
            given(name).ok_or_else(|| format!("{name} is not set; Classroom 50's runner sets it"))
        };
        let kind = given("ASSIGNMENT_TYPE").unwrap_or_else(|| "individual".into());
        if !["individual", "group", "team"].contains(&kind.as_str()) {
            return Err(format!("ASSIGNMENT_TYPE is {kind:?}"));
        }
        let submission = needed("SUBMISSION_TAG")?;
        if !submission.starts_with("submit/") {
            return Err(format!("SUBMISSION_TAG is {submission:?}, not submit/…"));
        }
        let commit = needed("COMMIT_URL")?;
        Ok(Context {
            classroom: needed("CLASSROOM")?,
            assignment: needed("ASSIGNMENT")?,
            assignment_type: kind,
            owner: given("OWNER").map_or_else(|| needed("USERNAME"), Ok)?,
            submission,
            release: needed("RELEASE_URL")?,
            review: given("REVIEW_URL").unwrap_or_else(|| commit.clone()),
            commit,
            submitted,
            graded: None,
        })
    }
}

/// `result.json` of one submission.
///
/// # Errors
///
/// The lab could not judge it.
pub fn result(class: &Class<'_>, entry: &Entry<'_>, context: &Context) -> Result<Vec<u8>, LeftOut> {
    if entry.grade.total.is_none() {
        let exercises: Vec<&str> = entry.grade.ungraded().map(|(id, _)| id).collect();
        let why = format!("the lab could not judge {}", exercises.join(", "));
        return Err(LeftOut::new(&entry.result.name, why));
    }
    let mut tests = Vec::new();
    for exercise in &entry.result.exercises {
        for item in items(entry, exercise, class.policy) {
            tests.push(test(&exercise.id, &item));
        }
    }
    let due = &entry.grade.exercises;
    let score: u32 = due.iter().map(|exercise| exercise.earned).sum();
    let most: u32 = due.iter().map(|exercise| exercise.possible).sum();
    let mut result = json!({
        "schema": "classroom50/result/v1",
        "classroom": context.classroom,
        "assignment": context.assignment,
        "assignment_type": context.assignment_type,
        "owner": context.owner,
        "submission": context.submission,
        "commit": context.commit,
        "release": context.release,
        "review": context.review,
        "datetime": instant(context.submitted),
        "score": score,
        "max-score": most,
        "tests": tests,
    });
    if let Some(graded) = context.graded {
        result["graded_at"] = instant(graded).into();
    }
    Ok(format!("{result:#}\n").into_bytes())
}

fn test(id: &str, item: &Item) -> Value {
    let mut name = line(&item.name);
    if item.name != id {
        name = format!("{}: {name}", line(id));
    }
    let mut test = json!({
        "test-name": name,
        "passed": item.verdict == Verdict::Passed,
        "score": item.earned,
        "max-score": item.possible,
    });
    let label = item.label();
    let output = match &item.text {
        Some(text) => Some(format!("{label}: {text}")),
        None if item.verdict == Verdict::Passed => None,
        None => Some(label),
    };
    if let Some(output) = output {
        test["output"] = output.into();
    }
    test
}

/// UTC, to the second.
fn instant(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Advanced, Policy, Show};
    use crate::sample::{self, assert_schema};

    const SCHEMA: &str = include_str!("../../schema/classroom50-result-v1.schema.json");

    fn variable(name: &str) -> Option<String> {
        let value = match name {
            "CLASSROOM" => "networks",
            "ASSIGNMENT" => "sockets",
            "USERNAME" => "ada",
            "SUBMISSION_TAG" => "submit/2026-11-20T10-00-00Z-abc",
            "COMMIT_URL" => "https://example.org/commit/abc",
            "RELEASE_URL" => "https://example.org/releases/tag/x",
            _ => return None,
        };
        Some(value.into())
    }

    fn context() -> Context {
        let submitted = "2026-11-20T10:00:00.75+01:00".parse().unwrap();
        let mut context = Context::from_environment(variable, submitted).unwrap();
        context.graded = Some("2026-11-21T00:00:00Z".parse().unwrap());
        context
    }

    fn results(policy: &Policy) -> Vec<Result<Value, LeftOut>> {
        let results = sample::class();
        let head = sample::head();
        let class = Class::new(&head, &results, policy, None).unwrap();
        class
            .each()
            .map(|entry| {
                let bytes = result(&class, &entry.unwrap(), &context())?;
                Ok(serde_json::from_slice(&bytes).unwrap())
            })
            .collect()
    }

    #[test]
    fn each_result_is_what_the_schema_asks_for() {
        for show in [Show::Full, Show::Verdicts, Show::Score] {
            for advanced in [Advanced::Off, Advanced::Bonus, Advanced::Counted] {
                let policy = Policy {
                    show,
                    advanced,
                    ..Policy::default()
                };
                for result in results(&policy).into_iter().filter_map(Result::ok) {
                    assert_schema(SCHEMA, &result);
                    let of = |value: &Value, key: &str| value[key].as_u64().unwrap();
                    assert!(of(&result, "score") <= of(&result, "max-score"));
                    for test in result["tests"].as_array().unwrap() {
                        assert!(of(test, "score") <= of(test, "max-score"), "{test}");
                    }
                }
            }
        }
    }

    #[test]
    #[should_panic(expected = "datetime")]
    fn the_schema_refuses_what_classroom_50_does() {
        let mut result = results(&Policy::default()).remove(0).unwrap();
        result["datetime"] = "2026-11-20 10:00:00".into();
        assert_schema(SCHEMA, &result);
    }

    #[test]
    fn the_points_are_those_of_the_checks_that_count() {
        let all = results(&Policy::default());
        let ada = all[0].as_ref().unwrap();
        assert_eq!(
            (&ada["score"], &ada["max-score"]),
            (&json!(200), &json!(200))
        );
        let tests = ada["tests"].as_array().unwrap();
        let sum: u64 = tests
            .iter()
            .map(|test| test["score"].as_u64().unwrap())
            .sum();
        assert_eq!(sum, 200);
        assert_eq!(ada["datetime"], "2026-11-20T09:00:00Z");
        assert_eq!(ada["owner"], "ada");
        // The lab's own fault is no file.
        assert!(all[3].is_err());
    }

    #[test]
    fn what_the_policy_does_not_show_is_not_there() {
        let of = |show| {
            let policy = Policy {
                show,
                ..Policy::default()
            };
            results(&policy)[1].as_ref().unwrap().to_string()
        };
        assert!(of(Show::Full).contains("=cmd"));
        assert!(!of(Show::Full).contains("\\u001b") && !of(Show::Full).contains("\\u0000"));
        assert!(of(Show::Verdicts).contains("flaky 2/4"));
        assert!(!of(Show::Verdicts).contains("=cmd"));
        assert!(!of(Show::Score).contains("stops_at_eof"));
    }

    #[test]
    fn an_environment_that_is_not_the_runner_s_is_refused() {
        let now = Timestamp::UNIX_EPOCH;
        for (name, value) in [
            ("CLASSROOM", ""),
            ("SUBMISSION_TAG", "main"),
            ("ASSIGNMENT_TYPE", "solo"),
        ] {
            let other = |asked: &str| {
                if asked == name {
                    Some(value.to_owned())
                } else {
                    variable(asked)
                }
            };
            let error = Context::from_environment(other, now).unwrap_err();
            assert!(error.contains(name), "{error}");
        }
    }
}
