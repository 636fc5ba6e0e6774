//! Skeletons, made from solutions.
//!
//! In a solution, regions are marked:
//!
//! ```text
//!     // <student: accept clients one after another>
//!     loop { … }
//!     // </student>
//! ```
//!
//! In the skeleton a region is one line, `todo!("accept clients one after
//! another")`, with a `;` unless a block ends behind it; three lines where one
//! would be too long for the formatter.
//!
//! The package that students get has no solutions. There the skeletons
//! themselves lie ready, in [`SHIPPED`].

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::catalogue::Entry;

/// Where the package that students get keeps the skeletons as they were, beside
/// `exercises/` and in the form of `solutions/`.
pub const SHIPPED: &str = "skeletons";

const OPENS: &str = "// <student:";
const CLOSES: &str = "// </student>";

/// How long a line may be before rustfmt breaks it, in characters.
const WIDTH: usize = 100;

/// A mark that has no counterpart, by its line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadMark {
    /// Counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub what: &'static str,
}

impl fmt::Display for BadMark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.what)
    }
}

impl std::error::Error for BadMark {}

/// The skeleton of a solution's text.
///
/// ```
/// let solution = "fn f() -> u8 {\n    // <student: give \"one\">\n    1\n    // </student>\n}\n";
/// let skeleton = grader::skeleton::of(solution)?;
/// assert_eq!(skeleton, "fn f() -> u8 {\n    todo!(\"give \\\"one\\\"\")\n}\n");
/// # Ok::<(), grader::skeleton::BadMark>(())
/// ```
///
/// # Errors
///
/// A region that is opened twice, or not closed, or closed and never opened.
pub fn of(solution: &str) -> Result<String, BadMark> {
    let mut skeleton = String::with_capacity(solution.len());
    let mut opened: Option<usize> = None;
    let lines: Vec<&str> = solution.lines().collect();
    for (index, line) in lines.iter().enumerate() {
        let bad = |what| BadMark {
            line: index + 1,
            what,
        };
        let text = line.trim();
        if let Some(rest) = text.strip_prefix(OPENS) {
            if opened.is_some() {
                return Err(bad("a region is opened inside another"));
            }
            let Some(task) = rest.strip_suffix('>') else {
                return Err(bad("the mark does not end in `>`"));
            };
            let indent = &line[..line.len() - line.trim_start().len()];
            let end = lines[index..].iter().position(|line| line.trim() == CLOSES);
            let Some(end) = end else {
                return Err(bad("the region is not closed"));
            };
            let next = lines[index + end + 1..]
                .iter()
                .find(|line| !line.trim().is_empty());
            let ends_a_block = next.is_some_and(|line| line.trim_start().starts_with('}'));
            let semicolon = if ends_a_block { "" } else { ";" };
            let text = literal(task.trim());
            let line = format!("{indent}todo!(\"{text}\"){semicolon}\n");
            skeleton.push_str(&if line.trim_end().chars().count() > WIDTH {
                format!("{indent}todo!(\n{indent}    \"{text}\"\n{indent}){semicolon}\n")
            } else {
                line
            });
            opened = Some(index);
        } else if text == CLOSES {
            if opened.take().is_none() {
                return Err(bad("a region is closed that was not opened"));
            }
        } else if opened.is_none() {
            skeleton.push_str(line);
            skeleton.push('\n');
        }
    }
    Ok(skeleton)
}

/// A solution's text without the lines that only mark what the skeleton lacks.
///
/// ```
/// let solution = "// <student: give one>\n1\n// </student>\n";
/// assert_eq!(grader::skeleton::without_marks(solution), "1\n");
/// ```
pub fn without_marks(solution: &str) -> String {
    let mark = |line: &&str| {
        let line = line.trim();
        !line.starts_with(OPENS) && line != CLOSES
    };
    let lines = solution.lines().filter(mark);
    lines.flat_map(|line| [line, "\n"]).collect()
}

/// A text as it stands in a format string.
fn literal(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('{', "{{")
        .replace('}', "}}")
}

/// One file of one exercise, and the skeleton that belongs there.
#[derive(Debug, Clone)]
pub struct Skeleton {
    /// Where it belongs.
    pub path: PathBuf,
    /// What belongs there.
    pub text: String,
}

/// What is at a skeleton's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// The skeleton.
    Same,
    /// Nothing.
    Absent,
    /// An earlier skeleton: what the last commit holds.
    Outdated,
    /// Somebody's work.
    Changed,
}

impl Skeleton {
    /// The skeletons of an exercise: made from its solution or, where the lab has
    /// no solutions, as they were shipped.
    ///
    /// # Errors
    ///
    /// A solution cannot be read, or is marked wrongly; the message names it.
    pub fn all_of(entry: &Entry) -> io::Result<Vec<Skeleton>> {
        let solution = entry.solution();
        let shipped = solution.ancestors().nth(2).map(|root| root.join(SHIPPED));
        let shipped = shipped.filter(|folder| folder.is_dir() && !solution.is_dir());
        if let (None, Some(all)) = (&shipped, solution.parent()) {
            if !all.is_dir() {
                return Err(io::Error::other(format!(
                    "they are made from {}, which is gone: git checkout -- solutions",
                    all.display()
                )));
            }
        }
        let named = |path: &Path, what: &dyn fmt::Display| {
            io::Error::other(format!("{}: {what}", path.display()))
        };
        entry
            .data
            .files
            .iter()
            .map(|file| {
                let from = match &shipped {
                    Some(skeletons) => skeletons.join(&entry.id).join(file),
                    None => solution.join(file),
                };
                let text = fs::read_to_string(&from).map_err(|error| named(&from, &error))?;
                let text = match &shipped {
                    Some(_) => text,
                    None => of(&text).map_err(|error| named(&from, &error))?,
                };
                Ok(Skeleton {
                    path: entry.folder.join(file),
                    text,
                })
            })
            .collect()
    }

