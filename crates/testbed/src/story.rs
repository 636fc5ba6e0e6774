//! What a student reads when a check fails: what was done, what should have
//! happened, what happened instead, and where to read on.
//!
//! A story contains nothing that differs between two runs: no process
//! numbers, no ports that the kernel chose, no measured times. So two runs of
//! the same wrong program can be compared, and a golden file can hold it.

use crate::bytes;
use crate::exercise::Check;
use crate::exercise::text::turns;

/// A story is never longer than this, so that it fits a screen.
pub const MAX_LINES: usize = 30;
/// The longest line; a longer one is cut.
const MAX_WIDTH: usize = 110;
/// A sentence goes on below when it is longer.
pub const WRAP: usize = 96;
/// Steps shown, the first and the last of them.
const STEPS: usize = 9;

/// Why a check ends early.
#[derive(Debug)]
pub enum Wrong {
    /// The program did something else than it should.
    Failed(Box<Failure>),
    /// The lab itself could not judge; it is not the program's fault.
    Ungraded(String),
}

/// What was expected at a step, and what was seen there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Failure {
    /// What should have happened at this step, a sentence.
    pub expected: String,
    /// What happened instead, a line each.
    pub seen: Vec<String>,
    /// What the programs were doing at that moment, a line each.
    pub state: Vec<String>,
    /// What the programs had printed, a line each.
    pub printed: Vec<String>,
}

/// How a check ends.
pub type Outcome<T = ()> = Result<T, Wrong>;

/// The steps of a check, recorded while it runs.
#[derive(Debug, Default)]
pub struct Story {
    steps: Vec<String>,
    /// Where the steps of the present round began, and what it is called.
    round: Option<(usize, String)>,
}

impl Story {
    /// Records a step, a sentence in the past tense without its full stop.
    pub fn step(&mut self, text: impl Into<String>) {
        self.steps.push(text.into());
    }

    /// What was done so far is forgotten: it went well, and what follows has
    /// nothing to do with it.
    pub fn begin_anew(&mut self, title: impl Into<String>) {
        self.steps.clear();
        self.round = None;
        self.step(title);
    }

    /// Begins a round of something that is done many times: what the round
    /// before it recorded is forgotten.
    pub fn begin_round(&mut self, title: String) {
        match &mut self.round {
            Some((from, name)) => {
                self.steps.truncate(*from);
                *name = title;
            }
            None => self.round = Some((self.steps.len(), title)),
        }
    }

    /// Ends the rounds: one sentence stands for all of them.
    pub fn end_rounds(&mut self, summary: String) {
        if let Some((from, _)) = self.round.take() {
            self.steps.truncate(from);
        }
        self.steps.push(summary);
    }

    fn numbered(&self) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        for (i, step) in self.steps.iter().enumerate() {
            let mut line = format!("{:>2}. {step}", i + 1);
            if let Some((from, title)) = &self.round {
                if i == *from {
                    line = format!("{:>2}. ({title}) {step}", i + 1);
                }
            }
            lines.push(line);
        }
        // A line that says "1 more" takes as much room as it saves.
        if lines.len() > STEPS + 1 {
            let hidden = lines.len() - STEPS;
            let gap = format!("    … {hidden} more …");
            lines.splice(2..2 + hidden, [gap]);
        }
        lines
    }

    /// The whole story of a failure, [`MAX_LINES`] lines at most.
    pub fn tell(&self, check: &Check, handout: &str, failure: &Failure) -> String {
        let mut should = wrap(&check.shows);
        if !failure.expected.is_empty() {
            should.extend(wrap(&format!("At this step: {}", failure.expected)));
        }
        // The lines of a comparison stand one above the other: they are cut.
        let mut instead = failure.seen.clone();
        instead.extend(failure.state.iter().flat_map(|line| wrap(line)));
        let parts = [
            ("What was done", self.numbered()),
            ("What should have happened", should),
            ("What happened instead", instead),
            ("What it had printed", failure.printed.clone()),
            ("Read on", vec![format!("{handout}, {}", check.cites())]),
        ];
        lay_out(parts)
    }
}

/// Headings at the margin, lines below them indented; the two middle parts
/// give way when the whole would be too long.
fn lay_out(mut parts: [(&str, Vec<String>); 5]) -> String {
    let total = |parts: &[(&str, Vec<String>); 5]| -> usize {
        parts
            .iter()
            .filter(|(_, lines)| !lines.is_empty())
            .map(|(_, lines)| lines.len() + 1)
            .sum()
    };
    while total(&parts) > MAX_LINES {
        // What was printed gives way first, then the steps, then the rest.
        let Some(part) = [3, 0, 2]
            .into_iter()
            .find(|&part| parts[part].1.len() > if part == 2 { 8 } else { 5 })
            .or_else(|| {
                [3, 0, 2, 1]
                    .into_iter()
                    .find(|&part| parts[part].1.len() > 3)
            })
        else {
            break;
        };
        let middle = parts[part].1.len() / 2;
        parts[part].1.remove(middle);
    }
    let mut out = String::new();
    for (heading, lines) in parts.iter().filter(|(_, lines)| !lines.is_empty()) {
        out.push_str(heading);
        out.push('\n');
        for line in lines {
            out.push_str("  ");
            out.push_str(&cut(line));
            out.push('\n');
        }
    }
    out
}

