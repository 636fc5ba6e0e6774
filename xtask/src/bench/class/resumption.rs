//! What it costs to go on where a run has stopped.

use std::fs;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use bank::verify::solution;
use grader::catalogue::{Catalogue, Entry};
use grader::grade::Options;
use grader::record::{Key, Keys, Records};
use grader::report::SubmissionResult;
use grader::seed::Seed;

use super::marked;
use crate::bench::figure::{Figure, Row, Spread};
use crate::bench::processor;
use crate::bench::{cargo, progress, temporary};

/// How many submissions are resumed.
const RESUMED: usize = 300;

/// How often.
const RESUMPTIONS: usize = 5;

/// What is made of them: the table, and grades.
const FORMATS: [&str; 2] = ["text", "csv"];

/// The most that this may take, in seconds, both of processor time and by the clock.
const RESUME: f64 = 2.0;

/// `cargo xtask grade` of a class of which everything is known.
pub fn resuming(
    catalogue: &Catalogue,
    seed: &Seed,
    entries: &[&Entry],
    results: &SubmissionResult,
    options: &Options,
) -> Result<Vec<Row>> {
    progress(&format!("a class of {RESUMED} that was judged before"));
    let folder = temporary()?;
    let known = Known::make(catalogue, seed, entries, results, options, folder.path())?;
    let mut rows = Vec::new();
    for format in FORMATS {
        let (mut used, mut took) = (Vec::new(), Vec::new());
        // The first builds what a command after a change has to build: it is not counted.
        for number in 0..=RESUMPTIONS {
            let mut command = cargo::command(&catalogue.root);
            command
                .args(["xtask", "grade", "--format", format])
                .args(["--tier", seed.tier.name(), "--seed"])
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
        for (what, values) in [("processor time", used), ("time", took)] {
            let what = format!("{what} to resume, {RESUMED} submissions, {format}");
            let spread = Spread::of(&values);
            rows.extend(spread.map(|spread| Figure::limit(what, spread, RESUME).into()));
        }
    }
    Ok(rows)
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
            records: Records::open(&seed.records, &keys).context("open the records")?,
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
