//! What students get of the lab, file by file.
//!
//! Only what is named here is taken: whatever else lies in the lab's folder (a
//! class, reports, notes) stays there.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fs;
use std::io::{Seek, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, anyhow, bail};
use grader::catalogue::{Catalogue, Entry};
use grader::skeleton::{SHIPPED, Skeleton};
use study::update::{self, Record};

use super::readme;

/// The files at the root, apart from the README.
const FILES: &[&str] = &[
    ".cargo/config.toml",
    ".gitignore",
    ".vscode/settings.json",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "clippy.toml",
    "rustfmt.toml",
    "exercises/README.md",
    "exercises/concepts.toml",
    "exercises/parts.toml",
];

/// The folders that are taken as they are, without what [`LEFT_OUT`] names.
const FOLDERS: &[&str] = &["crates", "xtask"];

/// What only tells whether the lab is right: it needs the solutions, or is half
/// of one.
const LEFT_OUT: &[&str] = &[
    "crates/bank/tests",
    "crates/grader/tests",
    "xtask/bench",
    "xtask/demo",
    "xtask/tests",
];

/// What is taken of an exercise.
const OF_EXERCISE: &[&str] = &["Cargo.toml", "README.md", "exercise.toml", "src", "tests"];

/// One file.
#[derive(Debug)]
pub struct Item {
    /// Where it belongs, from the root on, with `/`.
    pub path: String,
    /// Whether it may be executed.
    pub executable: bool,
    from: From,
}

#[derive(Debug)]
enum From {
    File(PathBuf),
    Text(String),
}

impl Item {
    /// One with a text of its own.
    pub fn text(path: impl Into<String>, text: impl Into<String>) -> Item {
        Item {
            path: path.into(),
            executable: false,
            from: From::Text(text.into()),
        }
    }

    /// What is in it.
    ///
    /// # Errors
    ///
    /// The file that it is a copy of cannot be read.
    pub fn bytes(&self) -> Result<Cow<'_, [u8]>> {
        Ok(match &self.from {
            From::Text(text) => text.as_bytes().into(),
            From::File(path) => fs::read(path)
                .with_context(|| format!("read {}", path.display()))?
                .into(),
        })
    }
}

/// Everything, in the order of the paths.
///
/// # Errors
///
/// A file cannot be read, is a link, or is not as it must be.
pub fn contents(catalogue: &Catalogue) -> Result<Vec<Item>> {
    let root = &catalogue.root;
    let mut paths: Vec<String> = FILES.iter().map(|path| (*path).to_owned()).collect();
    for folder in FOLDERS {
        walk(root, folder, &mut paths)?;
    }
    for entry in &catalogue.entries {
        for name in OF_EXERCISE {
            walk(root, &format!("exercises/{}/{name}", entry.id), &mut paths)?;
        }
    }
    let ignored = ignored_by_git(root, &paths)?;
    paths.retain(|path| !ignored.contains(path));

    let mut items = vec![Item::text("README.md", readme::of(root)?)];
    for entry in &catalogue.entries {
        items.extend(skeletons(entry)?);
    }
    // A file to hand in may hold somebody's work here: its skeleton stands for it.
    let made: BTreeSet<String> = items.iter().map(|item| item.path.clone()).collect();
    paths.retain(|path| !made.contains(path));
    for path in paths {
        let from = root.join(&path);
        let found = from
            .metadata()
            .with_context(|| format!("read {}", from.display()))?;
        items.push(Item {
            path,
            executable: found.permissions().mode() & 0o111 != 0,
            from: From::File(from),
        });
    }
    items.push(version(root, &items)?);
    items.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(items)
}

/// What tells which version it is: the next one is merged into it by this.
fn version(root: &Path, items: &[Item]) -> Result<Item> {
    let digests = items
        .iter()
        .map(|item| Ok((item.path.clone(), update::digest(&item.bytes()?))));
    let record = Record {
        label: update::label(root)?,
        files: digests.collect::<Result<_>>()?,
    };
    Ok(Item::text(update::FILE, record.text()))
}

