//! Commands that build, under a deadline, ended when the bench is.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use grader::process::{self, End, Ended};
use grader::stop::{Stop, Stopped};

/// A cold build on a slow machine ends within this.
pub const DEADLINE: Duration = Duration::from_secs(1800);

/// How much of a command's output is kept, in bytes.
const OUTPUT: usize = 4 << 20;

/// `cargo` in a folder, the one that runs this program.
pub fn command(folder: &Path) -> Command {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let mut command = Command::new(cargo);
    command.current_dir(folder);
    command
}

/// Where cargo puts what it builds.
pub fn target(root: &Path) -> PathBuf {
    match env::var_os("CARGO_TARGET_DIR") {
        Some(target) => root.join(target),
        None => root.join("target"),
    }
}

/// Builds something and gives the target folder that it is in.
///
/// # Errors
///
/// It does not build, or the bench was stopped.
pub fn build(root: &Path, what: &[&str], stop: &Stop) -> Result<PathBuf> {
    let target = target(root);
    succeed(
        command(root)
            .args(["build", "--quiet"])
            .args(what)
            .arg("--target-dir")
            .arg(&target),
        stop,
    )?;
    Ok(target)
}

/// Runs a command to its end.
///
/// # Errors
///
/// It cannot be started, takes too long, or the bench was stopped.
pub fn run(command: &mut Command, stop: &Stop) -> Result<Ended> {
    let ended = process::run(command, DEADLINE, OUTPUT, stop)
        .with_context(|| format!("start {command:?}"))?;
    match ended.end {
        End::Own(_) => Ok(ended),
        End::Stopped => Err(Stopped.into()),
        End::Deadline => bail!("{command:?} took more than {} s", DEADLINE.as_secs()),
    }
}

/// Runs a command that has to end with status 0.
///
/// # Errors
///
/// As [`run`], or another status, with what the command said.
pub fn succeed(command: &mut Command, stop: &Stop) -> Result<Ended> {
    let ended = run(command, stop)?;
    match ended.end {
        End::Own(status) if status.success() => Ok(ended),
        _ => bail!(
            "{command:?} failed:\n{}{}",
            ended.stdout.text(),
            ended.stderr.text()
        ),
    }
}
