//! `cargo xtask watch`: each save of a student's file becomes a verdict, on one
//! screen.
//!
//! Everything that happens comes through one channel (`events`): keys
//! (`input`), signals (`signals`), saves (`files`), the words of the judge
//! ([`judge`]). The `session` takes one event after another, changes what is known
//! (`state`), and shows it: drawn on a `terminal` (`screen`), or told in
//! sentences (`plain`). A second process (`guard`) puts the terminal right even
//! if this one is killed.
//!
//! A terminal needs little of a library here: one screen of text is drawn as a whole,
//! and a dozen keys are read. So there is none of it, and what it would have pulled in.

mod change;
mod command;
mod events;
mod files;
mod guard;
mod input;
pub mod judge;
mod keys;
mod list;
mod plain;
mod screen;
mod session;
mod signals;
mod state;
mod terminal;
mod wrap;

use std::process::ExitCode;

use anyhow::Result;
use grader::catalogue::Catalogue;

use judge::Engine;

/// What is to be watched, and how it is to be shown.
#[derive(Debug)]
pub struct Settings {
    /// The lab.
    pub catalogue: Catalogue,
    /// The exercise to begin with, by its place in the catalogue.
    pub at: usize,
    /// Sentences instead of a screen.
    pub plain: bool,
    /// The command that runs a program by hand, without the exercise's number;
    /// none if there is none.
    pub by_hand: Option<Vec<String>>,
}

/// Watches until somebody quits. Where no screen can be drawn, it is told in
/// sentences.
///
/// # Errors
///
/// The terminal cannot be used.
pub fn run(settings: Settings, engine: Box<dyn Engine>) -> Result<ExitCode> {
    let settings = Settings {
        plain: settings.plain || !terminal::is_there(),
        ..settings
    };
    if !settings.plain && !guard::is_there() {
        return guard::stand_by();
    }
    session::run(&settings, engine)
}

#[cfg(test)]
#[path = "fixture.rs"]
mod tests;
