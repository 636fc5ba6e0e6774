//! The seven parts of the course, with how far somebody has come in each.

use std::fs;

use anyhow::{Context, Result};
use grader::catalogue::{Catalogue, Entry};
use grader::skeleton::Skeleton;

use crate::progress::{Last, Progress};

/// The course, as one learner sees it.
#[derive(Debug)]
pub struct Map<'a> {
    /// In their order.
    pub parts: Vec<Part<'a>>,
}

/// One part of the course.
#[derive(Debug)]
pub struct Part<'a> {
    /// From 1 on.
    pub number: u8,
    /// E.g. `The primitives`.
    pub title: String,
    /// Its exercises, in their order.
    pub places: Vec<Place<'a>>,
}

/// One exercise on the map.
#[derive(Debug)]
pub struct Place<'a> {
    /// The exercise.
    pub entry: &'a Entry,
    /// How far it is done.
    pub state: State,
    /// What it came to when it was last judged.
    pub last: Option<Last>,
}

/// How far an exercise is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// All core checks have passed when it was last judged.
    Done,
    /// Its files are no longer the skeletons.
    InProgress,
    /// The first that is not begun.
    Next,
    /// Not begun, and behind the next.
    Ahead,
}

impl State {
    /// A word for it; none for what lies ahead.
    pub fn word(self) -> &'static str {
        match self {
            State::Done => "done",
            State::InProgress => "in progress",
            State::Next => "next",
            State::Ahead => "",
        }
    }
}

impl<'a> Map<'a> {
    /// Looks at the files of every exercise, and at what is kept.
    ///
    /// # Errors
    ///
    /// The titles of the parts, or a skeleton, cannot be read.
    pub fn of(catalogue: &'a Catalogue, progress: &Progress) -> Result<Map<'a>> {
        let mut map = Map {
            parts: catalogue
                .parts()?
                .into_iter()
                .map(|(number, title)| Part {
                    number,
                    title,
                    places: Vec::new(),
                })
                .collect(),
        };
        let mut next = Some(State::Next);
        for entry in &catalogue.entries {
            let last = progress.last(entry);
            let state = if !begun(entry)? {
                next.take().unwrap_or(State::Ahead)
            } else if last.is_some_and(|last| last.passes(entry)) {
                State::Done
            } else {
                State::InProgress
            };
            let place = Place {
                entry,
                state,
                last: last.cloned(),
            };
            let mut parts = map.parts.iter_mut();
            if let Some(part) = parts.find(|part| part.number == entry.data.part) {
                part.places.push(place);
            }
        }
        Ok(map)
    }

    /// All exercises, in their order.
    pub fn places(&self) -> impl Iterator<Item = &Place<'a>> {
        self.parts.iter().flat_map(|part| &part.places)
    }

    /// How many exercises are in a state.
    pub fn count(&self, state: State) -> usize {
        self.places().filter(|place| place.state == state).count()
    }

    /// Where one is: of the exercises in progress the one that was judged last, else
    /// the first of them, else the next. None when all are done.
    pub fn current(&self) -> Option<&Place<'a>> {
        let judged = |place: &&Place<'_>| place.last.as_ref().map(|last| last.judged);
        let open = || {
            let places = self.places();
            places.filter(|place| place.state == State::InProgress)
        };
        let latest = open()
            .filter(|place| place.last.is_some())
            .max_by_key(judged);
        latest.or_else(|| open().next()).or_else(|| self.next())
    }

    /// The first exercise that is not begun.
    pub fn next(&self) -> Option<&Place<'a>> {
        self.places().find(|place| place.state == State::Next)
    }
}

/// Whether a file of an exercise is no longer its skeleton. One that is not there
/// was never begun.
///
/// # Errors
///
/// A skeleton cannot be made.
pub fn begun(entry: &Entry) -> Result<bool> {
    let skeletons =
        Skeleton::all_of(entry).with_context(|| format!("the skeletons of {}", entry.id))?;
    Ok(skeletons.iter().any(|one| match fs::read(&one.path) {
        Ok(bytes) => !same(&bytes, &one.text),
        Err(_) => false,
    }))
}

