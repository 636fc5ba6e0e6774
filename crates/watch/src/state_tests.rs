use super::*;
use crate::command::ROWS;
use crate::keys::Key;
use crate::tests::{broken, course, failed};

/// A state at the first exercise, judged to have these failures.
fn judged<'a>(course: &'a Catalogue, names: &[&str]) -> State<'a> {
    let mut state = State::new(course, 0);
    state.enter(0, None);
    run(&mut state, failed(course, 0, names));
    state
}

fn run(state: &mut State<'_>, result: ExerciseResult) {
    state.begin();
    for check in &result.checks {
        state.judge(Told::Checked(check.clone()));
    }
    state.judge(Told::Done(result));
}

fn press(state: &mut State<'_>, key: char) -> Option<Action> {
    state.take(Command::of_key(Key::Char(key)))
}

#[test]
fn what_failed_is_to_come_first_the_next_time_also_behind_a_slip() {
    let course = course();
    let mut state = judged(&course, &["reports_errors", "echoes_a_line"]);
    assert_eq!(state.failed(), ["echoes_a_line", "reports_errors"]);
    run(&mut state, broken(&course, 0));
    assert_eq!(state.failed(), ["echoes_a_line", "reports_errors"]);
    run(&mut state, failed(&course, 0, &[]));
    assert!(state.failed().is_empty());
}

#[test]
fn what_a_run_changed_is_said() {
    let course = course();
    let mut state = judged(&course, &["echoes_a_line", "reports_errors"]);
    assert_eq!(state.changes, None, "there was none before");
    let mut change = |result| {
        run(&mut state, result);
        state.changes.clone().unwrap()
    };
    assert_eq!(
        change(failed(&course, 0, &["reports_errors"])),
        "now passes: echoes_a_line"
    );
    assert_eq!(
        change(failed(&course, 0, &["reports_errors"])),
        "the same verdicts, the same story"
    );
    let mut otherwise = failed(&course, 0, &["reports_errors"]);
    otherwise.checks[2].story = Some("another story".into());
    assert_eq!(change(otherwise), "reports_errors fails in another way");
    assert_eq!(change(broken(&course, 0)), "it no longer compiles");
    assert_eq!(change(broken(&course, 0)), "it still does not compile");
    assert_eq!(
        change(failed(&course, 0, &["echoes_a_line"])),
        "it compiles again; now passes: reports_errors; no longer passes: echoes_a_line"
    );
}

#[test]
fn while_a_run_goes_on_the_first_failure_that_is_known_is_told() {
    let course = course();
    let mut state = judged(&course, &["reports_errors"]);
    state.begin();
    assert_eq!(
        state.failing().unwrap().name,
        "reports_errors",
        "of the run before"
    );
    let now = failed(&course, 0, &["ends_at_end_of_file", "echoes_a_line"]);
    state.judge(Told::Checked(now.checks[1].clone()));
    assert_eq!(state.failing().unwrap().name, "ends_at_end_of_file");
    state.judge(Told::Checked(now.checks[0].clone()));
    assert_eq!(state.failing().unwrap().name, "echoes_a_line");
}

#[test]
fn hints_come_one_by_one_and_only_for_what_fails() {
    let course = course();
    let mut state = judged(&course, &["echoes_a_line"]);
    for used in 1..=3 {
        let check = "echoes_a_line".to_owned();
        assert_eq!(press(&mut state, 'h'), Some(Action::Hint(check.clone())));
        state.hinted(&check, used - 1, used);
        assert_eq!(state.hints().0.len(), used);
        assert_eq!(state.notice, None);
    }
    press(&mut state, 'h');
    state.hinted("echoes_a_line", 3, 3);
    let notice = state.notice.clone().unwrap();
    assert!(
        notice.contains("no further hint") && notice.contains("README.md"),
        "{notice}"
    );

    let mut state = judged(&course, &[]);
    assert_eq!(press(&mut state, 'h'), None);
    assert!(state.notice.unwrap().contains("Nothing fails"));
}

