//! `cargo xtask grade`: from submissions to a report.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::IsTerminal;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use grader::catalogue::{Catalogue, Entry};
use grader::grade::{Attempt, Candidate, Event, grade};
use grader::report::{Lab, Report, Status, write_atomically};
use grader::submission::{Intake, Submission, tell_apart};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::cli::{Format, Grade};
use crate::demo;
use crate::output::Output;
use crate::setup::{self, Usage};
use crate::table;

/// Grades what was named, and prints or writes what came of it.
pub fn run(catalogue: &Catalogue, asked: &Grade) -> Result<ExitCode> {
    let binaries = binaries(catalogue, &asked.bin)?;
    let mut entries = setup::exercises(catalogue, &asked.only)?;
    if asked.demo && asked.only.is_empty() && asked.path.is_empty() && !asked.solutions {
        entries.retain(|entry| demo::has(entry) || binaries.contains_key(&entry.id));
    }
    let class = if asked.demo {
        Some(demo::class(catalogue)?)
    } else {
        None
    };
    let mut submissions = named(catalogue, asked)?;
    if let Some(class) = &class {
        submissions.extend(Submission::discover(class.path(), catalogue)?);
    }
    tell_apart(&mut submissions);
    let mut candidates = submissions
        .iter()
        .map(|submission| candidate(submission, &entries))
        .collect::<Result<Vec<_>>>()?;
    candidates.extend(as_it_is(&binaries, &entries)?);
    if candidates
        .iter()
        .all(|candidate| candidate.attempts.is_empty())
    {
        bail!(Usage(
            "nothing to grade: --only leaves none of the exercises".into()
        ));
    }

    let options = setup::options(&asked.how)?;
    entries.retain(|entry| is_needed(entry, &candidates));
    let seed = setup::seed(catalogue, &entries, false, &asked.how, &options.stop)?;
    setup::isolated(&seed, &asked.how)?;
    for attempt in candidates.iter_mut().flat_map(|one| &mut one.attempts) {
        for (name, path) in &mut attempt.programs {
            *path = seed.adopt(path, &format!("{}-{name}", attempt.entry.number()))?;
        }
    }
    let bar = progress(candidates.iter().map(|one| one.attempts.len() as u64).sum());
    let results = grade(&seed, &candidates, &options, &|event| {
        if let Event::Done(name, exercise) = event {
            bar.set_message(format!("{name} {}", exercise.id));
            bar.inc(1);
        }
    });
    bar.finish_and_clear();
    let report = Report {
        lab: Lab::find(&catalogue.root, &seed.toolchain.version),
        tier: seed.tier,
        seed: options.random,
        submissions: results?,
    };
    drop(seed);
    deliver(&report, asked)?;
    let ungraded = report
        .submissions
        .iter()
        .flat_map(|one| &one.exercises)
        .filter(|exercise| exercise.status == Status::Ungraded)
        .count();
    if ungraded > 0 {
        bail!("{ungraded} of the exercises could not be judged; see their messages");
    }
    Ok(ExitCode::SUCCESS)
}

/// The submissions that the command line names.
fn named(catalogue: &Catalogue, asked: &Grade) -> Result<Vec<Submission>> {
    let mut submissions = Vec::new();
    for path in &asked.path {
        submissions.extend(Submission::discover(path, catalogue).map_err(wrong_path)?);
    }
    if asked.solutions {
        submissions.push(Submission::of(
            "solutions",
            &catalogue.root.join("solutions"),
        ));
    }
    let nothing = submissions.is_empty() && !asked.demo && asked.bin.is_empty();
    if nothing {
        submissions.push(Submission::of(
            "exercises",
            &catalogue.root.join("exercises"),
        ));
    }
    Ok(submissions)
}

/// A path that is wrong is wrong usage; one that cannot be read is trouble.
fn wrong_path(error: grader::submission::Error) -> anyhow::Error {
    match error {
        grader::submission::Error::Unreadable(..) => error.into(),
        error => Usage(error.to_string()).into(),
    }
}

