//! A thread that judges, one run at a time. A new order ends the run that goes on.

use std::collections::BTreeMap;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Mutex;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, JoinHandle};

use anyhow::{Result, bail};
use grader::catalogue::{Catalogue, Entry};
use grader::grade::{self, Attempt, Candidate, Options, grade};
use grader::in_place::Tree;
use grader::known::Known;
use grader::record::LabSources;
use grader::report::{CheckResult, ExerciseResult, Status};
use grader::seed::{Seed, Wanted};
use grader::stop::{Stop, Stopped};
use grader::submission::Submission;
use jail::Tier;

use crate::events::Event;

/// What is to be judged.
#[derive(Debug, Clone)]
pub struct Order {
    /// The exercise, by its place in the catalogue.
    pub at: usize,
    /// The checks that are to come first.
    pub first: Vec<String>,
    /// What is done afresh although it was done before.
    pub afresh: Afresh,
    /// When to give up.
    pub stop: Stop,
}

/// What is done afresh although it was done before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Afresh {
    /// Nothing: a verdict on record is good enough.
    Nothing,
    /// The checks are run.
    Verdict,
    /// They are built, and run.
    Checks,
}

/// What is said while a run goes on.
#[derive(Debug, Clone)]
pub enum Told {
    /// The lab's own parts are built; the name of the last, if there was any.
    Preparing(Option<String>),
    /// The lab's parts are there.
    Judging,
    /// A check has its verdict.
    Checked(CheckResult),
    /// All of them have.
    Done(ExerciseResult),
    /// All of them had, some time ago, and nothing has changed since.
    Known(ExerciseResult),
    /// The lab could not judge, and why.
    Failed(String),
}

/// What judges. The tests of the screen have one that only plays.
pub trait Engine: Send {
    /// Carries out an order and gives what it came to.
    ///
    /// # Errors
    ///
    /// [`Stopped`], when the order was given up; whatever else is the lab's fault.
    fn judge(&mut self, order: &Order, tell: &(dyn Fn(Told) + Sync)) -> Result<ExerciseResult>;

    /// What is on record of the exercise as it is now; nothing where there are no records.
    fn recall(&mut self, _: &Order) -> Option<ExerciseResult> {
        None
    }

    /// Does in advance what the next order will need, as far as it gets before somebody
    /// wants it to stop.
    fn prepare(&mut self, _: &Order) {}
}

/// The thread.
#[derive(Debug)]
pub struct Judge {
    orders: Option<Sender<(u64, Order)>>,
    thread: Option<JoinHandle<()>>,
    current: Stop,
    run: u64,
}

impl Judge {
    /// Starts it. What it says goes into the channel.
    pub fn start(engine: Box<dyn Engine>, events: Sender<Event>) -> Judge {
        let (orders, ordered) = mpsc::channel();
        let thread = thread::spawn(move || work(engine, &ordered, &events));
        Judge {
            orders: Some(orders),
            thread: Some(thread),
            current: Stop::default(),
            run: 0,
        }
    }

    /// Begins a run, and gives up the one that goes on.
    pub fn begin(&mut self, at: usize, first: Vec<String>, afresh: Afresh) {
        self.give_up();
        self.run += 1;
        self.current = Stop::default();
        let order = Order {
            at,
            first,
            afresh,
            stop: self.current.clone(),
        };
        if let Some(orders) = &self.orders {
            // Fails if the thread has ended; it has said why.
            let _ = orders.send((self.run, order));
        }
    }

    /// Whether something said of a run is still of interest.
    pub fn is_current(&self, run: u64) -> bool {
        self.run == run && !self.current.asked()
    }

    /// Ends what goes on; nothing more is said of it.
    pub fn give_up(&self) {
        self.current.ask();
    }
}

