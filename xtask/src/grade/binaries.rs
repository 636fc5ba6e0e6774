//! Programs that are judged as they are: `--bin NN[/PROGRAM]=PATH`.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

use anyhow::{Result, bail};
use grader::catalogue::{Catalogue, Entry};
use grader::grade::{Attempt, Candidate};
use grader::submission::Intake;

use crate::setup::{self, Usage};

/// By the exercise's id: its programs that were given with `--bin`.
pub type Binaries = BTreeMap<String, BTreeMap<String, PathBuf>>;

/// Reads `NN=PATH` and `NN/PROGRAM=PATH`.
pub fn binaries(catalogue: &Catalogue, given: &[OsString]) -> Result<Binaries> {
    let mut binaries = Binaries::new();
    for text in given {
        let shown = text.to_string_lossy();
        let usage = |what: String| Usage(format!("--bin {shown}: {what}"));
        let bytes = text.as_bytes();
        let Some(at) = bytes.iter().position(|byte| *byte == b'=') else {
            bail!(usage("it is NN=PATH or NN/PROGRAM=PATH".into()));
        };
        let name = String::from_utf8_lossy(&bytes[..at]).into_owned();
        let path = PathBuf::from(OsString::from_vec(bytes[at + 1..].to_vec()));
        let (exercise, program) = match name.split_once('/') {
            Some((exercise, program)) => (exercise, Some(program)),
            None => (name.as_str(), None),
        };
        let entry = setup::exercise(catalogue, exercise)?;
        let programs: Vec<&str> = entry.programs.iter().map(|one| one.name.as_str()).collect();
        let program = match program {
            Some(program) if programs.contains(&program) => program,
            Some(program) => bail!(usage(format!(
                "{} has no program {program}; it has {}",
                entry.id,
                programs.join(", ")
            ))),
            None => programs.first().copied().unwrap_or_default(),
        };
        let path = setup::executable(&path)?;
        binaries
            .entry(entry.id.clone())
            .or_default()
            .insert(program.to_owned(), path);
    }
    Ok(binaries)
}

/// The one submission that is made of `--bin`; a program that was not given
/// is the lab's own.
pub fn as_it_is<'a>(binaries: &Binaries, entries: &[&'a Entry]) -> Result<Option<Candidate<'a>>> {
    if binaries.is_empty() {
        return Ok(None);
    }
    let mut attempts = Vec::new();
    for entry in entries {
        let Some(programs) = binaries.get(&entry.id) else {
            continue;
        };
        let intake = if programs.len() == entry.programs.len() {
            Intake::Missing(String::new())
        } else {
            Intake::Taken(bank::verify::solution(entry)?)
        };
        attempts.push(Attempt {
            programs: programs.clone(),
            ..Attempt::new(entry, intake)
        });
    }
    Ok(Some(Candidate {
        name: "bin".into(),
        attempts,
    }))
}
