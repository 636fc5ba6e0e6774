//! `cargo xtask update`

use std::env;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use study::update::{self, News, Outcome, Past, Refusal, Source, Summary, Wish};

use crate::cli::Update;
use crate::output::{BAD, DIM, GOOD, Output, STRONG, styled};
use crate::setup::{self, Usage};

/// So many names are listed; of the rest the number.
const LISTED: usize = 12;

/// So many updates before the last are worth a word.
const MANY: usize = 3;

/// Brings the new version in, or takes it back, and says what is to be known of it.
pub fn run(asked: &Update) -> Result<ExitCode> {
    let root = setup::root()?;
    let outcome = if asked.undo {
        update::undo(&root)
    } else if asked.forget {
        update::forget(&root)
    } else {
        update::update(&wish(&root, asked))
    };
    let outcome = outcome.map_err(|error| {
        if error.is::<Refusal>() {
            Usage(format!("{error:#}")).into()
        } else {
            error
        }
    })?;
    let mut output = Output::new();
    tell(&root, &outcome, &mut output)?;
    output.finish()?;
    Ok(ExitCode::SUCCESS)
}

fn wish(root: &Path, asked: &Update) -> Wish {
    Wish {
        root: root.to_owned(),
        source: match &asked.source {
            Some(folder) => Source::Folder(folder.clone()),
            None => Source::Git(asked.git.clone()),
        },
        dry_run: asked.dry_run,
        finisher: env::current_exe().ok(),
        begins: || {
            anstream::eprintln!(
                "putting the new version in place (if that is cut off: `cargo xtask update` again, \
                 or `{} update` should cargo not build the lab then)",
                update::FINISHER
            );
        },
    }
}

fn tell(root: &Path, outcome: &Outcome, output: &mut Output) -> Result<()> {
    match outcome {
        Outcome::UpToDate {
            have,
            source,
            newer,
        } => {
            let than = if *newer {
                "an older version"
            } else {
                "nothing new"
            };
            output.line(styled(GOOD, format!("up to date: {have}")))?;
            output.line(format!(
                "  {source} has {than}; if that is not where the lab's new versions are, name the place:\n  \
                 cargo xtask update FOLDER, or cargo xtask update --git ADDRESS"
            ))
        }
        Outcome::Would(summary) => {
            output.line(styled(
                STRONG,
                format!(
                    "{} would become {}; nothing was changed",
                    summary.from, summary.to
                ),
            ))?;
            details(summary, output)
        }
        Outcome::Done(summary) => done(root, summary, output),
        Outcome::Finished(summary) => {
            output.line("An update had been cut off. It is finished now; for anything newer, run it again.\n")?;
            done(root, summary, output)
        }
        Outcome::Undone { summary, left } => {
            output.line(styled(
                GOOD,
                format!("taken back: the lab is again at {}", summary.from),
            ))?;
            list(
                "edited since the update, and left as it is (how it was before is in before/):",
                left.iter().cloned(),
                output,
            )?;
            output.line(format!("  what the update had kept: {}/", summary.folder))
        }
        Outcome::Forgotten { gone, kept } => {
            let said = match gone.updates {
                0 => "nothing to forget: no earlier update keeps anything".to_owned(),
                _ => format!("forgotten: {}", what_they_keep(*gone)),
            };
            output.line(styled(GOOD, said))?;
            match kept {
                Some(folder) => output.line(format!(
                    "  {folder}/ stays: `cargo xtask update --undo` takes the last update back"
                )),
                None => Ok(()),
            }
        }
    }
}

fn done(root: &Path, summary: &Summary, output: &mut Output) -> Result<()> {
    output.line(styled(
        GOOD,
        format!(
            "The lab is now at {}; it was at {}.",
            summary.to, summary.from
        ),
    ))?;
    details(summary, output)?;
    output.line("")?;
    output.line(format!(
        "What was there before is in {}/before/; `cargo xtask update --undo` puts it back.",
        summary.folder
    ))?;
    let past = update::past(root);
    if past.updates >= MANY {
        output.line(format!(
            "Kept as well: {}; `cargo xtask update --forget` removes that.",
            what_they_keep(past)
        ))?;
    }
    if root.join(".git").exists() {
        output.line(
            "Nothing was committed or staged: `git diff` shows it, and the rest is up to you.",
        )?;
    }
    output.line(format!("next: {}", next(summary)))
}

