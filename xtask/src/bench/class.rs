//! A class: what judging it costs beside what the compiler and the programs need themselves,
//! whether memory or time grow with it, and what it costs to go on where a run has stopped.
//!
//! **What judging is compared with**: the same submission, compiled and run by the same grader with
//! the tier `none`: `rustc` and the checks with the programs that they start, as ordinary processes,
//! without cell and jail. The checks are counted with the programs, since no program here runs
//! without the peer that it talks to. Both sides are the processor time of all processes that have
//! ended, in user and in system mode (`man 2 getrusage`): what other programs do on the machine
//! hardly changes it. What a process has used that ends with its cell is counted only as far as the
//! kernel hands it on. Isolation is never cheaper than none: a ratio below 1 says that one of the
//! two sides is not what it should be, and that the bound was not put to the test.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use grader::catalogue::{Catalogue, Entry};
use grader::grade::{Attempt, Candidate, Options, grade, grade_each};
use grader::record::{Key, Keys, Records};
use grader::report::{Head, Lab, SubmissionResult, write_json};
use grader::seed::Seed;
use grader::spool::Spool;
use grader::submission::Intake;
use grader::verify::solution;
use jail::Tier;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;

use super::figure::{Bound, Figure, Row, Spread, seconds};
use super::{cargo, progress, temporary};
use crate::cli::{AskedTier, How};
use crate::{setup, table};

/// How much more processor time judging may cost than compiling and running alone.
const JUDGING: Bound = Bound::AtMost(1.5);

/// How much more memory, and processor time a submission, a class may need than one of a tenth of
/// its size.
const GROWTH: Bound = Bound::AtMost(1.1);

/// The sizes of the two classes that are compared.
const SIZES: [usize; 2] = [100, 1000];

/// How many submissions are resumed.
const RESUMED: usize = 300;

/// How often.
const RESUMPTIONS: usize = 5;

/// The most that this may take, in seconds, both of processor time and by the clock.
const RESUME: f64 = 2.0;

/// The exercise of the classes whose growth is measured.
const SMALL: &str = "01";

/// Measures everything about classes, of which `submissions` are judged in full.
///
/// # Errors
///
/// The lab cannot judge here, or the bench was stopped.
pub fn measure(
    catalogue: &Catalogue,
    seed: &Seed,
    entries: &[&Entry],
    submissions: usize,
    options: &Options,
) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    let (row, results) = judging(catalogue, seed, entries, submissions, options)?;
    rows.extend(row);
    rows.extend(growth(
        catalogue,
        seed,
        setup::exercise(catalogue, SMALL)?,
        options,
    )?);
    rows.extend(resuming(catalogue, seed, entries, &results, options)?);
    Ok(rows)
}

/// Submissions in full, in turns with and without isolation; and what the last one came to.
fn judging(
    catalogue: &Catalogue,
    seed: &Seed,
    entries: &[&Entry],
    submissions: usize,
    options: &Options,
) -> Result<(Option<Row>, SubmissionResult)> {
    let bare = How {
        jobs: None,
        tier: AskedTier::This(Tier::None),
        seed: options.random,
    };
    let bare = setup::seed(catalogue, entries, false, &bare, &options.stop)?;
    let mut results = None;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for number in 1..=submissions {
        progress(&format!("submission {number} of {submissions}"));
        let candidates = [full(entries, number)?];
        let judge = |seed: &Seed| {
            let start = processor();
            let judged = grade(seed, &candidates, options, &|_| {})?;
            Ok::<_, anyhow::Error>((processor() - start, judged))
        };
        let (took, judged) = judge(seed)?;
        ours.push(took);
        results = judged.into_iter().next();
        theirs.push(judge(&bare)?.0);
    }
    let figure = Spread::of(&ours)
        .zip(Spread::of(&theirs))
        .map(|(isolated, alone)| Figure {
            what: format!("processor time a submission, {} exercises", entries.len()),
            measured: seconds(isolated.median),
            against: seconds(alone.median),
            ratio: Spread::of_ratios(&ours, &theirs),
            bound: Some(JUDGING),
            note: format!("{submissions} submissions (--repetitions), against no isolation"),
        });
    let results = results.context("nothing was judged")?;
    Ok((figure.map(Row::from), results))
}

