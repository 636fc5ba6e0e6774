//! Whose grade another policy would change.

use std::fmt;
use std::io;

use grader::report::Head;

use super::{Class, Results, grade};
use crate::formats::escape::line;
use crate::hundredths::Hundredths;
use crate::policy::Policy;
use crate::roster::Roster;

/// A grade that another policy would change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The submission's name.
    pub submission: String,
    /// The student's id, where it is known whose it is.
    pub student: Option<String>,
    /// The grade so far, of how many points; none if it could not be judged.
    pub before: (Option<Hundredths>, Hundredths),
    /// The grade under the other policy.
    pub after: (Option<Hundredths>, Hundredths),
}

impl fmt::Display for Change {
    /// One line, safe to print: `ada: 17.5 of 20 -> 18 of 20`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let grade = |(total, out_of): (Option<Hundredths>, Hundredths)| match total {
            Some(total) => format!("{total} of {out_of}"),
            None => format!("ungraded (of {out_of})"),
        };
        let who = self.student.as_ref().unwrap_or(&self.submission);
        let (before, after) = (grade(self.before), grade(self.after));
        write!(f, "{}: {before} -> {after}", line(who))
    }
}

/// The submissions whose grade is another under another policy, in their order.
///
/// # Errors
///
/// A result cannot be read.
pub fn what_if(
    head: &Head,
    results: &dyn Results,
    roster: Option<&Roster>,
    old: &Policy,
    new: &Policy,
) -> io::Result<Vec<Change>> {
    let class = Class::new(head, results, old, roster)?;
    let mut changes = Vec::new();
    for entry in class.graded() {
        let entry = entry?;
        let other = grade(&entry.brief, entry.student, new);
        let before = (entry.grade.total, entry.grade.out_of);
        let after = (other.total, other.out_of);
        if before != after {
            changes.push(Change {
                submission: entry.brief.name,
                student: entry.student.map(|student| student.id.clone()),
                before,
                after,
            });
        }
    }
    Ok(changes)
}
