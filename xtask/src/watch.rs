//! `cargo xtask watch`

use std::process::ExitCode;

use anyhow::Result;
use grader::catalogue::Catalogue;

use crate::cli::Watch;
use crate::setup;

/// Watches, in the program that can.
///
/// # Errors
///
/// There is no such exercise, or watching itself fails.
pub fn run(catalogue: &Catalogue, asked: &Watch) -> Result<ExitCode> {
    // Said at once, not behind a build.
    if let Some(name) = &asked.exercise {
        setup::exercise(catalogue, name)?;
    }
    watch(catalogue, asked)
}

#[cfg(not(feature = "watch"))]
fn watch(catalogue: &Catalogue, _: &Watch) -> Result<ExitCode> {
    crate::on_demand::WATCH.hand_over(&catalogue.root)
}

#[cfg(feature = "watch")]
fn watch(catalogue: &Catalogue, asked: &Watch) -> Result<ExitCode> {
    let entry = chosen(catalogue, asked)?;
    let at = catalogue.entries.iter().position(|one| one.id == entry.id);
    let engine = ::watch::judge::Grader::new(
        catalogue.clone(),
        setup::tier(&asked.how),
        setup::without_handler(&asked.how)?,
    );
    let settings = ::watch::Settings {
        catalogue: catalogue.clone(),
        at: at.unwrap_or(0),
        plain: asked.plain,
        by_hand: by_hand(),
    };
    ::watch::run(settings, Box::new(engine))
}

/// The exercise that was named, or in whose folder one is, or that is in progress,
/// or the next.
#[cfg(feature = "watch")]
fn chosen<'a>(catalogue: &'a Catalogue, asked: &Watch) -> Result<&'a grader::catalogue::Entry> {
    use anyhow::Context;
    use study::map::Map;

    if let Some(name) = &asked.exercise {
        return setup::exercise(catalogue, name);
    }
    if let Some(entry) = crate::check::here(catalogue) {
        return Ok(entry);
    }
    // That it cannot be read is said on the screen.
    let progress = crate::progress::open(catalogue).ok();
    let map = progress.map(|progress| Map::of(catalogue, &progress));
    let map = map.transpose()?;
    let current = map.as_ref().and_then(Map::current);
    current
        .map(|place| place.entry)
        .or(catalogue.entries.first())
        .context("there is no exercise in exercises/")
}

/// The command that runs a program by hand, if this lab has one.
#[cfg(feature = "watch")]
fn by_hand() -> Option<Vec<String>> {
    use clap::CommandFactory;

    let command = crate::cli::Cli::command();
    command.find_subcommand("try")?;
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    Some(vec![cargo, "xtask".into(), "try".into()])
}
