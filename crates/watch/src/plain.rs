//! Plain mode: sentences, one below the other, and lines that are typed. For
//! screen readers, for files and pipes, and for terminals that know nothing else.

use grader::report::{Status, Verdict};

use crate::command::ROWS;
use crate::state::State;
use crate::wrap::clean;

/// What a run came to, the story of what fails first included.
pub fn verdict(state: &State<'_>) -> String {
    let entry = state.entry();
    let Some(result) = &state.result else {
        return "It is not judged yet.".into();
    };
    let mut said = Vec::new();
    let score = format!("Score {}/{}.", result.score, result.max_score);
    match result.status {
        Status::Graded | Status::Ungraded => {
            let counts = state.count();
            let counts = ["passed", "failed", "not run", "ungraded"]
                .into_iter()
                .filter_map(|word| Some(format!("{} {word}", counts.get(word)?)));
            let counts = counts.collect::<Vec<_>>().join(", ");
            let as_before = match state.as_before {
                true => " As before, nothing has changed; run judges it anew.",
                false => "",
            };
            said.push(format!("{}: {counts}. {score}{as_before}", entry.id));
        }
        Status::BuildFailed => said.push(format!("{} does not compile.", entry.id)),
        Status::Missing => said.push(format!("{}: a file is missing.", entry.id)),
        Status::Refused => said.push(format!("{} is refused.", entry.id)),
    }
    if let Some(changes) = &state.changes {
        said.push(format!("Since the last run: {changes}."));
    }
    if let Some(check) = state.failing() {
        let cites = entry.data.check(&check.name).map(|one| one.cites());
        let word = match check.verdict {
            Verdict::Ungraded => "Not judged",
            _ => "The first that fails",
        };
        let cites = cites.unwrap_or_default();
        said.push(format!("{word}: {}, {cites}.", check.name));
    }
    match state.story() {
        Some(story) => said.push(story.trim_end().to_owned()),
        None if state.passes() => said.push(state.what_next()),
        None => {}
    }
    said.extend(state.way_out().map(str::to_owned));
    said.join("\n")
}

/// What can be typed.
pub fn help() -> String {
    let rows = ROWS
        .iter()
        .map(|row| format!("{} or {}: {}.", row.key, row.word, row.does));
    let mut lines = vec!["Each save is judged. Type a word or its letter, then Return:".into()];
    lines.extend(rows);
    lines.join("\n")
}

/// A text of several lines, with nothing in it that a terminal obeys.
pub fn cleaned(text: &str) -> String {
    text.lines().map(|line| clean(line) + "\n").collect()
}
