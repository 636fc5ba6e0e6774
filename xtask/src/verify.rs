//! `cargo xtask verify`

use std::process::ExitCode;

use anyhow::Result;
use bank::verify::{lint, verify};
use grader::catalogue::Catalogue;
use grader::grade::Event;

use crate::cli::Verify;
use crate::grade::bar;
use crate::output::{BAD, GOOD, Output, STRONG, styled};
use crate::setup;

/// How many programs are judged at a time for each processor, if nobody says
/// otherwise. Most of the bank's time passes in waiting for what a wrong
/// program does not do.
pub const PER_PROCESSOR: usize = 4;

/// Holds the judge against the bug bank.
pub fn run(catalogue: &Catalogue, asked: &Verify) -> Result<ExitCode> {
    let only: Vec<String> = asked.exercise.iter().cloned().collect();
    let entries = setup::exercises(catalogue, &only)?;
    let mut options = setup::options(&asked.how)?;
    if asked.how.jobs.is_none() {
        options.jobs *= PER_PROCESSOR;
    }
    let seed = setup::seed(catalogue, &entries, false, &asked.how, &options.stop)?;
    let mut output = Output::new();
    let mut faults = 0;
    for round in 1..=asked.repeat.max(1) {
        let verified = if asked.lint {
            lint(catalogue, &seed, &entries, asked.shard, options.jobs)?
        } else {
            let bar = bar(0);
            let verified = verify(
                &seed,
                &entries,
                &options,
                asked.shard,
                asked.bless,
                &|event| {
                    if let Event::Done(name, _) = event {
                        bar.set_message(name.to_owned());
                        bar.inc(1);
                    }
                },
            )?;
            bar.finish_and_clear();
            verified
        };
        for (name, fault) in &verified.faults {
            output.line(styled(STRONG, name))?;
            for line in fault.lines() {
                output.line(format!("    {line}"))?;
            }
        }
        for path in &verified.blessed {
            let path = path.strip_prefix(&catalogue.root).unwrap_or(path);
            output.line(format!("written: {} (read it)", path.display()))?;
        }
        if round == 1 {
            for (name, why) in &verified.skipped {
                output.line(format!("skipped: {name}: {why}"))?;
            }
        }
        faults += verified.faults.len();
        let style = if verified.faults.is_empty() {
            GOOD
        } else {
            BAD
        };
        let summary = format!(
            "{} programs {}, {} faults of the judge or of the bank, {} skipped{}",
            verified.programs,
            if asked.lint { "linted" } else { "judged" },
            verified.faults.len(),
            verified.skipped.len(),
            if asked.repeat > 1 {
                format!(" (round {round})")
            } else {
                String::new()
            }
        );
        output.line(styled(style, summary))?;
    }
    output.finish()?;
    Ok(ExitCode::from(u8::from(faults > 0)))
}
