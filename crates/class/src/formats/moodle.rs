//! A file for Moodle's grade import ("Grades", "Import", "CSV file").
//!
//! Sources: <https://docs.moodle.org/en/Grade_import> and what the importer does,
//! `grade/import/csv/classes/load_data.php` in <https://github.com/moodle/moodle>. What
//! follows from them:
//!
//! - One row that names nobody ends the whole import, and a row whose user is blank (or
//!   `0`, which PHP takes for blank) gives its grade to the user of the row
//!   before. So only students of the roster are written, each with a key that Moodle
//!   takes, and no two with the same.
//! - Feedback without a grade deletes the grade that there was. Every row has both.
//! - Grades are numbers with `.`, never empty; `-` would be "no grade".
//! - Feedback is taken as text in which HTML counts: it is escaped here.
//! - E-mail addresses are compared by case: they are written as the roster has them.
//!
//! To import: map `ID number` to "ID number" (or `Email address` to "Email address"), the
//! grade's column to the assignment, the other to "Feedback for" the same.

use std::collections::BTreeMap;
use std::io::{self, Write};

use csv::{Terminator, WriterBuilder};

use super::LeftOut;
use super::csv::{cell, is_formula};
use super::escape::{line, plain, short};
use super::shown::summary;
use crate::grades::{Class, Entry};
use crate::roster::Student;

/// The longest feedback, in characters.
const LONGEST: usize = 4_000;

/// By what Moodle finds a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Key {
    /// The user's "ID number": the roster's `id`.
    #[default]
    IdNumber,
    /// The user's e-mail address.
    Email,
}

impl Key {
    fn header(self) -> &'static str {
        match self {
            Key::IdNumber => "ID number",
            Key::Email => "Email address",
        }
    }

    fn of(self, student: &Student) -> &str {
        match self {
            Key::IdNumber => &student.id,
            Key::Email => &student.email,
        }
    }
}

/// Writes the file, and says who is not in it: submissions that are nobody's, students
/// without one, and what the lab could not judge.
///
/// # Errors
///
/// A result cannot be read, or the file cannot be written.
pub fn write(
    class: &Class<'_>,
    key: Key,
    assignment: &str,
    out: &mut dyn Write,
) -> io::Result<Vec<LeftOut>> {
    let mut left_out = Vec::new();
    let mut table = WriterBuilder::new()
        .terminator(Terminator::CRLF)
        .from_writer(out);
    let assignment = cell(assignment);
    let feedback = format!("{assignment} (feedback)");
    table.write_record([key.header(), "Name", &assignment, &feedback])?;
    let shared = shared(class, key);
    for entry in class.each() {
        let entry = entry?;
        match row(class, &entry, key, &shared) {
            Ok(row) => table.write_record(row)?,
            Err(why) => left_out.push(LeftOut::new(&entry.result.name, why)),
        }
    }
    table.flush()?;
    let nothing = class.without_grade().into_iter();
    left_out.extend(nothing.map(|student| LeftOut::new(&student.id, "no submission")));
    Ok(left_out)
}

/// How many students of the roster have each key.
fn shared(class: &Class<'_>, key: Key) -> BTreeMap<String, usize> {
    let mut shared = BTreeMap::new();
    for student in class.roster.iter().flat_map(|roster| &roster.students) {
        *shared.entry(key.of(student).to_lowercase()).or_default() += 1;
    }
    shared
}

fn row(
    class: &Class<'_>,
    entry: &Entry<'_>,
    key: Key,
    shared: &BTreeMap<String, usize>,
) -> Result<[String; 4], String> {
    let Some(student) = entry.student else {
        return Err("it is nobody's in the roster, or several's".into());
    };
    let Some(total) = entry.grade.total else {
        let exercises: Vec<&str> = entry.grade.ungraded().map(|(id, _)| id).collect();
        return Err(format!("the lab could not judge {}", exercises.join(", ")));
    };
    let who = key.of(student);
    if who.is_empty() || who == "0" {
        return Err(format!(
            "{} has no {} that Moodle takes",
            student.id,
            key.header()
        ));
    }
    // Nothing is put in front of a key: it would be another one.
    if is_formula(who) || line(who) != who {
        return Err(format!("{who} cannot stand in a table as it is"));
    }
    if shared
        .get(&who.to_lowercase())
        .is_some_and(|count| *count > 1)
    {
        return Err(format!("{who} is several students'"));
    }
    let feedback = short(&plain(&summary(entry, class.policy)), LONGEST);
    Ok([
        who.to_owned(),
        cell(&student.name),
        total.to_string(),
        html(feedback.trim_end()),
    ])
}

