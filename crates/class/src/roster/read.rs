//! From the bytes of a CSV file to a roster.

use std::collections::{BTreeMap, BTreeSet};

use csv::{ReaderBuilder, StringRecord, Trim};

use super::keys::folded;
use super::{Each, Error, Extension, Roster, Student};
use crate::moment::Moment;

/// What a column is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Column {
    Id,
    Name,
    First,
    Last,
    Email,
    Group,
    Extension,
    /// Of the exercise of that name.
    ExtensionOf(String),
    Submitted,
    /// Of the exercise of that name.
    SubmittedOf(String),
}

impl Column {
    fn of(header: &str) -> Option<Column> {
        let plain: String = header
            .chars()
            .filter(|c| c.is_alphanumeric())
            .flat_map(char::to_lowercase)
            .collect();
        Some(match plain.as_str() {
            "id" | "idnumber" | "studentid" | "username" | "login" => Column::Id,
            "name" | "fullname" => Column::Name,
            "firstname" => Column::First,
            "lastname" | "surname" => Column::Last,
            "email" | "mail" | "emailaddress" => Column::Email,
            "group" | "groups" | "section" => Column::Group,
            "extension" => Column::Extension,
            "submitted" => Column::Submitted,
            _ => return Column::of_exercise(header),
        })
    }

    /// `extension 09`, `submitted:echo-iterative`
    fn of_exercise(header: &str) -> Option<Column> {
        let (what, exercise) = header.split_once([' ', ':'])?;
        let exercise = exercise.trim().to_lowercase();
        match what.to_lowercase().as_str() {
            "extension" => Some(Column::ExtensionOf(exercise)),
            "submitted" => Some(Column::SubmittedOf(exercise)),
            _ => None,
        }
    }

    /// The exercise that it is about.
    fn exercise(&self) -> Option<&str> {
        match self {
            Column::ExtensionOf(exercise) | Column::SubmittedOf(exercise) => Some(exercise),
            _ => None,
        }
    }
}

fn wrong(line: u64, what: impl Into<String>) -> Error {
    Error {
        line,
        what: what.into(),
    }
}

pub fn roster(bytes: &[u8]) -> Result<Roster, Error> {
    let text = std::str::from_utf8(bytes)
        .map_err(|_| wrong(0, "the roster is not UTF-8; save it as \"CSV UTF-8\""))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.trim().is_empty() {
        return Err(wrong(0, "the roster is empty"));
    }
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter(text))
        .trim(Trim::All)
        .from_reader(text.as_bytes());
    let unreadable = |error: csv::Error| unreadable(text, &error);
    let header = reader.headers().map_err(unreadable)?.clone();
    let (columns, skipped) = columns(&header)?;
    let mut students: Vec<Student> = Vec::new();
    let mut lines: BTreeMap<String, u64> = BTreeMap::new();
    for record in reader.records() {
        let record = record.map_err(unreadable)?;
        if record.iter().all(str::is_empty) {
            continue;
        }
        let line = line_of(text, record.position());
        let student = student(&columns, &record).map_err(|what| wrong(line, what))?;
        // Names are compared without case: whose `ada` is could not be told.
        if let Some(first) = lines.insert(folded(&student.id), line) {
            let id = &student.id;
            return Err(wrong(
                line,
                format!("{id:?} is there already, on line {first}"),
            ));
        }
        students.push(student);
    }
    if students.is_empty() {
        return Err(wrong(0, "the roster names nobody"));
    }
    let exercises: BTreeSet<&str> = columns.keys().filter_map(Column::exercise).collect();
    Ok(Roster {
        students,
        skipped,
        exercises: exercises.into_iter().map(str::to_owned).collect(),
    })
}

