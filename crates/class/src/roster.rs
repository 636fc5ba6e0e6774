//! Who is in the class, and whose a submission is.
//!
//! A roster is a CSV file with a header. Its columns, in any order and in any
//! case, with `,`, `;` or a tab between them:
//!
//! | column | also called | what it is |
//! | --- | --- | --- |
//! | `id` | `id number`, `student id`, `username`, `login` | who it is, in the other system's words; unique |
//! | `name` | `full name`; or `first name` and `last name` | for people |
//! | `email` | `e-mail`, `mail`, `email address` | |
//! | `group` | `groups`, `section` | carried along |
//! | `extension` | | more time: `3` or `3d` days, `12h` hours, or a new deadline |
//! | `submitted` | | when the submission came, to the minute |
//!
//! `extension 09` and `submitted 09` (with the exercise named in any way that
//! [`naming`](crate::naming) knows, behind a blank or a `:`) hold for that exercise
//! alone, before what the plain column says.
//!
//! There must be an `id` or an `email`; without `id`, the e-mail address takes its
//! place. Other columns are skipped, and named in [`Roster::skipped`]: a
//! misspelt `extention` must not pass in silence.

mod keys;
mod matching;
mod read;

use std::fmt;

use jiff::{Span, ToSpan, ZonedDateTime};

pub use matching::{Ambiguous, Matched, Pair};

use crate::moment::Moment;
use crate::naming::means;

/// Everybody who is in the class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roster {
    /// In the order of the file.
    pub students: Vec<Student>,
    /// The columns that say nothing to the lab.
    pub skipped: Vec<String>,
    /// The exercises that columns name, as they are written there. Whoever knows the
    /// lab's exercises must see that there are such.
    pub exercises: Vec<String>,
}

/// Something that holds for all exercises, or for one alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Each<T> {
    /// For every exercise that has none of its own.
    pub all: Option<T>,
    /// By what the roster calls the exercise.
    pub of: Vec<(String, T)>,
}

impl<T> Default for Each<T> {
    fn default() -> Each<T> {
        Each {
            all: None,
            of: Vec::new(),
        }
    }
}

impl<T> Each<T> {
    /// What holds for the exercise of that id.
    pub fn get(&self, id: &str) -> Option<&T> {
        let own = self.of.iter().find(|(name, _)| means(name, id));
        own.map(|(_, value)| value).or(self.all.as_ref())
    }

    /// Everything that there is, for whatever exercise.
    pub fn values(&self) -> impl Iterator<Item = &T> {
        self.all
            .iter()
            .chain(self.of.iter().map(|(_, value)| value))
    }
}

/// One row of a roster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Student {
    /// Unique in the roster; never empty.
    pub id: String,
    /// Empty if the roster does not say.
    pub name: String,
    /// Empty if the roster does not say.
    pub email: String,
    /// Empty if the roster does not say.
    pub group: String,
    /// More time than the others.
    pub extension: Each<Extension>,
    /// When the submission came.
    pub submitted: Each<Moment>,
}

impl Student {
    /// Whether a time of this student's is one on a clock, of which the place must be
    /// known.
    pub fn has_local_times(&self) -> bool {
        let own = self.extension.values().filter_map(|one| match one {
            Extension::Until(moment) => Some(moment),
            Extension::Days(_) | Extension::Hours(_) => None,
        });
        own.chain(self.submitted.values()).any(Moment::needs_a_zone)
    }
}

/// How much more time somebody has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Extension {
    /// That many days after each deadline, at the same hour.
    Days(u16),
    /// That many hours after each deadline.
    Hours(u16),
    /// A deadline of one's own, where it is later than everybody's.
    Until(Moment),
}

impl Extension {
    /// Reads `3`, `3d`, `12h` or a [`Moment`].
    ///
    /// # Errors
    ///
    /// It is none of these; the text says so.
    pub fn parse(text: &str) -> Result<Extension, String> {
        let text = text.trim();
        let number = |text: &str| text.trim().parse::<u16>().ok();
        if let Some(days) = number(text.strip_suffix(['d', 'D']).unwrap_or(text)) {
            return Ok(Extension::Days(days));
        }
        if let Some(hours) = text.strip_suffix(['h', 'H']).and_then(number) {
            return Ok(Extension::Hours(hours));
        }
        Moment::parse(text).map(Extension::Until).map_err(|_| {
            format!("{text:?} is no extension; write 3 (days), 12h or a deadline: 2026-11-20T23:59")
        })
    }

