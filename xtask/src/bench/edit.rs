//! After an edit: what `cargo xtask check` costs against building the program and running its test
//! binary by hand; and what it costs when there was no edit.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, anyhow};
use bank::verify::solution;
use grader::catalogue::Entry;
use grader::stop::Stop;

use super::figure::{Bound, Figure, Row, Spread, seconds};
use super::{cargo, progress, temporary};

/// How much more than by hand it may cost.
const BOUND: Bound = Bound::AtMost(1.5);

/// The most that it may take when nothing has changed, in seconds.
const UNCHANGED: f64 = 0.2;

/// Measures what an edit costs, and what none costs, on a copy of the lab: nobody's own file is touched.
///
/// # Errors
///
/// The lab cannot be copied or built, does not pass the solution, or the bench was stopped.
pub fn measure(root: &Path, entry: &Entry, repetitions: usize, stop: &Stop) -> Result<Vec<Row>> {
    let folder = temporary()?;
    let copy = Copy::make(root, folder.path().join("lab"), entry)?;
    progress("building a copy of the lab; this takes a minute");
    copy.edit(0)?;
    let tests = copy.tests(stop)?;
    copy.check(stop)?;

    let mut checked = Vec::new();
    let mut by_hand = Vec::new();
    for repetition in 0..repetitions {
        progress(&format!("edit {} of {repetitions}", repetition + 1));
        copy.edit(2 * repetition + 1)?;
        checked.push(time(|| copy.check(stop))?);
        copy.edit(2 * repetition + 2)?;
        by_hand.push(time(|| copy.by_hand(&tests, stop))?);
    }
    let mut unchanged = Vec::new();
    copy.check(stop)?;
    for _ in 0..repetitions {
        unchanged.push(time(|| copy.check(stop))?);
    }
    let number = entry.number();
    let unchanged = Spread::of(&unchanged).map(|seconds| {
        let what = format!("cargo xtask check {number}, nothing changed");
        Figure::limit(what, seconds, UNCHANGED)
    });
    let figure = Spread::of(&checked)
        .zip(Spread::of(&by_hand))
        .map(|(ours, theirs)| Figure {
            what: format!("cargo xtask check {number}, after an edit"),
            measured: seconds(ours.median),
            against: seconds(theirs.median),
            ratio: Spread::of_ratios(&checked, &by_hand),
            bound: Some(BOUND),
            note: format!(
                "against cargo build -p {} and its test binary",
                entry.package()
            ),
        });
    Ok(figure.into_iter().chain(unchanged).map(Row::from).collect())
}

/// A copy of the lab in which the exercise is solved.
pub struct Copy<'a> {
    root: PathBuf,
    entry: &'a Entry,
    /// The file that is edited, and what is in it before any edit.
    source: PathBuf,
    text: String,
}

impl<'a> Copy<'a> {
    /// Makes it, and solves the exercise in it.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    pub fn make(from: &Path, root: PathBuf, entry: &'a Entry) -> Result<Copy<'a>> {
        copy(from, &root).with_context(|| format!("copy {}", from.display()))?;
        let folder = root.join("exercises").join(&entry.id);
        let files: BTreeMap<String, String> = solution(entry)?;
        for (path, text) in &files {
            let path = folder.join(path);
            fs::write(&path, text).with_context(|| format!("write {}", path.display()))?;
        }
        let (path, text) = files
            .into_iter()
            .next()
            .ok_or_else(|| anyhow!("{} has no file to edit", entry.id))?;
        Ok(Copy {
            source: folder.join(path),
            root,
            entry,
            text,
        })
    }

    /// Changes the source so that the program is another one, that does the same.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    pub fn edit(&self, number: usize) -> Result<()> {
        let edited = format!("{}\n#[used]\nstatic EDIT: usize = {number};\n", self.text);
        fs::write(&self.source, edited).with_context(|| format!("write {}", self.source.display()))
    }

    /// Cargo, which builds into the copy's own folder.
    pub fn cargo(&self) -> Command {
        let mut command = cargo::command(&self.root);
        command.env("CARGO_TARGET_DIR", self.target());
        command
    }

    fn target(&self) -> PathBuf {
        self.root.join("target")
    }

    /// Runs `cargo xtask check`.
    ///
    /// # Errors
    ///
    /// It does not pass, or the bench was stopped.
    pub fn check(&self, stop: &Stop) -> Result<()> {
        let number = self.entry.number();
        cargo::succeed(self.cargo().args(["xtask", "check", number]), stop).map(drop)
    }

    fn by_hand(&self, tests: &Path, stop: &Stop) -> Result<()> {
        let package = self.entry.package();
        cargo::succeed(
            self.cargo().args(["build", "--quiet", "-p", &package]),
            stop,
        )?;
        let mut command = Command::new(tests);
        for program in &self.entry.programs {
            command.env(
                format!("CARGO_BIN_EXE_{}", program.name),
                self.target().join("debug").join(&program.name),
            );
        }
        cargo::succeed(command.current_dir(&self.root), stop).map(drop)
    }

    /// The test binary, built.
    fn tests(&self, stop: &Stop) -> Result<PathBuf> {
        let package = self.entry.package();
        let built = cargo::succeed(
            self.cargo()
                .args(["test", "--no-run", "--quiet", "-p", "checks", "--test"])
                .arg(&package)
                .args(["--message-format", "json"]),
            stop,
        )?;
        built
            .stdout
            .text()
            .lines()
            .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
            .filter(|message| message["target"]["name"] == package.as_str())
            .find_map(|message| message["executable"].as_str().map(PathBuf::from))
            .ok_or_else(|| anyhow!("cargo built no test binary for {package}"))
    }
}

/// Copies a folder, but not what git and cargo keep in it.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (name, kind) = (entry.file_name(), entry.file_type()?);
        let target = to.join(&name);
        if kind.is_dir() {
            if name != ".git" && name != "target" {
                copy(&entry.path(), &target)?;
            }
        } else if kind.is_symlink() {
            symlink(fs::read_link(entry.path())?, &target)?;
        } else if kind.is_file() {
            fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}

/// How long something took, in seconds.
///
/// # Errors
///
/// Those of what is timed.
pub fn time(act: impl FnOnce() -> Result<()>) -> Result<f64> {
    let start = Instant::now();
    act()?;
    Ok(start.elapsed().as_secs_f64())
}