/// What stands between the columns: whatever the header has most of, outside of
/// quotes.
fn delimiter(text: &str) -> u8 {
    let header = text.lines().next().unwrap_or_default();
    let bare: String = header.split('"').step_by(2).collect();
    let mut best = (0, b',');
    for delimiter in [b',', b';', b'\t'] {
        let count = bare.bytes().filter(|byte| *byte == delimiter).count();
        if count > best.0 {
            best = (count, delimiter);
        }
    }
    best.1
}

/// The line on which a row begins. The reader's own count begins at the empty
/// lines before it.
fn line_of(text: &str, place: Option<&csv::Position>) -> u64 {
    let Some(place) = place else {
        return 0;
    };
    let at = usize::try_from(place.byte()).unwrap_or(usize::MAX);
    let rest = text.get(at..).unwrap_or_default();
    let empty = rest.len() - rest.trim_start_matches(['\r', '\n']).len();
    let before = &text.as_bytes()[..(at + empty).min(text.len())];
    before.iter().filter(|byte| **byte == b'\n').count() as u64 + 1
}

fn unreadable(text: &str, error: &csv::Error) -> Error {
    let line = line_of(text, error.position());
    match error.kind() {
        csv::ErrorKind::UnequalLengths {
            expected_len, len, ..
        } => wrong(
            line,
            format!("has {len} columns where the header has {expected_len}"),
        ),
        _ => wrong(line, error.to_string()),
    }
}

type Columns = BTreeMap<Column, usize>;

fn columns(header: &StringRecord) -> Result<(Columns, Vec<String>), Error> {
    let mut columns = Columns::new();
    let mut skipped = Vec::new();
    for (index, name) in header.iter().enumerate() {
        match Column::of(name) {
            Some(column) => {
                if let Some(other) = columns.insert(column, index) {
                    let other = header.get(other).unwrap_or_default();
                    return Err(wrong(1, format!("{other:?} and {name:?} mean the same")));
                }
            }
            // A spreadsheet has columns without a name where there was one.
            None if name.is_empty() => {}
            None => skipped.push(name.to_owned()),
        }
    }
    if !columns.contains_key(&Column::Id) && !columns.contains_key(&Column::Email) {
        return Err(wrong(
            1,
            "this is the header; it names no column id, and no column email to take its place",
        ));
    }
    Ok((columns, skipped))
}

fn student(columns: &Columns, record: &StringRecord) -> Result<Student, String> {
    let cell = |column: Column| {
        let index = columns.get(&column);
        index.and_then(|index| record.get(*index)).unwrap_or("")
    };
    let email = cell(Column::Email);
    let id = match columns.get(&Column::Id) {
        Some(_) => cell(Column::Id),
        None => email,
    };
    if id.is_empty() {
        return Err("somebody without an id".into());
    }
    let name = match cell(Column::Name) {
        "" => format!("{} {}", cell(Column::First), cell(Column::Last)),
        name => name.to_owned(),
    };
    let mut extension = Each::default();
    let mut submitted = Each::default();
    for (column, index) in columns {
        let text = record.get(*index).unwrap_or_default();
        match column {
            _ if text.is_empty() => {}
            Column::Extension => extension.all = Some(Extension::parse(text)?),
            Column::ExtensionOf(name) => {
                extension.of.push((name.clone(), Extension::parse(text)?));
            }
            Column::Submitted => submitted.all = Some(arrival(text)?),
            Column::SubmittedOf(name) => submitted.of.push((name.clone(), arrival(text)?)),
            _ => {}
        }
    }
    Ok(Student {
        id: id.to_owned(),
        name: name.trim().to_owned(),
        email: email.to_owned(),
        group: cell(Column::Group).to_owned(),
        extension,
        submitted,
    })
}