/// What updates before the last keep, in words.
fn what_they_keep(past: Past) -> String {
    let Past { updates, bytes } = past;
    let s = if updates == 1 { "" } else { "s" };
    let mebibytes = bytes as f64 / f64::from(1 << 20);
    format!("what {updates} earlier update{s} replaced, {mebibytes:.1} MiB")
}

/// What is to be typed next.
fn next(summary: &Summary) -> String {
    let mine = |path: &String| {
        let id = path.strip_prefix("exercises/")?.split('/').next()?;
        Some(id.split('-').next().unwrap_or(id).to_owned())
    };
    let conflicts = summary.conflicts.iter().map(|conflict| &conflict.path);
    let number = conflicts.chain(&summary.merged).find_map(mine);
    match number {
        Some(number) => format!("cargo xtask check {number}"),
        None => "cargo xtask".to_owned(),
    }
}

fn details(summary: &Summary, output: &mut Output) -> Result<()> {
    output.line(format!(
        "  the lab's own files: {} replaced, {} new, {} removed",
        summary.replaced, summary.added, summary.removed
    ))?;
    if !summary.exercises.is_empty() {
        output.line("")?;
        let width = summary.exercises.iter().map(|news| news.id.len()).max();
        let width = width.unwrap_or(0);
        for news in &summary.exercises {
            output.line(format!("  {:width$}  {}", news.id, what(news)))?;
        }
    }
    list(
        "yours and the lab's changes, merged:",
        summary.merged.iter().cloned(),
        output,
    )?;
    list(
        "yours, moved along:",
        summary
            .moved
            .iter()
            .map(|(from, to)| format!("{from} -> {to}")),
        output,
    )?;
    conflicts(summary, output)?;
    let overruled = if summary.guessed {
        "replaced (this folder did not say which version it was, so all that differ are kept, in \
         before/):"
    } else {
        "the lab's, but changed by you: replaced by the new ones, and yours are kept in before/:"
    };
    list(overruled, summary.overruled.iter().cloned(), output)?;
    list(
        "still there:",
        summary
            .left
            .iter()
            .map(|(path, why)| format!("{path} {why}")),
        output,
    )?;
    list(
        "edited while the update was cut off, and left as it is; the new one is in new/:",
        summary.touched.iter().cloned(),
        output,
    )
}

/// Where both changed the same place: what is where, and what is to be done.
fn conflicts(summary: &Summary, output: &mut Output) -> Result<()> {
    if summary.conflicts.is_empty() {
        return Ok(());
    }
    output.line("")?;
    output.line(styled(
        BAD,
        "you and the lab have changed the same place; your file stays as it is:",
    ))?;
    for conflict in &summary.conflicts {
        output.line(format!("  {}", conflict.path))?;
        // Nothing is kept where nothing was done.
        if summary.folder.is_empty() {
            continue;
        }
        output.line(styled(
            DIM,
            format!("    the new one        {}", conflict.new),
        ))?;
        if let Some(marked) = &conflict.marked {
            output.line(styled(DIM, format!("    both, with marks   {marked}")))?;
        }
    }
    output.line("  Read the new one, and take over into yours what it needs.")
}

fn what(news: &News) -> String {
    let mut words = Vec::new();
    if news.fresh {
        words.push("is new".to_owned());
    }
    if news.gone {
        words.push("is gone".to_owned());
    }
    if let Some(was) = &news.was {
        words.push(format!("was {was}"));
    }
    if news.handout {
        words.push("handout".to_owned());
    }
    if !news.new_checks.is_empty() {
        words.push(format!("new checks ({})", some(&news.new_checks)));
    } else if news.checks {
        words.push("checks".to_owned());
    }
    if !news.gone_checks.is_empty() {
        words.push(format!("without {}", some(&news.gone_checks)));
    }
    if news.given {
        words.push("given code".to_owned());
    }
    if news.skeleton {
        words.push("skeleton".to_owned());
    }
    words.join(", ")
}

/// The first of some names.
fn some(names: &[String]) -> String {
    const SHOWN: usize = 3;
    match names.len().checked_sub(SHOWN) {
        None | Some(0) => names.join(", "),
        Some(more) => format!("{} and {more} more", names[..SHOWN].join(", ")),
    }
}

fn list(
    head: &str,
    rows: impl ExactSizeIterator<Item = String>,
    output: &mut Output,
) -> Result<()> {
    let all = rows.len();
    if all == 0 {
        return Ok(());
    }
    output.line("")?;
    output.line(head)?;
    for row in rows.take(LISTED) {
        output.line(format!("  {row}"))?;
    }
    if all > LISTED {
        output.line(format!("  and {} more", all - LISTED))?;
    }
    Ok(())
}
