//! What counts, and how much: `grading.toml`.
//!
//! `crates/class/grading.toml` is the documentation: an example of every key, with
//! what it means and what holds without it. It is [`EXAMPLE`].

mod file;

use std::collections::BTreeMap;
use std::fmt;

use jiff::ZonedDateTime;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::hundredths::Hundredths;
use crate::moment::Moment;
use crate::roster::{Roster, Student};

/// A policy with every key explained.
pub const EXAMPLE: &str = include_str!("../grading.toml");

/// How a class is graded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// The scale of the whole.
    pub out_of: Hundredths,
    /// Decimals of the whole: 0, 1 or 2.
    pub decimals: u8,
    /// What students are shown.
    pub show: Show,
    /// What checks beyond the course are worth.
    pub advanced: Advanced,
    /// How many times a failed check is run again.
    pub repeat: u32,
    /// On whose clocks local times are to be read.
    pub zone: Option<TimeZone>,
    /// What lateness costs.
    pub late: Late,
    /// When everything is due that has no deadline of its own.
    pub deadline: Option<Moment>,
    /// By id, what is due; none where everything is, with weight 1.
    pub exercises: Option<BTreeMap<String, Due>>,
}

/// What students are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Show {
    /// Every check, and the story of each that failed.
    #[default]
    Full,
    /// Every check with its verdict, no story.
    Verdicts,
    /// One number an exercise.
    Score,
}

/// What checks beyond the course are worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Advanced {
    /// Nothing: they are reported.
    #[default]
    Off,
    /// They make good for what others lack, up to all of it.
    Bonus,
    /// As much as any other.
    Counted,
}

/// What lateness costs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Late {
    /// Per cent of what was earned, for each day that has begun.
    pub per_day: Hundredths,
    /// How long after a deadline nothing is late, in minutes.
    pub grace: u32,
    /// What is left at least, in per cent of what was earned.
    pub floor: Hundredths,
}

/// An exercise that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// How much it counts beside the others.
    pub weight: Hundredths,
    /// When it is due; none where that is never.
    pub deadline: Option<Moment>,
}

/// Why a text is no policy; it names the line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error(pub(crate) String);

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.trim_end())
    }
}

impl std::error::Error for Error {}

impl Default for Policy {
    /// Everything is due and counts alike, nothing is late, all is shown.
    fn default() -> Policy {
        Policy {
            out_of: Hundredths::HUNDRED,
            decimals: 2,
            show: Show::default(),
            advanced: Advanced::default(),
            repeat: 0,
            zone: None,
            late: Late::default(),
            deadline: None,
            exercises: None,
        }
    }
}

impl Policy {
    /// Reads a `grading.toml`. `ids` are those of all exercises of the lab.
    ///
    /// # Errors
    ///
    /// It is no TOML; a key is not known; a value is out of its bounds; it names an
    /// exercise that there is not. The message names the line.
    pub fn parse(text: &str, ids: &[&str]) -> Result<Policy, Error> {
        file::policy(text, ids)
    }

    /// Whether every time in a roster can be told, as far as deadlines need it.
    ///
    /// # Errors
    ///
    /// There is a deadline, a student's time is local, and the policy has no time
    /// zone.
    pub fn accepts(&self, roster: &Roster) -> Result<(), Error> {
        if !self.has_deadlines() {
            return Ok(());
        }
        let mut students = roster.students.iter();
        match students.find(|student| student.has_local_times()) {
            Some(student) if self.zone.is_none() => Err(Error(format!(
                "the roster gives {} a time on a clock, and grading.toml does not say \
                 whose clock: it lacks time-zone",
                student.id
            ))),
            _ => Ok(()),
        }
    }

    /// Whether anything is due at some time.
    pub fn has_deadlines(&self) -> bool {
        let of_exercises = self.exercises.iter().flat_map(BTreeMap::values);
        let mut deadlines = of_exercises
            .map(|due| &due.deadline)
            .chain([&self.deadline]);
        deadlines.any(Option::is_some)
    }