/// When something came: to the minute, not on some day.
fn arrival(text: &str) -> Result<Moment, String> {
    match Moment::parse(text)? {
        Moment::Day(day) => Err(format!("submitted on {day}: at what time? ({day}T23:59)")),
        moment => Ok(moment),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spreadsheet_is_read_whatever_country_it_comes_from() {
        let plain = "id,name,email,group,extension,submitted\n\
                     a1,\"Lovelace, Ada\",ada@x.fr,TP1,2,2026-11-20T10:00\n";
        let french = "\u{feff}ID;Name;E-Mail;Group;Extension;Submitted\r\n\
                      a1;Lovelace, Ada;ada@x.fr;TP1;2;2026-11-20T10:00\r\n\r\n";
        let roster = Roster::parse(plain.as_bytes()).unwrap();
        assert_eq!(roster, Roster::parse(french.as_bytes()).unwrap());
        let ada = &roster.students[0];
        assert_eq!(ada.name, "Lovelace, Ada");
        assert_eq!(ada.extension.all, Some(Extension::Days(2)));
        assert!(ada.submitted.all.is_some());
    }

    #[test]
    fn an_export_of_moodle_s_participants_is_a_roster() {
        let text = "First name,Last name,ID number,Email address,Groups,Department\n\
                    Ada,Lovelace,a1,ada@x.fr,TP1,Maths\n";
        let roster = Roster::parse(text.as_bytes()).unwrap();
        assert_eq!(roster.students[0].name, "Ada Lovelace");
        assert_eq!(roster.skipped, ["Department"]);
        let spread = Roster::parse(b"id,,name,\na1,,Ada,\n").unwrap();
        assert_eq!(spread.skipped, [""; 0]);
    }

    #[test]
    fn an_exercise_may_have_columns_of_its_own() {
        let text = "id,extension,Extension 09,submitted:10-echo-forking\n\
                    a,1,3,2026-11-20T10:00\nb,1,,\n";
        let roster = Roster::parse(text.as_bytes()).unwrap();
        assert_eq!(roster.exercises, ["09", "10-echo-forking"]);
        let [a, b] = &roster.students[..] else {
            panic!("{roster:?}");
        };
        let nine = "09-echo-iterative";
        assert_eq!(a.extension.get(nine), Some(&Extension::Days(3)));
        assert_eq!(a.extension.get("01-resolve"), Some(&Extension::Days(1)));
        assert_eq!(b.extension.get(nine), Some(&Extension::Days(1)));
        assert!(a.submitted.get("10-echo-forking").is_some());
        assert_eq!(a.submitted.get(nine), None);
        assert!(roster.check(&[nine, "10-echo-forking"]).is_ok());
        let error = roster.check(&[nine]).unwrap_err().to_string();
        assert_eq!(error, "line 1: there is no exercise \"10-echo-forking\"");
    }

    #[test]
    fn the_e_mail_address_takes_the_place_of_an_id() {
        let roster = Roster::parse(b"email\nada@x.fr\n").unwrap();
        assert_eq!(roster.students[0].id, "ada@x.fr");
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        for (text, line, part) in [
            (&b"name\nAda\n"[..], 1, "no column id"),
            (b"id,ID\na,b\n", 1, "mean the same"),
            (b"a1,Ada\n", 1, "this is the header"),
            (b"\xef\xbb\xbf\r\n", 0, "is empty"),
            (b"id\n", 0, "names nobody"),
            (b"id\r\nada\r\nAda\r\n", 3, "on line 2"),
            (
                b"id,name\na,Ada\n\nb\n",
                4,
                "1 columns where the header has 2",
            ),
            (b"id,name\na,Ada\na,Bob\n", 3, "on line 2"),
            (b"id,name\n,Ada\n", 2, "without an id"),
            (b"id,extension\na,soon\n", 2, "no extension"),
            (b"id,submitted\na,2026-11-20\n", 2, "at what time"),
            (b"id,submitted\na,yesterday\n", 2, "no point in time"),
            (b"id,name\na,Andr\xe9\n", 0, "not UTF-8"),
        ] {
            let error = Roster::parse(text).unwrap_err();
            assert_eq!(error.line, line, "{error}");
            assert!(error.to_string().contains(part), "{error}");
        }
    }
}
