//! Text of students in which nothing hides.

use std::borrow::Cow;

/// The longest name that a page shows, in characters.
const NAME: usize = 80;

/// Replaces what a browser would not show, or would let change what is around
/// it: control characters become their pictures (`␛`), and overrides of the
/// reading direction, invisible spaces and what is no character become their
/// numbers (`⟨U+202E⟩`). Line feeds and tabs stay, `\r\n` is a line feed.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(|c| c != '\n' && c != '\t' && hides(c)) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\n' | '\t' => shown.push(c),
            '\r' if chars.peek() == Some(&'\n') => {}
            c if hides(c) => sign(c, &mut shown),
            c => shown.push(c),
        }
    }
    Cow::Owned(shown)
}

/// A name, or a reason, as one line of bounded length; never empty.
pub fn line(text: &str, longest: usize) -> String {
    let mut line = String::new();
    let mut chars = text.trim().chars();
    for c in chars.by_ref().take(longest) {
        match c {
            c if hides(c) => sign(c, &mut line),
            c => line.push(c),
        }
    }
    if chars.next().is_some() {
        line.push('…');
    }
    if line.is_empty() {
        line.push_str("(no name)");
    }
    line
}

/// The name of a submission, as it is shown.
pub fn name(text: &str) -> String {
    line(text, NAME)
}

fn hides(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{fdd0}'..='\u{fdef}' | '\u{e0000}'..='\u{e007f}')
        || (u32::from(c) & 0xfffe) == 0xfffe
}

fn sign(c: char, text: &mut String) {
    let number = u32::from(c);
    let picture = match number {
        0..=0x1f => char::from_u32(0x2400 + number),
        0x7f => Some('␡'),
        _ => None,
    };
    match picture {
        Some(picture) => text.push(picture),
        None => text.push_str(&format!("⟨U+{number:04X}⟩")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_hides_is_shown() {
        assert_eq!(visible("a\0b\x1b[31m\rc\r\n\td"), "a␀b␛[31m␍c\n\td");
        assert_eq!(visible("x\u{202e}gpj.exe"), "x⟨U+202E⟩gpj.exe");
        assert_eq!(visible("plain Ünïcode שלום"), "plain Ünïcode שלום");
    }

    #[test]
    fn a_name_is_one_line_and_never_empty() {
        assert_eq!(name("ada\nlovelace\t"), "ada␊lovelace");
        assert_eq!(name(" \n"), "(no name)");
        assert_eq!(name(&"x".repeat(500)).chars().count(), NAME + 1);
    }

    proptest! {
        #[test]
        fn nothing_that_hides_is_left(text in any::<String>()) {
            prop_assert!(!visible(&text).chars().any(|c| c != '\n' && c != '\t' && hides(c)));
            prop_assert!(!line(&text, 40).chars().any(hides));
        }
    }
}
