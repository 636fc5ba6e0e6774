//! `cargo xtask check`: what a student types after every edit.

use std::env;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Mutex;

use anyhow::{Result, bail};
use grader::catalogue::{Catalogue, Entry};
use grader::report::{CheckResult, ExerciseResult, Status, Verdict};

use crate::cli::Check;
use crate::output::{BAD, DIM, GOOD, Output, STRONG, styled};
use crate::own::{Came, Own};
use crate::place;
use crate::progress::Diary;
use crate::setup::{self, Usage};
use crate::students;

/// Builds the student's program in place, runs its checks, and tells.
pub fn run(catalogue: &Catalogue, asked: &Check) -> Result<ExitCode> {
    let entries = chosen(catalogue, asked)?;
    let given = asked.bin.as_deref().map(setup::executable).transpose()?;
    let own = Own::ready(catalogue, &entries, &asked.how, given, asked.fresh)?;
    let mut diary = Diary::open(catalogue);
    let mut all_passed = true;
    for entry in entries {
        let output = Mutex::new(Output::new());
        say(&output, |output| output.line(heading(entry)))?;
        if let Some(words) = own.words(entry) {
            anstream::eprint!("{words}");
        }
        let trouble = Mutex::new(None);
        let came = own.judge(entry, &|result| {
            if let Err(error) = say(&output, |output| one_line(output, result)) {
                lock(&trouble).get_or_insert(error);
            }
        })?;
        if let Some(error) = lock(&trouble).take() {
            return Err(error);
        }
        let (result, as_before) = match came {
            Came::To { result, as_before } => (result, as_before),
            Came::Uncompiled(program) => {
                say(&output, |output| {
                    does_not_compile(output, entry, &program, own.words(entry))
                })?;
                diary.does_not_compile(entry);
                all_passed = false;
                continue;
            }
        };
        if asked.bin.is_none() {
            diary.record(entry, &result, as_before);
        }
        let said = Said {
            catalogue,
            entry,
            result: &result,
            as_before,
            bin: asked.bin.as_deref(),
            hints: |check| diary.hints_used(entry, check),
        };
        say(&output, |output| said.conclude(output))?;
        all_passed &= result.status == Status::Graded && result.first(Verdict::Failed).is_none();
    }
    Ok(ExitCode::from(u8::from(!all_passed)))
}

/// The exercises that are meant.
fn chosen<'a>(catalogue: &'a Catalogue, asked: &Check) -> Result<Vec<&'a Entry>> {
    if let Some(name) = &asked.exercise {
        return Ok(vec![setup::exercise(catalogue, name)?]);
    }
    if let Some(entry) = here(catalogue) {
        return Ok(vec![entry]);
    }
    if asked.bin.is_some() {
        bail!(Usage(
            "--bin needs an exercise: cargo xtask check 09 --bin PATH".into()
        ));
    }
    let mut begun = Vec::new();
    for entry in &catalogue.entries {
        if study::map::begun(entry)? {
            begun.push(entry);
        }
    }
    if begun.is_empty() {
        return Ok(catalogue.entries.first().into_iter().collect());
    }
    Ok(begun)
}

/// The exercise whose folder one is in.
pub fn here(catalogue: &Catalogue) -> Option<&Entry> {
    let here = env::current_dir().ok()?;
    let mut entries = catalogue.entries.iter();
    entries.find(|entry| here.starts_with(&entry.folder))
}

/// The line above what is said of an exercise.
pub fn heading(entry: &Entry) -> String {
    format!("{}  {}", styled(STRONG, &entry.id), entry.data.title)
}

/// Says which program could not be built, and what to do; `words` are the compiler's.
pub fn does_not_compile(
    output: &mut Output,
    entry: &Entry,
    program: &str,
    words: Option<&str>,
) -> Result<()> {
    output.line(format!(
        "  {}",
        styled(BAD, format!("{program} does not compile"))
    ))?;
    output.line("")?;
    output.line(format!(
        "The compiler's words are above. Next: mend the first of its errors in {}, \
         then once more: cargo xtask check {}",
        place::named(entry, words.unwrap_or_default()),
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

/// What stands below the verdicts.
struct Said<'a, H: Fn(&str) -> usize> {
    catalogue: &'a Catalogue,
    entry: &'a Entry,
    result: &'a ExerciseResult,
    /// Whether it was judged some time ago.
    as_before: bool,
    /// What was judged, if it is not what cargo builds.
    bin: Option<&'a Path>,
    /// How many hints of a check were used.
    hints: H,
}

impl<H: Fn(&str) -> usize> Said<'_, H> {
    fn conclude(&self, output: &mut Output) -> Result<()> {
        let result = self.result;
        let not_run = |check: &&CheckResult| check.verdict == Verdict::NotRun;
        let not_run = result.checks.iter().filter(not_run).count();
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
        let as_before = match self.as_before {
            true => styled(
                DIM,
                "  as before, nothing has changed; --fresh judges again",
            ),
            false => String::new(),
        };
        output.line(format!(
            "score {}/{}{as_before}",
            result.score, result.max_score
        ))?;
        match failed {
            Some(check) if check.verdict == Verdict::Failed => self.after_failure(output, check),
            Some(_) => output.line(format!(
                "next: the lab could not judge all of it; once more: {}",
                self.again()
            )),
            None => self.after_success(output),
        }
    }

    fn after_failure(&self, output: &mut Output, check: &CheckResult) -> Result<()> {
        let number = self.entry.number();
        let (place, which) = match self.bin {
            Some(bin) => (
                bin.display().to_string(),
                format!(" --check {}", check.name),
            ),
            None => {
                let story = check.story.as_deref().unwrap_or_default();
                (place::named(self.entry, story), String::new())
            }
        };
        output.line(format!("next: {place}, then once more: {}", self.again()))?;
        let all = self.entry.data.check(&check.name);
        let all = all.map_or(0, |check| check.hints.len());
        let used = match (self.hints)(&check.name) {
            0 => String::new(),
            used => format!(" ({used} of {all} used)"),
        };
        output.line(format!(
            "stuck? one hint at a time: cargo xtask hint {number}{which}{used}"
        ))
    }

    fn after_success(&self, output: &mut Output) -> Result<()> {
        if self.bin.is_some() {
            return output
                .line("next: everything passes; `cargo xtask list` shows what else there is");
        }
        if !students::is(self.catalogue) {
            let number = self.entry.number();
            output.line(format!(
                "another way to write it: cargo xtask diff {number}"
            ))?;
        }
        // Of the catalogue perhaps nothing but this exercise was read.
        let mut others = Catalogue::ids(&self.catalogue.root)?.into_iter();
        match others.find(|other| *other > self.entry.id) {
            Some(other) => output.line(format!(
                "next: everything passes; on to exercises/{other}/README.md, or `cargo xtask list`"
            )),
            None => output.line("next: everything passes; `cargo xtask list` is the map"),
        }
    }

    /// What is to be typed once more.
    fn again(&self) -> String {
        let number = self.entry.number();
        match self.bin {
            Some(bin) => format!("cargo xtask check {number} --bin {}", bin.display()),
            None => format!("cargo xtask check {number}"),
        }
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
