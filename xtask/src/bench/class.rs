//! A class: what judging it costs beside what the compiler and the programs need themselves,
//! whether memory or time grow with it, and what it costs to go on where a run has stopped.

mod alone;
mod growth;
mod judging;
mod resumption;

use std::collections::BTreeMap;

use anyhow::Result;
use grader::catalogue::{Catalogue, Entry};
use grader::grade::Options;
use grader::seed::Seed;

use super::figure::Row;
use crate::setup;

/// The exercise of the classes whose growth is measured.
const SMALL: &str = "01";

/// Measures everything about classes, of which `submissions` are judged in full.
///
/// # Errors
///
/// The lab cannot judge here, or the bench was stopped.
pub fn measure(
    catalogue: &Catalogue,
    seed: &Seed,
    entries: &[&Entry],
    submissions: usize,
    options: &Options,
) -> Result<Vec<Row>> {
    let (mut rows, results) = judging::judging(seed, entries, submissions, options)?;
    let small = setup::exercise(catalogue, SMALL)?;
    rows.extend(growth::growth(catalogue, seed, small, options)?);
    rows.extend(resumption::resuming(
        catalogue, seed, entries, &results, options,
    )?);
    Ok(rows)
}

/// Files that mean the same and are others.
fn marked(mut files: BTreeMap<String, String>, number: usize) -> BTreeMap<String, String> {
    for text in files.values_mut() {
        text.push_str(&format!("\n// {number}\n"));
    }
    files
}
