//! Whether memory or time grow with a class.

use std::collections::BTreeMap;
use std::fs;
use std::io;

use anyhow::{Context, Result, bail};
use grader::catalogue::{Catalogue, Entry};
use grader::grade::{Attempt, Candidate, Options, grade_each};
use grader::report::{Head, Lab, write_json};
use grader::seed::Seed;
use grader::spool::Spool;
use grader::submission::Intake;

use super::marked;
use crate::bench::figure::{Bound, Figure, Row, Spread, seconds};
use crate::bench::processor;
use crate::bench::progress;
use crate::table;

/// How much more memory, and processor time a submission, a class may need than one of a tenth of
/// its size.
const GROWTH: Bound = Bound::AtMost(1.1);

/// The sizes of the two classes that are compared.
const SIZES: [usize; 2] = [100, 1000];

/// What is judged, one after another: the small class around the large one, for a machine
/// does not work at the same speed all the time.
const TURNS: [usize; 4] = [SIZES[0], SIZES[0], SIZES[1], SIZES[0]];

/// A class and one of ten times its size: programs that do not compile, so that it takes minutes
/// and not days.
pub fn growth(
    catalogue: &Catalogue,
    seed: &Seed,
    entry: &Entry,
    options: &Options,
) -> Result<Vec<Row>> {
    let mut peaks = Vec::new();
    let mut each = Vec::new();
    for size in TURNS {
        progress(&format!("a class of {size} that does not compile"));
        let peak = Peak::reset();
        let start = processor();
        crowd(catalogue, seed, entry, size, options)?;
        each.push((processor() - start) / size as f64);
        peaks.push(peak.and_then(Peak::read));
    }
    let [small, large] = SIZES;
    let of = |values: &[f64], size: usize| -> Vec<f64> {
        let turns = TURNS.iter().zip(values);
        turns
            .filter_map(|(&turn, &value)| (turn == size).then_some(value))
            .collect()
    };
    let median = |values: &[f64]| Spread::of(values).map_or(0.0, |spread| spread.median);
    let figure = |what: &str, text: &dyn Fn(f64) -> String, values: &[f64]| -> Row {
        let (one, other) = (of(values, small), median(&of(values, large)));
        let ratios: Vec<f64> = one.iter().map(|value| other / value).collect();
        Figure {
            what: format!("{what}, {large} submissions"),
            measured: text(other),
            against: text(median(&one)),
            ratio: Spread::of(&ratios),
            bound: Some(GROWTH),
            note: format!("against {small} submissions"),
        }
        .into()
    };
    let mebibytes = |bytes: f64| format!("{:.1} MiB", bytes / 1024.0);
    let peaks: Option<Vec<f64>> = peaks.into_iter().collect();
    Ok(vec![
        match peaks {
            // Behind the large class, the memory that it needed is still held.
            Some(peaks) => figure("most memory", &mebibytes, &peaks[..TURNS.len() - 1]),
            None => Row::skipped("most memory", "there is no /proc that says it"),
        },
        figure("processor time a submission", &seconds, &each),
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
