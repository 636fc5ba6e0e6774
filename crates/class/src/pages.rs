//! A class as HTML: the class at a glance, and a page a student.
//!
//! The pages are whole by themselves: no network, no script, no font and no
//! style sheet beside them, so that a student can be handed a page alone. A page
//! of a student names no other student and leads to no other page; `index.html` and
//! `by-score.html` name all, and are the instructor's.
//!
//! Points are always there. Grades are, where somebody has said how to grade: there
//! is a roster, or a policy that is not the default one, under which a grade says no
//! more than the points do.
//!
//! What comes from students (names, compiler output, what their programs
//! printed) is hostile. Four things stand before it. In every value, control
//! characters and overrides of the reading direction become signs that can be
//! seen (`visible`); then it is escaped; both happen in the formatter of the
//! templates, which no template can forget. File names are made from letters,
//! digits and a digest (`names`). And a Content-Security-Policy
//! (<https://www.w3.org/TR/CSP3/>) forbids scripts and requests, should all of
//! these fail.
//!
//! Results are looked at one after another. What stays in memory of a student is
//! a row of numbers, and a line for each exercise that was not judged to its end
//! (`tally`).

mod chart;
#[cfg(test)]
mod colours;
mod folder;
mod index;
mod names;
mod remarks;
mod student;
mod tally;
mod templates;
mod texts;
mod visible;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use grader::report::Head;

pub use texts::Texts;

use crate::grades::Class;
use crate::policy::Policy;
use folder::Folder;
use names::Names;
use tally::Tally;
use templates::Templates;

/// Writes the pages of a class into a folder, and gives the path of its
/// `index.html`. A student's page shows what the policy says; the instructor's pages
/// show all of it.
///
/// The folder is made if it is not there. Each page is written beside its place
/// and renamed into it, `index.html` last: a run that stops leaves no half page,
/// and the next run takes up the same folder. Pages of students who are not among
/// the results any more are removed at the end.
///
/// # Errors
///
/// The folder holds other files and was not made by this; a page cannot be
/// written; a result cannot be read.
pub fn write(dir: &Path, class: &Class<'_>, texts: &Texts) -> Result<PathBuf> {
    let folder = Folder::open(dir)?;
    let templates = Templates::new()?;
    let foot = foot(class.head);
    let mut names = Names::default();
    let mut tally = Tally::new(has_grades(class));
    for entry in class.each() {
        let entry = entry.context("read the results")?;
        let page = names.page_of(&entry.result.name);
        let context = student::page(&entry, class.policy, has_grades(class), texts, &foot);
        folder.write(&page, |out| templates.student(&context, out))?;
        tally.add(&entry, page);
    }
    for page in index::pages(tally.finish(), class, texts, &foot) {
        folder.write(page.file(), |out| templates.index(&page, out))?;
    }
    folder.sweep(&names)?;
    Ok(dir.join(index::FILE))
}

/// Whether somebody has said how to grade.
fn has_grades(class: &Class<'_>) -> bool {
    class.roster.is_some() || *class.policy != Policy::default()
}

/// What stands at the foot of every page, line by line: what is needed to repeat the run,
/// and what was not prevented in it.
fn foot(head: &Head) -> Vec<String> {
    let not_prevented = head.not_prevented();
    let not_prevented =
        not_prevented.map(|what| format!("Not prevented where this was judged: {what}."));
    std::iter::once(head.line()).chain(not_prevented).collect()
}
