//! `cargo xtask` alone: where one is, and what to type next.

use std::process::ExitCode;

use anyhow::Result;
use grader::catalogue::Catalogue;

use crate::list::{begun, state};
use crate::output::{Output, STRONG, styled};

/// Prints it, in ten lines.
pub fn print(catalogue: &Catalogue) -> Result<ExitCode> {
    let mut output = Output::new();
    let all = catalogue.entries.len();
    let count = |wanted: &str| {
        catalogue
            .entries
            .iter()
            .filter(|entry| state(entry) == wanted)
            .count()
    };
    output.line(styled(STRONG, "The socket lab"))?;
    output.line(format!("  {}", catalogue.root.display()))?;
    output.line(format!(
        "  {all} exercises: {} written, {} begun, {} not begun",
        count("written"),
        count("begun"),
        count("not begun")
    ))?;
    output.line("")?;
    let at = catalogue
        .entries
        .iter()
        .find(|entry| state(entry) == "begun");
    let next = at.or_else(|| catalogue.entries.iter().find(|entry| !begun(entry)));
    if let Some(entry) = next.or(catalogue.entries.first()) {
        let folder = format!("exercises/{}", entry.id);
        output.line(format!(
            "  {:38} what to do next",
            format!("read {folder}/README.md")
        ))?;
        let file = entry.data.files.first().map_or("src", String::as_str);
        output.line(format!(
            "  {:38} where you write it",
            format!("{folder}/{file}")
        ))?;
        let check = format!("cargo xtask check {}", entry.number());
        output.line(format!("  {check:38} is it right?"))?;
    }
    output.line(format!("  {:38} all exercises", "cargo xtask list"))?;
    output.line(format!(
        "  {:38} see a whole class graded",
        "cargo xtask grade --demo"
    ))?;
    output.line(format!("  {:38} everything else", "cargo xtask --help"))?;
    output.finish()?;
    Ok(ExitCode::SUCCESS)
}
