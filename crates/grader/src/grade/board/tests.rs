use small_lab::Lab;

use super::*;
use crate::catalogue::Catalogue;
use crate::grade::Attempt;
use crate::report::Verdict;
use crate::submission::Intake;

#[test]
fn where_the_first_failure_is_all_that_counts_nothing_runs_ahead_of_other_work() {
    let lab = Lab::new();
    let catalogue = Catalogue::load(lab.root()).unwrap();
    let entry = &catalogue.entries[0];
    for (first_failure_only, expected) in [
        (true, [(0, 0), (1, 0), (0, 1), (0, 2)]),
        (false, [(0, 0), (0, 1), (0, 2), (1, 0)]),
    ] {
        let attempt = Attempt {
            programs: [("one".into(), "/bin/cat".into())].into(),
            first_failure_only,
            ..Attempt::new(entry, Intake::Missing(String::new()))
        };
        let mut all = ["ada", "bob"].into_iter().map(|name| Candidate {
            name: name.into(),
            attempts: vec![attempt.clone()],
        });
        let mut source = || all.next();
        let mut board = Board::new(&mut source, &Options::default());
        for expected in expected {
            let Next::Job(Job::Check { attempt, index, .. }) = board.next(&|_| {}) else {
                panic!("no check to run");
            };
            assert_eq!((attempt, index), expected);
        }
    }
}

#[test]
fn what_comes_first_is_told_first_and_reported_in_its_place() {
    let lab = Lab::new();
    let catalogue = Catalogue::load(lab.root()).unwrap();
    let entry = &catalogue.entries[0];
    let attempt = Attempt {
        programs: [("one".into(), "/bin/cat".into())].into(),
        first: vec!["one".into()],
        ..Attempt::new(entry, Intake::Missing(String::new()))
    };
    let mut all = vec![Candidate {
        name: "ada".into(),
        attempts: vec![attempt],
    }];
    let mut source = || all.pop();
    let told = std::cell::RefCell::new(Vec::new());
    let tell = |event: Event<'_>| {
        if let Event::Checked(_, result) = event {
            told.borrow_mut().push(result.name.clone());
        }
    };
    let mut board = Board::new(&mut source, &Options::default());
    for expected in [1, 0, 2] {
        let Next::Job(Job::Check { index, check, .. }) = board.next(&tell) else {
            panic!("no check to run");
        };
        assert_eq!(index, expected);
        let result = CheckResult::new(check, Verdict::Passed, 0.0, None);
        board.checked(0, index, result, &tell);
    }
    assert_eq!(*told.borrow(), ["one", "zero", "beyond"]);
    let reported = &board.finished()[0].1.exercises[0].checks;
    assert_eq!(reported[0].name, "zero");
}

/// A lab in which a check builds on others.
fn lab_where(check: &str, after: &str) -> Lab {
    let lab = Lab::new();
    let name = format!("name = \"{check}\"\nrequirement");
    let with = name.replace('\n', &format!("\nafter = {after}\n"));
    lab.edit("exercises/01-one/exercise.toml", &name, &with);
    lab
}

/// Who hands in a program for one exercise.
fn ada(entry: &Entry) -> Candidate<'_> {
    Candidate {
        name: "ada".into(),
        attempts: vec![Attempt {
            programs: [("one".into(), "/bin/cat".into())].into(),
            ..Attempt::new(entry, Intake::Missing(String::new()))
        }],
    }
}

#[test]
fn a_check_that_never_runs_may_be_decided_last_of_all() {
    let lab = lab_where("one", "[\"zero\"]");
    let catalogue = Catalogue::load(lab.root()).unwrap();
    let entry = &catalogue.entries[0];
    let mut all = vec![ada(entry)];
    let mut source = || all.pop();
    let mut board = Board::new(&mut source, &Options::default());
    let tell = |_: Event<'_>| {};
    let begun = |next| match next {
        Next::Job(Job::Check { index, .. }) => index,
        _ => panic!("no check to run"),
    };
    assert_eq!(begun(board.next(&tell)), 0);
    assert_eq!(begun(board.next(&tell)), 2);
    let result =
        |index: usize, verdict| CheckResult::new(&entry.data.checks[index], verdict, 0.0, None);
    board.checked(0, 2, result(2, Verdict::Passed), &tell);
    board.checked(0, 0, result(0, Verdict::Failed), &tell);
    assert!(matches!(board.next(&tell), Next::Done));
    let verdicts: Vec<Verdict> = board.finished()[0].1.exercises[0]
        .checks
        .iter()
        .map(|check| check.verdict)
        .collect();
    assert_eq!(
        verdicts,
        [Verdict::Failed, Verdict::NotRun, Verdict::Passed]
    );
}

#[test]
fn of_two_that_fail_the_earlier_is_named_whoever_is_quicker() {
    let lab = lab_where("beyond", "[\"zero\", \"one\"]");
    let catalogue = Catalogue::load(lab.root()).unwrap();
    let entry = &catalogue.entries[0];
    let mut all = vec![ada(entry)];
    let mut source = || all.pop();
    let mut board = Board::new(&mut source, &Options::default());
    let tell = |_: Event<'_>| {};
    for _ in 0..2 {
        assert!(matches!(board.next(&tell), Next::Job(Job::Check { .. })));
    }
    for index in [1, 0] {
        assert!(matches!(board.next(&tell), Next::Wait));
        let result = CheckResult::new(&entry.data.checks[index], Verdict::Failed, 0.0, None);
        board.checked(0, index, result, &tell);
    }
    assert!(matches!(board.next(&tell), Next::Done));
    let beyond = &board.finished()[0].1.exercises[0].checks[2];
    let why = beyond.story.as_deref().unwrap();
    assert!(why.contains("`zero`"), "{why}");
}
