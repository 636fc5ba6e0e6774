//! `cargo xtask` alone: where one is, and what to type next.

use std::process::ExitCode;

use anyhow::Result;
use grader::catalogue::Catalogue;

use study::map::{Map, Place, State};

use crate::output::{Output, STRONG, styled};
use crate::progress::{open, summary};
use crate::students;

/// Prints it, in ten lines.
pub fn print(catalogue: &Catalogue) -> Result<ExitCode> {
    let map = Map::of(catalogue, &open(catalogue)?)?;
    let mut output = Output::new();
    output.line(styled(STRONG, "The socket lab"))?;
    output.line(format!("  {}: {}", catalogue.root.display(), summary(&map)))?;
    output.line("")?;
    let mut rows = Vec::new();
    let mut begun = false;
    if let Some(place) = map.current() {
        begun = place.state == State::InProgress;
        rows.extend(at(place));
    }
    rows.push(("cargo xtask list".into(), "the map of all exercises"));
    if !begun && !students::is(catalogue) {
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

/// What there is to do at an exercise.
fn at(place: &Place<'_>) -> Vec<(String, &'static str)> {
    let entry = place.entry;
    let folder = format!("exercises/{}", entry.id);
    let file = entry.data.files.first().map_or("src", String::as_str);
    let number = entry.number();
    let begun = place.state == State::InProgress;
    let read = match begun {
        true => "where you are; what it asks for",
        false => "what to do next: read this",
    };
    let mut rows = vec![
        (format!("{folder}/README.md"), read),
        (format!("{folder}/{file}"), "where you write it"),
        (format!("cargo xtask check {number}"), "is it right?"),
        (
            format!("cargo xtask watch {number}"),
            "the same, each time you save it",
        ),
    ];
    if begun {
        rows.push((
            format!("cargo xtask hint {number}"),
            "a hint for what fails",
        ));
    }
    rows
}
