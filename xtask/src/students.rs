//! The package that students get: the lab without its solutions.

use std::path::Path;

use anyhow::{Result, bail};
use grader::catalogue::Catalogue;

use crate::cli::Command;
use crate::setup::Usage;

/// Whether this is that package.
pub fn is(catalogue: &Catalogue) -> bool {
    is_at(&catalogue.root)
}

fn is_at(root: &Path) -> bool {
    !root.join("solutions").is_dir()
}

/// The command line, without what [`refuse`] would refuse in the lab at `root`.
pub fn hide(root: &Path, command: clap::Command) -> clap::Command {
    if !is_at(root) {
        return command;
    }
    let needless = |name: &str| WITH_SOLUTIONS.contains(&name);
    let names: Vec<String> = command
        .get_subcommands()
        .map(|one| one.get_name().to_owned())
        .filter(|name| needless(name))
        .collect();
    names.into_iter().fold(command, |command, name| {
        command.mut_subcommand(name, |one| one.hide(true))
    })
}

/// The commands that are of no use without solutions.
const WITH_SOLUTIONS: [&str; 8] = [
    "solution",
    "diff",
    "skeletons",
    "verify",
    "mutants",
    "bench",
    "handout",
    "package",
];

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
