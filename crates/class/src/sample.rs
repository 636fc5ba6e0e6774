//! A small class for tests, and the worst that students can write.

use grader::report::{CheckResult, ExerciseResult, Head, Lab, Status, SubmissionResult, Verdict};
use jail::{Promises, Tier};
use testbed::exercise::{Check, Level};

/// What hostile students put into names, output and source code.
pub const HOSTILE: &str = "=cmd|' /C calc'!A0\n::error::got you\n\u{1b}[31mred\u{1b}[0m \0 a\rb \
    <script>alert(1)</script> ]]> </textarea> \u{202e}evil &amp; \"quoted\", 50%0A \u{feff}\u{fffe}";

pub fn head() -> Head {
    Head {
        lab: Lab {
            version: "0.1.0".into(),
            commit: None,
            rustc: "rustc 1.85.0".into(),
        },
        tier: Tier::Cell,
        promises: Promises::default(),
        seed: 1,
    }
}

pub fn check(name: &str, points: u32, level: Level, verdict: Verdict) -> CheckResult {
    let check = Check {
        name: name.into(),
        requirement: "1".into(),
        points,
        level,
        concepts: vec!["eof".into()],
        shows: String::new(),
        hints: vec![],
        after: vec![],
    };
    let story = (verdict == Verdict::Failed || verdict == Verdict::Ungraded)
        .then(|| format!("What happened instead:\n  story of {name}\n"));
    CheckResult::new(&check, verdict, 0.25, story)
}

/// An exercise of a core check of 60, one of 40, and an advanced one of 10.
pub fn exercise(id: &str, verdicts: [Verdict; 3]) -> ExerciseResult {
    let checks = vec![
        check("echoes_a_line", 60, Level::Core, verdicts[0]),
        check("stops_at_eof", 40, Level::Core, verdicts[1]),
        check("goes_beyond", 10, Level::Advanced, verdicts[2]),
    ];
    ExerciseResult {
        id: id.into(),
        score: grader::score::score(&checks),
        max_score: 100,
        status: grader::score::status(&checks),
        message: None,
        checks,
    }
}

/// An exercise that did not come as far as its checks.
pub fn stopped(id: &str, status: Status, message: &str) -> ExerciseResult {
    ExerciseResult {
        id: id.into(),
        score: 0,
        max_score: 100,
        status,
        message: Some(message.into()),
        checks: Vec::new(),
    }
}

pub fn submission(name: &str, exercises: Vec<ExerciseResult>) -> SubmissionResult {
    SubmissionResult::new(name.into(), exercises)
}

/// Somebody good, somebody who failed (and is hostile), somebody whose program does
/// not compile, and somebody whom the lab could not judge.
pub fn class() -> Vec<SubmissionResult> {
    use Verdict::{Failed, NotRun, Passed, Ungraded};
    let mut hostile = exercise("01-resolve", [Passed, Failed, NotRun]);
    hostile.checks[1].story = Some(HOSTILE.into());
    hostile.checks[1].repeats = Some(grader::report::Repeats { passed: 2, runs: 4 });
    let error = "error[E0425]: cannot find value `x`\n --> src/server.rs:12:5\n";
    vec![
        submission(
            "ada",
            vec![
                exercise("01-resolve", [Passed, Passed, Passed]),
                exercise("09-echo-iterative", [Passed, Passed, Failed]),
            ],
        ),
        submission(
            HOSTILE,
            vec![
                hostile,
                stopped("09-echo-iterative", Status::Missing, HOSTILE),
            ],
        ),
        submission(
            "cleo",
            vec![
                exercise("01-resolve", [Passed, Passed, NotRun]),
                stopped("09-echo-iterative", Status::BuildFailed, error),
            ],
        ),
        submission(
            "dora",
            vec![
                exercise("01-resolve", [Passed, Ungraded, NotRun]),
                exercise("09-echo-iterative", [Passed, Passed, Passed]),
            ],
        ),
    ]
}

/// Panics with what a value has that a JSON schema does not allow.
#[track_caller]
pub fn assert_schema(schema: &str, value: &serde_json::Value) {
    let schema = serde_json::from_str(schema).unwrap();
    let mut compiler = boon::Compiler::new();
    compiler.add_resource("schema.json", schema).unwrap();
    let mut schemas = boon::Schemas::new();
    let index = compiler.compile("schema.json", &mut schemas).unwrap();
    let outcome = schemas.validate(value, index);
    assert!(outcome.is_ok(), "{}", outcome.unwrap_err());
}
