//! The command line of the lab: arguments in, one call of the grader, text out.

mod bench;
mod check;
mod cli;
#[cfg(feature = "instructor")]
mod course;
mod deliver;
mod demo;
mod grade;
mod handout;
mod hint;
mod instructor;
mod list;
mod merge;
mod mutants;
mod new_folder;
mod output;
mod own;
#[cfg(feature = "instructor")]
mod package;
mod progress;
mod reset;
mod setup;
mod similarity;
mod skeletons;
mod solution;
mod students;
mod table;
mod update;
mod verify;
mod welcome;

use std::io;
use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

use cli::{Cli, Command};
use setup::{Usage, catalogue};

/// The lab failed.
const FAILED: u8 = 1;

/// Wrong usage.
const USAGE: u8 = 2;

/// The program: what was typed is done, and the exit status says how it went.
pub fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(status) => status,
        Err(error) if error.is::<Usage>() => complain(&error, USAGE),
        // Whoever reads the output has gone: there is nobody to tell.
        Err(error) if reader_has_gone(&error) => ExitCode::from(FAILED),
        Err(error) => complain(&error, FAILED),
    }
}

fn run(cli: Cli) -> Result<ExitCode> {
    // An update that was cut off has perhaps left a catalogue that cannot be read.
    if let Some(Command::Update(asked)) = &cli.command {
        return update::run(asked);
    }
    let catalogue = catalogue()?;
    if let Some(command) = &cli.command {
        students::refuse(&catalogue, command)?;
    }
    let asked = cli.command.as_ref();
    if !instructor::HERE && asked.is_some_and(instructor::is_asked) {
        return instructor::hand_over(&catalogue);
    }
    match cli.command {
        None => welcome::print(&catalogue),
        Some(Command::List) => list::print(&catalogue),
        Some(Command::Check(asked)) => check::run(&catalogue, &asked),
        Some(Command::Hint(asked)) => hint::run(&catalogue, &asked),
        Some(Command::Progress(asked)) => progress::run(&catalogue, &asked),
        Some(Command::Reset(asked)) => reset::run(&catalogue, &asked),
        Some(Command::Solution(asked)) => solution::show(&catalogue, &asked),
        Some(Command::Diff(asked)) => solution::diff(&catalogue, &asked),
        Some(Command::Grade(asked)) => grade::run(&catalogue, &asked),
        Some(Command::Merge(asked)) => merge::run(&catalogue, &asked),
        Some(Command::Update(asked)) => update::run(&asked),
        Some(Command::Handout(asked)) => handout::run(&catalogue, &asked),
        #[cfg(feature = "instructor")]
        Some(Command::Package(asked)) => package::run(&catalogue, &asked),
        #[cfg(not(feature = "instructor"))]
        Some(Command::Package(_)) => instructor::hand_over(&catalogue),
        Some(Command::Similarity(asked)) => similarity::run(&catalogue, &asked),
        Some(Command::Skeletons(asked)) => skeletons::run(&catalogue, &asked),
        Some(Command::Verify(asked)) => verify::run(&catalogue, &asked),
        Some(Command::Mutants(asked)) => mutants::run(&catalogue, &asked),
        Some(Command::Bench(asked)) => bench::run(&catalogue, &asked),
    }
}

fn complain(error: &anyhow::Error, status: u8) -> ExitCode {
    anstream::eprintln!("xtask: {error:#}");
    ExitCode::from(status)
}

fn reader_has_gone(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<io::Error>()
        .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
