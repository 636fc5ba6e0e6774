//! Solutions, mistakes and right variants are code like any other: formatted
//! and linted, each in a stage, since cargo sees none of them.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use anyhow::{Context, Result};
use grader::build::rustc::{flags, libraries};
use grader::catalogue::{Catalogue, Entry};
use grader::seed::Seed;
use grader::shard::Shard;
use grader::stage::Stage;
use grader::submission::Intake;

use super::{Case, Verified, collect_all};

/// Formats and lints, without judging, everything that [`super::verify`]
/// judges. A program in another language was compiled with its warnings on.
///
/// # Errors
///
/// The bank cannot be read, or a stage not be written.
pub fn lint(
    catalogue: &Catalogue,
    seed: &Seed,
    entries: &[&Entry],
    shard: Shard,
    jobs: usize,
) -> Result<Verified> {
    let mut verified = Verified::default();
    let mut cases = Vec::new();
    for collected in collect_all(seed, entries, shard) {
        verified.take(collected?, &mut cases);
    }
    let next = AtomicUsize::new(0);
    let faults = Mutex::new(Vec::new());
    thread::scope(|scope| {
        let workers: Vec<_> = (0..jobs.max(1))
            .map(|_| {
                scope.spawn(|| -> Result<()> {
                    while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                        for fault in of(catalogue, seed, case)? {
                            faults
                                .lock()
                                .unwrap_or_else(PoisonError::into_inner)
                                .push((case.name.clone(), fault));
                        }
                    }
                    Ok(())
                })
            })
            .collect();
        workers.into_iter().try_for_each(|worker| {
            worker
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    })?;
    let mut faults = faults.into_inner().unwrap_or_else(PoisonError::into_inner);
    faults.sort();
    verified.faults.extend(faults);
    Ok(verified)
}

/// What the formatter and the linter say of one program.
fn of(catalogue: &Catalogue, seed: &Seed, case: &Case<'_>) -> Result<Vec<String>> {
    let entry = case.attempt.entry;
    let Intake::Taken(files) = &case.attempt.intake else {
        return Ok(Vec::new());
    };
    // A whole program in another language leaves the solution's files as they
    // are, and those are a case of their own.
    if case.attempt.programs.len() == entry.programs.len() {
        return Ok(Vec::new());
    }
    let folder = tempfile::tempdir_in(seed.work.path())?;
    let stage = Stage::fill(folder.path(), entry, files)?;
    let mut faults = Vec::new();
    faults.extend(format(catalogue, seed, &stage, files)?);
    let is_solution = case.name.ends_with(" solution");
    for program in &entry.programs {
        let flags = flags(entry, program);
        // Mistakes and variants may leave unused what a skeleton may. In the
        // solution everything that is given has its use.
        let flags = flags
            .iter()
            .filter(|flag| *flag != "-Awarnings" && !flag.starts_with("--emit"))
            .filter(|flag| !(is_solution && flag.starts_with("-A")));
        let mut command = Command::new(seed.toolchain.sysroot.join("bin/clippy-driver"));
        command
            .current_dir(&stage.folder)
            .env("CLIPPY_CONF_DIR", &catalogue.root)
            .arg("-Dwarnings")
            .args(flags)
            .args(["--emit=metadata", "-o"])
            .arg(stage.folder.join(format!("{}.rmeta", program.name)));
        command.args(libraries(seed, entry, &seed.libraries));
        faults.extend(complaint(&mut command)?);
    }
    Ok(faults)
}

/// Only what is handed in: the given code is a member of the workspace.
fn format(
    catalogue: &Catalogue,
    seed: &Seed,
    stage: &Stage,
    files: &BTreeMap<String, String>,
) -> Result<Option<String>> {
    let mut command = Command::new(seed.toolchain.sysroot.join("bin/rustfmt"));
    command
        .current_dir(&stage.folder)
        .args(["--check", "--edition=2024", "--config-path"])
        .arg(&catalogue.root)
        .args(files.keys().filter(|path| is_rust(path)));
    complaint(&mut command)
}

fn is_rust(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|it| it == "rs")
}

fn complaint(command: &mut Command) -> Result<Option<String>> {
    let output = command
        .output()
        .with_context(|| format!("start {}", command.get_program().to_string_lossy()))?;
    if output.status.success() {
        return Ok(None);
    }
    Ok(Some(format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )))
}