/// A right submission like no other.
fn full<'a>(entries: &[&'a Entry], number: usize) -> Result<Candidate<'a>> {
    let attempts = entries.iter().map(|&entry| {
        let files = marked(solution(entry)?, number);
        Ok(Attempt::new(entry, Intake::Taken(files)))
    });
    Ok(Candidate {
        name: format!("student-{number}"),
        attempts: attempts.collect::<Result<_>>()?,
    })
}

/// Files that mean the same and are others.
fn marked(mut files: BTreeMap<String, String>, number: usize) -> BTreeMap<String, String> {
    for text in files.values_mut() {
        text.push_str(&format!("\n// {number}\n"));
    }
    files
}

/// A class and one of ten times its size: programs that do not compile, so that it takes minutes
/// and not days.
fn growth(
    catalogue: &Catalogue,
    seed: &Seed,
    entry: &Entry,
    options: &Options,
) -> Result<Vec<Row>> {
    let mut peaks = Vec::new();
    let mut each = Vec::new();
    for size in SIZES {
        progress(&format!("a class of {size} that does not compile"));
        let peak = Peak::reset();
        let start = processor();
        crowd(catalogue, seed, entry, size, options)?;
        each.push((processor() - start) / size as f64);
        peaks.push(peak.and_then(Peak::read));
    }
    let [small, large] = SIZES;
    let figure = |what: &str, text: &dyn Fn(f64) -> String, values: [f64; 2]| -> Row {
        Figure {
            what: format!("{what}, {large} submissions"),
            measured: text(values[1]),
            against: text(values[0]),
            ratio: Spread::of(&[values[1] / values[0]]),
            bound: Some(GROWTH),
            note: format!("against {small} submissions"),
        }
        .into()
    };
    Ok(vec![
        match peaks[..] {
            [Some(one), Some(other)] => {
                let mebibytes = |bytes: f64| format!("{:.1} MiB", bytes / 1024.0);
                figure("most memory", &mebibytes, [one, other])
            }
            _ => Row::skipped("most memory", "there is no /proc that says it"),
        },
        figure("processor time a submission", &seconds, [each[0], each[1]]),
    ])
}

/// Judges a class of one exercise and makes a table and a report of it.
fn crowd(
    catalogue: &Catalogue,
    seed: &Seed,
    entry: &Entry,
    size: usize,
    options: &Options,
) -> Result<()> {
    let file = entry.data.files.first().context("nothing is handed in")?;
    let mut left = 0..size;
    let mut next = || {
        let number = left.next()?;
        let files = BTreeMap::from([(file.clone(), "fn".to_owned())]);
        let intake = Intake::Taken(marked(files, number));
        Some(Candidate {
            name: format!("student-{number}"),
            attempts: vec![Attempt::new(entry, intake)],
        })
    };
    let results = Spool::new().context("a file for the results")?;
    grade_each(seed, &mut next, options, &|_| {}, &|number, result| {
        results.add(number, &result).context("keep a result")
    })?;
    let head = Head {
        lab: Lab::find(&catalogue.root, &seed.toolchain.version),
        tier: seed.tier,
        promises: seed.promises,
        seed: options.random,
    };
    if table::text(&head, &results)?.lines().count() < size {
        bail!("the table lacks somebody");
    }
    write_json(&head, &results, io::sink()).context("make a report")
}