impl Drop for Judge {
    /// Nothing that was started is left running.
    fn drop(&mut self) {
        self.give_up();
        self.orders = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn work(mut engine: Box<dyn Engine>, orders: &Receiver<(u64, Order)>, events: &Sender<Event>) {
    while let Ok((run, order)) = orders.recv() {
        if order.stop.asked() {
            continue;
        }
        let tell = |told| {
            // Nobody listens any more: it is ending.
            let _ = events.send(Event::Judge(run, told));
        };
        let judged = panic::catch_unwind(AssertUnwindSafe(|| -> Result<()> {
            let known = match order.afresh {
                Afresh::Nothing => engine.recall(&order),
                Afresh::Verdict | Afresh::Checks => None,
            };
            if let Some(result) = known {
                tell(Told::Known(result));
                engine.prepare(&order);
                return Ok(());
            }
            let result = engine.judge(&order, &tell)?;
            tell(Told::Done(result));
            Ok(())
        }));
        match judged {
            Ok(Ok(())) => {}
            Ok(Err(error)) if error.is::<Stopped>() => {}
            Ok(Err(error)) => tell(Told::Failed(format!("{error:#}"))),
            Err(_) => {
                let _ = events.send(Event::Broken);
                return;
            }
        }
    }
}

/// The grader: the student's files are taken, compiled and judged as those of any
/// submission. Cargo is asked only once for each exercise, for its checks; so no
/// save waits for an editor that has cargo's folder locked.
pub struct Grader {
    catalogue: Catalogue,
    tier: Option<Tier>,
    options: Options,
    /// By the exercise's id.
    ready: BTreeMap<String, Ready>,
    /// None if there are no records.
    records: Option<Known>,
}

/// What the lab has built for an exercise.
struct Ready {
    seed: Seed,
    /// What it was built from; none if that cannot be read.
    lab: Option<LabSources>,
}

impl Grader {
    /// One that judges as the options say.
    pub fn new(catalogue: Catalogue, tier: Option<Tier>, options: Options) -> Grader {
        Grader {
            records: Known::here(&catalogue.root, tier, &options),
            catalogue,
            tier,
            options,
            ready: BTreeMap::new(),
        }
    }

    /// Builds what an exercise is judged with, unless that was done and nothing of it has
    /// changed.
    fn make_ready(&mut self, order: &Order, progress: &mut dyn FnMut(Option<&str>)) -> Result<()> {
        let entry = &self.catalogue.entries[order.at];
        let lab = LabSources::read(&self.catalogue.root, &[entry]).ok();
        // Looked at, not only told: an order that was given up may have said so.
        let is_ready = |ready: &Ready| order.afresh != Afresh::Checks && ready.lab == lab;
        if self.ready.get(&entry.id).is_some_and(is_ready) {
            return Ok(());
        }
        self.ready.remove(&entry.id);
        let wanted = Wanted {
            entries: &[entry],
            programs: false,
            tier: self.tier,
        };
        progress(None);
        let mut named = |name: &str| progress(Some(name));
        let seed = Seed::make(&self.catalogue, wanted, &order.stop, &mut named)?;
        self.ready.insert(entry.id.clone(), Ready { seed, lab });
        Ok(())
    }

    /// What the programs of an exercise are made from now.
    fn tree(&self, entry: &Entry) -> Option<Tree> {
        Tree::read(&self.catalogue.root, entry).ok()?
    }

    /// Puts a result on record, as `check` does, if it is certain that cargo would make
    /// the same programs as were judged.
    fn remember(&self, entry: &Entry, before: Option<Tree>, result: &ExerciseResult) {
        let (Some(records), Some(Ready { seed, lab })) = (&self.records, self.ready.get(&entry.id))
        else {
            return;
        };
        let (Some(before), Some(tree)) = (before, self.tree(entry)) else {
            return;
        };
        let now = || LabSources::read(&self.catalogue.root, &[entry]).ok();
        if result.status == Status::Graded && tree.is_as_staged(&before) && *lab == now() {
            records.remember(entry, &tree, seed.tier, result);
        }
    }
}

impl Engine for Grader {
    fn judge(&mut self, order: &Order, tell: &(dyn Fn(Told) + Sync)) -> Result<ExerciseResult> {
        let entry = &self.catalogue.entries[order.at];
        if !entry.folder.is_dir() {
            // Cargo would say so in words that help nobody.
            bail!("the folder exercises/{} is not there", entry.id);
        }
        self.make_ready(order, &mut |name| {
            tell(Told::Preparing(name.map(str::to_owned)));
        })?;
        tell(Told::Judging);
        let entry = &self.catalogue.entries[order.at];
        let before = self.tree(entry);
        let options = Options {
            stop: order.stop.clone(),
            ..self.options.clone()
        };
        let candidate = candidate(&self.catalogue, entry, order)?;
        // The sender of events is for one thread at a time.
        let tell = Mutex::new(tell);
        let seed = &self.ready[&entry.id].seed;
        let judged = grade(seed, &[candidate], &options, &|event| {
            if let grade::Event::Checked(_, result) = event {
                let tell = tell.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
                tell(Told::Checked(result.clone()));
            }
        })?;
        let result = judged.into_iter().flat_map(|one| one.exercises).next();
        let result = result.ok_or_else(|| anyhow::anyhow!("{} was not judged", entry.id))?;
        self.remember(entry, before, &result);
        Ok(result)
    }

    fn recall(&mut self, order: &Order) -> Option<ExerciseResult> {
        let entry = &self.catalogue.entries[order.at];
        let trees = BTreeMap::from([(entry.id.as_str(), self.tree(entry)?)]);
        let mut known = self.records.as_ref()?.recall(&[entry], &trees);
        known.remove(entry.id.as_str())
    }

    fn prepare(&mut self, order: &Order) {
        // Whoever needs it will build it once more, and hear why that fails.
        let _ = self.make_ready(order, &mut |_| {});
    }
}

fn candidate<'a>(catalogue: &Catalogue, entry: &'a Entry, order: &Order) -> Result<Candidate<'a>> {
    let own = Submission::of(&entry.id, &catalogue.root.join("exercises"));
    let attempt = Attempt {
        first: order.first.clone(),
        ..Attempt::new(entry, own.take(entry)?)
    };
    Ok(Candidate {
        name: entry.id.clone(),
        attempts: vec![attempt],
    })
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;
    use std::time::Duration;

