//! What `watch` knows and shows, and what is to be done when something is asked
//! for. Nothing here touches a terminal, a file or a clock.

use std::collections::BTreeMap;

use grader::catalogue::{Catalogue, Entry};
use grader::report::{CheckResult, ExerciseResult, Status, Verdict};
use study::Last;

use crate::change::Before;
use crate::command::{Command, Scroll};
use crate::files::Changed;
use crate::judge::{Afresh, Told};

/// What is known and shown.
#[derive(Debug)]
pub struct State<'a> {
    catalogue: &'a Catalogue,
    at: usize,
    /// How far the present run is.
    pub phase: Phase,
    /// What the last whole run came to.
    pub result: Option<ExerciseResult>,
    /// Whether that run was some time ago.
    pub as_before: bool,
    /// What the present run has come to so far.
    pub fresh: Vec<CheckResult>,
    before: Option<Before>,
    /// What the last whole run changed.
    pub changes: Option<String>,
    /// The check whose hints are shown, and how many of them.
    hints: Option<(String, usize)>,
    /// What is shown below the verdict.
    pub view: View,
    /// The first line of it that is shown.
    pub scroll: usize,
    /// A line to the user, until something else happens.
    pub notice: Option<String>,
    /// The same, to be shown again behind the next verdict.
    kept_notice: Option<String>,
    /// What plain mode has not said yet.
    said: Vec<String>,
}

/// How far a run is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Phase {
    /// Nothing runs.
    Idle,
    /// The lab's own parts are built; the last one's name.
    Preparing(Option<String>),
    /// The program is compiled, or judged.
    Judging,
    /// The lab could not do it, and why.
    Trouble(String),
    /// The user's program has the terminal.
    Away,
}

/// What is shown below the verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum View {
    /// The story of what fails first, and its hints.
    Story,
    /// The map of the course.
    List(Vec<String>),
    /// What can be asked for.
    Help,
    /// Whether the skeleton is really to be put back.
    Confirm,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Go to the exercise of this index.
    Enter(usize),
    /// Judge; what runs is given up.
    Judge(Afresh),
    /// Use one hint more for this check.
    Hint(String),
    /// Show the map.
    List,
    /// Put the skeleton back.
    Reset,
    /// Run the program by hand.
    Try,
    /// Give the terminal back for a while.
    Suspend,
    /// End.
    Quit,
}

impl<'a> State<'a> {
    /// At an exercise of which nothing is known.
    pub fn new(catalogue: &'a Catalogue, at: usize) -> State<'a> {
        State {
            catalogue,
            at,
            phase: Phase::Idle,
            result: None,
            as_before: false,
            fresh: Vec::new(),
            before: None,
            changes: None,
            hints: None,
            view: View::Story,
            scroll: 0,
            notice: None,
            kept_notice: None,
            said: Vec::new(),
        }
    }

    /// The exercise, by its place in the catalogue.
    pub fn at(&self) -> usize {
        self.at
    }

    /// The exercise.
    pub fn entry(&self) -> &'a Entry {
        &self.catalogue.entries[self.at]
    }

    /// Goes to an exercise. `last` is what it came to when it was judged before.
    pub fn enter(&mut self, at: usize, last: Option<&Last>) {
        *self = State {
            before: last.map(|last| Before::known(self.catalogue, at, last)),
            said: std::mem::take(&mut self.said),
            ..State::new(self.catalogue, at)
        };
        let entry = self.entry();
        self.said.push(format!(
            "{}, {}. Its handout is exercises/{}/README.md.",
            entry.id, entry.data.title, entry.id
        ));
    }

    /// The checks that failed last: they are to come first.
    pub fn failed(&self) -> Vec<String> {
        self.before.as_ref().map_or(Vec::new(), Before::failed)
    }

    /// A run has begun.
    pub fn begin(&mut self) {
        self.phase = Phase::Judging;
        self.fresh.clear();
        self.notice = self.kept_notice.clone();
    }

    /// Takes what the judge says of the present run.
    pub fn judge(&mut self, told: Told) {
        match told {
            Told::Preparing(name) => {
                let is_first = self.phase == Phase::Preparing(None);
                if is_first && name.is_some() {
                    self.said.push("Building the lab's own parts.".into());
                }
                self.phase = Phase::Preparing(name);
            }
            Told::Judging => self.phase = Phase::Judging,
            Told::Checked(result) => {
                self.phase = Phase::Judging;
                self.fresh.push(result);
            }
            Told::Failed(why) => {
                self.said.push(format!("The lab could not judge: {why}"));
                self.phase = Phase::Trouble(why);
                self.fresh.clear();
            }
            Told::Done(result) => self.done(result, false),
            Told::Known(result) => self.done(result, true),
        }
    }

