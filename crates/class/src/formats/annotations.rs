//! Annotations of GitHub Actions: workflow commands on standard output, one a line.
//!
//! Source: "Workflow commands for GitHub Actions",
//! <https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands>. Used of
//! it: `error` (what the student's program failed) and `warning` (what the lab could not
//! judge), with `file`, `line` and `title`.
//!
//! How values are escaped, that page does not say; the toolkit that writes such
//! commands does it so (`packages/core/src/command.ts` in
//! <https://github.com/actions/toolkit>): `%`, CR and LF by `%25`, `%0D`, `%0A`, in properties
//! `:` and `,` too, by `%3A` and `%2C`. The runner takes a line for a command only if
//! it begins with one, and a value cannot begin a line here.
//!
//! GitHub shows the first ten errors and the first ten warnings of a step as
//! annotations; the others stay in its log.

use std::collections::BTreeMap;
use std::io::{self, Write};

use grader::report::{ExerciseResult, Status, Verdict};

use super::escape::{line, short};
use super::shown::{Item, items};
use crate::grades::Class;
use crate::policy::Show;

/// The longest message, in characters.
const LONGEST: usize = 4_000;

/// By an exercise's id, the files that are handed in, as the repository has them:
/// `09-echo-iterative/src/server.rs`. The main one comes first.
pub type Files = BTreeMap<String, Vec<String>>;

/// Writes a line for everything that did not pass.
///
/// # Errors
///
/// A result cannot be read, or nothing can be written.
pub fn write(class: &Class<'_>, files: &Files, out: &mut dyn Write) -> io::Result<()> {
    let is_class = class.names.len() > 1;
    for entry in class.each() {
        let entry = entry?;
        for exercise in &entry.result.exercises {
            let place = place(exercise, files, class.policy.show);
            for item in items(&entry, exercise, class.policy) {
                let mut title = line(&exercise.id);
                if item.name != exercise.id {
                    title = format!("{title}: {}", line(&item.name));
                }
                if is_class {
                    title = format!("{}: {title}", short(&line(&entry.result.name), 80));
                }
                if let Some(command) = command(&item, &title, &place) {
                    writeln!(out, "{command}")?;
                }
            }
        }
    }
    Ok(())
}

fn command(item: &Item, title: &str, place: &str) -> Option<String> {
    let (kind, place) = match item.verdict {
        Verdict::Passed | Verdict::NotRun => return None,
        Verdict::Failed => ("error", place),
        // The student's file is not at fault.
        Verdict::Ungraded => ("warning", ""),
    };
    let mut message = item.label();
    if item.verdict == Verdict::Failed && item.possible > 0 && item.text.is_none() {
        message = format!("{message}: {} of {} points", item.earned, item.possible);
    }
    if let Some(text) = &item.text {
        message = format!("{message}: {}", text.trim_end());
    }
    Some(format!(
        "::{kind} {place}title={}::{}",
        property(title),
        data(&short(&message, LONGEST))
    ))
}

/// `file=…,line=…,` of an exercise; empty where no file of it is known.
fn place(exercise: &ExerciseResult, files: &Files, show: Show) -> String {
    let Some(files) = files.get(&exercise.id) else {
        return String::new();
    };
    let message = exercise.message.as_deref().unwrap_or_default();
    let found = (exercise.status == Status::BuildFailed && show == Show::Full)
        .then(|| compiler_s_place(message, files))
        .flatten();
    match (found, files.first()) {
        (Some((file, line)), _) => format!("file={},line={line},", property(file)),
        (None, Some(file)) => format!("file={},", property(file)),
        (None, None) => String::new(),
    }
}

/// The first place that the compiler names, ` --> src/server.rs:12:5`, in a file that
/// was handed in. Anybody can make it name another.
fn compiler_s_place<'a>(message: &str, files: &'a [String]) -> Option<(&'a str, u32)> {
    message.lines().find_map(|line| {
        let mut parts = line.trim_start().strip_prefix("--> ")?.rsplitn(3, ':');
        let (_column, line, path) = (parts.next()?, parts.next()?, parts.next()?);
        let line = line.parse().ok()?;
        let file = files.iter().find(|file| {
            // Without the exercise's folder: the compiler runs within it.
            let within = file.split_once('/').map_or(file.as_str(), |(_, rest)| rest);
            path == within || path.ends_with(&format!("/{within}"))
        })?;
        Some((file.as_str(), line))
    })
}