    use super::*;
    use crate::tests::{course, failed};

    const LOOK: Duration = Duration::from_millis(10);

    /// Judges when it is told to; until then it only looks whether it shall stop.
    struct Slow(Receiver<()>);

    impl Engine for Slow {
        fn judge(&mut self, order: &Order, tell: &(dyn Fn(Told) + Sync)) -> Result<ExerciseResult> {
            tell(Told::Judging);
            loop {
                match self.0.try_recv() {
                    Ok(()) => return Ok(failed(&course(), order.at, &[])),
                    Err(_) if order.stop.asked() => return Err(Stopped.into()),
                    Err(_) => thread::park_timeout(LOOK),
                }
            }
        }
    }

    #[test]
    fn a_new_order_ends_the_run_that_goes_on() {
        let (events, happened) = channel();
        let (finish, finished) = channel();
        let mut judge = Judge::start(Box::new(Slow(finished)), events);
        judge.begin(0, Vec::new(), Afresh::Nothing);
        let first = happened.recv().unwrap();
        assert!(matches!(first, Event::Judge(1, Told::Judging)), "{first:?}");
        judge.begin(1, Vec::new(), Afresh::Nothing);
        let second = happened.recv().unwrap();
        assert!(
            matches!(second, Event::Judge(2, Told::Judging)),
            "{second:?}"
        );
        assert!(!judge.is_current(1) && judge.is_current(2));
        finish.send(()).unwrap();
        let Event::Judge(2, Told::Done(result)) = happened.recv().unwrap() else {
            panic!("the second run was not done");
        };
        assert_eq!(result.id, "02-two");
    }

    #[test]
    fn at_its_end_what_goes_on_is_ended() {
        let (events, happened) = channel();
        let (_finish, finished) = channel();
        let mut judge = Judge::start(Box::new(Slow(finished)), events);
        judge.begin(0, Vec::new(), Afresh::Nothing);
        happened.recv().unwrap();
        // Would wait for ever if the run were not given up.
        drop(judge);
    }

    #[test]
    fn what_is_on_record_is_told_unless_it_is_wanted_afresh() {
        /// Has everything on record, and prepares until it is to stop.
        struct Knows;
        impl Engine for Knows {
            fn judge(
                &mut self,
                order: &Order,
                _: &(dyn Fn(Told) + Sync),
            ) -> Result<ExerciseResult> {
                Ok(failed(&course(), order.at, &["reports_errors"]))
            }
            fn recall(&mut self, order: &Order) -> Option<ExerciseResult> {
                Some(failed(&course(), order.at, &[]))
            }
            fn prepare(&mut self, order: &Order) {
                while !order.stop.asked() {
                    thread::park_timeout(LOOK);
                }
            }
        }
        let (events, happened) = channel();
        let mut judge = Judge::start(Box::new(Knows), events);
        judge.begin(0, Vec::new(), Afresh::Nothing);
        let known = happened.recv().unwrap();
        assert!(
            matches!(known, Event::Judge(1, Told::Known(_))),
            "{known:?}"
        );
        judge.begin(0, Vec::new(), Afresh::Verdict);
        let done = happened.recv().unwrap();
        assert!(matches!(done, Event::Judge(2, Told::Done(_))), "{done:?}");
    }

    #[test]
    fn a_judge_that_breaks_says_so() {
        struct Breaks;
        impl Engine for Breaks {
            fn judge(&mut self, _: &Order, _: &(dyn Fn(Told) + Sync)) -> Result<ExerciseResult> {
                panic!("on purpose")
            }
        }
        let (events, happened) = channel();
        let mut judge = Judge::start(Box::new(Breaks), events);
        judge.begin(0, Vec::new(), Afresh::Nothing);
        assert!(matches!(happened.recv().unwrap(), Event::Broken));
    }
}
