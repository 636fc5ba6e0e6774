//! `cargo xtask solution` and `cargo xtask diff`: another way to write it.

use std::process::ExitCode;

use anyhow::{Result, bail};
use grader::catalogue::{Catalogue, Entry};
use study::solution;

use crate::cli::Solution;
use crate::output::{BAD, GOOD, Output, STRONG, styled};
use crate::progress::open;
use crate::setup::{self, Usage};

/// Prints the solution of an exercise that has passed.
pub fn show(catalogue: &Catalogue, asked: &Solution) -> Result<ExitCode> {
    let entry = allowed(catalogue, asked, "solution")?;
    let mut output = Output::new();
    for file in solution::of(entry)? {
        let name = format!("// solutions/{}/{}", entry.id, file.name);
        output.line(styled(STRONG, name))?;
        output.text(&file.text)?;
    }
    output.finish()?;
    Ok(ExitCode::SUCCESS)
}

/// Prints what leads from one's own files to the solution.
pub fn diff(catalogue: &Catalogue, asked: &Solution) -> Result<ExitCode> {
    let entry = allowed(catalogue, asked, "diff")?;
    let mut output = Output::new();
    let differences = solution::diff(entry)?;
    if differences.is_empty() {
        output.line(format!("{}: yours is the solution", entry.id))?;
    }
    for line in differences.lines() {
        output.line(match line.as_bytes().first() {
            _ if line.starts_with("--- ") || line.starts_with("+++ ") => styled(STRONG, line),
            Some(b'-') => styled(BAD, line),
            Some(b'+') => styled(GOOD, line),
            _ => line.to_owned(),
        })?;
    }
    output.finish()?;
    Ok(ExitCode::SUCCESS)
}

/// The exercise, if its solution may be shown.
fn allowed<'a>(catalogue: &'a Catalogue, asked: &Solution, command: &str) -> Result<&'a Entry> {
    let entry = setup::exercise(catalogue, &asked.exercise)?;
    if !asked.spoil && open(catalogue)?.passed(entry).is_none() {
        let number = entry.number();
        bail!(Usage(format!(
            "{} has not passed yet: cargo xtask check {number}; to see the solution all the same: \
             cargo xtask {command} {number} --spoil",
            entry.id
        )));
    }
    Ok(entry)
}
