//! Gradescope's `results.json`, for one submission or for each of a class.
//!
//! Source: "Autograder Specifications",
//! <https://gradescope-autograders.readthedocs.io/en/latest/specs/>. Used of it: `score`
//! (which overrides the sum of the tests'), `output` and `output_format`, `visibility`,
//! `stdout_visibility`, `extra_data`, and of each test `name`, `number`, `score`, `max_score`,
//! `status`, `output`, the formats, `tags`, `visibility`.
//!
//! - Every format is said to be `text`, which Gradescope shows as it is: `md`, `html` and
//!   `simple_format` would run a student's markup.
//! - `score` is on the policy's scale: give the assignment as many points as `out-of` says.
//! - `stdout_visibility` is `hidden`: what the run printed is for instructors.
//! - What the policy does not show is not in the file. Tests that are there and `hidden`
//!   would hide the total, too.
//! - What the machine did not prevent is the last line of `output`, and in `extra_data`:
//!   whoever relies on the score reads it there.
//! - What the lab could not judge makes no file: without one, Gradescope says that
//!   the autograder failed, which is true, and gives no zero.

use std::io;

use grader::report::Verdict;
use serde::Serialize;

use super::LeftOut;
use super::escape::{line, plain};
use super::file::{File, Names};
use super::shown::{Item, items, summary};
use crate::grades::{Class, Entry};
use crate::policy::{Policy, Show};

#[derive(Serialize)]
struct Results {
    score: f64,
    output: String,
    output_format: &'static str,
    test_output_format: &'static str,
    test_name_format: &'static str,
    visibility: &'static str,
    stdout_visibility: &'static str,
    tests: Vec<Test>,
    extra_data: Extra,
}

#[derive(Serialize)]
struct Test {
    name: String,
    number: String,
    score: f64,
    max_score: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<String>,
    tags: Vec<String>,
    visibility: &'static str,
}

/// Kept by Gradescope, and shown to no student.
#[derive(Serialize)]
struct Extra {
    lab: String,
    rustc: String,
    tier: String,
    seed: u32,
    not_prevented: Vec<&'static str>,
}

/// `results.json` of one submission.
///
/// # Errors
///
/// The lab could not judge it.
pub fn results(class: &Class<'_>, entry: &Entry<'_>) -> Result<Vec<u8>, LeftOut> {
    let Some(score) = entry.grade.total else {
        let exercises: Vec<&str> = entry.grade.ungraded().map(|(id, _)| id).collect();
        let why = format!("the lab could not judge {}", exercises.join(", "));
        return Err(LeftOut::new(&entry.result.name, why));
    };
    let results = Results {
        score: score.as_f64(),
        output: output(class, entry),
        output_format: "text",
        test_output_format: "text",
        test_name_format: "text",
        visibility: "visible",
        stdout_visibility: "hidden",
        tests: tests(entry, class.policy),
        extra_data: Extra {
            lab: class.head.lab.version.clone(),
            rustc: class.head.lab.rustc.clone(),
            tier: class.head.tier.to_string(),
            seed: class.head.seed,
            not_prevented: class.head.promises.broken(),
        },
    };
    let mut bytes =
        serde_json::to_vec_pretty(&results).expect("the model holds nothing that JSON cannot say");
    bytes.push(b'\n');
    Ok(bytes)
}

/// The submission in a few lines, and what was not prevented while it was judged.
fn output(class: &Class<'_>, entry: &Entry<'_>) -> String {
    let mut output = summary(entry, class.policy);
    if let Some(what) = class.head.not_prevented() {
        output.push_str(&format!(
            "\nNot prevented where this was judged: {}.\n",
            plain(&what)
        ));
    }
    output
}

/// Every submission's file, one after another: `NAME/results.json`.
pub fn files<'a>(
    class: &'a Class<'a>,
) -> impl Iterator<Item = io::Result<Result<File, LeftOut>>> + 'a {
    let mut names = Names::default();
    class.each().map(move |entry| {
        let entry = entry?;
        let who = entry
            .student
            .map_or(&entry.result.name, |student| &student.id);
        let name = format!("{}/results.json", names.give(who));
        Ok(results(class, &entry).map(|bytes| File { name, bytes }))
    })
}

fn tests(entry: &Entry<'_>, policy: &Policy) -> Vec<Test> {
    let mut tests = Vec::new();
    for (exercise, place) in entry.result.exercises.iter().zip(1..) {
        for (item, within) in items(entry, exercise, policy).into_iter().zip(1..) {
            let number = match policy.show {
                Show::Score => place.to_string(),
                Show::Full | Show::Verdicts => format!("{place}.{within}"),
            };
            tests.push(test(&exercise.id, number, item));
        }
    }
    tests
}

fn test(id: &str, number: String, item: Item) -> Test {
    let is_whole = item.name == *id;
    let mut name = line(&item.name);
    if !is_whole {
        name = format!("{}: {name}", line(id));
    }
    if item.advanced {
        name.push_str(" (advanced)");
    }
    let label = match item.verdict {
        Verdict::Passed => None,
        Verdict::Failed if item.flaky.is_none() => None,
        _ => Some(item.label()),
    };
    let output = match (label, item.text) {
        (Some(label), Some(text)) => Some(format!("{label}\n{text}")),
        (label, text) => label.or(text),
    };
    Test {
        name,
        number,
        score: f64::from(item.earned),
        max_score: f64::from(item.possible),
        status: match item.verdict {
            Verdict::Passed => Some("passed"),
            Verdict::Failed | Verdict::NotRun => Some("failed"),
            // Without one Gradescope goes by the score: nothing of nothing.
            Verdict::Ungraded => None,
        },
        output,
        tags: vec![line(id)],
        visibility: "visible",
    }
}

