//! The package that students get: the lab without its solutions.

use anyhow::{Result, bail};
use grader::catalogue::Catalogue;

use crate::cli::Command;
use crate::setup::Usage;

/// Whether this is that package.
pub fn is(catalogue: &Catalogue) -> bool {
    !catalogue.root.join("solutions").is_dir()
}

/// Refuses there what needs the solutions, or what was left out with them.
///
/// # Errors
///
/// [`Usage`], in one line.
pub fn refuse(catalogue: &Catalogue, command: &Command) -> Result<()> {
    let needs = match command {
        Command::Grade(asked) if asked.solutions => "grade --solutions",
        Command::Grade(asked) if asked.demo => "grade --demo",
        Command::Solution(_) => "solution",
        Command::Diff(_) => "diff",
        Command::Skeletons(_) => "skeletons",
        Command::Verify(_) => "verify",
        Command::Mutants(_) => "mutants",
        Command::Bench(_) => "bench",
        Command::Handout(_) => "handout",
        Command::Package(_) => "package",
        _ => return Ok(()),
    };
    if is(catalogue) {
        bail!(Usage(format!(
            "`{needs}` needs the solutions, and this is the students' package: it has none"
        )));
    }
    Ok(())
}
