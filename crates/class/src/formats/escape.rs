//! Text of students, made harmless to print.

/// The longest text that any format carries, in characters: no story is longer, and
/// a compiler may be made to say megabytes.
pub const LONGEST: usize = 16_000;

/// Text in which everything that is not to be seen is to be seen.
///
/// Lines end with `\n`, tabs stay. Other control characters become the picture of
/// themselves (`␛` for the one that begins colours, `␍` for a carriage return of
/// its own, which would let a line overwrite itself), those that turn the direction
/// of writing or separate lines become `\u{202e}`, and what is no character at all
/// becomes `�`. What is left may stand in XML 1.0.
pub fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.replace("\r\n", "\n").chars() {
        match c {
            '\n' | '\t' => plain.push(c),
            '\0'..='\u{1f}' => plain.extend(char::from_u32(0x2400 + u32::from(c))),
            '\u{7f}' => plain.push('\u{2421}'),
            '\u{80}'..='\u{9f}'
            | '\u{61c}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
            | '\u{feff}' => plain.extend(c.escape_unicode()),
            '\u{fdd0}'..='\u{fdef}' => plain.push('\u{fffd}'),
            c if u32::from(c) & 0xfffe == 0xfffe => plain.push('\u{fffd}'),
            c => plain.push(c),
        }
    }
    plain
}

/// The same, on one line.
pub fn line(text: &str) -> String {
    let plain = plain(text);
    let words = plain.split(['\n', '\t']).map(str::trim);
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

/// The beginning of a text, and a mark where it was cut.
pub fn short(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        None => text.to_owned(),
        Some((at, _)) => format!("{}… (cut)", &text[..at]),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sample::HOSTILE;

    #[test]
    fn what_is_not_to_be_seen_is_seen() {
        assert_eq!(plain("a\r\nb\rc\td"), "a\nb␍c\td");
        assert_eq!(plain("\u{1b}[31m\0\u{7f}\u{9b}"), "␛[31m␀␡\\u{9b}");
        assert_eq!(plain("\u{202e}x\u{2028}"), "\\u{202e}x\\u{2028}");
        assert_eq!(plain("é \u{1f980} 漢"), "é \u{1f980} 漢");
        assert_eq!(line("a\r\n\tb\n"), "a b");
        assert_eq!(short("ééé", 2), "éé… (cut)");
        assert_eq!(short("éé", 2), "éé");
        assert!(!line(HOSTILE).contains(char::is_control));
    }

    proptest! {
        #[test]
        fn nothing_but_newlines_and_tabs_controls_anything(text in "\\PC*|.*|(?s).*") {
            let plain = plain(&text);
            let control = |c: char| c.is_control() && c != '\n' && c != '\t';
            prop_assert!(!plain.contains(control));
            prop_assert!(!line(&text).contains(char::is_control));
            // Twice is once: no mark is taken for something else.
            prop_assert_eq!(super::plain(&plain), plain);
        }
    }
}