    fn done(&mut self, result: ExerciseResult, as_before: bool) {
        let now = Before::of(&result);
        // That what was known is the same as what was known says nothing.
        let before = self.before.as_ref();
        let before = before.filter(|before| !as_before || !now.has_the_verdicts_of(before));
        // Nor does what was not taken.
        let was_taken = !matches!(result.status, Status::Missing | Status::Refused);
        let before = before.filter(|_| was_taken);
        self.changes = before.map(|before| now.since(before));
        self.as_before = as_before;
        // A program that does not compile says nothing of its checks.
        self.before = match self.before.take() {
            Some(before) if result.checks.is_empty() => Some(before.broken()),
            _ => Some(now),
        };
        let told_before = self.result.as_ref().and_then(|before| story(before));
        if told_before != story(&result) {
            self.scroll = 0;
        }
        self.phase = Phase::Idle;
        self.fresh.clear();
        self.result = Some(result);
        self.said.push(crate::plain::verdict(self));
        self.notice = self.kept_notice.take();
    }

    /// Whether the last run was whole and everything passed.
    pub fn passes(&self) -> bool {
        self.result.as_ref().is_some_and(|result| {
            result.status == Status::Graded && result.first(Verdict::Failed).is_none()
        })
    }

    /// What to do when everything passes.
    pub fn what_next(&self) -> String {
        match self.catalogue.entries.get(self.at + 1) {
            Some(next) => format!("Everything passes. n goes on to {}.", next.id),
            None => "Everything passes, and this was the last exercise.".into(),
        }
    }

    /// The check that is told of: the first that did not pass.
    pub fn failing(&self) -> Option<&CheckResult> {
        let place = |check: &&CheckResult| {
            let mut all = self.entry().data.checks.iter();
            all.position(|other| other.name == check.name)
        };
        let of = |wanted: Verdict| {
            let checks = self.fresh.iter();
            checks
                .filter(|check| check.verdict == wanted)
                .min_by_key(place)
        };
        let last = |wanted| self.result.as_ref().and_then(|last| last.first(wanted));
        of(Verdict::Failed)
            .or_else(|| last(Verdict::Failed))
            .or_else(|| of(Verdict::Ungraded))
            .or_else(|| last(Verdict::Ungraded))
    }

    /// The text of what is told of: a story, or the compiler's words.
    pub fn story(&self) -> Option<&str> {
        if let Phase::Trouble(why) = &self.phase {
            return Some(why);
        }
        let check = self.failing().and_then(|check| check.story.as_deref());
        check.or_else(|| self.result.as_ref().and_then(story))
    }