fn candidate<'a>(submission: &Submission, entries: &[&'a Entry]) -> Result<Candidate<'a>> {
    let attempts = entries
        .iter()
        .map(|entry| {
            let intake = submission
                .take(entry)
                .with_context(|| format!("read {}", submission.folder().display()))?;
            Ok(Attempt::new(entry, intake))
        })
        .collect::<Result<_>>()?;
    Ok(Candidate {
        name: submission.name.clone(),
        attempts,
    })
}

/// Whether somebody handed in an exercise: what nobody did needs no checks.
fn is_needed(entry: &Entry, candidates: &[Candidate<'_>]) -> bool {
    let mut attempts = candidates.iter().flat_map(|one| &one.attempts);
    attempts.any(|attempt| {
        let handed_in =
            !matches!(attempt.intake, Intake::Missing(_)) || !attempt.programs.is_empty();
        attempt.entry.id == entry.id && handed_in
    })
}

/// By the exercise's id: its programs that were given with `--bin`.
type Binaries = BTreeMap<String, BTreeMap<String, PathBuf>>;

/// Reads `NN=PATH` and `NN/PROGRAM=PATH`.
fn binaries(catalogue: &Catalogue, given: &[OsString]) -> Result<Binaries> {
    let mut binaries = Binaries::new();
    for text in given {
        let shown = text.to_string_lossy();
        let usage = |what: String| Usage(format!("--bin {shown}: {what}"));
        let bytes = text.as_bytes();
        let Some(at) = bytes.iter().position(|byte| *byte == b'=') else {
            bail!(usage("it is NN=PATH or NN/PROGRAM=PATH".into()));
        };
        let name = String::from_utf8_lossy(&bytes[..at]).into_owned();
        let path = PathBuf::from(OsString::from_vec(bytes[at + 1..].to_vec()));
        let (exercise, program) = match name.split_once('/') {
            Some((exercise, program)) => (exercise, Some(program)),
            None => (name.as_str(), None),
        };
        let entry = setup::exercise(catalogue, exercise)?;
        let programs: Vec<&str> = entry.programs.iter().map(|one| one.name.as_str()).collect();
        let program = match program {
            Some(program) if programs.contains(&program) => program,
            Some(program) => bail!(usage(format!(
                "{} has no program {program}; it has {}",
                entry.id,
                programs.join(", ")
            ))),
            None => programs.first().copied().unwrap_or_default(),
        };
        let path = setup::executable(&path)?;
        binaries
            .entry(entry.id.clone())
            .or_default()
            .insert(program.to_owned(), path);
    }
    Ok(binaries)
}

/// The one submission that is made of `--bin`; a program that was not given
/// is the lab's own.
fn as_it_is<'a>(binaries: &Binaries, entries: &[&'a Entry]) -> Result<Option<Candidate<'a>>> {
    if binaries.is_empty() {
        return Ok(None);
    }
    let mut attempts = Vec::new();
    for entry in entries {
        let Some(programs) = binaries.get(&entry.id) else {
            continue;
        };
        let intake = if programs.len() == entry.programs.len() {
            Intake::Missing(String::new())
        } else {
            Intake::Taken(grader::verify::solution(entry)?)
        };
        attempts.push(Attempt {
            programs: programs.clone(),
            ..Attempt::new(entry, intake)
        });
    }
    Ok(Some(Candidate {
        name: "bin".into(),
        attempts,
    }))
}

/// Prints the report, or writes it and prints the table.
fn deliver(report: &Report, asked: &Grade) -> Result<()> {
    let mut output = Output::new();
    let text = |format| match format {
        Format::Json => report.to_json(),
        Format::Text => table::text(report),
    };
    match &asked.out {
        None => output.text(&text(asked.format))?,
        Some(path) => {
            write(path, &text(asked.format))?;
            output.text(&table::text(report))?;
            output.line(format!("written: {}", path.display()))?;
        }
    }
    output.finish()
}

fn write(path: &Path, text: &str) -> Result<()> {
    let plain = anstream::adapter::strip_str(text).to_string();
    write_atomically(path, &plain).with_context(|| format!("write {}", path.display()))
}

/// A bar on standard error, where that is a terminal.
pub fn progress(length: u64) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::stderr());
    let template = if length > 0 {
        "{pos}/{len} {wide_msg}"
    } else {
        "{pos} {wide_msg}"
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
