use grader::report::Status;
use grader::report::Verdict::{self, Failed, NotRun, Passed, Ungraded};

use super::*;
use crate::policy::Advanced;
use crate::sample;

const IDS: [&str; 3] = ["01-resolve", "09-echo-iterative", "10-echo-forking"];

fn policy(text: &str) -> Policy {
    Policy::parse(text, &IDS).unwrap()
}

fn one(verdicts: [Verdict; 3]) -> SubmissionResult {
    let first = sample::exercise("01-resolve", verdicts);
    sample::submission("ada", vec![first])
}

fn total(result: &SubmissionResult, policy: &Policy) -> String {
    let total = grade(&Brief::of(result), None, policy).total;
    total.map_or_else(|| "ungraded".into(), |total| total.to_string())
}

#[test]
fn advanced_checks_count_as_the_policy_says() {
    let average = one([Passed, Failed, Passed]);
    let perfect = one([Passed, Passed, Passed]);
    let grades = |advanced| {
        let policy = Policy {
            advanced,
            ..Policy::default()
        };
        [total(&average, &policy), total(&perfect, &policy)]
    };
    assert_eq!(grades(Advanced::Off), ["60", "100"]);
    assert_eq!(grades(Advanced::Bonus), ["70", "100"]);
    // 70 of 110.
    assert_eq!(grades(Advanced::Counted), ["63.64", "100"]);
}

#[test]
fn the_whole_is_the_mean_by_weight_rounded_once() {
    let result = sample::submission(
        "ada",
        vec![
            sample::exercise("01-resolve", [Passed, Failed, NotRun]),
            sample::exercise("09-echo-iterative", [Passed, Passed, NotRun]),
            sample::exercise("10-echo-forking", [Failed, Passed, NotRun]),
        ],
    );
    assert_eq!(total(&result, &Policy::default()), "66.67");
    let weights = "out-of = 20\n[exercises]\n1 = {weight = 1}\n9 = {weight = 2}\n";
    // 60 and twice 100 make 86.666… %.
    assert_eq!(total(&result, &policy(weights)), "17.33");
    assert_eq!(
        total(&result, &policy(&format!("decimals = 1\n{weights}"))),
        "17.3"
    );
    assert_eq!(
        total(&result, &policy(&format!("decimals = 0\n{weights}"))),
        "17"
    );
    // 12.445 has one decimal 12.4; by way of 12.45 it would have 12.5.
    let once =
        "decimals = 1\nout-of = 12.45\n[exercises]\n9 = { weight = 99.96 }\n1 = { weight = 0.1 }\n";
    assert_eq!(total(&result, &policy(once)), "12.4");
}

#[test]
fn what_is_not_due_counts_nowhere() {
    let result = sample::submission(
        "ada",
        vec![
            sample::exercise("01-resolve", [Passed, Passed, NotRun]),
            sample::stopped("09-echo-iterative", Status::Missing, "no folder"),
        ],
    );
    assert_eq!(total(&result, &Policy::default()), "50");
    assert_eq!(total(&result, &policy("[exercises]\n1 = {}\n")), "100");
}

#[test]
fn what_the_lab_could_not_judge_is_no_zero() {
    let grade = grade(
        &Brief::of(&one([Passed, Ungraded, NotRun])),
        None,
        &Policy::default(),
    );
    assert_eq!(grade.total, None);
    let why: Vec<(&str, &str)> = grade.ungraded().collect();
    assert_eq!(why, [("01-resolve", "stops_at_eof could not be judged")]);
    // Nobody asked the lab for what is due.
    let due = policy("[exercises]\n1 = {}\n9 = {}\n");
    assert_eq!(total(&one([Passed, Passed, Passed]), &due), "ungraded");
    // Neither it counts, nor did any that counts wait for it.
    assert_eq!(
        total(&one([Passed, Passed, Ungraded]), &Policy::default()),
        "100"
    );
    assert_eq!(
        total(&one([Passed, NotRun, Ungraded]), &Policy::default()),
        "ungraded"
    );
    let weightless = policy("[exercises]\n1 = {weight = 0}\n9 = {}\n");
    let mut result = one([Ungraded, NotRun, NotRun]);
    let more = sample::exercise("09-echo-iterative", [Passed, Passed, Passed]);
    result.exercises.push(more);
    assert_eq!(total(&result, &weightless), "100");
}