    /// The deadline of somebody who has this extension.
    pub fn extend(&self, deadline: &ZonedDateTime) -> ZonedDateTime {
        let by = |span: Span| {
            deadline
                .checked_add(span)
                .unwrap_or_else(|_| deadline.clone())
        };
        match self {
            Extension::Days(days) => by(i64::from(*days).days()),
            Extension::Hours(hours) => by(i64::from(*hours).hours()),
            Extension::Until(moment) => match moment.at(Some(deadline.time_zone())) {
                Some(own) if own > *deadline => own,
                _ => deadline.clone(),
            },
        }
    }
}

/// Why a file is no roster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// The line, from 1 on; 0 where the file as a whole is meant.
    pub line: u64,
    /// What is wrong with it.
    pub what: String,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}", self.what),
            line => write!(f, "line {line}: {}", self.what),
        }
    }
}

impl std::error::Error for Error {}

impl Roster {
    /// Reads the bytes of a CSV file.
    ///
    /// # Errors
    ///
    /// What is wrong, and on which line.
    pub fn parse(bytes: &[u8]) -> Result<Roster, Error> {
        read::roster(bytes)
    }

    /// Whether it says when something came, or who has more time.
    pub fn has_times(&self) -> bool {
        let times = |one: &Student| {
            one.extension.values().next().is_some() || one.submitted.values().next().is_some()
        };
        self.students.iter().any(times)
    }

    /// Whether a time of somebody's takes a time zone to be known.
    pub fn has_local_times(&self) -> bool {
        self.students.iter().any(Student::has_local_times)
    }

    /// Whether there are the exercises that columns name. `ids` are those of all
    /// exercises of the lab.
    ///
    /// # Errors
    ///
    /// There is one that there is not.
    pub fn check(&self, ids: &[&str]) -> Result<(), Error> {
        let unknown = |name: &&String| !ids.iter().any(|id| means(name, id));
        match self.exercises.iter().find(unknown) {
            None => Ok(()),
            Some(name) => Err(Error {
                line: 1,
                what: format!("there is no exercise {name:?}"),
            }),
        }
    }

    /// Finds out whose each submission is, from its name alone.
    ///
    /// A name fits a student if it is the student's id, e-mail address, the part of
    /// that before the `@`, or name; if it is a folder of Moodle's
    /// (`Ada Lovelace_1234_assignsubmission_file_`, where the number is Moodle's
    /// own and is not looked at) with the student's name; or if it ends in `-`
    /// and the student's id or the e-mail address's first part, as repositories of
    /// GitHub Classroom do (`sockets-ada`). Upper and lower case, accents that
    /// are composed in another way, and a suffix such as `.zip` do not matter.
    ///
    /// A name that fits two students is nobody's, and a student whom two names
    /// fit has none: a grade never goes to the wrong one.
    pub fn matched<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> Matched {
        matching::matched(&self.students, names)
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;

    fn at(text: &str) -> ZonedDateTime {
        let zone = TimeZone::get("Europe/Paris").unwrap();
        Moment::parse(text).unwrap().at(Some(&zone)).unwrap()
    }

    #[test]
    fn an_extension_moves_a_deadline_and_never_backwards() {
        let deadline = at("2026-10-24T23:59");
        for (text, moved) in [
            ("0", "2026-10-24T23:59"),
            ("2", "2026-10-26T23:59"),
            (" 2 d ", "2026-10-26T23:59"),
            ("12h", "2026-10-25T10:59"),
            ("2026-10-30", "2026-10-30T23:59:59"),
            ("2026-10-01", "2026-10-24T23:59"),
        ] {
            let extension = Extension::parse(text).unwrap();
            assert_eq!(extension.extend(&deadline), at(moved), "{text}");
        }
        for text in ["-1", "two", "2w", "1.5", "h"] {
            assert!(Extension::parse(text).is_err(), "{text}");
        }
    }
}