#[test]
fn hints_of_another_day_are_shown_at_the_first_asking() {
    let course = course();
    let mut state = judged(&course, &["echoes_a_line"]);
    press(&mut state, 'h');
    state.hinted("echoes_a_line", 3, 3);
    assert_eq!(state.hints().0.len(), 3);
    assert_eq!(state.notice, None);
}

#[test]
fn a_reset_needs_a_yes_and_nothing_else_will_do() {
    let course = course();
    for row in ROWS {
        let mut state = judged(&course, &["echoes_a_line"]);
        assert_eq!(press(&mut state, 'x'), None);
        let action = press(&mut state, row.key);
        let quits = row.command == Command::Quit;
        assert_eq!(action, quits.then_some(Action::Quit), "{}", row.key);
        assert_eq!(press(&mut state, 'y'), None, "the question is over");
    }
    let mut state = judged(&course, &["echoes_a_line"]);
    press(&mut state, 'x');
    assert_eq!(press(&mut state, 'y'), Some(Action::Reset));
}

#[test]
fn behind_the_last_exercise_and_before_the_first_there_is_none() {
    let course = course();
    let mut state = judged(&course, &[]);
    assert_eq!(press(&mut state, 'p'), None);
    assert!(state.notice.as_ref().unwrap().contains("first exercise"));
    assert_eq!(press(&mut state, 'n'), Some(Action::Enter(1)));
    state.enter(1, None);
    assert_eq!(press(&mut state, 'n'), None);
    assert!(state.notice.as_ref().unwrap().contains("last exercise"));
}

#[test]
fn when_everything_passes_the_next_exercise_is_offered() {
    let course = course();
    let state = judged(&course, &[]);
    assert!(state.passes());
    assert_eq!(state.what_next(), "Everything passes. n goes on to 02-two.");
}

#[test]
fn what_was_known_is_shown_as_such_and_is_no_change() {
    let course = course();
    let mut state = judged(&course, &["reports_errors"]);
    state.begin();
    state.judge(Told::Known(failed(&course, 0, &["reports_errors"])));
    assert!(state.as_before && state.changes.is_none());
    assert!(crate::plain::verdict(&state).contains("Score 90/100. As before"));
    // Somebody takes back what they have just written.
    run(&mut state, broken(&course, 0));
    state.begin();
    state.judge(Told::Known(failed(&course, 0, &[])));
    let changes = state.changes.as_deref().unwrap_or_default();
    assert!(changes.starts_with("it compiles again"), "{changes}");
    // Who wants it anew gets it anew.
    assert_eq!(press(&mut state, 'r'), Some(Action::Judge(Afresh::Verdict)));
    run(&mut state, failed(&course, 0, &[]));
    assert!(!state.as_before);
}

#[test]
fn a_save_that_changes_nothing_is_answered_and_not_judged() {
    let course = course();
    let mut state = judged(&course, &[]);
    assert_eq!(state.saved(Changed::Nothing), None);
    assert!(
        state
            .notice
            .as_ref()
            .unwrap()
            .contains("nothing has changed")
    );
    assert_eq!(
        state.saved(Changed::Program),
        Some(Action::Judge(Afresh::Nothing))
    );
    assert_eq!(
        state.saved(Changed::Checks),
        Some(Action::Judge(Afresh::Checks))
    );
}

#[test]
fn a_story_that_is_being_read_stays_where_it_is_when_it_is_told_again() {
    let course = course();
    let mut state = judged(&course, &["echoes_a_line"]);
    press(&mut state, 'j');
    run(&mut state, failed(&course, 0, &["echoes_a_line"]));
    assert_eq!(state.scroll, 1);
    run(&mut state, failed(&course, 0, &["reports_errors"]));
    assert_eq!(state.scroll, 0);
}
