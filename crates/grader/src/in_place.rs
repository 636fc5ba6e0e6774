//! Programs that cargo builds in the working tree, and whether what was said of them
//! still holds.
//!
//! A submission is compiled from its named files alone. What cargo builds in place may be
//! made from anything that lies in the exercise's folder, under the settings that are
//! in force: all of this is in the key of its record. What is made from more than that (a file
//! from elsewhere, a variable, what a build script finds) is judged each time.
//!
//! `watch` does not ask cargo: it has the sources compiled as those of a submission. What
//! it says holds for what cargo builds too where nothing but these sources decides what
//! becomes of them; of that, too, a [`Tree`] knows.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use hmac_sha256::Hash as Sha256;

use crate::catalogue::Entry;
use crate::record::{add, is_in_keys};

/// What an exercise's folder holds for the bank; no program is made from it.
const OTHERS: [&str; 3] = ["bugs", "right", "target"];

/// What cargo and the compiler read at the root of a workspace.
const AT_THE_ROOT: [&str; 3] = ["Cargo.toml", "rust-toolchain", "rust-toolchain.toml"];

/// The variables that cargo and the compiler look at begin so.
const VARIABLES: [&str; 2] = ["CARGO", "RUST"];

/// What a source that has none of these does not reach: other files than sources.
const REACHES: &[u8] = b"include";

/// Settings and variables that name none of these change nothing about what a program
/// does: only how it is built.
const OF_THE_COMPILER: [&str; 5] = [
    "rustflags",
    "rustc",
    "overflow-checks",
    "debug-assertions",
    "panic",
];

/// All that the programs of one exercise are made from in the working tree, at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tree {
    /// Of what is in the files.
    pub(crate) digest: [u8; 32],
    /// Of when they were changed, and of their sizes: two moments with the same stamp
    /// have nothing between them.
    stamp: [u8; 32],
    /// Whether the sources say that they are made from more than files.
    beyond: bool,
    /// Whether the grader makes the same of the sources alone as cargo does here.
    staged: bool,
}

