//! The results of a class on disk, so that memory does not grow with it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::brief::{Brief, SUBMISSION_DEPTH, Settled, indented, submission};
use crate::report::SubmissionResult;

/// Results of submissions, by number; each is in memory only while it is looked
/// at. The file has no name: it is gone with this value.
///
/// A result lies there as it stands in a report, with its [`Brief`] before it.
#[derive(Debug)]
pub struct Spool {
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    file: File,
    /// How much was written, in bytes.
    end: u64,
    /// By the submission's number.
    index: BTreeMap<usize, Place>,
}

/// Where a result is.
#[derive(Debug, Clone, Copy)]
struct Place {
    /// Where its brief begins.
    at: u64,
    /// How long the brief is, in bytes.
    brief: usize,
    /// How long the result behind it is, in bytes.
    result: usize,
}

impl Spool {
    /// An empty one, in the system's folder for temporary files.
    ///
    /// # Errors
    ///
    /// No file can be made there.
    pub fn new() -> io::Result<Spool> {
        Ok(Spool {
            inner: Mutex::new(Inner {
                file: tempfile::tempfile()?,
                end: 0,
                index: BTreeMap::new(),
            }),
        })
    }

    /// Takes a result; one of the same number is replaced.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    pub fn add(&self, number: usize, result: &SubmissionResult) -> io::Result<()> {
        let json = indented(result, SUBMISSION_DEPTH)?;
        self.put(number, &Brief::of(result), &json)
    }

    /// Takes the result of a submission of which every exercise is settled.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    pub fn add_settled(
        &self,
        number: usize,
        name: &str,
        exercises: Vec<Settled>,
    ) -> io::Result<()> {
        let (brief, json) = submission(name, exercises)?;
        self.put(number, &brief, &json)
    }

    fn put(&self, number: usize, brief: &Brief, json: &str) -> io::Result<()> {
        let mut bytes = serde_json::to_vec(brief)?;
        let brief = bytes.len();
        bytes.extend_from_slice(json.as_bytes());
        let mut inner = self.lock();
        inner.file.write_all(&bytes)?;
        let place = Place {
            at: inner.end,
            brief,
            result: json.len(),
        };
        inner.end += bytes.len() as u64;
        inner.index.insert(number, place);
        Ok(())
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.lock().index.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The result with a number.
    ///
    /// # Errors
    ///
    /// There is none, or it cannot be read.
    pub fn get(&self, number: usize) -> io::Result<SubmissionResult> {
        let place = self.lock().index.get(&number).copied();
        self.result(place.ok_or(io::ErrorKind::NotFound)?)
    }

    /// All results in the order of their numbers, one after another.
    pub fn iter(&self) -> impl Iterator<Item = io::Result<SubmissionResult>> + '_ {
        self.places().map(|place| self.result(place))
    }

    /// What is to be said of each in one line, in the same order.
    pub fn briefs(&self) -> impl Iterator<Item = io::Result<Brief>> + '_ {
        self.places().map(|place| {
            let bytes = self.read(place.at, place.brief)?;
            Ok(serde_json::from_slice(&bytes)?)
        })
    }

    /// Each as it stands in a report, in the same order.
    pub fn texts(&self) -> impl Iterator<Item = io::Result<Vec<u8>>> + '_ {
        self.places()
            .map(|place| self.read(place.at + place.brief as u64, place.result))
    }

    fn result(&self, place: Place) -> io::Result<SubmissionResult> {
        let bytes = self.read(place.at + place.brief as u64, place.result)?;
        Ok(serde_json::from_slice(&bytes)?)
    }

    fn places(&self) -> impl Iterator<Item = Place> + use<> {
        let places: Vec<Place> = self.lock().index.values().copied().collect();
        places.into_iter()
    }

    fn read(&self, at: u64, length: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; length];
        self.lock().file.read_exact_at(&mut bytes, at)?;
        Ok(bytes)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_back_in_the_order_of_their_numbers() {
        let spool = Spool::new().unwrap();
        assert!(spool.is_empty());
        let result = |name: &str| SubmissionResult::new(name.into(), Vec::new());
        for (number, name) in [(2, "cleo"), (0, "old"), (1, "ben"), (0, "ada")] {
            spool.add(number, &result(name)).unwrap();
        }
        assert_eq!(spool.len(), 3);
        let names: Vec<String> = spool.iter().map(|one| one.unwrap().name).collect();
        assert_eq!(names, ["ada", "ben", "cleo"]);
        let briefs: Vec<String> = spool.briefs().map(|one| one.unwrap().name).collect();
        assert_eq!(briefs, names);
    }
}
