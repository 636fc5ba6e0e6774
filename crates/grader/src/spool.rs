//! The results of a class on disk, so that memory does not grow with it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::sync::{Mutex, PoisonError};

use crate::report::SubmissionResult;

/// Results of submissions, by number; each is in memory only while it is looked
/// at. The file has no name: it is gone with this value.
#[derive(Debug)]
pub struct Spool {
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    file: File,
    /// How much was written, in bytes.
    end: u64,
    /// By the submission's number, where its result is and how long it is.
    index: BTreeMap<usize, (u64, usize)>,
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
        let bytes = serde_json::to_vec(result)?;
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.file.write_all(&bytes)?;
        let at = inner.end;
        inner.end += bytes.len() as u64;
        inner.index.insert(number, (at, bytes.len()));
        Ok(())
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.index.len()
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
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let place = inner.index.get(&number).copied();
        drop(inner);
        let (at, length) = place.ok_or(io::ErrorKind::NotFound)?;
        self.read(at, length)
    }

    /// All results in the order of their numbers, one after another.
    pub fn iter(&self) -> impl Iterator<Item = io::Result<SubmissionResult>> + '_ {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let places: Vec<(u64, usize)> = inner.index.values().copied().collect();
        drop(inner);
        places.into_iter().map(|(at, length)| self.read(at, length))
    }

    fn read(&self, at: u64, length: usize) -> io::Result<SubmissionResult> {
        let mut bytes = vec![0; length];
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.file.read_exact_at(&mut bytes, at)?;
        drop(inner);
        Ok(serde_json::from_slice(&bytes)?)
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
    }
}
