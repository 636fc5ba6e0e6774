//! `cargo xtask check`: what a student types after every edit.

use std::collections::BTreeMap;
use std::env;
use std::process::ExitCode;
use std::sync::Mutex;

use anyhow::{Result, bail};
use grader::catalogue::{Catalogue, Entry};
use grader::grade::{Attempt, Candidate, Event, grade};
use grader::report::{CheckResult, ExerciseResult, Status, Verdict};
use grader::seed::Seed;
use grader::submission::Intake;

use crate::cli::Check;
use crate::list::begun;
use crate::output::{BAD, DIM, GOOD, Output, STRONG, styled};
use crate::setup::{self, Usage};

/// Builds the student's program in place, runs its checks, and tells.
pub fn run(catalogue: &Catalogue, asked: &Check) -> Result<ExitCode> {
    let entries = chosen(catalogue, asked)?;
    let given = asked.bin.as_deref().map(setup::executable).transpose()?;
    let options = setup::options(&asked.how)?;
    let seed = setup::seed(
        catalogue,
        &entries,
        given.is_none(),
        &asked.how,
        &options.stop,
    )?;
    let mut all_passed = true;
    for entry in entries {
        let mut programs = of_entry(&seed, entry);
        if let (Some(path), Some(main)) = (&given, entry.programs.first()) {
            programs.insert(main.name.clone(), seed.adopt(path, &main.name)?);
        }
        let output = Mutex::new(Output::new());
        say(&output, |output| output.line(heading(entry)))?;
        if let Some(missing) = entry
            .programs
            .iter()
            .find(|one| !programs.contains_key(&one.name))
        {
            say(&output, |output| {
                does_not_compile(output, entry, &missing.name)
            })?;
            all_passed = false;
            continue;
        }
        // Every program is there: no source is looked at.
        let intake = Intake::Missing(String::new());
        let attempt = Attempt {
            programs,
            ..Attempt::new(entry, intake)
        };
        let candidate = Candidate {
            name: entry.id.clone(),
            attempts: vec![attempt],
        };
        let trouble = Mutex::new(None);
        let results = grade(&seed, &[candidate], &options, &|event| {
            if let Event::Checked(_, result) = event {
                if let Err(error) = say(&output, |output| one_line(output, result)) {
                    lock(&trouble).get_or_insert(error);
                }
            }
        })?;
        if let Some(error) = lock(&trouble).take() {
            return Err(error);
        }
        let Some(result) = results.first().and_then(|one| one.exercises.first()) else {
            bail!("{} was not judged", entry.id);
        };
        say(&output, |output| conclude(output, entry, result))?;
        all_passed &= result.status == Status::Graded && result.first(Verdict::Failed).is_none();
    }
    Ok(ExitCode::from(u8::from(!all_passed)))
}

/// The exercises that are meant.
fn chosen<'a>(catalogue: &'a Catalogue, asked: &Check) -> Result<Vec<&'a Entry>> {
    if let Some(name) = &asked.exercise {
        return Ok(vec![setup::exercise(catalogue, name)?]);
    }
    if let Ok(here) = env::current_dir() {
        if let Some(entry) = catalogue
            .entries
            .iter()
            .find(|entry| here.starts_with(&entry.folder))
        {
            return Ok(vec![entry]);
        }
    }
    if asked.bin.is_some() {
        bail!(Usage(
            "--bin needs an exercise: cargo xtask check 09 --bin PATH".into()
        ));
    }
    let begun: Vec<&Entry> = catalogue
        .entries
        .iter()
        .filter(|entry| begun(entry))
        .collect();
    if begun.is_empty() {
        return Ok(catalogue.entries.first().into_iter().collect());
    }
    Ok(begun)
}

/// The programs of an exercise that cargo could build.
pub fn of_entry(seed: &Seed, entry: &Entry) -> BTreeMap<String, std::path::PathBuf> {
    seed.programs
        .iter()
        .filter(|((id, _), _)| *id == entry.id)
        .map(|((_, name), path)| (name.clone(), path.clone()))
        .collect()
}

fn heading(entry: &Entry) -> String {
    format!("{}  {}", styled(STRONG, &entry.id), entry.data.title)
}

/// Says which program could not be built, and what to do.
pub fn does_not_compile(output: &mut Output, entry: &Entry, program: &str) -> Result<()> {
    output.line(format!(
        "  {}",
        styled(BAD, format!("{program} does not compile"))
    ))?;
    output.line("")?;
    output.line(format!(
        "The compiler's words are above. Next: mend the first of its errors in exercises/{}/{}, \
         then once more: cargo xtask check {}",
        entry.id,
        entry.data.files.first().map_or("src", String::as_str),
        entry.number()
    ))
}

/// A check that did not pass because of another one is only counted.
fn one_line(output: &mut Output, result: &CheckResult) -> Result<()> {
    let beyond = match result.level {
        testbed::exercise::Level::Advanced => " (beyond the course)",
        testbed::exercise::Level::Core => "",
    };
    let (style, word) = match result.verdict {
        Verdict::Passed => (GOOD, "passed"),
        Verdict::Failed => (BAD, "failed"),
        Verdict::Ungraded => (BAD, "ungraded"),
        Verdict::NotRun => return Ok(()),
    };
    let word = styled(style, format!("{word:8}"));
    output.line(format!("  {word}  {}{}", result.name, styled(DIM, beyond)))
}

fn conclude(output: &mut Output, entry: &Entry, result: &ExerciseResult) -> Result<()> {
    let count = |verdict| {
        result
            .checks
            .iter()
            .filter(|check| check.verdict == verdict)
            .count()
    };
    let not_run = count(Verdict::NotRun);
    if not_run > 0 {
        let text = format!("{not_run} more wait for those that did not pass");
        output.line(format!("  {}", styled(DIM, format!("not run   {text}"))))?;
    }
    output.line("")?;
    let failed = result
        .first(Verdict::Failed)
        .or_else(|| result.first(Verdict::Ungraded));
    if let Some(check) = failed {
        output.line(styled(
            STRONG,
            format!("The first that did not pass: {}", check.name),
        ))?;
        output.line("")?;
        output.line(check.story.as_deref().unwrap_or_default().trim_end())?;
        output.line("")?;
    }
    output.line(format!("score {}/{}", result.score, result.max_score))?;
    match failed {
        Some(check) if check.verdict == Verdict::Failed => {
            if let Some(hint) = entry
                .data
                .check(&check.name)
                .and_then(|one| one.hints.first())
            {
                output.line(format!("a first hint: {hint}"))?;
            }
            output.line(format!(
                "next: exercises/{}/{}, then once more: cargo xtask check {}",
                entry.id,
                entry.data.files.first().map_or("src", String::as_str),
                entry.number()
            ))
        }
        Some(_) => output.line(format!(
            "next: the lab could not judge all of it; once more: cargo xtask check {}",
            entry.number()
        )),
        None => output.line("next: everything passes; `cargo xtask list` shows what else there is"),
    }
}

fn say(output: &Mutex<Output>, write: impl FnOnce(&mut Output) -> Result<()>) -> Result<()> {
    write(&mut lock(output))
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}
