//! What somebody who learns types.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{AskedTier, How, tier};

/// `cargo xtask check`
#[derive(Debug, Args)]
pub struct Check {
    /// Which exercise.
    pub exercise: Option<String>,
    /// Judge this executable, in whatever language it was written; of the files beside it,
    /// none is there when it runs.
    #[arg(long, value_name = "PATH")]
    pub bin: Option<PathBuf>,
    /// Judge again what was judged before, although nothing has changed.
    #[arg(long)]
    pub fresh: bool,
    #[command(flatten)]
    pub how: How,
}

/// `cargo xtask watch`
#[derive(Debug, Args)]
pub struct Watch {
    /// Which exercise to begin with.
    pub exercise: Option<String>,
    /// Tell it in sentences, one below the other: for screen readers, files and pipes.
    #[arg(long)]
    pub plain: bool,
    #[command(flatten)]
    pub how: How,
}

/// `cargo xtask hint`
#[derive(Debug, Args)]
pub struct Hint {
    /// Which exercise.
    pub exercise: Option<String>,
    /// For this check; nothing is judged.
    #[arg(long, value_name = "NAME")]
    pub check: Option<String>,
    #[command(flatten)]
    pub how: How,
}

/// `cargo xtask progress`
#[derive(Debug, Args)]
pub struct Progress {
    /// Make it anew: judge every program that is no longer its skeleton.
    #[arg(long)]
    pub rebuild: bool,
    #[command(flatten)]
    pub how: How,
}

/// `cargo xtask reset`
#[derive(Debug, Args)]
pub struct Reset {
    /// Which exercise.
    pub exercise: String,
    /// Do not ask.
    #[arg(long, short)]
    pub yes: bool,
}

/// `cargo xtask solution` and `cargo xtask diff`
#[derive(Debug, Args)]
pub struct Solution {
    /// Which exercise.
    pub exercise: String,
    /// Also before it has passed.
    #[arg(long)]
    pub spoil: bool,
}

/// `cargo xtask try`
#[derive(Debug, Args)]
pub struct Try {
    /// Which exercise.
    pub exercise: Option<String>,
    /// Open a shell where it is being tried in another terminal.
    #[arg(long, conflicts_with_all = ["shell", "strace", "ss", "bin"])]
    pub join: bool,
    /// Have a shell in front instead of the peer.
    #[arg(long)]
    pub shell: bool,
    /// Run your programs under strace.
    #[arg(long)]
    pub strace: bool,
    /// At the end, show the sockets that there are.
    #[arg(long)]
    pub ss: bool,
    /// Try this executable instead, in whatever language it was written.
    #[arg(long, value_name = "PATH")]
    pub bin: Option<PathBuf>,
    /// How strongly to isolate: auto, vm, cell, jail or none.
    #[arg(long, default_value = "auto", value_parser = tier)]
    pub tier: AskedTier,
}

/// `cargo xtask update`
#[derive(Debug, Args)]
pub struct Update {
    /// The folder that the new version was unpacked into.
    #[arg(conflicts_with = "git")]
    pub source: Option<PathBuf>,
    /// Fetch the new version from here: a remote, or the address of a repository.
    #[arg(long, value_name = "REMOTE[/BRANCH]")]
    pub git: Option<String>,
    /// Say what would be done, and change no file.
    #[arg(long)]
    pub dry_run: bool,
    /// Take the last update back: all is as it was before, but what you have
    /// edited since.
    #[arg(long, conflicts_with_all = ["source", "git", "dry_run", "forget"])]
    pub undo: bool,
    /// Remove what earlier updates have kept. The last one can still be taken back.
    #[arg(long, conflicts_with_all = ["source", "git", "dry_run"])]
    pub forget: bool,
}

/// Shells that can complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    /// The GNU shell.
    Bash,
    /// The Z shell.
    Zsh,
    /// The friendly interactive shell.
    Fish,
}
