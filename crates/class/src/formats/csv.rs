//! A table for spreadsheets: a row a student, a column an exercise.
//!
//! UTF-8 without a byte order mark, `,` between cells, `"` around those that need it,
//! lines that end with CR LF: RFC 4180. The columns:
//!
//! `id`, `name`, `email`, `group`, `submission`, one for each exercise that is due (per
//! cent, after lateness), `total`, `out of`, `notes`. A cell of what the lab could not
//! judge is empty, and `notes` says why; so is the row of a student without
//! a submission.
//!
//! **Formulas**: a spreadsheet runs what begins with `=`, `+`, `-` or `@`, or with one of
//! these behind blanks, also where it is quoted (OWASP, "CSV Injection",
//! <https://owasp.org/www-community/attacks/CSV_Injection>). Such a cell gets a `'` in
//! front, which spreadsheets take for "this is text". Numbers of the lab's
//! own have no sign and stay as they are.

use std::io::{self, Write};

use csv::{Terminator, WriterBuilder};

use super::escape::line;
use super::shown::graded;
use crate::grades::{Class, Graded, Outcome};
use crate::policy::Show;
use crate::roster::Student;

/// Writes the table of a class.
///
/// # Errors
///
/// A result cannot be read, or the table cannot be written.
pub fn write(class: &Class<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut table = WriterBuilder::new()
        .terminator(Terminator::CRLF)
        .from_writer(out);
    let first = ["id", "name", "email", "group", "submission"];
    let last = ["total", "out of", "notes"];
    let due = class.due.iter().map(|id| cell(id));
    let header = first.map(String::from).into_iter().chain(due);
    table.write_record(header.chain(last.map(String::from)))?;
    for entry in class.graded() {
        let entry = entry?;
        let mut row = person(entry.student);
        row.push(cell(&entry.brief.name));
        row.extend(class.due.iter().map(|id| percent(&entry, id)));
        row.push(
            entry
                .grade
                .total
                .map_or_else(String::new, |total| total.to_string()),
        );
        row.push(entry.grade.out_of.to_string());
        row.push(cell(&notes(class, &entry)));
        table.write_record(row)?;
    }
    for student in class.without_grade() {
        let mut row = person(Some(student));
        row.extend(vec![String::new(); 1 + class.due.len() + 1]);
        row.push(class.policy.out_of.to_string());
        row.push("no submission".into());
        table.write_record(row)?;
    }
    table.flush()
}

fn person(student: Option<&Student>) -> Vec<String> {
    let fields = match student {
        Some(student) => {
            [&student.id, &student.name, &student.email, &student.group].map(|field| cell(field))
        }
        None => <[String; 4]>::default(),
    };
    fields.to_vec()
}

fn percent(entry: &Graded<'_>, id: &str) -> String {
    match entry.grade.exercise(id).map(|exercise| &exercise.outcome) {
        Some(Outcome::Percent(percent)) => percent.to_string(),
        Some(Outcome::Ungraded(_)) | None => String::new(),
    }
}

fn notes(class: &Class<'_>, entry: &Graded<'_>) -> String {
    let mut notes = Vec::new();
    if class.roster.is_some() && entry.student.is_none() {
        notes.push("nobody in the roster".to_owned());
    }
    for (id, why) in entry.grade.ungraded() {
        // Which check it was is more than a student may be shown.
        notes.push(match class.policy.show {
            Show::Full => format!("{id}: ungraded: {why}"),
            Show::Verdicts | Show::Score => format!("{id}: ungraded"),
        });
    }
    for exercise in &entry.grade.exercises {
        if exercise.days_late.is_some_and(|days| days > 0) {
            notes.push(format!("{}: {}", exercise.id, graded(exercise)));
        }
    }
    if entry.grade.is_undated() {
        notes.push("nobody knows when it came; taken to be in time".into());
    }
    notes.join("; ")
}

/// Text in a cell: on one line, and no formula.
pub(super) fn cell(text: &str) -> String {
    let text = line(text);
    if is_formula(&text) {
        format!("'{text}")
    } else {
        text
    }
}

/// Whether a spreadsheet may run it.
pub(super) fn is_formula(text: &str) -> bool {
    // The wide forms are those that East Asian keyboards give.
    text.trim_start().starts_with([
        '=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}',
    ])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::policy::Policy;
    use crate::roster::Roster;
    use crate::sample;

    fn table(policy: &Policy, roster: Option<&Roster>) -> String {
        let results = sample::class();
        let head = sample::head();
        let class = Class::new(&head, &results, policy, roster).unwrap();
        let mut out = Vec::new();
        write(&class, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_row_a_student_and_a_column_an_exercise() {
        let roster =
            "id,name,email,group\nada,\"Lovelace, Ada\",a@x.fr,1\ncleo,Cleo,,2\nzoe,Zoé,,2\n";
        let roster = Roster::parse(roster.as_bytes()).unwrap();
        let text = table(&Policy::default(), Some(&roster));
        let lines: Vec<&str> = text.split("\r\n").collect();
        assert_eq!(
            lines[0],
            "id,name,email,group,submission,01-resolve,09-echo-iterative,total,out of,notes"
        );
        assert_eq!(
            lines[1],
            "ada,\"Lovelace, Ada\",a@x.fr,1,ada,100,100,100,100,"
        );
        assert_eq!(lines[3], "cleo,Cleo,,2,cleo,100,0,50,100,");
        // The lab's own fault is an empty cell, not a zero.
        assert_eq!(
            lines[4],
            ",,,,dora,,100,,100,nobody in the roster; 01-resolve: ungraded: stops_at_eof could not be judged"
        );
        assert_eq!(lines[5], "zoe,Zoé,,2,,,,,100,no submission");
        assert_eq!(lines[6..], [""]);
    }

    /// Who is missing from one part may well be in another.
    #[test]
    fn a_part_of_a_class_says_of_nobody_that_there_is_no_submission() {
        let roster = Roster::parse(b"id\nada\nzoe\n").unwrap();
        let (results, head, policy) = (sample::class(), sample::head(), Policy::default());
        let class = Class::new(&head, &results, &policy, Some(&roster)).unwrap();
        let mut out = Vec::new();
        write(&class.part(), &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.contains("\nada,") && !text.contains("zoe"), "{text}");
    }

    #[test]
    fn nothing_that_a_student_wrote_is_a_formula_or_another_row() {
        let text = table(&Policy::default(), None);
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        assert_eq!(rows.len(), sample::class().len());
        assert!(rows[1][4].starts_with("'=cmd|"), "{}", &rows[1][4]);
        for cell in rows.iter().flatten() {
            assert!(
                !is_formula(cell) && !cell.contains(char::is_control),
                "{cell}"
            );
        }
    }

    #[test]
    fn it_holds_numbers_and_no_verdict_whatever_the_policy_shows() {
        let show = |show| {
            table(
                &Policy {
                    show,
                    ..Policy::default()
                },
                None,
            )
        };
        assert!(!show(Show::Full).contains("story"));
        assert!(!show(Show::Score).contains("stops_at_eof"));
        assert_eq!(show(Show::Verdicts), show(Show::Score));
    }

    proptest! {
        #[test]
        fn no_cell_is_a_formula(text in "(?s)[ \t]?[-=+@\u{ff1d}]?.*") {
            let cell = cell(&text);
            prop_assert!(!is_formula(&cell));
            prop_assert!(!cell.contains(char::is_control));
        }
    }
}
