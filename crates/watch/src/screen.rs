//! What is on the screen: from what is known to lines of text. Nothing here
//! touches a terminal.

use anstyle::{AnsiColor, Style};
use grader::report::{Status, Verdict};
use testbed::exercise::Check;
use unicode_width::UnicodeWidthStr;

use crate::command::ROWS;
use crate::state::{Phase, State, View};
use crate::wrap::{clean, cut, unbroken, wrap};

const PLAIN: Style = Style::new();
const STRONG: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const GOOD: Style = AnsiColor::Green.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();

/// One line: pieces of text, each in a style. What it says is said by the words
/// alone; colours only help.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line(Vec<(Style, String)>);

impl Line {
    fn of(style: Style, text: impl Into<String>) -> Line {
        Line(vec![(style, text.into())])
    }

    fn and(mut self, style: Style, text: impl Into<String>) -> Line {
        self.0.push((style, text.into()));
        self
    }

    /// The text alone.
    pub fn text(&self) -> String {
        self.0.iter().map(|(_, text)| text.as_str()).collect()
    }

    /// The text with the sequences that make its styles.
    pub fn styled(&self) -> String {
        let pieces = self.0.iter().map(|(style, text)| match *style {
            PLAIN => text.clone(),
            style => format!("{style}{text}{style:#}"),
        });
        pieces.collect()
    }

    /// The same, no wider than so many columns, with nothing that a terminal obeys.
    fn fit(self, columns: usize) -> Line {
        let mut left = columns;
        let mut fitted = Line::default();
        for (style, text) in self.0 {
            let text = cut(&clean(&text), left);
            left -= text.width().min(left);
            fitted = fitted.and(style, text);
        }
        fitted
    }
}

/// The size of a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// How many characters are in a line.
    pub columns: usize,
    /// How many lines there are.
    pub rows: usize,
}

/// The narrowest and lowest screen on which anything can be read.
const LEAST: Size = Size {
    columns: 20,
    rows: 5,
};

/// Draws all of it, at most as many lines as the terminal has, and gives the first
/// line of the story that is on it.
pub fn draw(state: &State<'_>, size: Size) -> (Vec<Line>, usize) {
    // What reaches the last column makes some terminals begin a new line.
    let columns = size.columns.saturating_sub(1);
    if size.columns < LEAST.columns || size.rows < LEAST.rows {
        let line = Line::of(PLAIN, "too small").fit(columns);
        return (vec![line], state.scroll);
    }
    let mut lines = head(state, size.rows);
    let body = body(state, columns);
    let room = size.rows.saturating_sub(lines.len() + 3).max(1);
    let last = body.len().saturating_sub(room);
    let first = state.scroll.min(last);
    let below = body.len() - (first + room).min(body.len());
    lines.push(rule(columns));
    lines.extend(body.into_iter().skip(first).take(room));
    // The keys stay at the foot, wherever the story ends.
    lines.resize(size.rows - 2, Line::default());
    lines.push(scrolled(columns, first, below));
    lines.push(foot(state, columns));
    let fitted = lines.into_iter().map(|line| line.fit(columns)).collect();
    (fitted, first)
}

/// Which exercise, and what became of it.
fn head(state: &State<'_>, rows: usize) -> Vec<Line> {
    let entry = state.entry();
    let mut lines = vec![
        Line::of(STRONG, &entry.id).and(PLAIN, format!("  {}", entry.data.title)),
        verdict(state),
    ];
    let check = state
        .failing()
        .and_then(|failing| entry.data.check(&failing.name));
    // A low screen is for the story.
    let is_low = rows < 16;
    if let (Some(changes), false) = (&state.changes, is_low) {
        lines.push(Line::of(DIM, "since the last run: ").and(PLAIN, changes));
    }
    if let Some(check) = check {
        lines.push(requirement(check));
    }
    lines
}

fn requirement(check: &Check) -> Line {
    Line::of(DIM, format!("{}: ", check.cites())).and(STRONG, &check.name)
}