impl Tree {
    /// Reads it. `None` for a folder that holds links to folders, or other things than
    /// files: what is behind them is not looked at.
    ///
    /// # Errors
    ///
    /// Something in it cannot be read.
    pub fn read(root: &Path, entry: &Entry) -> io::Result<Option<Tree>> {
        let mut found = BTreeMap::new();
        if !walk(&entry.folder, &mut found)? {
            return Ok(None);
        }
        let mut digest = Sha256::new();
        let mut stamp = Sha256::new();
        let manifest = entry.folder.join("Cargo.toml");
        let mut beyond = entry.folder.join("build.rs").exists();
        let mut staged = true;
        for (path, about) in &found {
            let bytes = fs::read(path)?;
            let of_a_program = path.extension().is_some_and(|it| it == "rs")
                && path.starts_with(entry.folder.join("src"));
            if of_a_program {
                beyond |= has(&bytes, b"env!");
                staged &= !has(&bytes, REACHES);
            } else if *path == manifest {
                staged &= is_as_given(&bytes);
            }
            let inside = path.strip_prefix(&entry.folder).unwrap_or(path);
            add(&mut digest, &inside.to_string_lossy(), &bytes);
            for number in [about.ino(), about.size()] {
                stamp.update(number.to_be_bytes());
            }
            for number in [
                about.mtime(),
                about.mtime_nsec(),
                about.ctime(),
                about.ctime_nsec(),
            ] {
                stamp.update(number.to_be_bytes());
            }
        }
        for path in settings(root) {
            match fs::read(&path) {
                Ok(bytes) => {
                    add(&mut digest, &path.to_string_lossy(), &bytes);
                    staged &= !concerns_the_compiler(&String::from_utf8_lossy(&bytes));
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                // `.cargo` may be a file, a parent not be for us: cargo reads neither.
                Err(_) => add(&mut digest, &path.to_string_lossy(), b"?"),
            }
        }
        for (name, value) in variables() {
            let name = name.to_string_lossy();
            add(&mut digest, &name, value.as_bytes());
            staged &= !concerns_the_compiler(&name);
        }
        Ok(Some(Tree {
            digest: digest.finalize(),
            stamp: stamp.finalize(),
            beyond,
            staged: staged && !beyond,
        }))
    }

    /// Whether what the grader made of these sources alone, as of any submission's, is
    /// what cargo makes of this, so that what is said of the one may be said of the other.
    /// `before` is what was there before the sources were read: somebody may have saved a
    /// file since.
    pub fn is_as_staged(&self, before: &Tree) -> bool {
        self == before && self.staged
    }

    /// Whether a program that cargo has left at `program` is made from this and from
    /// nothing else, so that what is said of it may be said again. `before` is what was
    /// there before cargo was started: somebody may have saved a file since.
    pub fn is_all_of(&self, before: &Tree, root: &Path, entry: &Entry, program: &Path) -> bool {
        if self != before || self.beyond {
            return false;
        }
        let Ok(built) = fs::metadata(program) else {
            return false;
        };
        let built = nanoseconds(built.mtime(), built.mtime_nsec());
        let crates = root.join("crates").canonicalize();
        let folder = entry.folder.canonicalize();
        let is_in_it = |path: &PathBuf| {
            let (Ok(path), Ok(about)) = (path.canonicalize(), fs::metadata(path)) else {
                return false;
            };
            // An old file that was moved here is younger than it says, and cargo, which
            // goes by what it says, has built nothing.
            let changed = nanoseconds(about.ctime(), about.ctime_nsec());
            let inside = |folder: &io::Result<PathBuf>| {
                let folder = folder.as_ref().ok()?;
                path.strip_prefix(folder).ok().map(Path::to_owned)
            };
            let known = match inside(&folder) {
                Some(inside) => !inside
                    .iter()
                    .any(|part| OTHERS.iter().any(|it| part == *it)),
                None => inside(&crates).is_some_and(|inside| is_in_keys(&inside)),
            };
            known && changed <= built
        };
        // What cargo itself writes of it, as a rule for make.
        fs::read_to_string(program.with_extension("d"))
            .is_ok_and(|rule| sources(&rule).iter().all(is_in_it))
    }
}

fn has(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// Whether settings, or the name of a variable, may make another program of the same
/// sources. A line that is a comment is for people.
fn concerns_the_compiler(text: &str) -> bool {
    text.lines()
        .filter(|line| !line.trim_start().starts_with('#'))
        .map(|line| line.to_lowercase().replace('_', "-"))
        .any(|line| OF_THE_COMPILER.iter().any(|word| line.contains(word)))
}

/// Whether an exercise's manifest decides no more than one of the lab's: which programs
/// there are, which crates they use, which lints are silent.
fn is_as_given(manifest: &[u8]) -> bool {
    let tables = [
        "package",
        "bin",
        "test",
        "lints",
        "dependencies",
        "dev-dependencies",
    ];
    let text = String::from_utf8_lossy(manifest);
    let Ok(manifest) = toml::from_str::<toml::Table>(&text) else {
        return false;
    };
    let is_inherited = |(name, value): (&String, &toml::Value)| {
        let inherits = value.get("workspace").and_then(toml::Value::as_bool);
        name == "name" || name == "description" || inherits == Some(true)
    };
    let is_silent = |lints: &toml::Value| {
        let mut levels = lints.as_table().into_iter().flatten();
        levels.all(|(_, level)| level.as_str() == Some("allow"))
    };
    let table = |name: &str| manifest.get(name).and_then(toml::Value::as_table);
    manifest.keys().all(|name| tables.contains(&name.as_str()))
        && table("package").is_some_and(|package| package.iter().all(is_inherited))
        && table("lints").is_none_or(|groups| groups.values().all(is_silent))
}

fn nanoseconds(seconds: i64, more: i64) -> i128 {
    i128::from(seconds) * 1_000_000_000 + i128::from(more)
}

/// The files below a folder; false if there is something that is not looked into.
fn walk(folder: &Path, found: &mut BTreeMap<PathBuf, Metadata>) -> io::Result<bool> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        if OTHERS.iter().any(|other| entry.file_name() == *other) {
            continue;
        }
        if entry.file_type()?.is_dir() {
            if !walk(&path, found)? {
                return Ok(false);
            }
            continue;
        }
        // Through a link. An editor's may lead nowhere (Emacs locks a file so).
        match fs::metadata(&path) {
            Ok(about) if about.is_file() => {
                found.insert(path, about);
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Ok(_) => return Ok(false),
            Err(error) => return Err(error),
        }
    }
    Ok(true)
}

/// The files of settings that cargo reads for a workspace.
fn settings(root: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = AT_THE_ROOT.iter().map(|name| root.join(name)).collect();
    let home = env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".cargo")));
    let folders = root
        .ancestors()
        .map(|folder| folder.join(".cargo"))
        .chain(home);
    for folder in folders {
        paths.extend(["config", "config.toml"].map(|name| folder.join(name)));
    }
    paths
}

/// The variables that decide what cargo builds and with what, in order.
fn variables() -> BTreeMap<OsString, OsString> {
    let counts = |name: &OsString| {
        let begins = |with: &&str| name.as_bytes().starts_with(with.as_bytes());
        name == "PATH" || VARIABLES.iter().any(begins)
    };
    env::vars_os().filter(|(name, _)| counts(name)).collect()
}

/// The sources in a rule for make, `target: source source`, in which a backslash stands
/// before a blank that is part of a name.
fn sources(rule: &str) -> Vec<PathBuf> {
    let mut sources = Vec::new();
    for line in rule.lines() {
        let Some((_, names)) = line.split_once(": ") else {
            continue;
        };
        let mut name = String::new();
        let mut letters = names.chars();
        while let Some(letter) = letters.next() {
            match letter {
                '\\' => match letters.next() {
                    Some(' ') => name.push(' '),
                    Some(other) => name.extend(['\\', other]),
                    None => name.push('\\'),
                },
                ' ' => sources.push(PathBuf::from(std::mem::take(&mut name))),
                letter => name.push(letter),
            }
        }
        sources.push(PathBuf::from(name));
    }
    sources.retain(|path| !path.as_os_str().is_empty());
    sources
}

#[cfg(test)]
#[path = "in_place_tests.rs"]
mod tests;