#[cfg(test)]
mod checks {
    use grader::report::Head;
    use jail::Promises;
    use serde_json::{Value, json};

    use super::*;
    use crate::sample::{self, assert_schema};

    const SCHEMA: &str = include_str!("../../schema/gradescope-results.schema.json");

    fn class_files(show: Show) -> (Vec<File>, Vec<LeftOut>) {
        let results = sample::class();
        let head = sample::head();
        let policy = Policy {
            show,
            out_of: crate::hundredths::Hundredths::whole(20),
            ..Policy::default()
        };
        let class = Class::new(&head, &results, &policy, None).unwrap();
        let (mut written, mut left_out) = (Vec::new(), Vec::new());
        for file in files(&class) {
            match file.unwrap() {
                Ok(file) => written.push(file),
                Err(one) => left_out.push(one),
            }
        }
        (written, left_out)
    }

    fn json(file: &File) -> Value {
        serde_json::from_slice(&file.bytes).unwrap()
    }

    #[test]
    fn each_file_is_what_the_specification_asks_for() {
        for show in [Show::Full, Show::Verdicts, Show::Score] {
            let (files, left_out) = class_files(show);
            for file in &files {
                assert_schema(SCHEMA, &json(file));
            }
            assert_eq!(files.len(), 3);
            assert_eq!(
                left_out[0].to_string(),
                "dora: the lab could not judge 01-resolve"
            );
        }
    }

    #[test]
    #[should_panic(expected = "visibility")]
    fn the_schema_refuses_what_the_specification_does() {
        let mut results = json(&class_files(Show::Full).0[0]);
        results["tests"][0]["visibility"] = "secret".into();
        assert_schema(SCHEMA, &results);
    }

    #[test]
    fn the_score_is_the_grade_and_tests_are_verdicts() {
        let (files, _) = class_files(Show::Full);
        assert_eq!(files[0].name, "ada/results.json");
        let ada = json(&files[0]);
        assert_eq!(ada["score"], 20.0);
        assert_eq!(ada["tests"][0]["name"], "01-resolve: echoes_a_line");
        assert_eq!(ada["tests"][0]["number"], "1.1");
        assert_eq!(ada["tests"][0]["score"], 60.0);
        assert_eq!(ada["tests"][0]["status"], "passed");
        assert_eq!(
            ada["tests"][5]["name"],
            "09-echo-iterative: goes_beyond (advanced)"
        );
        assert_eq!(ada["tests"][5]["max_score"], 0.0);
        let hostile = json(&files[1]);
        assert_eq!(hostile["score"], 6.0);
        let flaky = hostile["tests"][1]["output"].as_str().unwrap();
        assert!(flaky.starts_with("flaky 2/4\n=cmd"), "{flaky}");
        assert!(
            !flaky.contains(['\u{1b}', '\0', '\r', '\u{202e}']),
            "{flaky}"
        );
    }

    #[test]
    fn what_the_machine_did_not_prevent_is_said() {
        let results = sample::class();
        let policy = Policy::default();
        let told = |promises: Promises| {
            let head = Head {
                promises,
                ..sample::head()
            };
            let class = Class::new(&head, &results, &policy, None).unwrap();
            let ada = class.each().next().unwrap().unwrap();
            let bytes = super::results(&class, &ada).unwrap();
            let results: Value = serde_json::from_slice(&bytes).unwrap();
            assert_schema(SCHEMA, &results);
            results
        };
        let mut promises = Promises {
            forging_refused: true,
            network_closed: true,
            files_closed: true,
            scratch_bounded: true,
            processes_counted: true,
            memory_counted: true,
            low_ports_refused: true,
        };
        let all = told(promises);
        assert!(!all["output"].as_str().unwrap().contains("Not prevented"));
        assert_eq!(all["extra_data"]["not_prevented"], json!([]));

        promises.network_closed = false;
        let some = told(promises);
        let output = some["output"].as_str().unwrap();
        let line = "Not prevented where this was judged: a program can reach the network.";
        assert_eq!(output.lines().last(), Some(line));
        let list = json!(["a program can reach the network"]);
        assert_eq!(some["extra_data"]["not_prevented"], list);
    }

    #[test]
    fn what_the_policy_does_not_show_is_not_there() {
        let (files, _) = class_files(Show::Verdicts);
        let text = String::from_utf8(files[1].bytes.clone()).unwrap();
        assert!(
            text.contains("flaky 2/4") && !text.contains("=cmd"),
            "{text}"
        );
        let (files, _) = class_files(Show::Score);
        let text = String::from_utf8(files[1].bytes.clone()).unwrap();
        assert!(
            !text.contains("flaky") && !text.contains("stops_at_eof"),
            "{text}"
        );
        let hostile = json(&files[1]);
        assert_eq!(hostile["tests"].as_array().unwrap().len(), 2);
        assert_eq!(hostile["tests"][0]["score"], 60.0);
    }
}
