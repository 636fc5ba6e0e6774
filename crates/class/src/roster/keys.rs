//! What a name is compared by.

use unicode_normalization::UnicodeNormalization;

use super::Student;

/// Without the differences that file systems and people make: composition,
/// case, blanks.
pub fn folded(text: &str) -> String {
    let lower: String = text.nfkc().flat_map(char::to_lowercase).nfkc().collect();
    lower.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A person's name in which neither the order of its parts counts
/// (`Lovelace, Ada`) nor what systems leave out of folders' names (`O'Brien`).
pub fn person(name: &str) -> String {
    let letters: String = folded(name)
        .chars()
        .filter_map(|c| match c {
            c if c.is_alphanumeric() => Some(c),
            '-' | '_' | ',' | '.' => Some(' '),
            c if c.is_whitespace() => Some(' '),
            // Accents that stand for themselves belong to their letter.
            c if unicode_normalization::char::is_combining_mark(c) => Some(c),
            _ => None,
        })
        .collect();
    let mut parts: Vec<&str> = letters.split_whitespace().collect();
    parts.sort_unstable();
    parts.join(" ")
}

/// What a student answers to.
#[derive(Debug)]
pub struct Keys {
    pub id: String,
    email: String,
    local: String,
    person: String,
}

impl Keys {
    pub fn of(student: &Student) -> Keys {
        let email = folded(&student.email);
        Keys {
            id: folded(&student.id),
            local: email.split('@').next().unwrap_or_default().to_owned(),
            email,
            person: person(&student.name),
        }
    }

    /// Whether a whole name is this student's.
    pub fn are(&self, name: &str) -> bool {
        let name_folded = folded(name);
        self.are_login(&name_folded)
            || is(&self.email, &name_folded)
            || is(&self.person, &person(name))
    }

    /// Whether a name that is folded already is one to log in with.
    pub fn are_login(&self, name: &str) -> bool {
        is(&self.id, name) || is(&self.local, name)
    }

    /// Whether this is the student's name, as people say it.
    pub fn are_person(&self, name: &str) -> bool {
        is(&self.person, &person(name))
    }
}

/// What nobody has is nobody's.
fn is(key: &str, name: &str) -> bool {
    !key.is_empty() && key == name
}

/// The name in a folder of Moodle's, `Ada Lovelace_1234_assignsubmission_file_`,
/// of which the end may be missing or longer.
pub fn moodle(name: &str) -> Option<&str> {
    let name = match name.find("_assignsubmission_") {
        Some(at) => &name[..at],
        None => name.trim_end_matches('_'),
    };
    let (person, number) = name.rsplit_once('_')?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    (is_number && !person.is_empty()).then_some(person)
}

/// The last part of a path, without the suffix of an archive.
pub fn base(name: &str) -> &str {
    let name = name.trim().trim_end_matches('/');
    let name = name.rsplit('/').next().unwrap_or(name);
    let suffixes = [".zip", ".tar.gz", ".tgz", ".tar"];
    let suffix = suffixes.iter().find(|suffix| {
        let at = name.len().checked_sub(suffix.len());
        at.and_then(|at| name.get(at..))
            .is_some_and(|end| end.eq_ignore_ascii_case(suffix))
    });
    let end = name.len() - suffix.map_or(0, |suffix| suffix.len());
    &name[..end]
}

/// Everything that follows a `-`.
pub fn tails(name: &str) -> impl Iterator<Item = &str> {
    name.match_indices('-').map(|(at, _)| &name[at + 1..])
}
