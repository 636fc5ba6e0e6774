//! The trials that go on, so that a second terminal can join one.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, anyhow, bail};
use grader::catalogue::Entry;
use grader::report::write_atomically;
use grader::seed::Seed;
use jail::{Cell, Tier};
use serde::{Deserialize, Serialize};

use super::plan::Plan;
use super::{inside, prepare};
use crate::output::{DIM, Output, styled};
use crate::setup::{self, Usage};

/// In the folder of the run, which goes away with it.
const FILE: &str = "trial.json";

/// A trial that goes on.
#[derive(Debug, Serialize, Deserialize)]
pub struct Running {
    /// The exercise's id.
    pub exercise: String,
    /// The process that holds its cell.
    pub cell: u32,
    /// Where its programs are, seen from within.
    pub folder: PathBuf,
    /// What it consists of.
    pub plan: Plan,
}

impl Running {
    /// Tells others of it.
    ///
    /// # Errors
    ///
    /// The run's folder cannot be written.
    pub fn write(&self, seed: &Seed) -> Result<()> {
        let path = seed.work.path().join(FILE);
        let text = serde_json::to_vec(self).context("write down the trial")?;
        write_atomically(&path, |file| file.write_all(&text))
            .with_context(|| format!("write {}", path.display()))
    }

    /// The newest of an exercise.
    fn find(entry: &Entry, runs: &std::path::Path) -> Option<(Running, PathBuf)> {
        let mut found: Vec<_> = fs::read_dir(runs)
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|run| {
                let path = run.path().join(FILE);
                let when = path.metadata().and_then(|found| found.modified()).ok()?;
                let running: Running = serde_json::from_slice(&fs::read(&path).ok()?).ok()?;
                Some((when, running, run.path()))
            })
            .filter(|(_, running, _)| running.exercise == entry.id && is_cell(running.cell))
            .collect();
        found.sort_by_key(|(when, ..)| *when);
        found.pop().map(|(_, running, folder)| (running, folder))
    }
}

/// Whether a process is one that holds a cell: a run that was killed leaves its note
/// behind, and its number may be another's by now.
fn is_cell(pid: u32) -> bool {
    fs::read(format!("/proc/{pid}/comm")).is_ok_and(|name| name == b"cell\n")
}

/// A shell where an exercise is being tried.
pub fn join(entry: &Entry) -> Result<ExitCode> {
    let own = std::env::current_exe().context("find this program")?;
    let runs = own
        .parent()
        .and_then(|folder| folder.parent())
        .map(|target| target.join("lab"))
        .ok_or_else(|| anyhow!("{} lies in no target folder", own.display()))?;
    let Some((running, folder)) = Running::find(entry, &runs) else {
        bail!(Usage(format!(
            "{} is not being tried in a cell; in another terminal: cargo xtask try {}",
            entry.id,
            entry.number()
        )));
    };
    let shell = inside::interactive(&running.plan);
    let cell = Cell::new(Tier::Cell, folder.join("lab/cell"));
    let mut command = cell.join(running.cell, shell.get_program(), shell.get_args());
    for (name, value) in shell.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    prepare(&mut command, &cell, &running.folder);
    let mut output = Output::new();
    for line in &running.plan.more {
        output.line(styled(DIM, format!("  {line}")))?;
    }
    output.finish()?;
    let _terminal = super::Terminal::keep();
    // A key that is pressed is for the shell.
    let _ = setup::stop();
    let status = run(&mut command)?;
    Ok(match status {
        Some(jail::UNAVAILABLE) => ExitCode::FAILURE,
        _ => ExitCode::SUCCESS,
    })
}

fn run(command: &mut Command) -> Result<Option<i32>> {
    Ok(command.status().context("start the cell program")?.code())
}
