//! One mistake of the bug bank.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use diffy::Patch;
use grader::catalogue::Entry;

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

/// The program that a mistake makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wrong {
    /// The files that a student would hand in.
    Files(BTreeMap<String, String>),
    /// A right variant, by its name, that is right no more: for what the given
    /// code does, and a program in another language must do itself.
    Variant(String, BTreeMap<String, String>),
}

impl Bug {
    /// Reads a patch, and applies it to the solution's files; or to the right
    /// variant that it names in a line `right:`.
    pub fn read(
        path: &Path,
        entry: &Entry,
        solution: &BTreeMap<String, String>,
    ) -> Result<(Bug, Wrong)> {
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
        let patch = &text[start + 1..];
        let wrong = match header("right") {
            None => Wrong::Files(apply(patch, solution)?),
            Some(name) => {
                let variant = variant(&entry.folder.join("right"), &name)?;
                Wrong::Variant(name, apply(patch, &variant)?)
            }
        };
        Ok((bug, wrong))
    }
}

/// The files of a right variant: a folder's, by their paths in it, or the one
/// that it is.
fn variant(right: &Path, name: &str) -> Result<BTreeMap<String, String>> {
    if Path::new(name).components().count() != 1 {
        bail!("`{name}` is no name of a right variant");
    }
    let path = right.join(name);
    let mut files = BTreeMap::new();
    let mut left = vec![(path.clone(), String::new())];
    while let Some((at, inside)) = left.pop() {
        if !at.is_dir() {
            let file = if inside.is_empty() { name } else { &inside };
            let text = fs::read_to_string(&at)
                .with_context(|| format!("is against right/{name}, which cannot be read"))?;
            files.insert(file.to_owned(), text);
            continue;
        }
        let read = || format!("read {}", at.display());
        for entry in fs::read_dir(&at).with_context(read)? {
            let entry = entry.with_context(read)?;
            let part = entry.file_name().to_string_lossy().into_owned();
            let inside = match inside.as_str() {
                "" => part,
                folder => format!("{folder}/{part}"),
            };
            left.push((entry.path(), inside));
        }
    }
    Ok(files)
}

/// Writes a variant where it can be made ready, and gives its path.
pub fn write_variant(
    name: &str,
    files: &BTreeMap<String, String>,
    folder: &Path,
) -> Result<PathBuf> {
    let path = folder.join(name);
    for (file, text) in files {
        let place = if file == name {
            path.clone()
        } else {
            path.join(file)
        };
        let made = place.parent().map_or(Ok(()), fs::create_dir_all);
        made.and_then(|()| fs::write(&place, text))
            .with_context(|| format!("write {}", place.display()))?;
    }
    Ok(path)
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
        *file = diffy::apply(file, &parsed).with_context(|| format!("does not apply to {name}"))?;
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
    fn a_variant_is_a_file_or_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        let one = files(&[("slow.py", "one\n")]);
        let several = files(&[("client.py", "one\n"), ("src/a.rs", "two\n")]);
        for (name, files) in [("slow.py", &one), ("both", &several)] {
            write_variant(name, files, folder.path()).unwrap();
            assert_eq!(variant(folder.path(), name).unwrap(), *files);
        }
        assert!(variant(folder.path(), "../both").is_err());
        assert!(variant(folder.path(), "absent.py").is_err());
    }

    #[test]
    fn a_patch_that_does_not_fit_is_a_fault() {
        let before = files(&[("src/a.rs", "three\n"), ("src/b.rs", "two\n")]);
        let error = apply(TWO, &before).unwrap_err().to_string();
        assert!(error.contains("does not apply to src/a.rs"), "{error}");
        let error = apply(TWO, &files(&[("src/a.rs", "one\n")]))
            .unwrap_err()
            .to_string();
        assert!(error.contains("no student hands in"), "{error}");
    }
}
