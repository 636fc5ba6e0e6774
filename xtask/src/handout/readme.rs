//! The students' part of the README, which is cut out of the whole.
//!
//! What stands between the two marks, each a line of its own, is for others.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

const OPENS: &str = "<!-- not for students -->";
const CLOSES: &str = "<!-- for students again -->";

/// The students' part of the README of a lab.
///
/// # Errors
///
/// It cannot be read, or a mark has no counterpart.
pub fn of(root: &Path) -> Result<String> {
    let path = root.join("README.md");
    let text = fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
    cut(&text).with_context(|| path.display().to_string())
}

fn cut(whole: &str) -> Result<String> {
    let mut text = String::new();
    let mut opened = None;
    for (line, number) in whole.lines().zip(1..) {
        match (line, opened) {
            (OPENS, None) => opened = Some(number),
            (CLOSES, Some(_)) => opened = None,
            (OPENS | CLOSES, _) => bail!("line {number}: this mark has no counterpart"),
            // No two empty lines in a row where something was cut out.
            ("", None) if text.ends_with("\n\n") => {}
            (_, None) => {
                let _ = writeln!(text, "{line}");
            }
            (_, Some(_)) => {}
        }
    }
    match opened {
        Some(number) => bail!("line {number}: this mark has no counterpart"),
        None => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_marked_is_cut_out_without_a_trace() {
        let whole = format!("a\n\n{OPENS}\nb\n{CLOSES}\n\nc\n");
        assert_eq!(cut(&whole).unwrap(), "a\n\nc\n");
    }

    #[test]
    fn marks_without_a_counterpart_are_named_by_line() {
        for text in [
            format!("a\n{OPENS}\n"),
            format!("a\n{CLOSES}\n"),
            format!("{OPENS}\n{OPENS}\n{CLOSES}\n"),
        ] {
            let error = cut(&text).unwrap_err().to_string();
            assert!(error.contains("line "), "{error}");
        }
    }
}