/// Whether two texts differ in nothing but their line ends.
fn same(bytes: &[u8], text: &str) -> bool {
    let lines = |bytes: &[u8]| -> Vec<u8> {
        let mut lines = bytes.to_vec();
        lines.retain(|&byte| byte != b'\r');
        lines
    };
    bytes == text.as_bytes() || lines(bytes) == lines(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use grader::report::Verdict::{Failed, NotRun, Passed};

    use small_lab::{Lab, SKELETON};

    use super::*;
    use crate::testing::{catalogue_of, result};

    fn states(lab: &Lab, progress: &Progress) -> Vec<State> {
        let catalogue = catalogue_of(lab);
        let map = Map::of(&catalogue, progress).unwrap();
        map.places().map(|place| place.state).collect()
    }

    fn current(lab: &Lab, progress: &Progress) -> Option<String> {
        let catalogue = catalogue_of(lab);
        let map = Map::of(&catalogue, progress).unwrap();
        map.current().map(|place| place.entry.id.clone())
    }

    #[test]
    fn what_is_handed_out_is_ahead_and_its_first_exercise_is_next() {
        let lab = Lab::new();
        let catalogue = catalogue_of(&lab);
        let progress = Progress::open(&catalogue).unwrap();
        let map = Map::of(&catalogue, &progress).unwrap();
        let titles: Vec<&str> = map.parts.iter().map(|part| part.title.as_str()).collect();
        assert_eq!(titles, ["First things", "More"]);
        assert_eq!(map.parts[1].places[0].entry.id, "02-two");
        assert_eq!(states(&lab, &progress), [State::Next, State::Ahead]);
        assert_eq!(current(&lab, &progress).unwrap(), "01-one");
    }

    #[test]
    fn a_changed_file_is_in_progress_until_all_core_checks_have_passed() {
        let lab = Lab::new();
        let catalogue = catalogue_of(&lab);
        let entry = &catalogue.entries[0];
        let mut progress = Progress::open(&catalogue).unwrap();
        lab.write("exercises/01-one/src/main.rs", "fn main() {}\n");
        assert_eq!(states(&lab, &progress), [State::InProgress, State::Next]);
        progress.record(entry, &result(entry, [Passed, Failed, NotRun]));
        assert_eq!(states(&lab, &progress), [State::InProgress, State::Next]);
        progress.record(entry, &result(entry, [Passed, Passed, Failed]));
        assert_eq!(states(&lab, &progress), [State::Done, State::Next]);
        assert_eq!(current(&lab, &progress).unwrap(), "02-two");
        // It is begun anew: what it came to before says nothing.
        lab.write("exercises/01-one/src/main.rs", SKELETON);
        assert_eq!(states(&lab, &progress), [State::Next, State::Ahead]);
    }

    #[test]
    fn one_is_at_what_was_judged_last() {
        let lab = Lab::new();
        let catalogue = catalogue_of(&lab);
        let [one, two] = &catalogue.entries[..] else {
            panic!("two exercises");
        };
        let mut progress = Progress::open(&catalogue).unwrap();
        for id in ["01-one", "02-two"] {
            lab.write(&format!("exercises/{id}/src/main.rs"), "fn main() {}\n");
        }
        assert_eq!(current(&lab, &progress).unwrap(), "01-one");
        progress.record(two, &result(two, [Failed, NotRun, NotRun]));
        assert_eq!(current(&lab, &progress).unwrap(), "02-two");
        progress.record(two, &result(two, [Passed; 3]));
        assert_eq!(current(&lab, &progress).unwrap(), "01-one");
        progress.record(one, &result(one, [Passed; 3]));
        assert_eq!(current(&lab, &progress), None);
    }

    #[test]
    fn other_line_ends_and_a_missing_file_are_no_beginning() {
        let lab = Lab::new();
        let catalogue = catalogue_of(&lab);
        let entry = &catalogue.entries[0];
        let file = "exercises/01-one/src/main.rs";
        lab.write(file, &SKELETON.replace('\n', "\r\n"));
        assert!(!begun(entry).unwrap());
        fs::remove_file(lab.path(file)).unwrap();
        assert!(!begun(entry).unwrap());
        lab.write(file, "");
        assert!(begun(entry).unwrap());
    }

    #[test]
    fn a_part_without_a_title_is_named() {
        let lab = Lab::new();
        let catalogue = catalogue_of(&lab);
        let progress = Progress::open(&catalogue).unwrap();
        for (text, what) in [
            ("1 = \"One\"\n", "no part 2, of which 02-two is"),
            ("one = \"One\"\n", "`one` is no number"),
        ] {
            lab.write("exercises/parts.toml", text);
            let error = format!("{:#}", Map::of(&catalogue, &progress).unwrap_err());
            assert!(error.contains(what), "{error}");
        }
    }
}
