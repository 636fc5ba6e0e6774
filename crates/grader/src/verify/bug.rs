//! One mistake of the bug bank.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use diffy::Patch;

use crate::catalogue::Entry;

/// What a patch says of itself in the lines before the difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bug {
    /// What a check that catches it must be about.
    pub concept: String,
    /// The check that must catch it, where that is known.
    pub check: Option<String>,
    /// Where the story lies that the student reads.
    pub golden: PathBuf,
}

impl Bug {
    /// Reads a patch, and applies it to the solution's files.
    pub fn read(
        path: &Path,
        entry: &Entry,
        solution: &BTreeMap<String, String>,
    ) -> Result<(Bug, BTreeMap<String, String>)> {
        let text = fs::read_to_string(path).context("cannot be read")?;
        let start = text
            .find("\n--- ")
            .ok_or_else(|| anyhow!("holds no difference (`--- a/…`)"))?;
        let header = |key: &str| {
            text[..start]
                .lines()
                .find_map(|line| line.strip_prefix(key)?.strip_prefix(':'))
                .map(|value| value.trim().to_owned())
        };
        header("mistake").ok_or_else(|| anyhow!("has no line `mistake:`"))?;
        let concept = header("concept").ok_or_else(|| anyhow!("has no line `concept:`"))?;
        if !entry.data.concepts.contains(&concept) {
            bail!("names the concept `{concept}`, which the exercise does not");
        }
        let check = header("check");
        if let Some(check) = check
            .as_deref()
            .filter(|check| entry.data.check(check).is_none())
        {
            bail!("names the check `{check}`, which does not exist");
        }
        let bug = Bug {
            concept,
            check,
            golden: path.with_extension("txt"),
        };
        Ok((bug, apply(&text[start + 1..], solution)?))
    }
}

/// The files after a patch that may concern several of them.
fn apply(patch: &str, files: &BTreeMap<String, String>) -> Result<BTreeMap<String, String>> {
    let mut patched = files.clone();
    for part in parts(patch) {
        let name = part
            .lines()
            .find_map(|line| line.strip_prefix("+++ b/"))
            .map(|name| name.split('\t').next().unwrap_or(name).trim_end())
            .ok_or_else(|| anyhow!("has a difference without `+++ b/…`"))?;
        let file = patched
            .get_mut(name)
            .ok_or_else(|| anyhow!("changes {name}, which no student hands in"))?;
        let parsed = Patch::from_str(part).context("is no unified difference")?;
        *file = diffy::apply(file, &parsed)
            .with_context(|| format!("does not apply to the solution's {name}"))?;
    }
    if patched == *files {
        bail!("changes nothing");
    }
    Ok(patched)
}

/// The differences of the single files.
fn parts(patch: &str) -> Vec<&str> {
    let mut starts: Vec<usize> = vec![0];
    starts.extend(patch.match_indices("\n--- a/").map(|(at, _)| at + 1));
    let ends = starts.iter().skip(1).copied().chain([patch.len()]);
    starts
        .iter()
        .zip(ends)
        .map(|(start, end)| &patch[*start..end])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs
            .iter()
            .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()))
            .collect()
    }

    const TWO: &str = "--- a/src/a.rs\n+++ b/src/a.rs\n@@ -1 +1 @@\n-one\n+ONE\n\
                       --- a/src/b.rs\n+++ b/src/b.rs\n@@ -1 +1 @@\n-two\n+TWO\n";

    #[test]
    fn a_patch_may_change_several_files() {
        let before = files(&[("src/a.rs", "one\n"), ("src/b.rs", "two\n")]);
        let after = apply(TWO, &before).unwrap();
        assert_eq!(
            after,
            files(&[("src/a.rs", "ONE\n"), ("src/b.rs", "TWO\n")])
        );
    }

    #[test]
    fn a_patch_that_does_not_fit_is_a_fault() {
        let before = files(&[("src/a.rs", "three\n"), ("src/b.rs", "two\n")]);
        let error = apply(TWO, &before).unwrap_err().to_string();
        assert!(
            error.contains("does not apply to the solution's src/a.rs"),
            "{error}"
        );
        let error = apply(TWO, &files(&[("src/a.rs", "one\n")]))
            .unwrap_err()
            .to_string();
        assert!(error.contains("no student hands in"), "{error}");
    }
}