/// Text where HTML is read.
fn html(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    text.replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::policy::{Policy, Show};
    use crate::roster::Roster;
    use crate::sample::{self, HOSTILE};

    fn import(
        policy: &Policy,
        roster: &Roster,
        key: Key,
    ) -> (Vec<csv::StringRecord>, Vec<LeftOut>) {
        let mut results = sample::class();
        // Matched all the same: by the name of a repository.
        results[1].name = "lab-eve".into();
        let head = sample::head();
        let class = Class::new(&head, &results, policy, Some(roster)).unwrap();
        let mut out = Vec::new();
        let left_out = write(&class, key, "Sockets", &mut out).unwrap();
        // The importer trims, and takes a row of one cell for none.
        let mut reader = csv::Reader::from_reader(&out[..]);
        (reader.records().map(Result::unwrap).collect(), left_out)
    }

    fn roster() -> Roster {
        Roster::parse(
            b"id,name,email\nada,Ada,Ada@x.fr\neve,=Eve,e@x.fr\ncleo,Cleo,\ndora,Dora,d@x.fr\nzoe,Zoe,z@x.fr\n",
        )
        .unwrap()
    }

    #[test]
    fn only_graded_students_of_the_roster_are_imported() {
        let (rows, left_out) = import(&Policy::default(), &roster(), Key::IdNumber);
        let grades: Vec<(&str, &str)> = rows.iter().map(|row| (&row[0], &row[2])).collect();
        assert_eq!(grades, [("ada", "100"), ("eve", "30"), ("cleo", "50")]);
        let left: Vec<String> = left_out.iter().map(LeftOut::to_string).collect();
        assert_eq!(
            left,
            [
                "dora: the lab could not judge 01-resolve",
                "zoe: no submission"
            ]
        );
    }

    #[test]
    fn every_row_has_a_user_a_number_and_feedback() {
        for show in [Show::Full, Show::Verdicts, Show::Score] {
            let policy = Policy {
                show,
                ..Policy::default()
            };
            for row in import(&policy, &roster(), Key::IdNumber).0 {
                assert_eq!(row.len(), 4);
                assert!(!row[0].is_empty() && row[0].trim() == &row[0] && &row[0] != "0");
                assert!(row[2].parse::<f64>().is_ok(), "{row:?}");
                assert!(!row[3].is_empty());
            }
        }
    }

    #[test]
    fn a_key_that_would_give_the_grade_to_another_is_left_out() {
        let roster =
            Roster::parse(b"id,name,email\nada,,same@x.fr\neve,,SAME@x.fr\ncleo,,\n").unwrap();
        let (rows, left_out) = import(&Policy::default(), &roster, Key::Email);
        assert_eq!(rows.len(), 0);
        let left: Vec<String> = left_out.iter().map(LeftOut::to_string).collect();
        assert!(left[0].contains("several students'"), "{left:?}");
        assert!(left[2].contains("no Email address"), "{left:?}");
        let odd = Roster::parse(b"id,email\n0,ada@x.fr\n=1+1,cleo@x.fr\n").unwrap();
        let (rows, left_out) = import(&Policy::default(), &odd, Key::IdNumber);
        assert_eq!((rows.len(), left_out.len()), (0, 4));
    }

    #[test]
    fn feedback_shows_what_the_policy_shows_and_is_no_html() {
        let feedback = |show| {
            let policy = Policy {
                show,
                ..Policy::default()
            };
            import(&policy, &roster(), Key::IdNumber).0[1][3].to_owned()
        };
        let full = feedback(Show::Full);
        assert!(full.contains("flaky 2/4: stops_at_eof ("), "{full}");
        assert!(
            HOSTILE.contains("<script>") && !full.contains('<'),
            "{full}"
        );
        assert!(full.starts_with("Total: 30 of 100\n"), "{full}");
        let verdicts = feedback(Show::Verdicts);
        assert!(verdicts.contains("flaky 2/4: stops_at_eof\n"), "{verdicts}");
        assert!(verdicts.contains("failed: not handed in"), "{verdicts}");
        assert!(!verdicts.contains("cmd"), "{verdicts}");
        let score = feedback(Show::Score);
        assert!(
            !score.contains("stops_at_eof") && !score.contains("handed"),
            "{score}"
        );
        assert!(
            score.contains("01-resolve: 60 % (60 of 100 points)"),
            "{score}"
        );
    }

    proptest! {
        #[test]
        fn feedback_is_text_and_says_what_it_said(text in "(?s)(.|<|>|&|&lt;|\")*") {
            let html = html(&text);
            prop_assert!(!html.contains(['<', '>', '"']));
            let back = html.replace("&lt;", "<").replace("&gt;", ">");
            let back = back.replace("&quot;", "\"").replace("&amp;", "&");
            prop_assert_eq!(back, text);
        }
    }

    #[test]
    fn names_are_no_formulas() {
        let (rows, _) = import(&Policy::default(), &roster(), Key::IdNumber);
        assert_eq!(&rows[1][1], "'=Eve");
    }
}
