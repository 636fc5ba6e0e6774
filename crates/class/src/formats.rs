//! What other systems take, all of it made from one model: a
//! [`Class`](crate::grades::Class).
//!
//! | module | for | source of its rules |
//! | --- | --- | --- |
//! | [`csv`] | spreadsheets | RFC 4180; OWASP, "CSV Injection" |
//! | [`moodle`] | Moodle's grade import | <https://docs.moodle.org/en/Grade_import> |
//! | [`gradescope`] | Gradescope's `results.json` | <https://gradescope-autograders.readthedocs.io/en/latest/specs/> |
//! | [`classroom50`] | Classroom 50's `result.json` | <https://github.com/foundation50/classroom50> |
//! | [`annotations`] | GitHub Actions | <https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands> |
//! | [`junit`] | Jenkins, GitLab and others | <https://llg.cubic.org/docs/junit/> |
//!
//! Two things hold in each of them:
//!
//! - **Only what the policy shows is in it** ([`shown`] decides once, for all), so that
//!   no way leads around `show = "score"`.
//! - **Bytes of students are hostile.** [`escape::plain`] makes control characters
//!   visible, and each format then escapes what is special to itself.
//!
//! And in whatever is imported somewhere: a submission that the lab could not
//! judge is left out, and named in a list of [`LeftOut`].

pub mod annotations;
pub mod classroom50;
pub mod csv;
pub mod escape;
pub mod file;
pub mod gradescope;
pub mod junit;
pub mod moodle;
pub mod shown;

use std::fmt;

/// Somebody who is not in what was written, and the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// The student's id, or the submission's name; safe to print on one line.
    pub who: String,
    /// One line.
    pub why: String,
}

impl LeftOut {
    /// Of somebody who may have chosen that name to do harm.
    pub fn new(who: &str, why: impl AsRef<str>) -> LeftOut {
        LeftOut {
            who: escape::line(who),
            why: escape::line(why.as_ref()),
        }
    }
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.who, self.why)
    }
}