/// Whether a folder is one of those whose contents are taken.
pub fn takes(root: &Path, folder: &Path) -> bool {
    let taken = FOLDERS.iter().chain(&["exercises", "solutions"]);
    taken
        .into_iter()
        .any(|name| folder.starts_with(root.join(name)))
}

/// Each skeleton twice: where it is to be filled in, and as it was.
fn skeletons(entry: &Entry) -> Result<Vec<Item>> {
    let all =
        Skeleton::all_of(entry).with_context(|| format!("make the skeletons of {}", entry.id))?;
    let named = all.into_iter().zip(&entry.data.files);
    Ok(named
        .flat_map(|(skeleton, file)| {
            ["exercises", SHIPPED].map(|folder| {
                Item::text(
                    format!("{folder}/{}/{file}", entry.id),
                    skeleton.text.clone(),
                )
            })
        })
        .collect())
}

/// Adds the files at and below a path, by their paths from the root on.
fn walk(root: &Path, path: &str, found: &mut Vec<String>) -> Result<()> {
    if LEFT_OUT.contains(&path) {
        return Ok(());
    }
    let full = root.join(path);
    let kind = full
        .symlink_metadata()
        .with_context(|| format!("read {}", full.display()))?
        .file_type();
    if kind.is_file() {
        found.push(path.to_owned());
        return Ok(());
    }
    if !kind.is_dir() {
        bail!("{} is neither a file nor a folder", full.display());
    }
    let entries = fs::read_dir(&full).with_context(|| format!("read {}", full.display()))?;
    for entry in entries {
        let name = entry
            .with_context(|| format!("read {}", full.display()))?
            .file_name();
        let name = name
            .to_str()
            .ok_or_else(|| anyhow!("a name in {} is no text", full.display()))?;
        if !is_scrap(name) {
            walk(root, &format!("{path}/{name}"), found)?;
        }
    }
    Ok(())
}

/// What editors, patch, cargo and `skeletons --force` leave behind.
fn is_scrap(name: &str) -> bool {
    let ends = ["~", ".orig", ".rej", ".bak", ".swp", ".tmp"];
    name.starts_with(['.', '#'])
        || ["target", "mutants.out", "mutants.out.old"].contains(&name)
        || name.contains(".backup-")
        || ends.iter().any(|end| name.ends_with(end))
}

/// Those of the paths that git ignores, where the lab's folder is git's.
fn ignored_by_git(root: &Path, paths: &[String]) -> Result<BTreeSet<String>> {
    // In a file: a pipe would fill up while git's own answers wait.
    let mut asked = tempfile::tempfile().context("a file for git")?;
    for path in paths {
        write!(asked, "{path}\0").context("a file for git")?;
    }
    asked.rewind().context("a file for git")?;
    let answer = Command::new("git")
        .arg("-C")
        .arg(root)
        .args(["check-ignore", "--stdin", "-z"])
        .stdin(asked)
        .stderr(Stdio::null())
        .output();
    let text = match answer {
        Ok(answer) if answer.status.success() => answer.stdout,
        // Nothing is ignored, or there is no git here.
        _ => return Ok(BTreeSet::new()),
    };
    let ignored: BTreeSet<String> = String::from_utf8_lossy(&text)
        .split_terminator('\0')
        .map(str::to_owned)
        .collect();
    // The lab as a whole lies in a folder that somebody's repository ignores.
    if ignored.contains("Cargo.toml") {
        return Ok(BTreeSet::new());
    }
    Ok(ignored)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_editors_leave_behind_is_no_part_of_the_lab() {
        for name in [
            ".x.rs.swp",
            "server.rs.backup-1",
            "server.rs~",
            "target",
            "#x#",
        ] {
            assert!(is_scrap(name), "{name}");
        }
        for name in ["server.rs", "Cargo.toml", "README.md"] {
            assert!(!is_scrap(name), "{name}");
        }
    }
}