/// `cargo xtask grade` of a class of which everything is known.
fn resuming(
    catalogue: &Catalogue,
    seed: &Seed,
    entries: &[&Entry],
    results: &SubmissionResult,
    options: &Options,
) -> Result<Vec<Row>> {
    progress(&format!("a class of {RESUMED} that was judged before"));
    let folder = temporary()?;
    let known = Known::make(catalogue, seed, entries, results, options, folder.path())?;
    let (mut used, mut took) = (Vec::new(), Vec::new());
    // The first builds what a command after a change has to build: it is not counted.
    for number in 0..=RESUMPTIONS {
        let mut command = cargo::command(&catalogue.root);
        command
            .args(["xtask", "grade", "--tier", seed.tier.name(), "--seed"])
            .arg(options.random.to_string())
            .arg(folder.path());
        let (start, clock) = (processor(), Instant::now());
        let ended = cargo::succeed(&mut command, &options.stop)?;
        if number > 0 {
            took.push(clock.elapsed().as_secs_f64());
            used.push(processor() - start);
        }
        let all = format!("{0} of {0} exercises were judged before", known.keys.len());
        if !ended.stderr.text().contains(&all) {
            bail!("of a class that was judged before something was judged again");
        }
    }
    let figure = |what: &str, values: &[f64]| {
        let what = format!("{what} to resume, {RESUMED} submissions");
        Spread::of(values).map(|spread| Figure::limit(what, spread, RESUME).into())
    };
    let rows = [figure("processor time", &used), figure("time", &took)];
    Ok(rows.into_iter().flatten().collect())
}

/// A class in a folder, with records of what it came to, which go with this value.
struct Known {
    records: Records,
    keys: Vec<Key>,
}

impl Known {
    fn make(
        catalogue: &Catalogue,
        seed: &Seed,
        entries: &[&Entry],
        results: &SubmissionResult,
        options: &Options,
        folder: &Path,
    ) -> Result<Known> {
        let on = (options.random, options.repeats);
        let rustc = &seed.toolchain.version;
        let keys = Keys::new(&catalogue.root, entries, rustc, seed.tier, on)
            .context("read the lab's sources")?;
        let mut known = Known {
            records: Records::open(&seed.records).context("open the records")?,
            keys: Vec::new(),
        };
        for &entry in entries {
            let result = results.exercises.iter().find(|one| one.id == entry.id);
            let result = result.with_context(|| format!("{} was not judged", entry.id))?;
            let files = solution(entry)?;
            for number in 0..RESUMED {
                // No mark that a judged submission has: its record would go with this one.
                let files = marked(files.clone(), usize::MAX - number);
                let place = folder.join(format!("student-{number}")).join(&entry.id);
                for (path, text) in &files {
                    let file = place.join(path);
                    file.parent()
                        .map_or(Ok(()), fs::create_dir_all)
                        .and_then(|()| fs::write(&file, text))
                        .with_context(|| format!("write {}", file.display()))?;
                }
                let key = keys.of(entry, &files).context("an exercise without key")?;
                known.records.put(&key, result).context("keep a record")?;
                known.keys.push(key);
            }
        }
        Ok(known)
    }
}

impl Drop for Known {
    fn drop(&mut self) {
        for key in &self.keys {
            // What stays is never asked for again, and harms nobody.
            let _ = self.records.remove(key);
        }
    }
}

/// Processor time of this process and of all that it has waited for, in seconds.
fn processor() -> f64 {
    let used = |who| {
        getrusage(who).map_or(0.0, |usage| {
            let (user, system) = (usage.user_time(), usage.system_time());
            (user.num_microseconds() + system.num_microseconds()) as f64 / 1e6
        })
    };
    used(UsageWho::RUSAGE_SELF) + used(UsageWho::RUSAGE_CHILDREN)
}

/// The most memory that this process has held since a moment (`man 5 proc_pid_clear_refs`).
struct Peak;

impl Peak {
    fn reset() -> Option<Peak> {
        fs::write("/proc/self/clear_refs", "5").ok().map(|()| Peak)
    }

    /// In KiB.
    fn read(self) -> Option<f64> {
        let status = fs::read_to_string("/proc/self/status").ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        line?.split_whitespace().next()?.parse().ok()
    }
}
