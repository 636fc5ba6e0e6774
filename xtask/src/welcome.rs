//! `cargo xtask` alone: where one is, and what to type next.

use std::process::ExitCode;

use anyhow::Result;
use grader::catalogue::Catalogue;

use crate::list::{begun, state};
use crate::output::{Output, STRONG, styled};
use crate::students;

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
    let mut rows = Vec::new();
    if let Some(entry) = next.or(catalogue.entries.first()) {
        let folder = format!("exercises/{}", entry.id);
        let file = entry.data.files.first().map_or("src", String::as_str);
        rows.push((format!("{folder}/README.md"), "what to do next: read this"));
        rows.push((format!("{folder}/{file}"), "where you write it"));
        rows.push((
            format!("cargo xtask check {}", entry.number()),
            "is it right?",
        ));
    }
    rows.push(("cargo xtask list".into(), "all exercises"));
    if !students::is(catalogue) {
        rows.push((
            "cargo xtask grade --demo".into(),
            "see a whole class graded",
        ));
    }
    rows.push(("cargo xtask --help".into(), "everything else"));
    let width = rows.iter().map(|(left, _)| left.len()).max().unwrap_or(0);
    for (left, right) in rows {
        output.line(format!("  {left:width$}  {right}"))?;
    }
    output.finish()?;
    Ok(ExitCode::SUCCESS)
}
