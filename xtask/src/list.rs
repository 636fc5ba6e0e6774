//! `cargo xtask list`: the map.

use std::process::ExitCode;

use anyhow::Result;
use grader::catalogue::{Catalogue, Entry};
use study::map::Map;

use crate::output::{DIM, Output, STRONG, styled};
use crate::progress::{open, state};

/// Prints the parts with their exercises, a line each.
pub fn print(catalogue: &Catalogue) -> Result<ExitCode> {
    let map = Map::of(catalogue, &open(catalogue)?)?;
    let mut output = Output::new();
    let width = |text: fn(&Entry) -> &str| {
        let all = catalogue.entries.iter();
        all.map(|entry| text(entry).chars().count())
            .max()
            .unwrap_or(0)
    };
    let (ids, titles) = (width(|entry| &entry.id), width(|entry| &entry.data.title));
    for part in &map.parts {
        output.line(styled(STRONG, format!("{}. {}", part.number, part.title)))?;
        for place in &part.places {
            let (id, data) = (&place.entry.id, &place.entry.data);
            let checks = styled(DIM, format!("{:>2} checks", data.checks.len()));
            let line = format!(
                "   {id:ids$}  {:titles$}  {checks}  {}",
                data.title,
                state(place)
            );
            output.line(line.trim_end())?;
        }
    }
    output.finish()?;
    Ok(ExitCode::SUCCESS)
}
