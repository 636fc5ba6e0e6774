//! What only an instructor needs is built only when it is asked for: a learner does
//! not wait for it.

use std::env;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};
use grader::catalogue::Catalogue;

use crate::cli::{self, Deliver, Format};

/// Whether this program has it.
pub const HERE: bool = cfg!(feature = "instructor");

/// The program that has it.
const PROGRAM: &str = "lab-class";

/// Whether a command needs it.
pub fn is_asked(command: &cli::Command) -> bool {
    match command {
        cli::Command::Grade(asked) => holds_any(&asked.path) || is_of_a_class(&asked.deliver),
        cli::Command::Merge(asked) => is_of_a_class(&asked.deliver),
        cli::Command::Similarity(asked) => holds_any(&asked.path),
        cli::Command::Package(_) => true,
        _ => false,
    }
}

/// Whether grades, pages or other systems' formats are wanted.
pub fn is_of_a_class(asked: &Deliver) -> bool {
    let files = [&asked.html, &asked.roster, &asked.policy, &asked.what_if];
    !matches!(asked.format, Format::Text | Format::Json) || files.iter().any(|file| file.is_some())
}

/// Whether a path is an archive, or holds some.
fn holds_any(paths: &[PathBuf]) -> bool {
    paths
        .iter()
        .any(|path| is_archive(path) || holds_archives(path))
}

fn is_archive(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name = name.to_lowercase();
    let kinds = [".zip", ".tar", ".tar.gz", ".tgz"];
    path.is_file() && kinds.iter().any(|kind| name.ends_with(kind))
}

/// Archives in a folder or in its folders, as learning platforms make them.
fn holds_archives(folder: &Path) -> bool {
    let entries = |folder: &Path| {
        let entries = folder.read_dir().into_iter().flatten().flatten();
        entries.map(|entry| entry.path())
    };
    entries(folder).any(|path| is_archive(&path) || entries(&path).any(|path| is_archive(&path)))
}

/// Becomes the program that has it, with the same arguments.
pub fn hand_over(catalogue: &Catalogue) -> Result<ExitCode> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let manifest = catalogue.root.join("Cargo.toml");
    let built = env::current_exe().is_ok_and(|here| here.with_file_name(PROGRAM).exists());
    if !built {
        anstream::eprintln!("building what a class needs; the first time, this takes a minute");
    }
    let error = Command::new(cargo)
        .args(["run", "--quiet", "--package", "xtask", "--bin", PROGRAM])
        .args(grader::seed::profile())
        .args(["--features", "instructor", "--manifest-path"])
        .arg(manifest)
        .arg("--")
        .args(env::args_os().skip(1))
        .exec();
    Err(error).context("run cargo")
}
