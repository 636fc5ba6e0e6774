//! `cargo xtask bench`: what the lab promises of its speed, as ratios of one run, never a test.

mod busy;
mod cargo;
mod class;
mod cold;
mod course;
mod edit;
mod figure;
mod judge;
mod servers;
mod steady;
mod tool;
mod watch;

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::ValueEnum;
use grader::catalogue::Catalogue;
use grader::grade::Options;
use grader::work::set_mode;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use tempfile::TempDir;

use crate::cli::{Bench, Part};
use crate::output::{Output, STRONG, styled};
use crate::setup;
use figure::Row;

/// The exercises whose judging is measured.
const JUDGED: [&str; 3] = ["08", "09", "10"];

/// The exercise that is edited, and that a newcomer tries.
const FIRST: &str = "09";

/// Measures what was asked for and prints it. No figure is a failure.
pub fn run(catalogue: &Catalogue, asked: &Bench) -> Result<ExitCode> {
    let options = setup::options(&asked.how)?;
    if let Some(warning) = busy::warning() {
        let mut output = Output::new();
        output.line(format!("{warning}\n"))?;
        output.finish()?;
    }
    for part in Part::value_variants() {
        if asked.parts.is_empty() || asked.parts.contains(part) {
            let measured = measure(*part, catalogue, asked, &options);
            progress("");
            let (heading, rows) = measured?;
            let mut output = Output::new();
            output.line(styled(STRONG, heading))?;
            output.text(&figure::table(&rows))?;
            output.line("")?;
            output.finish()?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// One part's figures, and what stands above them.
fn measure(
    part: Part,
    catalogue: &Catalogue,
    asked: &Bench,
    options: &Options,
) -> Result<(String, Vec<Row>)> {
    let (root, stop) = (&catalogue.root, &options.stop);
    let repetitions = |default: u16| usize::from(asked.repetitions.unwrap_or(default));
    Ok(match part {
        Part::Servers => {
            let repetitions = repetitions(100);
            (
                format!("servers: median of {repetitions} repetitions in turns"),
                servers::measure(root, repetitions, stop)?,
            )
        }
        Part::Judge => {
            let entries = setup::exercises(catalogue, &JUDGED.map(str::to_owned))?;
            let seed = setup::seed(catalogue, &entries, false, &asked.how, stop)?;
            let repetitions = repetitions(5);
            let (jobs, tier) = (options.jobs, seed.tier);
            (
                format!("judge: {jobs} checks at a time, tier {tier}, median of {repetitions}"),
                judge::measure(&seed, &entries, repetitions, options)?,
            )
        }
        Part::Edit => {
            let repetitions = repetitions(7);
            (
                format!("edit: median of {repetitions} repetitions in turns"),
                edit::measure(root, setup::exercise(catalogue, FIRST)?, repetitions, stop)?,
            )
        }
        Part::Watch => {
            let repetitions = repetitions(7);
            (
                format!("watch: median of {repetitions} repetitions in turns"),
                watch::measure(root, setup::exercise(catalogue, FIRST)?, repetitions, stop)?,
            )
        }
        Part::Course => {
            let entries = setup::exercises(catalogue, &[])?;
            let seed = setup::seed(catalogue, &entries, false, &asked.how, stop)?;
            let (jobs, tier) = (options.jobs, seed.tier);
            (
                format!(
                    "course: {} exercises, {jobs} checks at a time, tier {tier}",
                    entries.len()
                ),
                course::measure(&seed, &entries, options)?,
            )
        }
        Part::Steady => {
            let entries = setup::exercises(catalogue, &[])?;
            let seed = setup::seed(catalogue, &entries, false, &asked.how, stop)?;
            let repetitions = repetitions(20);
            (
                format!("steady: {repetitions} rounds, tier {}", seed.tier),
                steady::measure(&seed, &entries, repetitions, options)?,
            )
        }
        Part::Class => {
            let entries = setup::exercises(catalogue, &[])?;
            let seed = setup::seed(catalogue, &entries, false, &asked.how, stop)?;
            let submissions = repetitions(3);
            let (jobs, tier) = (options.jobs, seed.tier);
            (
                format!("class: {jobs} checks at a time, tier {tier}"),
                self::class::measure(catalogue, &seed, &entries, submissions, options)?,
            )
        }
        Part::Cold => (
            "cold: once, the newest commit".to_owned(),
            cold::measure(root, setup::exercise(catalogue, FIRST)?, stop)?,
        ),
    })
}

/// A folder for this run alone, removed when it is dropped. Whoever a program is judged as may walk
/// through it.
fn temporary() -> Result<TempDir> {
    let folder = tempfile::Builder::new()
        .prefix("lab-bench-")
        .tempdir()
        .context("make a temporary folder")?;
    set_mode(folder.path(), 0o755).context("open the temporary folder")?;
    Ok(folder)
}

/// Says on a terminal what is going on, in place of what it said before.
fn progress(doing: &str) {
    let mut stderr = io::stderr();
    if stderr.is_terminal() {
        // A terminal that is gone is no reason to stop.
        let _ = write!(stderr, "\r\x1b[K{doing}");
        let _ = stderr.flush();
    }
}

/// Processor time of this process and of all that it has waited for, in seconds.
fn processor() -> f64 {
    let used = |who| {
        getrusage(who).map_or(0.0, |usage| {
            let (user, system) = (usage.user_time(), usage.system_time());
            (user.num_microseconds() + system.num_microseconds()) as f64 / 1e6
        })
    };
    used(UsageWho::RUSAGE_SELF) + used(UsageWho::RUSAGE_CHILDREN)
}
