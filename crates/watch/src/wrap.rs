//! Text for a terminal: nothing in it that a terminal obeys, no line too wide.

use testbed::exercise::text::turns;
use testbed::story::WRAP;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// How many columns a tab leads to the next of.
const TAB: usize = 4;

/// A line as a terminal shows it and does not obey it: control characters, and
/// those that turn the direction of what follows, are replaced.
pub fn clean(line: &str) -> String {
    let mut cleaned = String::with_capacity(line.len());
    for c in line.chars() {
        match c {
            '\t' => {
                let column = cleaned.width();
                cleaned.extend(std::iter::repeat_n(' ', TAB - column % TAB));
            }
            _ if turns(c) || c.is_control() => cleaned.push('\u{fffd}'),
            _ => cleaned.push(c),
        }
    }
    cleaned
}

/// As much of a line as fits into so many columns; what is left out is marked.
pub fn cut(line: &str, columns: usize) -> String {
    if line.width() <= columns {
        return line.to_owned();
    }
    let mut kept = String::new();
    let mut used = 0;
    for c in line.chars() {
        let wide = c.width().unwrap_or(0);
        // A column for the mark.
        if used + wide + 1 > columns {
            break;
        }
        kept.push(c);
        used += wide;
    }
    if columns > 0 {
        kept.push('>');
    }
    kept
}

/// The lines of a text, [cleaned](clean), none wider than so many columns. A line
/// that is too wide goes on below, indented a little more than it was, broken at a
/// blank if there is one.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(1);
    let mut wrapped = Vec::new();
    for line in text.lines() {
        let line = clean(line);
        let blanks = line.len() - line.trim_start().len();
        let indent = " ".repeat((blanks + 2).min(columns / 2));
        let mut rest = line.as_str();
        let mut first = true;
        loop {
            let room = if first {
                columns
            } else {
                columns - indent.len()
            };
            let end = fits(rest, room.max(1));
            let piece = rest[..end].trim_end();
            wrapped.push(if first {
                piece.to_owned()
            } else {
                format!("{indent}{piece}")
            });
            rest = rest[end..].trim_start();
            first = false;
            if rest.is_empty() {
                break;
            }
        }
    }
    wrapped
}

/// A story in which each sentence is one line again: it was broken for a screen of
/// 100 columns ([`testbed::story`]).
pub fn unbroken(story: &str) -> String {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let mut lines: Vec<String> = Vec::new();
    // How wide the line before was before anything was put to it.
    let mut before = 0;
    for line in story.lines() {
        let rest = line.trim_start();
        let word = rest.split(' ').next().unwrap_or_default();
        // Within the story, two blanks stand before each line, four more before what
        // goes on.
        let goes_on = before + 1 + word.width() > WRAP + 2 && indent(line) == 6;
        before = line.width();
        match lines.last_mut() {
            Some(last) if goes_on && !rest.is_empty() => {
                last.push(' ');
                last.push_str(rest);
            }
            _ => lines.push(line.to_owned()),
        }
    }
    lines.join("\n")
}

/// How many bytes of a text go into one line: up to a blank, if there is one behind
/// its first word.
fn fits(text: &str, columns: usize) -> usize {
    let mut used = 0;
    let mut blank = None;
    let begun = text.len() - text.trim_start().len();
    for (at, c) in text.char_indices() {
        used += c.width().unwrap_or(0);
        if used > columns {
            // What is wider than the whole line is shown alone.
            let least = at.max(text.chars().next().map_or(0, char::len_utf8));
            return match blank {
                _ if c == ' ' => least,
                Some(blank) => blank,
                None => least,
            };
        }
        if c == ' ' && at > begun {
            blank = Some(at);
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_obeys_nothing_of_what_was_said() {
        let line = clean("a\tb\x1b[2J\u{9b}31m\u{202e}\x07é");
        assert_eq!(line, "a   b\u{fffd}[2J\u{fffd}31m\u{fffd}\u{fffd}é");
    }

    #[test]
    fn a_wide_line_goes_on_below_indented() {
        assert_eq!(
            wrap("  1. the client sends bytes\n\nx", 14),
            ["  1. the", "    client", "    sends", "    bytes", "", "x"]
        );
        assert_eq!(wrap("abcdefgh", 5), ["abcde", "  fgh"]);
        assert_eq!(wrap("日本語", 4), ["日本", "  語"]);
    }

    #[test]
    fn nothing_is_wider_than_it_may_be_and_nothing_is_lost() {
        let text = "    12. x\u{301}日本 the  server\twrote 'aaaaaaaaaaaaaaaaaaaaaaaaaa'";
        let letters = |text: &str| -> String { text.split_whitespace().collect() };
        for columns in 4..80 {
            let lines = wrap(text, columns);
            assert!(
                lines.iter().all(|line| line.width() <= columns),
                "{lines:?}"
            );
            assert_eq!(letters(&lines.concat()), letters(&clean(text)), "{columns}");
        }
        // Even where nothing fits, it ends.
        assert_eq!(letters(&wrap("日本", 1).concat()), "日本");
    }

    #[test]
    fn a_sentence_of_a_story_is_made_whole_and_nothing_else_is() {
        let long = format!("  {} counts", "word ".repeat(18).trim_end());
        let story = format!("{long}\n      the bytes\n  1. ada sent \"x\"\n      indented\n");
        let whole = unbroken(&story);
        assert_eq!(
            whole,
            format!("{long} the bytes\n  1. ada sent \"x\"\n      indented")
        );
    }

    #[test]
    fn what_is_cut_is_marked() {
        assert_eq!(cut("abcdef", 6), "abcdef");
        assert_eq!(cut("abcdef", 5), "abcd>");
        assert_eq!(cut("日本語", 4), "日>");
        assert_eq!(cut("abc", 0), "");
    }
}