/// One line: what runs, or what it came to.
fn verdict(state: &State<'_>) -> Line {
    let all = state.entry().data.checks.len();
    match &state.phase {
        Phase::Preparing(name) => {
            let part = match name {
                Some(name) => format!(": {name}"),
                None => " (waits while another cargo builds)".into(),
            };
            return Line::of(STRONG, "BUILDING").and(PLAIN, format!("  the lab's own parts{part}"));
        }
        Phase::Judging => {
            let some = state.fresh.len();
            let failed = state.fresh.iter();
            let failed = failed
                .filter(|check| check.verdict == Verdict::Failed)
                .count();
            let line = Line::of(STRONG, "JUDGING").and(PLAIN, format!("  {some} of {all} checks"));
            return match (failed, &state.result) {
                (0, Some(_)) => line.and(DIM, ", below: the run before"),
                (0, None) => line,
                (some, _) => line.and(BAD, format!(", {some} failed")),
            };
        }
        Phase::Trouble(_) => return Line::of(BAD, "UNGRADED").and(PLAIN, "  the lab failed"),
        Phase::Away => return Line::of(PLAIN, "your program has the terminal"),
        Phase::Idle => {}
    }
    let Some(result) = &state.result else {
        return Line::of(PLAIN, "not judged yet");
    };
    let score = format!("  score {}/{}", result.score, result.max_score);
    let (style, word) = match result.status {
        Status::Graded if state.passes() => (GOOD, "PASSED"),
        Status::Graded => (BAD, "FAILED"),
        Status::BuildFailed => return Line::of(BAD, "DOES NOT COMPILE"),
        Status::Missing => return Line::of(BAD, "A FILE IS MISSING"),
        Status::Refused => return Line::of(BAD, "REFUSED"),
        Status::Ungraded => (BAD, "UNGRADED"),
    };
    let counts = state.count();
    let counts: Vec<String> = ["passed", "failed", "not run", "ungraded"]
        .into_iter()
        .filter_map(|word| Some(format!("{} {word}", counts.get(word)?)))
        .collect();
    let line = Line::of(style, word)
        .and(STRONG, score)
        .and(PLAIN, format!("  {}", counts.join(", ")));
    match state.as_before {
        true => line.and(DIM, ", as before (r: anew)"),
        false => line,
    }
}

/// What can be scrolled.
fn body(state: &State<'_>, columns: usize) -> Vec<Line> {
    let plain = |text: &str| -> Vec<Line> {
        let lines = wrap(text, columns).into_iter();
        lines.map(|line| Line::of(PLAIN, line)).collect()
    };
    match &state.view {
        View::List(lines) => plain(&lines.join("\n")),
        View::Help => help(),
        View::Confirm => plain(&state.question()),
        View::Story => {
            let mut lines = match state.story() {
                Some(story) => plain(&unbroken(story)),
                None if state.passes() => plain(&state.what_next()),
                None => plain(&format!(
                    "Read exercises/{}/README.md, and write the program in {}. \
                     Each time you save, it is judged.",
                    state.entry().id,
                    state.entry().data.files.join(", ")
                )),
            };
            if let Some(way_out) = state.way_out() {
                lines.push(Line::default());
                lines.extend(plain(way_out));
            }
            let (hints, all) = state.hints();
            for (number, hint) in hints.iter().enumerate() {
                lines.push(Line::default());
                let hint = format!("hint {} of {all}: {hint}", number + 1);
                lines.extend(plain(&hint));
            }
            lines
        }
    }
}

fn help() -> Vec<Line> {
    let row = |key: &str, does: &str| {
        Line::of(STRONG, format!("{key:>9}")).and(PLAIN, format!("  {does}"))
    };
    let mut lines: Vec<Line> = ROWS
        .iter()
        .map(|one| row(&one.key.to_string(), one.does))
        .collect();
    lines.push(row("j k", "move what is shown by a line; the arrows too"));
    lines.push(row("space", "a screen further; Page Down and Page Up too"));
    lines.push(row("^Z", "back to the shell; fg goes on"));
    lines.push(Line::default());
    lines.push(Line::of(
        PLAIN,
        "Each save is judged. What failed last is judged first.",
    ));
    lines
}

fn rule(columns: usize) -> Line {
    Line::of(DIM, "-".repeat(columns))
}

/// A rule that says what is above and below of what is shown.
fn scrolled(columns: usize, above: usize, below: usize) -> Line {
    let text = match (above, below) {
        (0, 0) => return rule(columns),
        (0, below) => format!("-- {below} more below: j, space "),
        (above, 0) => format!("-- {above} more above: k "),
        (above, below) => format!("-- {above} more above: k, {below} below: j "),
    };
    let rest = "-".repeat(columns.saturating_sub(text.width()));
    Line::of(DIM, text + &rest)
}

/// What can be pressed, or what there is to say.
fn foot(state: &State<'_>, columns: usize) -> Line {
    if state.view == View::Confirm {
        return Line::of(STRONG, "y reset it   any other key: leave it");
    }
    if let Some(notice) = &state.notice {
        return Line::of(STRONG, notice);
    }
    // As many as there is room for; those at the end say where the others are.
    let shown = |row: &crate::command::Row| format!("{} {}", row.key, row.word);
    let (first, always) = ROWS.split_at(ROWS.len() - 2);
    let width = |keys: &[String]| keys.iter().map(|key| key.width() + 2).sum::<usize>();
    let always: Vec<String> = always.iter().map(shown).collect();
    let mut keys: Vec<String> = Vec::new();
    for row in first {
        let key = shown(row);
        if width(&keys) + key.width() + 2 + width(&always) > columns + 2 {
            break;
        }
        keys.push(key);
    }
    keys.extend(always);
    Line::of(PLAIN, keys.join("  "))
}

#[cfg(test)]
#[path = "screen_tests.rs"]
mod tests;
