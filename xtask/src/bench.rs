//! `cargo xtask bench`: what the lab promises of its speed, as ratios of one run, never a test.

mod cargo;
mod figure;
mod judge;
mod servers;
mod tool;

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use anyhow::Result;
use clap::ValueEnum;
use grader::catalogue::Catalogue;

use crate::cli::{Bench, Part};
use crate::output::{Output, STRONG, styled};
use crate::setup;

/// The exercises whose judging is measured.
const JUDGED: [&str; 3] = ["08", "09", "10"];

/// Measures what was asked for and prints it. No figure is a failure.
pub fn run(catalogue: &Catalogue, asked: &Bench) -> Result<ExitCode> {
    let options = setup::options(&asked.how)?;
    let repetitions = |default: u16| usize::from(asked.repetitions.unwrap_or(default));
    for part in Part::value_variants() {
        if !asked.parts.is_empty() && !asked.parts.contains(part) {
            continue;
        }
        let (heading, rows) = match part {
            Part::Judge => {
                let entries = setup::exercises(catalogue, &JUDGED.map(str::to_owned))?;
                let seed = setup::seed(catalogue, &entries, false, &asked.how, &options.stop)?;
                let repetitions = repetitions(5);
                (
                    format!(
                        "judge: seconds on {} processors, tier {}, median of {repetitions} repetitions",
                        options.jobs, seed.tier
                    ),
                    judge::measure(&seed, &entries, repetitions, &options)?,
                )
            }
            Part::Servers => {
                let repetitions = repetitions(100);
                (
                    format!(
                        "servers: the lab's against others, median of {repetitions} repetitions in turns"
                    ),
                    servers::measure(&catalogue.root, repetitions, &options.stop)?,
                )
            }
        };
        progress("");
        let mut output = Output::new();
        output.line(styled(STRONG, heading))?;
        output.text(&figure::table(&rows))?;
        output.line("")?;
        output.finish()?;
    }
    Ok(ExitCode::SUCCESS)
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