/// A sentence on as many lines as it needs.
fn wrap(sentence: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in sentence.split(' ') {
        let line = lines.last().map_or(0, |line| line.chars().count());
        if line > 4 && line + 1 + word.chars().count() > WRAP {
            lines.push("   ".into());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}

/// Whether a terminal obeys a character: control characters, and those that turn the
/// direction of what follows.
fn is_obeyed(c: char) -> bool {
    c.is_control() || turns(c)
}

fn cut(line: &str) -> String {
    let line: String = line
        .chars()
        .map(|c| if is_obeyed(c) { '·' } else { c })
        .collect();
    if line.chars().count() <= MAX_WIDTH {
        line
    } else {
        line.chars().take(MAX_WIDTH - 1).chain(['…']).collect()
    }
}

/// The last lines of what a program printed, a line each, for a story.
pub(crate) fn tail(name: &str, printed: &[u8], lines: usize) -> Vec<String> {
    if printed.is_empty() {
        return Vec::new();
    }
    let mut pieces: Vec<&[u8]> = printed.split_inclusive(|&byte| byte == b'\n').collect();
    let hidden = pieces.len().saturating_sub(lines);
    pieces.drain(..hidden);
    let mut out = Vec::new();
    if hidden > 0 {
        let s = if hidden == 1 { "" } else { "s" };
        out.push(format!(
            "{name}  … {} line{s} before …",
            bytes::thousands(hidden)
        ));
    }
    for piece in pieces {
        let text = piece.strip_suffix(b"\n").unwrap_or(piece);
        // Of a line of megabytes no more is shown than of one of a thousand bytes.
        let mut end = text.len().min(1000);
        while end > 0 && end < text.len() && text[end] & 0xC0 == 0x80 {
            end -= 1;
        }
        let shown = match std::str::from_utf8(&text[..end]) {
            Ok(text) if !text.chars().any(is_obeyed) => text.to_string(),
            _ => bytes::show(text),
        };
        out.push(format!("{name}  {shown}"));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exercise::Level;

    fn check() -> Check {
        Check {
            name: "echoes_a_line".into(),
            requirement: "1".into(),
            points: 10,
            level: Level::Core,
            concepts: vec![],
            shows: "Every line comes back unchanged.".into(),
            hints: vec![],
            after: vec![],
        }
    }

    #[test]
    fn a_story_has_its_parts_in_order() {
        let mut story = Story::default();
        story.step("ada sent \"hello\\n\" (6 bytes)");
        let failure = Failure {
            expected: "ada receives \"hello\\n\" (6 bytes)".into(),
            seen: vec!["ada received nothing for 2 s.".into()],
            state: vec!["The program waits in accept4(3) for a new client.".into()],
            printed: vec!["stdout  listening".into()],
        };
        assert_eq!(
            story.tell(&check(), "exercises/09/README.md", &failure),
            "\
What was done
   1. ada sent \"hello\\n\" (6 bytes)
What should have happened
  Every line comes back unchanged.
  At this step: ada receives \"hello\\n\" (6 bytes)
What happened instead
  ada received nothing for 2 s.
  The program waits in accept4(3) for a new client.
What it had printed
  stdout  listening
Read on
  exercises/09/README.md, requirement 1
"
        );
    }

    #[test]
    fn the_longest_story_fits_a_screen_and_keeps_its_end() {
        let mut story = Story::default();
        for i in 0..100 {
            story.step(format!("step {i}"));
        }
        let many = |n: usize| (0..n).map(|i| format!("line {i}")).collect::<Vec<_>>();
        let failure = Failure {
            expected: "x".repeat(500),
            seen: many(20),
            state: many(20),
            printed: many(40),
        };
        let text = story.tell(&check(), "README.md", &failure);
        assert!(text.lines().count() <= MAX_LINES, "{text}");
        assert!(text.ends_with("README.md, requirement 1\n"));
        assert!(text.contains("100. step 99"));
        assert!(
            text.lines()
                .all(|line| line.chars().count() <= MAX_WIDTH + 2)
        );
    }

    #[test]
    fn a_long_sentence_goes_on_below() {
        let sentence = "one two three four five six seven eight nine ten ".repeat(4);
        let lines = wrap(sentence.trim_end());
        assert!(lines.len() > 1);
        assert!(lines.iter().all(|line| line.chars().count() <= WRAP));
        assert!(lines[1].starts_with("    "), "{lines:?}");
        assert_eq!(
            lines.join(" ").split_whitespace().collect::<Vec<_>>(),
            sentence.split_whitespace().collect::<Vec<_>>()
        );
    }

    #[test]
    fn only_the_present_round_is_told() {
        let mut story = Story::default();
        story.step("before");
        for i in 1..=3 {
            story.begin_round(format!("round {i} of 1,000"));
            story.step("ada connected");
            story.step("ada left");
        }
        assert_eq!(
            story.numbered(),
            [
                " 1. before",
                " 2. (round 3 of 1,000) ada connected",
                " 3. ada left"
            ]
        );
        story.end_rounds("1,000 clients came and left".into());
        assert_eq!(story.numbered()[1], " 2. 1,000 clients came and left");
    }

    #[test]
    fn a_scene_of_its_own_tells_nothing_of_the_one_before() {
        let mut story = Story::default();
        story.step("first client: the server closes");
        story.begin_round("round 1 of 2".into());
        story.step("ada connected");
        story.begin_anew("second client: the server resets");
        story.step("bob connected");
        assert_eq!(
            story.numbered(),
            [" 1. second client: the server resets", " 2. bob connected"]
        );
    }

    #[test]
    fn control_bytes_of_a_program_never_reach_the_terminal() {
        assert_eq!(
            tail("stdout", b"one\n\x1b[2Jtwo", 5),
            ["stdout  one", "stdout  \"\\x1b[2Jtwo\" (7 bytes)"]
        );
        assert!(!tail("stdout", "\u{202e}owt".as_bytes(), 5)[0].contains('\u{202e}'));
        assert_eq!(cut("\u{202e}owt"), "·owt");
        assert_eq!(
            tail("stderr", b"a\nb\nc\n", 1)[0],
            "stderr  … 2 lines before …"
        );
    }
}