    /// What is at its place now.
    pub fn state(&self) -> State {
        match fs::read(&self.path) {
            Ok(bytes) if bytes == self.text.as_bytes() => State::Same,
            Err(error) if error.kind() == io::ErrorKind::NotFound => State::Absent,
            Ok(bytes) if committed(&self.path).is_some_and(|there| there == bytes) => {
                State::Outdated
            }
            _ => State::Changed,
        }
    }

    /// Writes it to its place. Somebody's work that lies there is first kept
    /// beside it; the path of that copy is returned.
    ///
    /// # Errors
    ///
    /// As the system says; then the file is as it was.
    pub fn write(&self) -> io::Result<Option<PathBuf>> {
        let backup = match self.state() {
            State::Changed => {
                let backup = free_name(&self.path);
                fs::copy(&self.path, &backup)?;
                Some(backup)
            }
            _ => None,
        };
        crate::report::write_atomically(&self.path, |file| file.write_all(self.text.as_bytes()))?;
        Ok(backup)
    }
}

/// What the last commit holds at a path, if git knows it.
fn committed(path: &Path) -> Option<Vec<u8>> {
    let name = path.file_name()?.to_str()?;
    let output = Command::new("git")
        .arg("-C")
        .arg(path.parent()?)
        .args(["show", &format!("HEAD:./{name}")])
        .output()
        .ok()?;
    output.status.success().then_some(output.stdout)
}

fn free_name(path: &Path) -> PathBuf {
    (1..)
        .map(|number| {
            let mut name = path.as_os_str().to_owned();
            name.push(format!(".backup-{number}"));
            PathBuf::from(name)
        })
        .find(|path| !path.exists())
        .unwrap_or_else(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_becomes_one_line_at_its_indent() {
        let solution = "a\n        // <student: do it>\n        x\n\n        y\n        // </student>\n    b\n";
        assert_eq!(
            of(solution).unwrap(),
            "a\n        todo!(\"do it\");\n    b\n"
        );
    }

    #[test]
    fn at_the_end_of_a_block_it_is_the_blocks_value() {
        let solution = "{\n    // <student: do it>\n    x\n    // </student>\n\n}\n";
        assert_eq!(of(solution).unwrap(), "{\n    todo!(\"do it\")\n\n}\n");
    }

    #[test]
    fn a_long_gap_is_broken_as_the_formatter_does() {
        let gap = |length: usize| {
            let task = "x".repeat(length);
            of(&format!(
                "    // <student: {task}>\n    // </student>\n}}\n"
            ))
            .unwrap()
        };
        // Four blanks, `todo!("` and `")` leave 87 of 100.
        assert_eq!(gap(87).lines().count(), 2);
        let long = "x".repeat(88);
        assert_eq!(
            gap(88),
            format!("    todo!(\n        \"{long}\"\n    )\n}}\n")
        );
    }

    #[test]
    fn braces_and_quotes_survive_the_format_string() {
        let solution = "// <student: a {} \"b\" \\n>\n// </student>\n";
        assert_eq!(
            of(solution).unwrap(),
            "todo!(\"a {{}} \\\"b\\\" \\\\n\");\n"
        );
    }

    #[test]
    fn marks_without_a_counterpart_are_named_by_line() {
        assert_eq!(of("x\n// <student: a>\n").unwrap_err().line, 2);
        assert_eq!(of("// </student>\n").unwrap_err().line, 1);
        let nested = "// <student: a>\n// <student: b>\n// </student>\n";
        assert_eq!(of(nested).unwrap_err().line, 2);
    }

    #[test]
    fn without_solutions_a_skeleton_is_what_was_shipped() {
        let lab = small_lab::Lab::new();
        let mine = "todo!();\n";
        lab.write("exercises/01-one/src/main.rs", mine);
        lab.write(&format!("{SHIPPED}/01-one/src/main.rs"), mine);
        let state = || {
            let catalogue = crate::catalogue::Catalogue::load(lab.root()).unwrap();
            Skeleton::all_of(&catalogue.entries[0]).map(|all| all[0].state())
        };
        assert_eq!(state().unwrap(), State::Changed, "made from the solution");
        fs::remove_dir_all(lab.path("solutions")).unwrap();
        assert_eq!(state().unwrap(), State::Same);
        fs::remove_dir_all(lab.path(SHIPPED)).unwrap();
        assert!(state().is_err());
    }

    #[test]
    fn somebodys_work_is_kept_beside_the_skeleton() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("server.rs");
        let skeleton = Skeleton {
            path: path.clone(),
            text: "todo!();\n".into(),
        };
        assert_eq!(skeleton.state(), State::Absent);
        assert_eq!(skeleton.write().unwrap(), None);
        assert_eq!(skeleton.state(), State::Same);
        fs::write(&path, "my work\n").unwrap();
        assert_eq!(skeleton.state(), State::Changed);
        let backup = skeleton.write().unwrap().unwrap();
        assert_eq!(fs::read_to_string(backup).unwrap(), "my work\n");
        assert_eq!(fs::read_to_string(path).unwrap(), "todo!();\n");
    }
}
