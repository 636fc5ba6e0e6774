//! From nothing to the first verdict: clone, download, build, judge.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Result, bail};
use grader::catalogue::Entry;
use grader::process::{End, Ended};
use grader::stop::Stop;

use super::figure::{Figure, Row, Spread, seconds};
use super::{cargo, progress, temporary, tool};

const CLONE: &str = "clone";
const DOWNLOAD: &str = "download: the crates, into an empty CARGO_HOME";
const COMMAND: &str = "build: the command line";
const JUDGE: &str = "build: the judge, its checks, the program";
const VERDICT: &str = "judge: the exercise as it is handed out";

/// Measures how long a newcomer waits for the first verdict on an exercise.
///
/// # Errors
///
/// A fresh clone does not build or cannot judge, or the bench was stopped.
pub fn measure(root: &Path, entry: &Entry, stop: &Stop) -> Result<Vec<Row>> {
    let what = format!("clone to the first verdict on {}", entry.number());
    if !tool::exists("git") {
        return Ok(vec![Row::skipped(what, "no git")]);
    }
    if !root.join(".git").exists() {
        return Ok(vec![Row::skipped(what, "this lab is no clone")]);
    }
    let folder = temporary()?;
    let mut newcomer = Newcomer {
        root: folder.path().join("lab"),
        home: Some(folder.path().join("cargo-home")),
        stop,
    };
    let mut parts: Vec<(&str, f64)> = Vec::new();
    let mut rows = Vec::new();

    progress(CLONE);
    let mut clone = Command::new("git");
    clone.args(["clone", "--quiet", "--no-hardlinks"]);
    let cloned = cargo::run(clone.arg(root).arg(&newcomer.root), stop)?;
    if !succeeded(&cloned) {
        let why = format!("git clone: {}", last_line(&cloned));
        return Ok(vec![Row::skipped(what, why)]);
    }
    parts.push((CLONE, cloned.took.as_secs_f64()));

    progress(DOWNLOAD);
    let fetched = newcomer.cargo(&["fetch", "--quiet", "--locked"])?;
    if succeeded(&fetched) {
        parts.push((DOWNLOAD, fetched.took.as_secs_f64()));
    } else {
        let why = format!("no registry: {}", last_line(&fetched));
        rows.push(Row::skipped(DOWNLOAD, why));
        newcomer.home = None;
    }

    progress(COMMAND);
    let built = newcomer.cargo(&["build", "--quiet", "--package", "xtask"])?;
    if !succeeded(&built) {
        bail!("a fresh clone does not build:\n{}", built.stderr.text());
    }
    parts.push((COMMAND, built.took.as_secs_f64()));

    progress(JUDGE);
    let first = newcomer.check(entry)?;
    // The second time there is nothing to build.
    let second = newcomer.check(entry)?.min(first);
    parts.push((JUDGE, first - second));
    parts.push((VERDICT, second));

    let total: f64 = parts.iter().map(|(_, seconds)| seconds).sum();
    rows.extend(parts.into_iter().map(|(part, took)| {
        Row::from(Figure {
            against: format!("of {}", seconds(total)),
            ratio: Spread::of(&[took / total]),
            ..Figure::plain(part, seconds(took))
        })
    }));
    rows.push(Figure::plain(what, seconds(total)).into());
    Ok(rows)
}

/// Somebody who has nothing yet.
struct Newcomer<'a> {
    root: PathBuf,
    /// Where crates are downloaded to; the user's own place if nothing can be downloaded.
    home: Option<PathBuf>,
    stop: &'a Stop,
}

impl Newcomer<'_> {
    fn cargo(&self, arguments: &[&str]) -> Result<Ended> {
        let mut command = cargo::command(&self.root);
        command
            .args(arguments)
            .env("CARGO_TARGET_DIR", self.root.join("target"));
        match &self.home {
            Some(home) => command.env("CARGO_HOME", home),
            None => command.env("CARGO_NET_OFFLINE", "true"),
        };
        cargo::run(&mut command, self.stop)
    }

    /// Has the exercise judged, and gives how long it took in seconds.
    fn check(&self, entry: &Entry) -> Result<f64> {
        let start = Instant::now();
        let checked = self.cargo(&["xtask", "check", entry.number(), "--fresh"])?;
        let took = start.elapsed().as_secs_f64();
        // Its status is 1 both when a check fails, as it should here, and when the lab does.
        if !checked.stdout.text().contains("\nscore ") {
            bail!(
                "a fresh clone judges nothing:\n{}{}",
                checked.stdout.text(),
                checked.stderr.text()
            );
        }
        Ok(took)
    }
}

fn succeeded(ended: &Ended) -> bool {
    matches!(ended.end, End::Own(status) if status.success())
}

fn last_line(ended: &Ended) -> String {
    let text = ended.stderr.text();
    text.lines().last().unwrap_or("it failed").trim().to_owned()
}
