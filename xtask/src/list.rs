//! `cargo xtask list`

use std::process::ExitCode;

use anyhow::Result;
use grader::catalogue::{Catalogue, Entry};
use grader::skeleton::{Skeleton, State};

use crate::output::{DIM, Output, STRONG, styled};

/// Prints the exercises, a line each.
pub fn print(catalogue: &Catalogue) -> Result<ExitCode> {
    let mut output = Output::new();
    let width = |text: fn(&Entry) -> &str| {
        catalogue
            .entries
            .iter()
            .map(|entry| text(entry).chars().count())
            .max()
            .unwrap_or(0)
    };
    let (ids, titles) = (width(|entry| &entry.id), width(|entry| &entry.data.title));
    for entry in &catalogue.entries {
        output.line(format!(
            "{}  {:titles$}  {}",
            styled(STRONG, format!("{:ids$}", entry.id)),
            entry.data.title,
            styled(
                DIM,
                format!("{} checks, {}", entry.data.checks.len(), state(entry))
            ),
        ))?;
    }
    output.finish()?;
    Ok(ExitCode::SUCCESS)
}

/// How far somebody has come with an exercise, as its files show.
pub fn state(entry: &Entry) -> &'static str {
    if !begun(entry) {
        "not begun"
    } else if holds_todo(entry) {
        "begun"
    } else {
        "written"
    }
}

/// Whether any file differs from its skeleton.
pub fn begun(entry: &Entry) -> bool {
    Skeleton::all_of(entry)
        .is_ok_and(|skeletons| skeletons.iter().any(|one| one.state() != State::Same))
}

fn holds_todo(entry: &Entry) -> bool {
    entry.data.files.iter().any(|file| {
        std::fs::read_to_string(entry.folder.join(file)).is_ok_and(|text| text.contains("todo!("))
    })
}