    /// What else there is to do about what is told.
    pub fn way_out(&self) -> Option<&'static str> {
        if matches!(self.phase, Phase::Trouble(_)) {
            return None;
        }
        let status = self.result.as_ref().map(|result| result.status);
        (status == Some(Status::Missing)).then_some("x puts the skeleton in its place.")
    }

    /// The hints that are shown, with how many there are.
    pub fn hints(&self) -> (&'a [String], usize) {
        let shown = self.hints.as_ref().and_then(|(name, used)| {
            let failing = self.failing()?;
            (failing.name == *name).then_some((name, *used))
        });
        let Some((name, used)) = shown else {
            return (&[], 0);
        };
        let all = self.entry().data.check(name);
        let all: &[String] = all.map_or(&[], |check| &check.hints);
        (&all[..used.min(all.len())], all.len())
    }

    /// Takes how many hints of a check are used now, and how many were.
    pub fn hinted(&mut self, check: &str, before: usize, used: usize) {
        let shown = |(name, used): &(String, usize)| (name == check).then_some(*used);
        let seen = self.hints.as_ref().and_then(shown);
        self.hints = Some((check.to_owned(), used));
        let (hints, all) = self.hints();
        let said = match hints.last() {
            Some(hint) => format!("Hint {} of {all}: {hint}", hints.len()),
            None => "There is no hint for this one.".into(),
        };
        // What was used on another day was not shown yet today.
        let is_new = used > before || seen.is_none();
        let number = self.entry().id.clone();
        if is_new && !hints.is_empty() {
            self.said.push(said);
            self.notice = None;
        } else {
            self.tell(format!(
                "There is no further hint. Read on in exercises/{number}/README.md."
            ));
        }
        self.view = View::Story;
        self.scroll = usize::MAX;
    }

    /// Tells the user something, in both modes.
    pub fn tell(&mut self, text: impl Into<String>) {
        let text = text.into();
        self.said.push(text.clone());
        self.notice = Some(text);
    }

    /// Tells something that is still shown when the next verdict has come.
    pub fn keep_notice(&mut self, text: String) {
        self.kept_notice = Some(text.clone());
        self.tell(text);
    }

    /// What plain mode has to say since it was last asked.
    pub fn said(&mut self) -> Vec<String> {
        std::mem::take(&mut self.said)
    }

    /// A file was saved: whether it is to be judged.
    pub fn saved(&mut self, changed: Changed) -> Option<Action> {
        if changed != Changed::Nothing {
            self.show(View::Story);
            let afresh = match changed {
                Changed::Checks => Afresh::Checks,
                Changed::Program | Changed::Nothing => Afresh::Nothing,
            };
            return Some(Action::Judge(afresh));
        }
        if self.phase == Phase::Idle {
            self.notice = Some("Saved; nothing has changed since the last verdict.".into());
        }
        None
    }

    /// What a command leads to.
    pub fn take(&mut self, command: Command) -> Option<Action> {
        self.notice = None;
        if self.view == View::Confirm {
            self.view = View::Story;
            self.scroll = 0;
            match command {
                Command::Yes => return Some(Action::Reset),
                Command::Quit => {}
                _ => {
                    self.tell("Nothing was changed.");
                    return None;
                }
            }
        }
        match command {
            Command::Next => self.step(1),
            Command::Previous => self.step(-1),
            Command::Hint => self.hint(),
            Command::Run => Some(Action::Judge(Afresh::Verdict)),
            Command::Try => Some(Action::Try),
            Command::List => Some(Action::List),
            Command::Reset => {
                self.show(View::Confirm);
                self.said.push(self.question());
                None
            }
            Command::Help => {
                self.show(View::Help);
                self.said.push(crate::plain::help());
                None
            }
            Command::Story => {
                self.show(View::Story);
                self.said.push(crate::plain::verdict(self));
                None
            }
            Command::Quit => Some(Action::Quit),
            Command::Suspend => Some(Action::Suspend),
            Command::Scroll(by) => {
                self.scroll(by);
                None
            }
            Command::Yes | Command::Other => {
                if self.view != View::Story {
                    self.show(View::Story);
                }
                None
            }
        }
    }

    /// What is asked before a skeleton is put back.
    pub fn question(&self) -> String {
        format!(
            "Put the skeleton of {} back? What you wrote is copied into .lab/backups first. \
             y: do it. Anything else: leave it.",
            self.entry().id
        )
    }

    /// Shows the map.
    pub fn list(&mut self, lines: Vec<String>) {
        self.said.push(lines.join("\n"));
        self.show(View::List(lines));
    }

    fn show(&mut self, view: View) {
        self.view = view;
        self.scroll = 0;
    }

    fn step(&mut self, by: isize) -> Option<Action> {
        match self.at.checked_add_signed(by) {
            Some(to) if to < self.catalogue.entries.len() => Some(Action::Enter(to)),
            Some(_) => {
                self.tell("This is the last exercise.");
                None
            }
            None => {
                self.tell("This is the first exercise.");
                None
            }
        }
    }

    fn hint(&mut self) -> Option<Action> {
        let failed = self.failing().filter(|one| one.verdict == Verdict::Failed);
        if let Some(check) = failed {
            return Some(Action::Hint(check.name.clone()));
        }
        let status = self.result.as_ref().map(|result| result.status);
        self.tell(match status {
            None => "There are hints for what fails: wait for the first verdict.",
            Some(Status::BuildFailed) => {
                "Mend the first of the compiler's errors; hints come then."
            }
            Some(Status::Graded) => "Nothing fails: there is nothing to hint at.",
            Some(_) => "There are hints for what fails, and nothing was judged.",
        });
        None
    }

    /// Where it ends is for whoever draws to know: [`State::settle`].
    fn scroll(&mut self, by: Scroll) {
        const PAGE: usize = 10;
        self.scroll = match by {
            Scroll::Up => self.scroll.saturating_sub(1),
            Scroll::Down => self.scroll.saturating_add(1),
            Scroll::PageUp => self.scroll.saturating_sub(PAGE),
            Scroll::PageDown => self.scroll.saturating_add(PAGE),
            Scroll::Start => 0,
            Scroll::End => usize::MAX,
        };
    }

    /// Takes where what is shown really begins.
    pub fn settle(&mut self, first: usize) {
        self.scroll = first;
    }

    /// By verdict, how many checks the last whole run has.
    pub fn count(&self) -> BTreeMap<&'static str, usize> {
        let mut count = BTreeMap::new();
        for check in self.result.iter().flat_map(|result| &result.checks) {
            let word = match check.verdict {
                Verdict::Passed => "passed",
                Verdict::Failed => "failed",
                Verdict::NotRun => "not run",
                Verdict::Ungraded => "ungraded",
            };
            *count.entry(word).or_default() += 1;
        }
        count
    }
}

/// What a result tells: the first story, or why nothing was judged.
fn story(result: &ExerciseResult) -> Option<&str> {
    let failed = result
        .first(Verdict::Failed)
        .or_else(|| result.first(Verdict::Ungraded));
    match failed {
        Some(check) => check.story.as_deref(),
        None => result.message.as_deref(),
    }
}

#[cfg(test)]
#[path = "state_tests.rs"]
mod tests;
