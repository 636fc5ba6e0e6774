//! `cargo xtask progress`: the map, with what was judged and when.

use std::process::ExitCode;

use anyhow::Result;
use grader::catalogue::{Catalogue, Entry};
use grader::report::ExerciseResult;
use study::Progress;
use study::map::{Map, Place, State, begun};

use crate::cli;
use crate::output::{BAD, DIM, GOOD, Output, STRONG, styled};
use crate::own::{Came, Own};

/// Prints how far one has come.
pub fn run(catalogue: &Catalogue, asked: &cli::Progress) -> Result<ExitCode> {
    let mut progress = open(catalogue)?;
    if asked.rebuild {
        rebuild(catalogue, &mut progress, asked)?;
    }
    let map = Map::of(catalogue, &progress)?;
    let mut output = Output::new();
    output.line(styled(STRONG, summary(&map)))?;
    for part in &map.parts {
        output.line("")?;
        output.line(format!("{}. {}", part.number, part.title))?;
        for place in &part.places {
            output.line(row(place).trim_end())?;
            if let Some(more) = details(place, &progress) {
                output.line(format!("     {}", styled(DIM, more)))?;
            }
        }
    }
    output.line("")?;
    output.line(next(&map))?;
    output.finish()?;
    Ok(ExitCode::SUCCESS)
}

/// Reads what is kept, and says so if it was not as it should be.
pub fn open(catalogue: &Catalogue) -> Result<Progress> {
    let mut progress = Progress::open(catalogue)?;
    tell(&mut progress);
    Ok(progress)
}

fn tell(progress: &mut Progress) {
    if let Some(notice) = progress.take_notice() {
        anstream::eprintln!("xtask: {notice}");
    }
}

/// In a sentence.
pub fn summary(map: &Map<'_>) -> String {
    let (done, all) = (map.count(State::Done), map.places().count());
    match map.count(State::InProgress) {
        0 => format!("{done} of {all} exercises done"),
        begun => format!("{done} of {all} exercises done, {begun} in progress"),
    }
}

/// How far an exercise is done, in its colour.
pub fn state(place: &Place<'_>) -> String {
    let word = place.state.word();
    match place.state {
        State::Done => styled(GOOD, word),
        State::InProgress => styled(BAD, word),
        State::Next => styled(STRONG, word),
        State::Ahead => word.to_owned(),
    }
}

fn row(place: &Place<'_>) -> String {
    let id = format!("{:18}", place.entry.id);
    let begun = matches!(place.state, State::Done | State::InProgress);
    let score = match &place.last {
        Some(last) if begun => {
            let judged = last.judged.for_people();
            format!("{:>3}/{}  {judged}", last.score, last.max_score)
        }
        None if begun => "not judged yet".to_owned(),
        _ => return format!("   {id}  {}", state(place)),
    };
    let blanks = " ".repeat(11_usize.saturating_sub(place.state.word().len()));
    format!("   {id}  {}{blanks}  {}", state(place), styled(DIM, score))
}

/// What fails first, and how many hints were used.
fn details(place: &Place<'_>, progress: &Progress) -> Option<String> {
    if place.state != State::InProgress {
        return None;
    }
    let check = place.last.as_ref()?.first_failed(place.entry)?;
    let used = match progress.hints_used(place.entry, &check.name) {
        0 => String::new(),
        used => format!(", {used} of {} hints used", check.hints.len()),
    };
    Some(format!("fails {}{used}", check.name))
}

fn next(map: &Map<'_>) -> String {
    match map.current() {
        Some(place) if place.state == State::InProgress => {
            format!("go on with: cargo xtask check {}", place.entry.number())
        }
        Some(place) => format!("next: read exercises/{}/README.md", place.entry.id),
        None => "next: everything is done".to_owned(),
    }
}

/// Judges every program that is no longer its skeleton.
fn rebuild(catalogue: &Catalogue, progress: &mut Progress, asked: &cli::Progress) -> Result<()> {
    let mut entries = Vec::new();
    for entry in &catalogue.entries {
        if begun(entry)? {
            entries.push(entry);
        } else {
            progress.forget(entry);
        }
    }
    let own = Own::ready(catalogue, &entries, &asked.how, None, false)?;
    for entry in entries {
        anstream::eprintln!("judging {}", entry.id);
        match own.judge(entry, &|_| {})? {
            Came::To { result, .. } => progress.record(entry, &result),
            Came::Uncompiled(program) => {
                anstream::eprintln!(
                    "{program} does not compile: cargo xtask check {}",
                    entry.number()
                );
                progress.forget(entry);
            }
        }
        // One after another: a run that is stopped keeps what it has.
        progress.save()?;
    }
    progress.save()
}

/// Progress as far as it can be read and written: trouble with it is told once, and
/// keeps nobody from a verdict.
pub struct Diary(Option<Progress>);

impl Diary {
    /// Reads what is kept.
    pub fn open(catalogue: &Catalogue) -> Diary {
        match open(catalogue) {
            Ok(progress) => Diary(Some(progress)),
            Err(error) => Diary::without(&error),
        }
    }

    fn without(error: &anyhow::Error) -> Diary {
        anstream::eprintln!("xtask: your progress is not kept: {error:#}");
        Diary(None)
    }

    /// Takes what an exercise came to. What is `as_before` is only taken if it is not
    /// what is known.
    pub fn record(&mut self, entry: &Entry, result: &ExerciseResult, as_before: bool) {
        let Some(progress) = &mut self.0 else {
            return;
        };
        if as_before && progress.last(entry).is_some_and(|last| last.is(result)) {
            return;
        }
        progress.record(entry, result);
        self.save();
    }

    /// A program of an exercise does not compile.
    pub fn does_not_compile(&mut self, entry: &Entry) {
        if let Some(progress) = &mut self.0 {
            progress.does_not_compile(entry);
            self.save();
        }
    }

    fn save(&mut self) {
        let Some(progress) = &mut self.0 else {
            return;
        };
        let saved = progress.save();
        tell(progress);
        if let Err(error) = saved {
            *self = Diary::without(&error);
        }
    }

    /// How many hints of a check were used.
    pub fn hints_used(&self, entry: &Entry, check: &str) -> usize {
        self.0
            .as_ref()
            .map_or(0, |progress| progress.hints_used(entry, check))
    }
}
