//! Is the judge right? Every known mistake must be caught by a check of its
//! concept, with the words that a human has read; every right program passes.

mod bug;
mod lint;
mod right;
mod untouched;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use anyhow::{Context, Result, anyhow};
use grader::catalogue::Entry;
use grader::grade::{Attempt, Candidate, Event, Options, grade};
use grader::report::{ExerciseResult, Status, Verdict};
use grader::seed::Seed;
use grader::shard::Shard;
use grader::submission::{Intake, Submission};

use bug::{Bug, Wrong};
pub use lint::lint;
use right::Right;
use untouched::Untouched;

/// The longest story that anybody reads, in lines.
const LONGEST_STORY: usize = 30;

/// What verifying came to.
#[derive(Debug, Default)]
pub struct Verified {
    /// How many programs were judged.
    pub programs: usize,
    /// What is not as it must be: the program and what is wrong.
    pub faults: Vec<(String, String)>,
    /// What could not be judged here: the program and why.
    pub skipped: Vec<(String, String)>,
    /// The golden stories that were written.
    pub blessed: Vec<PathBuf>,
}

impl Verified {
    fn take<'a>(&mut self, collected: Collected<'a>, cases: &mut Vec<Case<'a>>) {
        self.programs += collected.cases.len();
        self.faults.extend(collected.faults);
        self.skipped.extend(collected.skipped);
        cases.extend(collected.cases);
    }
}

/// One program whose verdict is known beforehand.
struct Case<'a> {
    name: String,
    attempt: Attempt<'a>,
    /// The mistake in it; a right program has none.
    bug: Option<Bug>,
}

/// Judges the bug bank, or a part of it, the right variants and the solutions of exercises.
/// With `bless`, the stories that bugs are told become the golden ones.
///
/// # Errors
///
/// The bank cannot be read, or the run was stopped.
pub fn verify(
    seed: &Seed,
    entries: &[&Entry],
    options: &Options,
    shard: Shard,
    bless: bool,
    tell: &(dyn Fn(Event<'_>) + Sync),
) -> Result<Verified> {
    let mut verified = Verified::default();
    let mut cases = Vec::new();
    for collected in collect_all(seed, entries, shard) {
        verified.take(collected?, &mut cases);
    }
    if !seed.tier.has_cell() {
        verified.skipped.push((
            "the golden stories".into(),
            format!(
                "tier {} has no cell with names and ports of its own",
                seed.tier
            ),
        ));
    }
    let candidates: Vec<Candidate<'_>> = cases
        .iter()
        .map(|case| Candidate {
            name: case.name.clone(),
            attempts: vec![case.attempt.clone()],
        })
        .collect();
    let results = grade(seed, &candidates, options, tell)?;
    for (case, result) in cases.iter().zip(results) {
        let Some(exercise) = result.exercises.first() else {
            continue;
        };
        let entry = case.attempt.entry;
        let fault = match &case.bug {
            None => right_is_wronged(exercise),
            Some(bug) => match bug_is_missed(bug, entry, exercise) {
                Some(fault) => Some(fault),
                // Without a cell, ports and names are the machine's, and a
                // story holds them.
                None if !seed.tier.has_cell() => None,
                None => story_differs(bug, exercise, bless, &mut verified.blessed)?,
            },
        };
        verified
            .faults
            .extend(fault.map(|fault| (case.name.clone(), fault)));
    }
    Ok(verified)
}

/// What the bank of one exercise holds.
#[derive(Default)]
struct Collected<'a> {
    cases: Vec<Case<'a>>,
    faults: Vec<(String, String)>,
    skipped: Vec<(String, String)>,
}

/// Reads the banks, and compiles what is in C, with every processor.
fn collect_all<'a>(seed: &Seed, entries: &[&'a Entry], shard: Shard) -> Vec<Result<Collected<'a>>> {
    let processors = thread::available_parallelism().map_or(1, usize::from);
    let next = AtomicUsize::new(0);
    let all = Mutex::new(BTreeMap::new());
    thread::scope(|scope| {
        for _ in 0..processors {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(entry) = entries.get(number) else {
                        break;
                    };
                    let collected = collect(seed, entry, shard)
                        .with_context(|| format!("the bank of {}", entry.id));
                    let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
                    all.insert(number, collected);
                }
            });
        }
    });
    let all = all.into_inner().unwrap_or_else(PoisonError::into_inner);
    all.into_values().collect()
}

