//! Three texts become one: what was, what somebody made of it, what the lab made of it.
//!
//! Line ends and byte order marks are a matter of editors, not of what was written:
//! they are taken off before anything is compared, and the result gets those of the
//! learner's file.

use std::borrow::Cow;
use std::collections::HashMap;

mod gaps;

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Merge {
    /// Both changes, in one text.
    Clean(Vec<u8>),
    /// Both changed the same place: the text, with marks around both.
    Conflict(Vec<u8>),
    /// One of them is no text.
    NoText,
}

const BOM: &[u8] = b"\xef\xbb\xbf";

/// A text without what editors add to it.
struct Text<'a> {
    /// With `\n` at every line's end, also the last.
    body: Cow<'a, [u8]>,
    bom: bool,
    /// Whether most lines end with `\r\n`.
    crlf: bool,
    /// Whether the last line had an end.
    ended: bool,
}

impl<'a> Text<'a> {
    /// None for what is no text: it holds a NUL.
    fn of(bytes: &'a [u8]) -> Option<Text<'a>> {
        if bytes.contains(&0) {
            return None;
        }
        let bom = bytes.starts_with(BOM);
        let bare = bytes.strip_prefix(BOM).unwrap_or(bytes);
        let count = |end: &[u8]| {
            bare.windows(end.len())
                .filter(|there| *there == end)
                .count()
        };
        let (all, long) = (count(b"\n"), count(b"\r\n"));
        let ended = bare.is_empty() || bare.ends_with(b"\n");
        let body = if long == 0 && ended {
            Cow::Borrowed(bare)
        } else {
            let mut body = Vec::with_capacity(bare.len() + 1);
            for line in bare.split_inclusive(|byte| *byte == b'\n') {
                let text = line.strip_suffix(b"\n").unwrap_or(line);
                body.extend(text.strip_suffix(b"\r").unwrap_or(text));
                body.push(b'\n');
            }
            Cow::Owned(body)
        };
        Some(Text {
            body,
            bom,
            crlf: long * 2 > all,
            ended,
        })
    }

    /// Another text in this one's manner.
    fn dress(&self, body: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(body.len() + BOM.len());
        if self.bom {
            bytes.extend(BOM);
        }
        for line in body.split_inclusive(|byte| *byte == b'\n') {
            match line.strip_suffix(b"\n") {
                Some(text) if self.crlf => {
                    bytes.extend(text);
                    bytes.extend(b"\r\n");
                }
                _ => bytes.extend(line),
            }
        }
        if !self.ended {
            let end: &[u8] = if self.crlf { b"\r\n" } else { b"\n" };
            if bytes.ends_with(end) {
                bytes.truncate(bytes.len() - end.len());
            }
        }
        bytes
    }
}

/// Whether two files say the same, whatever their line ends.
pub fn same(one: &[u8], other: &[u8]) -> bool {
    one == other
        || match (Text::of(one), Text::of(other)) {
            (Some(one), Some(other)) => one.body == other.body,
            _ => false,
        }
}

/// A text with the line ends that another has.
pub fn dressed_as(like: &[u8], bytes: &[u8]) -> Vec<u8> {
    match (Text::of(like), Text::of(bytes)) {
        (Some(like), Some(text)) if !like.body.is_empty() => like.dress(&text.body),
        _ => bytes.to_vec(),
    }
}

/// Puts the two changes of a text together.
pub fn three_ways(base: &[u8], mine: &[u8], new: &[u8]) -> Merge {
    let (Some(base), Some(mine), Some(new)) = (Text::of(base), Text::of(mine), Text::of(new))
    else {
        return Merge::NoText;
    };
    let wanted = gaps::reworded(&base.body, &mine.body, &new.body);
    match diffy::merge_bytes(&base.body, &mine.body, &wanted) {
        Ok(merged) if keeps_both(&base.body, &mine.body, &wanted, &merged) => {
            Merge::Clean(mine.dress(&merged))
        }
        // Said to be clean, and something is not in it: nobody but its author can tell.
        Ok(_) => Merge::Conflict(mine.dress(&side_by_side(&mine.body, &new.body))),
        Err(marked) => Merge::Conflict(mine.dress(&named(&marked))),
    }
}

/// Whether every line that either side added or removed was added or removed.
fn keeps_both(base: &[u8], mine: &[u8], new: &[u8], merged: &[u8]) -> bool {
    let mut counts: HashMap<&[u8], [isize; 4]> = HashMap::new();
    for (index, text) in [base, mine, new, merged].into_iter().enumerate() {
        for line in text.split(|byte| *byte == b'\n') {
            counts.entry(line).or_default()[index] += 1;
        }
    }
    let holds = |own: isize, base: isize, other: isize, merged: isize| match own - base {
        0 => true,
        1.. => merged >= own + (other - base).min(0),
        _ => merged <= own + (other - base).max(0),
    };
    counts.values().all(|&[base, mine, new, merged]| {
        holds(mine, base, new, merged) && holds(new, base, mine, merged)
    })
}

const YOURS: &[u8] = b"<<<<<<< yours";
const BEFORE: &[u8] = b"||||||| the lab's, before";
const BETWEEN: &[u8] = b"=======";
const NOW: &[u8] = b">>>>>>> the lab's, now";

/// The marks of a merge, with names that say whose is whose.
fn named(marked: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(marked.len());
    for line in marked.split_inclusive(|byte| *byte == b'\n') {
        let name = match line {
            b"<<<<<<< ours\n" => YOURS,
            b"||||||| original\n" => BEFORE,
            b">>>>>>> theirs\n" => NOW,
            other => {
                text.extend(other);
                continue;
            }
        };
        text.extend(name);
        text.push(b'\n');
    }
    text
}

fn side_by_side(mine: &[u8], new: &[u8]) -> Vec<u8> {
    [YOURS, b"\n", mine, BETWEEN, b"\n", new, NOW, b"\n"].concat()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BASE: &[u8] = b"one\ntwo\nthree\nfour\nfive\nsix\n";

    fn clean(base: &[u8], mine: &[u8], new: &[u8]) -> String {
        match three_ways(base, mine, new) {
            Merge::Clean(bytes) => String::from_utf8(bytes).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn changes_of_different_places_come_together() {
        let mine = b"one\nMINE\nthree\nfour\nfive\nsix\n";
        let new = b"one\ntwo\nthree\nfour\nNEW\nsix\n";
        assert_eq!(clean(BASE, mine, new), "one\nMINE\nthree\nfour\nNEW\nsix\n");
    }

    #[test]
    fn changes_of_one_place_are_marked_with_whose_they_are() {
        let merge = three_ways(b"a\nb\nc\n", b"a\nM\nc\n", b"a\nN\nc\n");
        let Merge::Conflict(text) = merge else {
            panic!("{merge:?}")
        };
        assert_eq!(
            String::from_utf8(text).unwrap(),
            "a\n<<<<<<< yours\nM\n||||||| the lab's, before\nb\n=======\nN\n\
             >>>>>>> the lab's, now\nc\n"
        );
    }

    #[test]
    fn the_learners_line_ends_and_byte_order_mark_stay() {
        let mine = b"\xef\xbb\xbfone\r\nMINE\r\nthree\r\nfour\r\nfive\r\nsix";
        let new = b"one\ntwo\nthree\nfour\nNEW\nsix\n";
        assert_eq!(
            clean(BASE, mine, new),
            "\u{feff}one\r\nMINE\r\nthree\r\nfour\r\nNEW\r\nsix"
        );
        assert!(same(mine, b"one\nMINE\nthree\nfour\nfive\nsix\n"));
        assert_eq!(dressed_as(b"a\r\nb\r\n", b"x\ny\n"), b"x\r\ny\r\n");
        assert_eq!(dressed_as(b"a\nb\n", b"x\r\ny\n"), b"x\ny\n");
    }

    #[test]
    fn what_is_no_text_is_not_merged() {
        assert_eq!(three_ways(b"a\n", b"a\0", b"b\n"), Merge::NoText);
        assert!(!same(b"a\0\n", b"a\0\r\n"));
    }

    #[test]
    fn a_gap_that_was_filled_does_not_mind_new_words() {
        let base = b"fn f() {\n    todo!(\"do it\")\n}\nfn g() {\n    todo!(\"that too\")\n}\n";
        let mine = b"fn f() {\n    done()\n}\nfn g() {\n    todo!(\"that too\")\n}\n";
        let new = b"fn f() {\n    todo!(\"do it well\")\n}\nfn g() {\n    todo!(\"and that\")\n}\n";
        assert_eq!(
            clean(base, mine, new),
            "fn f() {\n    done()\n}\nfn g() {\n    todo!(\"and that\")\n}\n"
        );
    }

    #[test]
    fn a_merge_that_drops_a_line_is_none() {
        assert!(keeps_both(b"a\n", b"a\nm\n", b"n\na\n", b"n\na\nm\n"));
        assert!(!keeps_both(b"a\n", b"a\nm\n", b"n\na\n", b"n\na\n"));
        assert!(!keeps_both(b"a\n", b"a\nm\n", b"n\na\n", b"a\nm\n"));
        assert!(!keeps_both(b"a\nb\n", b"b\n", b"a\nb\nn\n", b"a\nb\nn\n"));
        // Both made the same change.
        assert!(keeps_both(b"a\n", b"a\nx\n", b"a\nx\n", b"a\nx\n"));
    }

    /// Few different lines, so that texts have much in common.
    fn text() -> impl Strategy<Value = Vec<u8>> {
        proptest::collection::vec(0..8_u8, 0..12).prop_map(|lines| {
            let lines = lines.into_iter().map(|line| [b'a' + line, b'\n']);
            lines.flatten().collect()
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn whatever_is_merged_no_added_line_is_lost(base in text(), mine in text(), new in text()) {
            let (Merge::Clean(result) | Merge::Conflict(result)) = three_ways(&base, &mine, &new) else {
                return Err(TestCaseError::fail("these are texts"));
            };
            let count = |text: &[u8], line: &[u8]| {
                text.split(|byte| *byte == b'\n').filter(|there| *there == line).count()
            };
            for line in (b'a'..=b'h').map(|letter| [letter]) {
                let [base, mine, new, result] =
                    [&base, &mine, &new, &result].map(|text| count(text, &line));
                if mine > base && new >= base {
                    prop_assert!(result >= mine);
                }
                if new > base && mine >= base {
                    prop_assert!(result >= new);
                }
            }
        }

        #[test]
        fn one_side_alone_is_taken_as_it_is(base in text(), mine in text()) {
            prop_assert_eq!(three_ways(&base, &mine, &base), Merge::Clean(mine.clone()));
            prop_assert_eq!(three_ways(&base, &base, &mine), Merge::Clean(mine));
        }
    }
}
