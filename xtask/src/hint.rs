//! `cargo xtask hint`: one at a time, from vague to concrete.

use std::process::ExitCode;

use anyhow::Result;
use grader::catalogue::{Catalogue, Entry};
use grader::report::Verdict;
use study::Progress;
use study::map::Map;
use testbed::exercise::Check;

use crate::check::{heading, here};
use crate::cli::Hint;
use crate::output::{DIM, Output, styled};
use crate::own::{Came, Own};
use crate::progress::open;
use crate::setup::{self, Usage};
use crate::students;

/// Gives the next hint for the first check that fails.
pub fn run(catalogue: &Catalogue, asked: &Hint) -> Result<ExitCode> {
    let mut progress = open(catalogue)?;
    let entry = which(catalogue, asked, &progress)?;
    let found = check(catalogue, entry, asked, &mut progress)?;
    let mut output = Output::new();
    output.line(heading(entry))?;
    match found {
        Ok((check, met)) => {
            let before = progress.hints_used(entry, &check.name);
            let used = progress.use_hint(entry, &check.name);
            // First of all: what was seen is used, whatever becomes of the output.
            progress.save()?;
            let more = match &asked.check {
                Some(name) => format!("cargo xtask hint {} --check {name}", entry.number()),
                None => format!("cargo xtask hint {}", entry.number()),
            };
            let met = met.as_deref();
            tell(
                &mut output,
                catalogue,
                entry,
                check,
                met,
                (before, used, &more),
            )?;
        }
        Err(why) => output.line(why)?,
    }
    output.finish()?;
    Ok(ExitCode::SUCCESS)
}

/// The exercise that is meant: the one that was named, the one whose folder one is in,
/// or the one that one is at.
fn which<'a>(catalogue: &'a Catalogue, asked: &Hint, progress: &Progress) -> Result<&'a Entry> {
    if let Some(name) = &asked.exercise {
        return setup::exercise(catalogue, name);
    }
    if let Some(entry) = here(catalogue) {
        return Ok(entry);
    }
    match Map::of(catalogue, progress)?.current() {
        Some(place) => Ok(place.entry),
        None => {
            Err(Usage("everything is done; name an exercise: cargo xtask hint 09".into()).into())
        }
    }
}

/// The check that a hint is for, with the gap or the panic that its story tells of; or
/// why there is none.
fn check<'a>(
    catalogue: &'a Catalogue,
    entry: &'a Entry,
    asked: &Hint,
    progress: &mut Progress,
) -> Result<Result<(&'a Check, Option<String>), String>> {
    if let Some(name) = &asked.check {
        return match entry.data.check(name) {
            Some(check) => Ok(Ok((check, None))),
            None => Err(Usage(format!("{} has no check `{name}`", entry.id)).into()),
        };
    }
    let number = entry.number();
    let own = Own::ready(catalogue, &[entry], &asked.how, None, false)?;
    if !own.is_known(entry) {
        anstream::eprintln!("judging {} first", entry.id);
    }
    let (result, as_before) = match own.judge(entry, &|_| {})? {
        Came::To { result, as_before } => (result, as_before),
        Came::Uncompiled(program) => {
            progress.does_not_compile(entry);
            progress.save()?;
            return Ok(Err(format!(
                "{program} does not compile, and the compiler says more than a hint could: \
                 cargo xtask check {number}"
            )));
        }
    };
    if !(as_before && progress.last(entry).is_some_and(|last| last.is(&result))) {
        progress.record(entry, &result);
        progress.save()?;
    }
    let failed = result.first(Verdict::Failed);
    let story = failed.and_then(|failed| failed.story.as_deref());
    Ok(
        match failed.and_then(|failed| entry.data.check(&failed.name)) {
            Some(check) => Ok((check, story.and_then(met))),
            None if result.first(Verdict::Ungraded).is_some() => Err(format!(
                "The lab could not judge all of it, and nothing else fails: cargo xtask check {number}"
            )),
            None => Err("Everything passes: there is nothing to hint at.".to_owned()),
        },
    )
}

/// The gap or the panic that a story tells of: whoever met one is helped by its place
/// before any hint.
fn met(story: &str) -> Option<String> {
    let is_one = |line: &&str| {
        line.starts_with("  It came to a gap ") || line.starts_with("  It panicked at ")
    };
    let mut lines = story.lines().skip_while(|line| !is_one(line));
    let mut met = lines.next()?.trim().to_owned();
    for more in lines.take_while(|line| line.starts_with("      ")) {
        met = format!("{met} {}", more.trim());
    }
    Some(met)
}

/// The hints that were seen before, and the one that is new; with what is to be typed
/// for one more.
fn tell(
    output: &mut Output,
    catalogue: &Catalogue,
    entry: &Entry,
    check: &Check,
    met: Option<&str>,
    (before, used, more): (usize, usize, &str),
) -> Result<()> {
    let number = entry.number();
    output.line(format!("  {} ({})", check.name, check.cites()))?;
    output.line(styled(DIM, format!("  {}", check.shows)))?;
    output.line("")?;
    if let Some(met) = met {
        output.line(met)?;
        output.line("")?;
    }
    let all = check.hints.len();
    for (hint, count) in check.hints.iter().zip(1..=used) {
        let line = format!("hint {count} of {all}: {hint}");
        let seen = count <= before && used > before;
        output.line(if seen { styled(DIM, line) } else { line })?;
    }
    output.line("")?;
    if used < all {
        output.line(format!(
            "next: try it: cargo xtask check {number}; one more hint: {more}"
        ))?;
        return Ok(());
    }
    output.line(format!(
        "There are no more. Read on: exercises/{}/README.md, {}",
        entry.id,
        check.cites()
    ))?;
    if used == before && !students::is(catalogue) {
        output.line(format!(
            "Or give in for this time: cargo xtask solution {number} --spoil"
        ))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::met;

    #[test]
    fn a_gap_and_a_panic_are_told_before_a_hint() {
        let story = "What happened instead\n  The program had ended with status 101.\n  \
                     It came to a gap that is still to be filled, at src/a.rs:17:5: a socket,\n      \
                     then nothing.\nRead on\n";
        let gap = "It came to a gap that is still to be filled, at src/a.rs:17:5: a socket, then nothing.";
        assert_eq!(met(story).as_deref(), Some(gap));
        let story = "  It panicked at src/a.rs:1:2: no\n  Next\n";
        assert_eq!(
            met(story).as_deref(),
            Some("It panicked at src/a.rs:1:2: no")
        );
        assert_eq!(met("  The program had ended with status 1.\n"), None);
    }
}
