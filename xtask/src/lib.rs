//! The command line of the lab: arguments in, one call of the grader, text out.

#[cfg(feature = "whole")]
mod bench;
mod check;
mod cli;
#[cfg(feature = "whole")]
mod completions;
#[cfg(feature = "whole")]
#[cfg_attr(not(feature = "instructor"), path = "no_course.rs")]
mod course;
#[cfg(feature = "whole")]
mod deliver;
#[cfg(feature = "whole")]
mod demo;
mod doctor;
#[cfg(feature = "whole")]
mod grade;
#[cfg(feature = "whole")]
mod handout;
mod hint;
mod instructor;
mod list;
#[cfg(feature = "whole")]
mod merge;
#[cfg(feature = "whole")]
mod more;
#[cfg(feature = "whole")]
mod mutants;
#[cfg(feature = "whole")]
mod new_folder;
mod on_demand;
mod output;
mod own;
#[cfg(feature = "instructor")]
mod package;
mod place;
mod progress;
mod reset;
mod setup;
#[cfg(feature = "whole")]
mod similarity;
#[cfg(feature = "whole")]
mod skeletons;
mod solution;
mod students;
#[cfg(feature = "whole")]
mod submissions;
#[cfg(feature = "whole")]
mod table;
#[cfg(feature = "whole")]
mod trial;
#[cfg(feature = "whole")]
mod update;
#[cfg(feature = "whole")]
mod verify;
mod watch;
mod welcome;

use std::io;
use std::process::ExitCode;

use anyhow::Result;
use clap::{CommandFactory, FromArgMatches};
#[cfg(not(feature = "whole"))]
use grader::catalogue::Catalogue;

use cli::{Cli, Command};
use setup::Usage;

/// The lab failed.
const FAILED: u8 = 1;

/// Wrong usage.
const USAGE: u8 = 2;

/// The program: what was typed is done, and the exit status says how it went.
pub fn main() -> ExitCode {
    #[cfg(feature = "whole")]
    let done = match trial::is_inside() {
        Some(plan) => trial::inside(&plan),
        None => run(typed()),
    };
    #[cfg(not(feature = "whole"))]
    let done = run(typed());
    match done {
        Ok(status) => status,
        Err(error) if error.is::<Usage>() => complain(&error, USAGE),
        // Whoever reads the output has gone: there is nobody to tell.
        Err(error) if reader_has_gone(&error) => ExitCode::from(FAILED),
        Err(error) => complain(&error, FAILED),
    }
}

/// What was typed. The help speaks of what there is.
fn typed() -> Cli {
    let command = match setup::root() {
        Ok(root) => students::hide(&root, Cli::command()),
        Err(_) => Cli::command(),
    };
    Cli::from_arg_matches(&command.get_matches()).unwrap_or_else(|error| error.exit())
}

fn run(cli: Cli) -> Result<ExitCode> {
    // An update that was cut off has perhaps left a catalogue that cannot be read.
    if let Some(Command::Update(asked)) = &cli.command {
        return update(asked);
    }
    // It has to do without a lab, or with one that is broken.
    if let Some(Command::Doctor) = &cli.command {
        return doctor::run();
    }
    let catalogue = match &cli.command {
        Some(Command::Check(asked)) => setup::catalogue_for(asked.exercise.as_deref())?,
        _ => setup::catalogue()?,
    };
    if let Some(command) = &cli.command {
        students::refuse(&catalogue, command)?;
    }
    let asked = cli.command.as_ref();
    if !instructor::HERE && asked.is_some_and(instructor::is_asked) {
        return on_demand::INSTRUCTOR.hand_over(&catalogue.root);
    }
    match cli.command {
        None => welcome::print(&catalogue),
        Some(Command::List) => list::print(&catalogue),
        Some(Command::Check(asked)) => check::run(&catalogue, &asked),
        Some(Command::Watch(asked)) => watch::run(&catalogue, &asked),
        Some(Command::Hint(asked)) => hint::run(&catalogue, &asked),
        Some(Command::Progress(asked)) => progress::run(&catalogue, &asked),
        Some(Command::Reset(asked)) => reset::run(&catalogue, &asked),
        Some(Command::Solution(asked)) => solution::show(&catalogue, &asked),
        Some(Command::Diff(asked)) => solution::diff(&catalogue, &asked),
        Some(more) => do_more(&catalogue, more),
    }
}

#[cfg(feature = "whole")]
use {more::run as do_more, update::run as update};

#[cfg(not(feature = "whole"))]
fn do_more(catalogue: &Catalogue, _: Command) -> Result<ExitCode> {
    on_demand::MORE.hand_over(&catalogue.root)
}

#[cfg(not(feature = "whole"))]
fn update(_: &cli::Update) -> Result<ExitCode> {
    on_demand::MORE.hand_over(&setup::root()?)
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
