//! The commands that a verdict on one's own program can do without.

use std::process::ExitCode;

use anyhow::{Result, bail};
use grader::catalogue::Catalogue;

use crate::cli::Command;
use crate::{
    bench, completions, grade, handout, merge, mutants, similarity, skeletons, trial, verify,
};

/// Does one of them.
pub fn run(catalogue: &Catalogue, command: Command) -> Result<ExitCode> {
    match command {
        Command::Try(asked) => trial::run(catalogue, &asked),
        Command::Completions { shell } => completions::print(catalogue, shell),
        Command::Grade(asked) => grade::run(catalogue, &asked),
        Command::Merge(asked) => merge::run(catalogue, &asked),
        Command::Handout(asked) => handout::run(catalogue, &asked),
        #[cfg(feature = "instructor")]
        Command::Package(asked) => crate::package::run(catalogue, &asked),
        Command::Similarity(asked) => similarity::run(catalogue, &asked),
        Command::Skeletons(asked) => skeletons::run(catalogue, &asked),
        Command::Verify(asked) => verify::run(catalogue, &asked),
        Command::Mutants(asked) => mutants::run(catalogue, &asked),
        Command::Bench(asked) => bench::run(catalogue, &asked),
        other => bail!("{other:?} was to be done before"),
    }
}