#[test]
fn the_student_s_own_faults_are_zeros() {
    for status in [Status::Missing, Status::Refused, Status::BuildFailed] {
        let result = sample::submission("ada", vec![sample::stopped("01-resolve", status, "no")]);
        for advanced in [Advanced::Off, Advanced::Bonus, Advanced::Counted] {
            let policy = Policy {
                advanced,
                ..Policy::default()
            };
            assert_eq!(total(&result, &policy), "0", "{status:?}");
        }
    }
}

#[test]
fn lateness_takes_its_part_of_what_was_earned() {
    let policy = policy(
        "time-zone = 'Europe/Paris'\ndeadline = 2026-11-20\n[late]\nper-day = 12.5\nfloor = 30\n",
    );
    let roster = Roster::parse(
        b"id,extension,submitted\nada,,2026-11-21T10:00\nbob,1,2026-11-21T10:00\ncleo,,\n",
    )
    .unwrap();
    let result = one([Passed, Failed, NotRun]);
    let grades: Vec<Grade> = roster
        .students
        .iter()
        .map(|student| grade(&Brief::of(&result), Some(student), &policy))
        .collect();
    assert_eq!(grades[0].total, Some(Hundredths(52_50)));
    assert_eq!(grades[0].exercises[0].days_late, Some(1));
    assert_eq!(grades[1].total, Some(Hundredths::whole(60)));
    // Nobody knows when: it costs nothing, and it is said.
    assert_eq!(grades[2].total, Some(Hundredths::whole(60)));
    assert!(grades[2].is_undated() && !grades[0].is_undated());
}

#[test]
fn another_policy_changes_some_grades_and_they_are_listed() {
    let class = sample::class();
    let roster = Roster::parse(b"id\nada\ncleo\ndora\n").unwrap();
    let old = Policy::default();
    let new = policy("[exercises]\n1 = {}\n");
    let list = |new: &Policy| what_if(&sample::head(), &class, Some(&roster), &old, new).unwrap();
    assert_eq!(list(&old), []);
    let changes = list(&new);
    let hundred = Hundredths::HUNDRED;
    assert_eq!(changes.len(), 2);
    assert_eq!(changes[0].student, None);
    assert_eq!(changes[0].before, (Some(Hundredths::whole(30)), hundred));
    assert_eq!(changes[0].after, (Some(Hundredths::whole(60)), hundred));
    assert_eq!(changes[1].student.as_deref(), Some("cleo"));
    assert_eq!(changes[1].before, (Some(Hundredths::whole(50)), hundred));
    assert_eq!(changes[1].after, (Some(hundred), hundred));
    assert_eq!(changes[1].to_string(), "cleo: 50 of 100 -> 100 of 100");
    // Everybody's grade is another on another scale, but for the ungraded: theirs
    // is none, out of another number.
    assert_eq!(list(&policy("out-of = 20")).len(), 4);
}

#[test]
fn a_class_says_whose_each_submission_is() {
    let results = Spool::new().unwrap();
    for (number, result) in sample::class().iter().enumerate() {
        results.add(number, result).unwrap();
    }
    let roster = Roster::parse(b"id\nada\ncleo\nzoe\n").unwrap();
    let head = sample::head();
    let policy = Policy::default();
    let class = Class::new(&head, &results, &policy, Some(&roster)).unwrap();
    let owners: Vec<Option<&str>> = class
        .each()
        .map(|entry| entry.unwrap().student.map(|student| student.id.as_str()))
        .collect();
    assert_eq!(owners, [Some("ada"), None, Some("cleo"), None]);
    assert_eq!(class.matched.without_student, [1, 3]);
    let zoe = class.without_grade();
    assert_eq!(zoe.len(), 1);
    assert_eq!(zoe[0].id, "zoe");
}
