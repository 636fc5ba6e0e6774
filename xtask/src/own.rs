//! One's own programs, judged where they lie.
//!
//! What was judged before, with nothing changed since, is answered from the record,
//! and cargo is not started again.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::thread;

use anyhow::{Result, bail};
use grader::catalogue::{Catalogue, Entry};
use grader::grade::{Attempt, Candidate, Event, Options, grade};
use grader::in_place::Tree;
use grader::known::Known;
use grader::record::LabSources;
use grader::report::{CheckResult, ExerciseResult};
use grader::seed::Seed;
use grader::submission::Intake;

use crate::cli::How;
use crate::setup;

/// Some exercises, ready to be judged.
pub struct Own<'a> {
    catalogue: &'a Catalogue,
    options: Options,
    /// An executable that is judged in the place of what cargo builds.
    given: Option<PathBuf>,
    /// None if they cannot be found.
    records: Option<Known>,
    /// By the exercise's id, what is on record.
    known: BTreeMap<&'a str, ExerciseResult>,
    /// What the others were made from, before cargo was started.
    before: Before<'a>,
    /// None if everything is on record.
    seed: Option<Seed>,
}

/// What an exercise came to.
pub enum Came {
    /// The checks were run.
    To {
        /// Their verdicts.
        result: ExerciseResult,
        /// Whether they were run some time ago.
        as_before: bool,
    },
    /// A program of it, here named, does not compile.
    Uncompiled(String),
}

/// What decides about verdicts as it was at one moment.
#[derive(Default)]
struct Before<'a> {
    trees: BTreeMap<&'a str, Tree>,
    lab: Option<LabSources>,
}

impl<'a> Own<'a> {
    /// Looks up what is on record, unless it is to be judged afresh, and builds what
    /// is to be judged.
    ///
    /// # Errors
    ///
    /// As [`Seed::make`]; wrong usage.
    pub fn ready(
        catalogue: &'a Catalogue,
        entries: &[&'a Entry],
        how: &How,
        given: Option<PathBuf>,
        fresh: bool,
    ) -> Result<Own<'a>> {
        let options = setup::options(how)?;
        let mut own = Own {
            records: Known::here(&catalogue.root, setup::tier(how), &options),
            catalogue,
            options,
            given,
            known: BTreeMap::new(),
            before: Before::default(),
            seed: None,
        };
        if own.given.is_none() {
            match &own.records {
                Some(records) if !fresh => thread::scope(|scope| {
                    // Beside all else that a look into the records needs: it takes longest.
                    scope.spawn(|| records.tier());
                    own.before.trees = trees(catalogue, entries);
                    own.known = records.recall(entries, &own.before.trees);
                }),
                _ => own.before.trees = trees(catalogue, entries),
            }
        }
        let known = |entry: &&&Entry| !own.known.contains_key(entry.id.as_str());
        let left: Vec<&Entry> = entries.iter().filter(known).copied().collect();
        if !left.is_empty() {
            let build = own.given.is_none();
            own.before.lab = LabSources::read(&catalogue.root, &left).ok();
            let stop = &own.options.stop;
            own.seed = Some(setup::seed(catalogue, &left, build, how, stop)?);
        }
        Ok(own)
    }

    /// Whether an exercise is on record.
    pub fn is_known(&self, entry: &Entry) -> bool {
        self.known.contains_key(entry.id.as_str())
    }

    /// What the compiler said of an exercise, in its own words.
    pub fn words(&self, entry: &Entry) -> Option<&str> {
        let words = self.seed.as_ref()?.words.get(&entry.id)?;
        Some(words.as_str())
    }

    /// Judges one of the exercises. `told` hears of each check, in order.
    ///
    /// # Errors
    ///
    /// As [`grade`].
    pub fn judge(&self, entry: &Entry, told: &(dyn Fn(&CheckResult) + Sync)) -> Result<Came> {
        if let Some(known) = self.known.get(entry.id.as_str()) {
            known.checks.iter().for_each(told);
            return Ok(Came::To {
                result: known.clone(),
                as_before: true,
            });
        }
        let Some(seed) = &self.seed else {
            bail!("nothing was built for {}", entry.id);
        };
        let mut programs = of_entry(&seed.programs, entry);
        if let (Some(path), Some(main)) = (&self.given, entry.programs.first()) {
            programs.insert(main.name.clone(), seed.adopt(path, &main.name)?);
        }
        let mut needed = entry.programs.iter();
        if let Some(missing) = needed.find(|one| !programs.contains_key(&one.name)) {
            return Ok(Came::Uncompiled(missing.name.clone()));
        }
        // Every program is there: no source is looked at.
        let attempt = Attempt {
            programs,
            ..Attempt::new(entry, Intake::Missing(String::new()))
        };
        let candidate = Candidate {
            name: entry.id.clone(),
            attempts: vec![attempt],
        };
        let results = grade(seed, &[candidate], &self.options, &|event| {
            if let Event::Checked(_, result) = event {
                told(result);
            }
        })?;
        let mut exercises = results.into_iter().flat_map(|one| one.exercises);
        let Some(result) = exercises.next() else {
            bail!("{} was not judged", entry.id);
        };
        self.remember(seed, entry, &result);
        Ok(Came::To {
            result,
            as_before: false,
        })
    }

    /// Puts a result on record, if it is certain what it was made from.
    fn remember(&self, seed: &Seed, entry: &Entry, result: &ExerciseResult) -> Option<()> {
        let before = self.before.trees.get(entry.id.as_str())?;
        let root = &self.catalogue.root;
        let tree = Tree::read(root, entry).ok()??;
        let built = of_entry(&seed.built, entry);
        let mut programs = entry
            .programs
            .iter()
            .map(|program| built.get(&program.name));
        let certain = programs.all(|program| {
            program.is_some_and(|program| tree.is_all_of(before, root, entry, program))
        });
        let judged: Vec<&Entry> = seed
            .checks
            .keys()
            .filter_map(|id| self.catalogue.get(id).ok())
            .collect();
        if certain && LabSources::read(root, &judged).ok() == self.before.lab {
            let records = self.records.as_ref()?;
            records.remember(entry, &tree, seed.tier, result);
        }
        Some(())
    }
}

/// The programs of an exercise, by name.
pub fn of_entry(
    programs: &BTreeMap<(String, String), PathBuf>,
    entry: &Entry,
) -> BTreeMap<String, PathBuf> {
    programs
        .iter()
        .filter(|((id, _), _)| *id == entry.id)
        .map(|((_, name), path)| (name.clone(), path.clone()))
        .collect()
}

fn trees<'a>(catalogue: &Catalogue, entries: &[&'a Entry]) -> BTreeMap<&'a str, Tree> {
    let tree = |entry: &&'a Entry| {
        let tree = Tree::read(&catalogue.root, entry).ok()??;
        Some((entry.id.as_str(), tree))
    };
    entries.iter().filter_map(tree).collect()
}