fn data(text: &str) -> String {
    let text = text.replace('%', "%25").replace('\r', "%0D");
    text.replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::policy::Policy;
    use crate::sample;

    fn annotations(show: Show) -> Vec<String> {
        let results = sample::class();
        let head = sample::head();
        let policy = Policy {
            show,
            ..Policy::default()
        };
        let class = Class::new(&head, &results, &policy, None).unwrap();
        let id = "09-echo-iterative".to_owned();
        let files = Files::from([(id.clone(), vec![format!("{id}/src/server.rs")])]);
        let mut out = Vec::new();
        write(&class, &files, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        text.split('\n').map(str::to_owned).collect()
    }

    /// What the runner understands of a line: the command, its properties, its
    /// message; none if the line is no command.
    fn understood(line: &str) -> Option<(String, BTreeMap<String, String>, String)> {
        let (head, message) = line.strip_prefix("::")?.split_once("::")?;
        let (name, properties) = head.split_once(' ').unwrap_or((head, ""));
        let back = |text: &str| {
            let text = text.replace("%0D", "\r").replace("%0A", "\n");
            let text = text.replace("%3A", ":").replace("%2C", ",");
            text.replace("%25", "%")
        };
        let properties = properties.split(',').filter_map(|pair| {
            let (key, value) = pair.split_once('=')?;
            Some((key.to_owned(), back(value)))
        });
        Some((name.to_owned(), properties.collect(), back(message)))
    }

    #[test]
    fn every_line_is_one_command_of_the_lab_s() {
        for show in [Show::Full, Show::Verdicts, Show::Score] {
            let mut lines = annotations(show);
            assert_eq!(lines.pop().as_deref(), Some(""));
            assert!(lines.len() > 3);
            for line in lines {
                assert!(!line.contains(char::is_control), "{line}");
                let (name, properties, _) = understood(&line).unwrap();
                assert!(name == "error" || name == "warning", "{line}");
                let known = ["file", "line", "title"];
                assert!(properties.keys().all(|key| known.contains(&key.as_str())));
                assert!(!properties["title"].is_empty());
            }
        }
    }

    #[test]
    fn a_compiler_s_error_stands_at_its_line() {
        let lines = annotations(Show::Full);
        let line = lines.iter().find(|line| line.contains("compile")).unwrap();
        assert!(
            line.starts_with(
                "::error file=09-echo-iterative/src/server.rs,line=12,\
                 title=cleo%3A 09-echo-iterative::failed: does not compile: error[E0425]: "
            ),
            "{line}"
        );
        let files = ["09-x/src/a.rs".to_owned()];
        let place = |text: &str| compiler_s_place(text, &files);
        assert_eq!(
            place(" --> /stage/src/a.rs:3:1"),
            Some(("09-x/src/a.rs", 3))
        );
        assert_eq!(
            place(" --> /etc/passwd:1:1\n --> src/a.rs:9:9"),
            Some(("09-x/src/a.rs", 9))
        );
        assert_eq!(place(" --> src/a.rs:x:1"), None);
    }

    #[test]
    fn the_lab_s_own_fault_is_a_warning_without_a_file() {
        let lines = annotations(Show::Verdicts);
        let line = lines.iter().find(|line| line.contains("dora")).unwrap();
        assert_eq!(
            line,
            "::warning title=dora%3A 01-resolve%3A stops_at_eof::ungraded"
        );
    }

    #[test]
    fn what_the_policy_does_not_show_is_not_there() {
        let of = |show| annotations(show).join("\n");
        assert!(of(Show::Full).contains("story of"));
        assert!(!of(Show::Verdicts).contains("story of"));
        assert!(of(Show::Verdicts).contains("flaky 2/4"));
        let score = of(Show::Score);
        assert!(
            !score.contains("stops_at_eof") && !score.contains("line="),
            "{score}"
        );
        assert!(
            score.contains("01-resolve::failed: 60 of 100 points"),
            "{score}"
        );
    }

    proptest! {
        #[test]
        fn a_value_comes_back_as_it_was(title in "(?s).*", message in "(?s)(::|%0A|\n|\r|,|.)*") {
            let line = format!("::error title={}::{}", property(&title), data(&message));
            prop_assert!(!line.contains(['\n', '\r']));
            let (name, properties, said) = understood(&line).unwrap();
            prop_assert_eq!(name, "error");
            prop_assert_eq!(properties.get("title"), Some(&title));
            // A message may hold `%3A` of its own, which `understood` takes for a colon
            // since it reads properties and messages alike.
            if !message.contains('%') {
                prop_assert_eq!(said, message);
            }
        }
    }
}