fn collect<'a>(seed: &Seed, entry: &'a Entry, shard: Shard) -> Result<Collected<'a>> {
    let mut collected = Collected::default();
    let Collected {
        cases,
        faults,
        skipped,
    } = &mut collected;
    let solution = solution(entry)?;
    let untouched = Untouched::of(seed, entry, &solution)?;
    let case = |name: String, attempt, bug| Case { name, attempt, bug };
    let (right, not_here) = right_programs(seed, entry)?;
    cases.extend(
        shard
            .share(right)
            .into_iter()
            .map(|(name, attempt)| case(name, attempt, None)),
    );
    skipped.extend(not_here);
    let bugs = entry.folder.join("bugs");
    let mut patches = 0;
    for path in listing(&bugs)? {
        let name = format!("{} bugs/{}", entry.id, file_name(&path));
        match path.extension().and_then(|it| it.to_str()) {
            Some("patch") if !shard.has(patches) => patches += 1,
            Some("patch") => match Bug::read(&path, entry, &solution) {
                Ok((bug, wrong)) => {
                    let place = format!("bugs-{}/{patches}", entry.number());
                    patches += 1;
                    let mut attempt = match wrong {
                        Wrong::Files(files) => {
                            let programs = untouched.by(&files, &solution);
                            let mut attempt = Attempt::new(entry, Intake::Taken(files));
                            attempt.programs = programs;
                            attempt
                        }
                        Wrong::Variant(variant, files) => {
                            let folder = seed.work.folder(place)?;
                            let path = bug::write_variant(&variant, &files, &folder)?;
                            match Right::prepare(&path, entry, &solution, &folder)? {
                                Right::Attempt(attempt) => *attempt,
                                Right::Skipped(why) => {
                                    skipped.push((name, why));
                                    continue;
                                }
                            }
                        }
                    };
                    attempt.first_failure_only = true;
                    cases.push(case(name, attempt, Some(bug)));
                }
                Err(why) => faults.push((name, format!("{why:#}"))),
            },
            Some("txt") if path.with_extension("patch").exists() => {}
            _ => faults.push((name, "belongs to no patch".into())),
        }
    }
    Ok(collected)
}

/// Programs by what they are called in reports, to be judged.
type Named<'a> = Vec<(String, Attempt<'a>)>;

/// The solution and the unusual right programs of an exercise, by name; and
/// which of them cannot be judged here, and why.
///
/// # Errors
///
/// The bank or the solution cannot be read, or a program not be made.
pub fn right_programs<'a>(
    seed: &Seed,
    entry: &'a Entry,
) -> Result<(Named<'a>, Vec<(String, String)>)> {
    let solution = solution(entry)?;
    let mut programs = vec![(
        format!("{} solution", entry.id),
        Attempt::new(entry, Intake::Taken(solution.clone())),
    )];
    let mut skipped = Vec::new();
    let folder = seed.work.folder(format!("right-{}", entry.number()))?;
    for path in listing(&entry.folder.join("right"))? {
        let name = format!("{} right/{}", entry.id, file_name(&path));
        match Right::prepare(&path, entry, &solution, &folder)? {
            Right::Attempt(attempt) => programs.push((name, *attempt)),
            Right::Skipped(why) => skipped.push((name, why)),
        }
    }
    Ok((programs, skipped))
}

/// One mistake of the bank, as a submission.
#[derive(Debug)]
pub struct Mistake {
    /// The name of its patch.
    pub name: String,
    /// What a student who made it hands in; an error if it does not apply.
    pub files: Result<BTreeMap<String, String>>,
}

/// The mistakes of an exercise's bank that a student's files hold, by name.
///
/// # Errors
///
/// The bank or the solution cannot be read.
pub fn mistakes(entry: &Entry) -> Result<Vec<Mistake>> {
    let solution = solution(entry)?;
    let patches = listing(&entry.folder.join("bugs"))?
        .into_iter()
        .filter(|path| path.extension().is_some_and(|it| it == "patch"));
    Ok(patches
        .filter_map(|path| {
            let name = path.file_stem().unwrap_or_default();
            let files = match Bug::read(&path, entry, &solution) {
                Ok((_, Wrong::Files(files))) => Ok(files),
                Ok((_, Wrong::Variant(..))) => return None,
                Err(error) => Err(error),
            };
            Some(Mistake {
                name: name.to_string_lossy().into_owned(),
                files,
            })
        })
        .collect())
}

