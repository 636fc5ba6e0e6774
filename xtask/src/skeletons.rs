//! `cargo xtask skeletons`

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};
use grader::catalogue::Catalogue;
use grader::skeleton::{Skeleton, State};

use crate::cli::Skeletons;
use crate::output::{BAD, Output, styled};
use crate::setup;

/// Writes the skeletons, or looks whether they are as they must be.
pub fn run(catalogue: &Catalogue, asked: &Skeletons) -> Result<ExitCode> {
    let only: Vec<String> = asked.exercise.iter().cloned().collect();
    let mut output = Output::new();
    let mut left = 0;
    for entry in setup::exercises(catalogue, &only)? {
        let skeletons = Skeleton::all_of(entry)
            .with_context(|| format!("make the skeletons of {}", entry.id))?;
        for skeleton in skeletons {
            let path = skeleton
                .path
                .strip_prefix(&catalogue.root)
                .unwrap_or(&skeleton.path);
            let state = skeleton.state();
            match state {
                State::Same => {}
                _ if asked.check => {
                    left += 1;
                    output.line(styled(BAD, format!("{}: {}", path.display(), drift(state))))?;
                }
                State::Changed if !asked.force => {
                    left += 1;
                    output.line(format!(
                        "{}: left alone, since it was changed; --force replaces it and keeps a copy",
                        path.display()
                    ))?;
                }
                _ => write(&skeleton, path, &mut output)?,
            }
        }
    }
    output.finish()?;
    Ok(ExitCode::from(u8::from(left > 0)))
}

fn write(skeleton: &Skeleton, path: &Path, output: &mut Output) -> Result<()> {
    let backup = skeleton
        .write()
        .with_context(|| format!("write {}", path.display()))?;
    match backup {
        Some(backup) => {
            let name = backup.file_name().unwrap_or_default().to_string_lossy();
            output.line(format!(
                "{}: written; what was there is now {}",
                path.display(),
                path.with_file_name(&*name).display()
            ))
        }
        None => output.line(format!("{}: written", path.display())),
    }
}

fn drift(state: State) -> &'static str {
    match state {
        State::Absent => "is not there; `cargo xtask skeletons` writes it",
        _ => "is not what its solution gives; `cargo xtask skeletons` writes it",
    }
}
