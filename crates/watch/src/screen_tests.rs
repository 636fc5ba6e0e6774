use snapbox::{assert_data_eq, str};

use super::*;
use crate::judge::Told;
use crate::tests::{broken, course, failed};

const NORMAL: Size = Size {
    columns: 80,
    rows: 24,
};

fn judged<'a>(course: &'a grader::catalogue::Catalogue, names: &[&str]) -> State<'a> {
    let mut state = State::new(course, 0);
    state.judge(Told::Done(failed(course, 0, names)));
    state
}

fn text(state: &State<'_>, size: Size) -> String {
    let (lines, _) = draw(state, size);
    let lines = lines
        .iter()
        .map(|line| line.text().trim_end().to_owned() + "\n");
    lines.collect()
}

#[test]
fn before_the_first_verdict_it_says_what_to_do() {
    let course = course();
    let mut state = State::new(&course, 0);
    state.judge(Told::Preparing(Some("checks".into())));
    assert_data_eq!(
        text(&state, NORMAL),
        str![[r#"
01-one  Number one
BUILDING  the lab's own parts: checks
-------------------------------------------------------------------------------
Read exercises/01-one/README.md, and write the program in src/main.rs. Each
  time you save, it is judged.

















-------------------------------------------------------------------------------
n next  p previous  h hint  r run  t try  l list  x reset  ? help  q quit

"#]]
    );
}

#[test]
fn a_low_and_narrow_screen_keeps_what_matters() {
    let course = course();
    let state = judged(&course, &["echoes_a_line", "reports_errors"]);
    let size = Size {
        columns: 40,
        rows: 10,
    };
    assert_data_eq!(
        text(&state, size),
        str![[r#"
01-one  Number one
FAILED  score 30/100  1 passed, 2 fail>
requirement 1: echoes_a_line
---------------------------------------
What was done
   1. echoes_a_line was tried


---------------------------------------
n next  p previous  ? help  q quit

"#]]
    );
}

#[test]
fn a_question_takes_the_place_of_the_story() {
    let course = course();
    let mut state = judged(&course, &["echoes_a_line"]);
    state.take(crate::command::Command::Reset);
    assert_data_eq!(
        text(&state, NORMAL),
        str![[r#"
01-one  Number one
FAILED  score 40/100  2 passed, 1 failed
requirement 1: echoes_a_line
-------------------------------------------------------------------------------
Put the skeleton of 01-one back? What you wrote is copied into .lab/backups
  first. y: do it. Anything else: leave it.
















-------------------------------------------------------------------------------
y reset it   any other key: leave it

"#]]
    );
}

#[test]
fn whatever_the_size_it_fits_and_the_foot_is_on_it() {
    let course = course();
    let mut state = judged(&course, &["echoes_a_line"]);
    state.hinted("echoes_a_line", 0, 3);
    for (columns, rows) in [
        (1, 1),
        (20, 5),
        (40, 10),
        (80, 24),
        (200, 60),
        (80, 3),
        (3, 80),
    ] {
        for scroll in [0, 3, usize::MAX] {
            state.settle(scroll);
            let (lines, first) = draw(&state, Size { columns, rows });
            assert!(lines.len() <= rows, "{columns}x{rows}");
            let widest = lines.iter().map(|line| line.text().width()).max();
            assert!(widest < Some(columns), "{columns}x{rows}: {widest:?}");
            if columns >= 20 && rows >= 5 {
                assert_eq!(lines.len(), rows);
                assert!(first < 100);
                let foot = lines[rows - 1].text();
                assert!(foot.contains("q quit") && foot.contains("? help"), "{foot}");
            }
        }
    }
}

#[test]
fn who_has_lost_a_file_is_told_how_to_have_it_again() {
    let course = course();
    let mut state = judged(&course, &[]);
    let mut result = broken(&course, 0);
    result.status = Status::Missing;
    result.message = Some("no src/main.rs in 01-one".into());
    state.judge(Told::Done(result));
    let shown = text(&state, NORMAL);
    assert!(
        shown.contains("no src/main.rs") && shown.contains("x puts the skeleton in its place."),
        "{shown}"
    );
}

#[test]
fn what_was_known_already_says_so() {
    let course = course();
    let mut state = State::new(&course, 0);
    state.judge(Told::Known(failed(&course, 0, &["reports_errors"])));
    let shown = text(&state, NORMAL);
    assert!(
        shown.contains("2 passed, 1 failed, as before (r: anew)"),
        "{shown}"
    );
}

#[test]
fn all_of_a_long_story_can_be_reached() {
    let course = course();
    let mut state = judged(&course, &["echoes_a_line"]);
    let mut result = failed(&course, 0, &["echoes_a_line"]);
    let story: Vec<String> = (1..=100).map(|line| format!("line {line}.")).collect();
    result.checks[0].story = Some(story.join("\n"));
    state.judge(Told::Done(result));
    let mut seen = String::new();
    for _ in 0..100 {
        let (lines, first) = draw(&state, NORMAL);
        seen.extend(lines.iter().map(|line| line.text() + "\n"));
        state.settle(first + 1);
    }
    for line in story {
        assert!(seen.contains(&line), "{line}");
    }
    assert!(text(&state, NORMAL).contains("above: k"));
}

#[test]
fn a_terminal_obeys_nothing_of_a_story() {
    let course = course();
    let mut state = judged(&course, &["echoes_a_line"]);
    let mut result = failed(&course, 0, &["echoes_a_line"]);
    result.checks[0].story = Some("  \x1b[2J\x07\u{9b}1m\r\x08\u{202e}seen".into());
    state.judge(Told::Done(result));
    state.tell("\x1b]0;title\x07");
    let text = text(&state, NORMAL);
    assert!(text.contains("seen"), "{text}");
    let obeyed = |c: char| c != '\n' && (c.is_control() || c == '\u{202e}');
    assert!(!text.contains(obeyed), "{text:?}");
}

#[test]
fn without_colour_nothing_is_missing() {
    let course = course();
    for names in [&[][..], &["echoes_a_line"]] {
        let state = judged(&course, names);
        for line in draw(&state, NORMAL).0 {
            let plain = anstream::adapter::strip_str(&line.styled()).to_string();
            assert_eq!(plain, line.text());
        }
    }
    let failed = text(&judged(&course, &["echoes_a_line"]), NORMAL);
    assert!(
        failed.contains("FAILED") && failed.contains("1 failed"),
        "{failed}"
    );
}