/// The model submission's files.
///
/// # Errors
///
/// They cannot be read, or would not be taken from anybody.
pub fn solution(entry: &Entry) -> Result<BTreeMap<String, String>> {
    let folder = entry.solution();
    let parent = folder
        .parent()
        .ok_or_else(|| anyhow!("no folder of solutions"))?;
    match Submission::of("solutions", parent).take(entry)? {
        Intake::Taken(files) => Ok(files),
        Intake::Missing(what) | Intake::Refused(what) => {
            Err(anyhow!("the solution of {}: {what}", entry.id))
        }
    }
}

/// Why an exercise was not graded, in full.
fn not_graded(exercise: &ExerciseResult) -> Option<String> {
    if exercise.status == Status::Graded {
        return None;
    }
    let story = exercise
        .first(Verdict::Ungraded)
        .and_then(|check| check.story.as_deref());
    let message = exercise.message.as_deref().unwrap_or("was not graded");
    Some(format!("{message}\n{}", story.unwrap_or_default()))
}

fn right_is_wronged(exercise: &ExerciseResult) -> Option<String> {
    if let Some(why) = not_graded(exercise) {
        return Some(why);
    }
    let wronged = exercise
        .checks
        .iter()
        .find(|check| check.verdict != Verdict::Passed)?;
    let story = wronged.story.as_deref().unwrap_or_default();
    Some(format!(
        "is right and does not pass {}:\n{story}",
        wronged.name
    ))
}

fn bug_is_missed(bug: &Bug, entry: &Entry, exercise: &ExerciseResult) -> Option<String> {
    if let Some(why) = not_graded(exercise) {
        return Some(why);
    }
    let Some(failed) = exercise.first(Verdict::Failed) else {
        return Some("passes every check".into());
    };
    match &bug.check {
        Some(named) if *named != failed.name => {
            let story = failed.story.as_deref().unwrap_or_default();
            return Some(format!(
                "is caught by {}, not by {named}:\n{story}",
                failed.name
            ));
        }
        _ => {}
    }
    let concepts = &entry.data.check(&failed.name)?.concepts;
    if !concepts.contains(&bug.concept) {
        return Some(format!(
            "is caught by {}, which is about {}, not about {}",
            failed.name,
            concepts.join(", "),
            bug.concept
        ));
    }
    let story = failed.story.as_deref().unwrap_or_default();
    let lines = story.lines().count();
    (lines > LONGEST_STORY).then(|| format!("is told a story of {lines} lines"))
}

fn story_differs(
    bug: &Bug,
    exercise: &ExerciseResult,
    bless: bool,
    blessed: &mut Vec<PathBuf>,
) -> Result<Option<String>> {
    let told = exercise
        .first(Verdict::Failed)
        .and_then(|check| check.story.as_deref());
    let told = format!("{}\n", told.unwrap_or_default().trim_end());
    let golden = match fs::read_to_string(&bug.golden) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => {
            return Err(error).with_context(|| format!("read {}", bug.golden.display()));
        }
    };
    if golden == told {
        return Ok(None);
    }
    if bless {
        grader::report::write_atomically(&bug.golden, |file| file.write_all(told.as_bytes()))
            .with_context(|| format!("write {}", bug.golden.display()))?;
        blessed.push(bug.golden.clone());
        return Ok(None);
    }
    Ok(Some(if golden.is_empty() {
        format!("has no golden story yet; `cargo xtask verify --bless` writes:\n{told}")
    } else {
        format!(
            "is told another story:\n{}",
            diffy::create_patch(&golden, &told)
        )
    }))
}

/// What a folder holds, sorted; nothing if there is no such folder.
fn listing(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error).with_context(|| format!("read {}", folder.display())),
    };
    let mut paths = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<io::Result<Vec<_>>>()
        .with_context(|| format!("read {}", folder.display()))?;
    paths.retain(|path| !file_name(path).starts_with('.'));
    paths.sort();
    Ok(paths)
}

fn file_name(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}
