//! Bytes as a student reads them: text with escapes, and the place where two
//! runs of bytes first differ.

/// How wide what is shown on each side of a difference may be.
const AROUND: usize = 26;
/// How wide bytes are shown where there is nothing to compare with.
const SHOWN: usize = 48;

/// One byte as it is written between quotes.
fn escape(byte: u8) -> String {
    match byte {
        b'\n' => "\\n".into(),
        b'\r' => "\\r".into(),
        b'\t' => "\\t".into(),
        b'"' => "\\\"".into(),
        b'\\' => "\\\\".into(),
        0 => "\\0".into(),
        0x20..=0x7e => char::from(byte).to_string(),
        _ => format!("\\x{byte:02x}"),
    }
}

fn escape_all(bytes: &[u8]) -> String {
    bytes.iter().copied().map(escape).collect()
}

/// The bytes between quotes, all of them.
///
/// ```
/// assert_eq!(testbed::bytes::quote(b"hi\n\xff"), r#""hi\n\xff""#);
/// ```
pub fn quote(bytes: &[u8]) -> String {
    format!("\"{}\"", escape_all(bytes))
}

/// The bytes between quotes, with their count, cut in the middle when there
/// are many.
///
/// ```
/// assert_eq!(testbed::bytes::show(b"hi\n"), r#""hi\n" (3 bytes)"#);
/// assert_eq!(testbed::bytes::show(b""), "nothing");
/// ```
pub fn show(bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return "nothing".into();
    }
    let count = count(bytes.len());
    let whole = escape_all(&bytes[..bytes.len().min(SHOWN + 1)]);
    if bytes.len() <= SHOWN && whole.len() <= SHOWN {
        return format!("\"{whole}\" ({count})");
    }
    let head = first(bytes, SHOWN * 2 / 3);
    let tail = last(bytes, SHOWN / 4);
    format!("\"{head}…{tail}\" ({count})")
}

/// As many of the first bytes, escaped, as `width` columns take.
fn first(bytes: &[u8], width: usize) -> String {
    let mut out = String::new();
    for &byte in bytes {
        let piece = escape(byte);
        if out.len() + piece.len() > width {
            break;
        }
        out.push_str(&piece);
    }
    out
}

/// As many of the last bytes, escaped, as `width` columns take.
fn last(bytes: &[u8], width: usize) -> String {
    let mut taken = 0;
    let mut columns = 0;
    for &byte in bytes.iter().rev() {
        columns += escape(byte).len();
        if columns > width {
            break;
        }
        taken += 1;
    }
    escape_all(&bytes[bytes.len() - taken..])
}

/// `1 byte`, `1,024 bytes`.
///
/// ```
/// assert_eq!(testbed::bytes::count(1_048_576), "1,048,576 bytes");
/// ```
pub fn count(n: usize) -> String {
    format!("{} byte{}", thousands(n), if n == 1 { "" } else { "s" })
}

/// A number with commas between its thousands.
pub fn thousands(n: usize) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// The first place where two runs of bytes differ; where one is the beginning
/// of the other, its end.
pub fn first_difference(expected: &[u8], seen: &[u8]) -> Option<usize> {
    let common = expected
        .iter()
        .zip(seen)
        .take_while(|(expected, seen)| expected == seen)
        .count();
    (common < expected.len() || common < seen.len()).then_some(common)
}

/// The two runs one above the other, around the first difference, which a
/// line below marks. An end that comes too soon is a difference like any
/// other.
pub fn difference(expected: &[u8], seen: &[u8]) -> Vec<String> {
    let Some(at) = first_difference(expected, seen) else {
        return Vec::new();
    };
    let before = last(&expected[..at], AROUND);
    let cut = before.len() < escape_all(&expected[at.saturating_sub(AROUND + 1)..at]).len();
    let lead = if cut { "…" } else { "" };
    let window = |bytes: &[u8]| -> String {
        let rest = bytes.get(at..).unwrap_or_default();
        let after = first(rest, AROUND);
        let tail = if after.len() < escape_all(&rest[..rest.len().min(AROUND + 1)]).len() {
            "…"
        } else {
            ""
        };
        format!("\"{lead}{before}{after}{tail}\"")
    };
    let column = 1 + lead.chars().count() + before.len();
    let place = |bytes: &[u8]| match bytes.get(at) {
        Some(&byte) => format!("'{}'", escape(byte)),
        None => "the end".into(),
    };
    vec![
        format!("expected  {}", window(expected)),
        format!("received  {}", window(seen)),
        format!(
            "{}^ byte {}: expected {}, received {}",
            " ".repeat(10 + column),
            thousands(at),
            place(expected),
            place(seen),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_stands_below_the_first_byte_that_differs() {
        let lines = difference(b"hello\n", b"help\n");
        assert_eq!(lines[0], r#"expected  "hello\n""#);
        assert_eq!(lines[1], r#"received  "help\n""#);
        assert_eq!(
            lines[2],
            "              ^ byte 3: expected 'l', received 'p'"
        );
        assert_eq!(lines[0].chars().nth(14), Some('l'));
        assert_eq!(lines[1].chars().nth(14), Some('p'));
    }

    #[test]
    fn a_difference_far_inside_is_shown_with_what_is_around_it() {
        let expected = vec![b'a'; 10_000];
        let mut seen = expected.clone();
        seen[5_000] = 0;
        let lines = difference(&expected, &seen);
        assert!(lines[2].contains("^ byte 5,000: expected 'a', received '\\0'"));
        assert!(lines[1].starts_with("received  \"…aaa"));
        assert!(lines[0].len() < 80, "{}", lines[0]);
    }

    #[test]
    fn an_end_that_comes_too_soon_is_named() {
        let lines = difference(b"hello\n", b"hel");
        assert!(lines[2].ends_with("expected 'l', received the end"));
        assert!(difference(b"same", b"same").is_empty());
    }
}
