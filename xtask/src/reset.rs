//! `cargo xtask reset`: an exercise begins anew.

use std::io::{self, BufRead, IsTerminal};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use grader::catalogue::Catalogue;
use grader::skeleton::{Skeleton, State};

use crate::cli::Reset;
use crate::output::Output;
use crate::progress::open;
use crate::setup::{self, Usage};

/// Puts the skeletons back, with a copy of what was there.
pub fn run(catalogue: &Catalogue, asked: &Reset) -> Result<ExitCode> {
    let entry = setup::exercise(catalogue, &asked.exercise)?;
    let skeletons =
        Skeleton::all_of(entry).with_context(|| format!("the skeletons of {}", entry.id))?;
    let mut output = Output::new();
    let changed = skeletons.iter().filter(|one| one.state() != State::Same);
    let changed: Vec<String> = changed.map(|one| shown(catalogue, &one.path)).collect();
    if changed.is_empty() {
        output.line(format!("{} is as it was at the start", entry.id))?;
        output.finish()?;
        return Ok(ExitCode::SUCCESS);
    }
    let what = changed.join(", ");
    if !asked.yes {
        if !io::stdin().is_terminal() {
            bail!(Usage(format!(
                "`reset` would replace {what}, and there is no terminal to ask at; --yes does it"
            )));
        }
        anstream::eprint!(
            "{what} will be the skeleton again; a copy of yours is kept. Do it? [y/N] "
        );
        if !agrees(&mut io::stdin().lock())? {
            output.line("nothing was changed")?;
            output.finish()?;
            return Ok(ExitCode::SUCCESS);
        }
    }
    let backup = study::reset::reset(&catalogue.root, entry)?;
    output.line(format!("reset: {what}"))?;
    output.line(format!("what was there: {}", shown(catalogue, &backup)))?;
    output.finish()?;
    let mut progress = open(catalogue)?;
    progress.forget(entry);
    progress.save()?;
    Ok(ExitCode::SUCCESS)
}

/// A path from the root of the lab on.
fn shown(catalogue: &Catalogue, path: &Path) -> String {
    let inside = path.strip_prefix(&catalogue.root).unwrap_or(path);
    inside.display().to_string()
}

/// Whether somebody says yes. Who only presses return, or has gone, does not.
fn agrees(input: &mut impl BufRead) -> Result<bool> {
    let mut answer = String::new();
    input.read_line(&mut answer).context("read the answer")?;
    Ok(["y", "yes"].contains(&answer.trim().to_lowercase().as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_yes_is_a_yes() {
        let agrees = |answer: &str| agrees(&mut answer.as_bytes()).unwrap();
        assert!(agrees("y\n") && agrees(" Yes \n"));
        for answer in ["", "\n", "n\n", "yesterday\n", "no\ny\n"] {
            assert!(!agrees(answer), "{answer:?}");
        }
    }
}