    /// What an exercise counts; none if it does not.
    pub fn due(&self, id: &str) -> Option<Due> {
        match &self.exercises {
            None => Some(Due {
                weight: Hundredths::whole(1),
                deadline: self.deadline.clone(),
            }),
            Some(exercises) => exercises.get(id).cloned(),
        }
    }

    /// How many days late somebody is with the exercise of that id, which is due; none
    /// where there is a deadline and nobody knows when the submission came.
    pub fn days_late(&self, id: &str, due: &Due, student: Option<&Student>) -> Option<u32> {
        let zone = self.zone.as_ref();
        let Some(deadline) = due.deadline.as_ref().and_then(|moment| moment.at(zone)) else {
            return Some(0);
        };
        let deadline = match student.and_then(|student| student.extension.get(id)) {
            Some(extension) => extension.extend(&deadline),
            None => deadline,
        };
        let came = student?.submitted.get(id)?.at(zone)?;
        let days = crate::moment::days_late(&deadline, &came);
        Some(if self.in_grace(&deadline, &came) {
            0
        } else {
            days
        })
    }

    fn in_grace(&self, deadline: &ZonedDateTime, came: &ZonedDateTime) -> bool {
        let over = came.timestamp().as_second() - deadline.timestamp().as_second();
        over <= i64::from(self.late.grace) * 60
    }

    /// What is left of what was earned, in per cent.
    pub fn kept(&self, days_late: u32) -> Hundredths {
        let lost = self.late.per_day.0.saturating_mul(u64::from(days_late));
        let left = Hundredths(Hundredths::HUNDRED.0.saturating_sub(lost));
        match days_late {
            0 => Hundredths::HUNDRED,
            _ => left.max(self.late.floor),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDS: [&str; 3] = ["01-resolve", "09-echo-iterative", "10-echo-forking"];

    fn class() -> Roster {
        Roster::parse(
            b"id,extension,submitted\n\
              early,,2026-11-20T23:59\n\
              grace,,2026-11-21T00:14\n\
              late,,2026-11-21T00:15\n\
              later,,2026-11-30T12:00\n\
              ill,2,2026-11-22T23:59\n\
              unknown,,\n",
        )
        .unwrap()
    }

    #[test]
    fn days_count_from_the_deadline_once_the_grace_is_over() {
        let policy = Policy::parse(EXAMPLE, &IDS).unwrap();
        let id = "09-echo-iterative";
        let due = policy.due(id).unwrap();
        let roster = class();
        let days: Vec<Option<u32>> = roster
            .students
            .iter()
            .map(|student| policy.days_late(id, &due, Some(student)))
            .collect();
        // 15 minutes of grace include the fifteenth.
        assert_eq!(days, [Some(0), Some(0), Some(1), Some(10), Some(0), None]);
        assert_eq!(policy.days_late(id, &due, None), None);
    }

    #[test]
    fn lateness_leaves_at_least_the_floor() {
        let policy = Policy::parse(EXAMPLE, &IDS).unwrap();
        let kept: Vec<String> = [0, 1, 4, 5, 6, 3650]
            .map(|days| policy.kept(days).to_string())
            .to_vec();
        assert_eq!(kept, ["100", "90", "60", "50", "50", "50"]);
    }

    #[test]
    fn a_roster_with_local_times_needs_a_time_zone() {
        assert!(Policy::default().accepts(&class()).is_ok());
        let exact = "[exercises]\n9 = { deadline = '2026-11-20T23:59:00+01:00' }\n";
        let exact = Policy::parse(exact, &IDS).unwrap();
        assert!(exact.has_deadlines() && !Policy::default().has_deadlines());
        assert!(exact.accepts(&class()).is_err());
        assert!(
            Policy::parse(EXAMPLE, &IDS)
                .unwrap()
                .accepts(&class())
                .is_ok()
        );
    }
}
