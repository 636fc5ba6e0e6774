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
