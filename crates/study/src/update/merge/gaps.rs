//! The gaps of skeletons, `todo!("…")`, in a merge.
//!
//! Who has filled a gap has no use for other words in it, and the place is not in
//! dispute only because the lab found better ones.

use std::borrow::Cow;
use std::ops::Range;
use std::str;

/// The new skeleton, in which each gap that the learner has filled says what it said
/// before. It is as it was where the gaps of the two skeletons are not the same ones.
pub fn reworded<'a>(base: &[u8], mine: &[u8], new: &'a [u8]) -> Cow<'a, [u8]> {
    let texts = (
        str::from_utf8(base),
        str::from_utf8(mine),
        str::from_utf8(new),
    );
    let (Ok(base), Ok(mine), Ok(text)) = texts else {
        return Cow::Borrowed(new);
    };
    let (before, after) = (gaps(base), gaps(text));
    if before.len() != after.len() || moved(&before, &after) {
        return Cow::Borrowed(new);
    }
    let left = gaps(mine);
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let mut result = String::with_capacity(text.len());
    let mut at = 0;
    for (before, after) in before.iter().zip(&after) {
        result.extend(lines[at..after.lines.start].iter().copied());
        let filled = !left.iter().any(|gap| gap.words == before.words);
        result.push_str(if filled { before.text } else { after.text });
        at = after.lines.end;
    }
    result.extend(lines[at..].iter().copied());
    Cow::Owned(result.into_bytes())
}

/// Whether a gap has taken another's place.
fn moved(before: &[Gap], after: &[Gap]) -> bool {
    after.iter().enumerate().any(|(at, gap)| {
        before[at].words != gap.words && before.iter().any(|other| other.words == gap.words)
    })
}

struct Gap<'a> {
    lines: Range<usize>,
    /// The lines as they stand.
    text: &'a str,
    /// What it asks for, wherever its lines are broken.
    words: String,
}

fn gaps(text: &str) -> Vec<Gap<'_>> {
    let mut gaps = Vec::new();
    // The first line of a gap that is not yet closed: its number, and where it begins.
    let mut open = None;
    let mut at = 0;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let end = at + line.len();
        if open.is_none() && line.trim_start().starts_with("todo!(") {
            open = Some((number, at));
        }
        if let Some((first, begins)) = open {
            if line.trim_end().trim_end_matches(';').ends_with(')') {
                open = None;
                let text = &text[begins..end];
                let quoted = text.find('"').zip(text.rfind('"'));
                gaps.push(Gap {
                    lines: first..number + 1,
                    text,
                    words: quoted.map_or(text, |(from, to)| &text[from..to]).to_owned(),
                });
            }
        }
        at = end;
    }
    gaps
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(base: &str, mine: &str, new: &str) -> String {
        let text = reworded(base.as_bytes(), mine.as_bytes(), new.as_bytes());
        String::from_utf8(text.into_owned()).unwrap()
    }

    #[test]
    fn a_gap_of_three_lines_is_one() {
        let base = "todo!(\"a\");\nx\n";
        let new = "todo!(\n    \"b\"\n);\nx\ny\n";
        assert_eq!(of(base, "done\nx\n", new), "todo!(\"a\");\nx\ny\n");
        assert_eq!(of(base, base, new), new);
    }

    #[test]
    fn gaps_that_changed_places_are_left_to_the_merge() {
        let base = "todo!(\"a\")\ntodo!(\"b\")\n";
        let new = "todo!(\"b\")\ntodo!(\"a\")\n";
        assert_eq!(of(base, "done\n", new), new);
        assert_eq!(of(base, "done\n", "todo!(\"a\")\n"), "todo!(\"a\")\n");
    }
}
