//! `cargo xtask grade`: from submissions to a report.

mod binaries;
mod progress;
mod queue;

use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result, bail};
use grader::catalogue::Catalogue;
use grader::grade::{Candidate, Event, grade_each};
use grader::record::Keys;
use grader::report::{Head, Lab, Status};
use grader::spool::Spool;
use grader::stop::Stopped;
use grader::submission::{Submission, tell_apart};
use grader::work::Work;

use crate::cli::Grade;
use crate::course::Course;
use crate::deliver::deliver;
use crate::demo;
use crate::setup::{self, Usage};
use crate::submissions;
use binaries::{as_it_is, binaries};
use progress::Progress;
pub use progress::bar;
use queue::{Queue, handed_in};

/// Grades what was named, and prints or writes what came of it.
pub fn run(catalogue: &Catalogue, asked: &Grade) -> Result<ExitCode> {
    let binaries = binaries(catalogue, &asked.bin)?;
    let course = Course::asked(catalogue, &asked.deliver)?;
    let mut entries = setup::exercises(catalogue, &asked.only)?;
    if asked.demo && asked.only.is_empty() && asked.path.is_empty() && !asked.solutions {
        entries.retain(|entry| demo::has(entry) || binaries.contains_key(&entry.id));
    }
    let class = if asked.demo {
        Some(demo::class(catalogue)?)
    } else {
        None
    };
    // It holds what others have written: nobody else may look into it. What a killed run
    // left there is gone with the next.
    let unpacked = Work::private().context("a folder for archives")?;
    let mut submissions = named(catalogue, asked, unpacked.path())?;
    if let Some(class) = &class {
        submissions.extend(Submission::discover(class.path(), catalogue)?);
    }
    tell_apart(&mut submissions);
    let mut given = as_it_is(&binaries, &entries)?;
    if submissions.is_empty() && given.as_ref().is_none_or(|one| one.attempts.is_empty()) {
        bail!(Usage(
            "nothing to grade: --only leaves nothing of it".into()
        ));
    }
    let all = submissions.len();
    if let Some(course) = &course {
        course.takes(all + usize::from(given.is_some()), &asked.deliver)?;
    }
    let submissions = asked.shard.share(submissions);
    if submissions.is_empty() && given.is_none() {
        // An array of more tasks than submissions: its reports are merged all the same.
        let (part, of) = (asked.shard.part, asked.shard.of);
        anstream::eprintln!("part {part} of {of} is empty: there are {all} submissions");
    }

    let mut options = setup::options(&asked.how)?;
    options.repeats = asked.repeat_failed.into();
    if let Some(course) = course.as_ref().filter(|_| options.repeats == 0) {
        options.repeats = course.repeats();
    }
    let mut needed = handed_in(&submissions, &entries);
    let of_given = given.iter().flat_map(|one| &one.attempts);
    needed.extend(of_given.map(|attempt| attempt.entry));
    needed.sort_by(|one, other| one.id.cmp(&other.id));
    needed.dedup_by(|one, other| one.id == other.id);
    let seed = setup::seed(catalogue, &needed, false, &asked.how, &options.stop)?;
    setup::isolated(&seed, &asked.how)?;
    for attempt in given.iter_mut().flat_map(|one| &mut one.attempts) {
        for (name, path) in &mut attempt.programs {
            *path = seed.adopt(path, &format!("{}-{name}", attempt.entry.number()))?;
        }
    }

    let count = submissions.len() + usize::from(given.is_some());
    let progress = Progress::new(count, entries.len());
    let mut queue = Queue::new(entries);
    if !asked.path.is_empty() {
        let keys = Keys::new(
            &catalogue.root,
            &needed,
            &seed.toolchain.version,
            seed.tier,
            (options.random, options.repeats),
        )
        .context("read the lab's sources")?;
        queue = queue.keep(&seed.records, keys, asked.fresh)?;
    }
    let results = Spool::new().context("a file for the results")?;
    // First what needs no judging, so that what is shown of the rest is of the rest.
    let mut left = Vec::new();
    for (number, submission) in submissions.iter().enumerate() {
        if options.stop.asked() {
            bail!(Stopped);
        }
        match queue.settled(submission) {
            Some(exercises) => {
                results
                    .add_settled(number, &submission.name, exercises)
                    .context("keep a result")?;
                progress.known();
            }
            None => left.push(number),
        }
    }
    let numbers: Vec<usize> = left.iter().copied().chain([submissions.len()]).collect();
    let ungraded = AtomicUsize::new(0);
    let mut left = left.into_iter();
    let mut next = || -> Option<Candidate<'_>> {
        let submission = left.next().map(|at| queue.candidate(&submissions[at]));
        let candidate = submission.or_else(|| given.take())?;
        progress.begin(&candidate.name);
        Some(candidate)
    };
    let graded = grade_each(
        &seed,
        &mut next,
        &options,
        &|event| {
            if let Event::Done(name, result) = event {
                queue.done(name, result);
                progress.done(name, result);
                let is_ungraded = result.status == Status::Ungraded;
                ungraded.fetch_add(is_ungraded.into(), Ordering::Relaxed);
            }
        },
        &|number, result| {
            let number = numbers[number];
            results.add(number, &result).context("keep a result")
        },
    );
    progress.end();
    graded?;
    let head = Head {
        lab: Lab::find(&catalogue.root, &seed.toolchain.version),
        tier: seed.tier,
        promises: seed.promises,
        seed: options.random,
    };
    drop(seed);
    deliver(&head, &results, &asked.deliver)?;
    if let Some(course) = course {
        course.deliver(&head, &results, &asked.deliver, asked.shard.of > 1)?;
    }
    queue.sweep();
    if let Some(known) = queue.known() {
        anstream::eprintln!("{known}");
    }
    if let Some(trouble) = queue.trouble() {
        anstream::eprintln!("xtask: verdicts could not be kept for the next run: {trouble:#}");
    }
    match ungraded.into_inner() {
        0 => Ok(ExitCode::SUCCESS),
        some => bail!("{some} of the exercises could not be judged; see their messages"),
    }
}

/// The submissions that the command line names.
///
/// Archives among them are unpacked into a folder.
fn named(catalogue: &Catalogue, asked: &Grade, unpacked: &Path) -> Result<Vec<Submission>> {
    let mut submissions = if asked.as_one {
        let paths = asked.path.iter();
        let wholes = paths.map(|path| submissions::whole(catalogue, path, unpacked));
        wholes.collect::<Result<_>>()?
    } else {
        submissions::at(catalogue, &asked.path, unpacked)?
    };
    if asked.solutions {
        submissions.push(Submission::of(
            "solutions",
            &catalogue.root.join("solutions"),
        ));
    }
    let nothing = submissions.is_empty() && !asked.demo && asked.bin.is_empty();
    if nothing {
        submissions.push(Submission::of(
            "exercises",
            &catalogue.root.join("exercises"),
        ));
    }
    Ok(submissions)
}
