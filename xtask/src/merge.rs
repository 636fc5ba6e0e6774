//! `cargo xtask merge`: one report of several.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use grader::catalogue::Catalogue;
use grader::report::{Report, SubmissionResult};
use grader::spool::Spool;

use crate::cli::Merge;
use crate::course::Course;
use crate::deliver::deliver;
use crate::setup::Usage;

/// Reads the reports, and prints or writes them as one.
pub fn run(catalogue: &Catalogue, asked: &Merge) -> Result<ExitCode> {
    let course = Course::asked(catalogue, &asked.deliver)?;
    let results = Spool::new().context("a file for the results")?;
    let mut places = BTreeMap::new();
    let mut head = None;
    for path in &asked.report {
        let report = read(path)?;
        let this = report.head();
        let first = head.get_or_insert_with(|| (this.clone(), path));
        if !first.0.fits(&this) {
            bail!(
                "{} and {} come from different labs, compilers, tiers or seeds; grade one of them \
                 again",
                first.1.display(),
                path.display()
            );
        }
        first.0.promises = first.0.promises.and(this.promises);
        for submission in report.submissions {
            add(&results, &mut places, submission, path)?;
        }
    }
    // By name, as in the report of a whole class.
    let sorted = Spool::new().context("a file for the results")?;
    for (number, (at, _)) in places.into_values().enumerate() {
        let result = results.get(at).context("read a result")?;
        sorted.add(number, &result).context("keep a result")?;
    }
    if let Some((head, _)) = head {
        deliver(&head, &sorted, &asked.deliver)?;
        if let Some(course) = course {
            course.deliver(&head, &sorted, &asked.deliver, false)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// By the submission's name: its number, and the report that it comes from.
type Places<'a> = BTreeMap<String, (usize, &'a Path)>;

fn add<'a>(
    results: &Spool,
    places: &mut Places<'a>,
    submission: SubmissionResult,
    path: &'a Path,
) -> Result<()> {
    if let Some((_, other)) = places.get(&submission.name) {
        bail!(Usage(format!(
            "{} is in {} and in {}",
            submission.name,
            other.display(),
            path.display()
        )));
    }
    let number = places.len();
    results.add(number, &submission).context("keep a result")?;
    places.insert(submission.name, (number, path));
    Ok(())
}

fn read(path: &Path) -> Result<Report> {
    let shown = path.display();
    let bytes = fs::read(path).map_err(|error| Usage(format!("{shown}: {error}")))?;
    let report = serde_json::from_slice(&bytes).map_err(|error| {
        Usage(format!(
            "{shown} is no report of `grade --format json`: {error}"
        ))
    })?;
    Ok(report)
}
