//! The package for students: nothing of a solution is in it, and it works.

// The lint's exemption for tests does not reach the functions beside them.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use assert_cmd::prelude::*;
use predicates::str::{contains, starts_with};
use tempfile::TempDir;

/// Lines that say something, in a row: so many of a solution are part of it.
const WINDOW: usize = 4;

/// Where lines of a solution stand all the same, and why they may.
const KNOWN: &[(&str, &str, &str)] = &[
    (
        "solutions/04-listen/src/listen.rs",
        "exercises/05-accept/src/listener.rs",
        "05 gives what 04 asked for",
    ),
    (
        "solutions/04-listen/src/listen.rs",
        "exercises/17-backlog/src/queue.rs",
        "17 gives the call that makes a socket",
    ),
    (
        "solutions/11-stop/src/signals.rs",
        "exercises/20-prefork/src/signals.rs",
        "20 gives what 11 asked for",
    ),
    (
        "solutions/12-framing/src/frames.rs",
        "crates/sockets/src/framing/delimiter.rs",
        "the library has the frames that 12 asks for",
    ),
    (
        "solutions/15-netstat/src/table.rs",
        "crates/sockets/src/table/mod.rs",
        "the library has the table that 15 asks for",
    ),
    (
        "solutions/15-netstat/src/owners.rs",
        "crates/testbed/src/proc.rs",
        "the judge reads the same links of /proc",
    ),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn handout(out: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command
        .current_dir(root())
        .args(["handout", "--out"])
        .arg(out);
    command
}

/// All files below a folder, by their paths from there.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut left = vec![folder.to_owned()];
    while let Some(folder) = left.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                left.push(path);
            } else {
                found.push(path);
            }
        }
    }
    let inside = |path: PathBuf| path.strip_prefix(folder).unwrap().to_owned();
    found.into_iter().map(inside).collect()
}

/// The lines that say something: those with a letter.
fn telling(text: &str) -> Vec<&str> {
    let lines = text.lines().map(str::trim);
    lines
        .filter(|line| line.contains(char::is_alphabetic))
        .collect()
}

/// What a student has to find: the insides of the marks.
fn regions(solution: &str) -> Vec<Vec<&str>> {
    let mut regions = Vec::new();
    let mut open: Option<Vec<&str>> = None;
    for line in telling(solution) {
        if line.starts_with("// <student:") {
            open = Some(Vec::new());
        } else if line == "// </student>" {
            regions.extend(open.take());
        } else if let Some(region) = &mut open {
            region.push(line);
        }
    }
    regions
}

#[test]
fn no_solution_text_is_in_it() {
    let folder = TempDir::new().unwrap();
    let lab = folder.path().join("lab");
    handout(&lab).assert().success();
    let texts: Vec<(String, String)> = files(&lab)
        .into_iter()
        .map(|path| {
            let text = fs::read(lab.join(&path)).unwrap();
            let text = String::from_utf8_lossy(&text).into_owned();
            (path.to_str().unwrap().to_owned(), text)
        })
        .collect();
    let lines: Vec<(&str, Vec<&str>)> = texts
        .iter()
        .map(|(path, text)| (path.as_str(), telling(text)))
        .collect();

    let mut found = BTreeSet::new();
    let mut searched = 0;
    for path in files(&root().join("solutions")) {
        let solution = fs::read_to_string(root().join("solutions").join(&path)).unwrap();
        let skeleton = grader::skeleton::of(&solution).unwrap();
        let skeleton = telling(&skeleton);
        let path = format!("solutions/{}", path.display());
        for region in regions(&solution) {
            let windows = region.windows(WINDOW);
            for window in windows.filter(|one| !skeleton.windows(WINDOW).any(|two| two == *one)) {
                searched += 1;
                let holds = |lines: &[&str]| lines.windows(WINDOW).any(|one| one == window);
                for (place, _) in lines.iter().filter(|(_, lines)| holds(lines)) {
                    found.insert((path.clone(), (*place).to_owned()));
                }
            }
        }
    }
    assert!(searched > 500, "only {searched} pieces of solutions");
    let known: BTreeSet<(String, String)> = KNOWN
        .iter()
        .map(|(path, place, _)| ((*path).to_owned(), (*place).to_owned()))
        .collect();
    assert_eq!(found, known);
}

#[test]
fn nothing_that_only_judges_the_lab_is_in_it() {
    let folder = TempDir::new().unwrap();
    let lab = folder.path().join("lab");
    handout(&lab).assert().success();
    let places = files(&lab);
    let holds = |part: &str| {
        let found = places
            .iter()
            .find(|place| place.iter().any(|one| one == part));
        found.map(|place| place.display().to_string())
    };
    for part in [
        "solutions",
        "bugs",
        "right",
        "mutants.toml",
        ".ci",
        ".git",
        "target",
        "demo",
    ] {
        assert_eq!(holds(part), None);
    }
    // Not even under another name.
    let mut judging = BTreeSet::new();
    for exercise in fs::read_dir(root().join("exercises")).unwrap() {
        for part in ["bugs", "right"] {
            let part = exercise.as_ref().unwrap().path().join(part);
            for path in if part.is_dir() {
                files(&part)
            } else {
                Vec::new()
            } {
                judging.insert(fs::read(part.join(path)).unwrap());
            }
        }
    }
    assert!(judging.len() > 100);
    for place in &places {
        let bytes = fs::read(lab.join(place)).unwrap();
        assert!(!judging.contains(&bytes), "{}", place.display());
    }
    let readme = fs::read_to_string(lab.join("README.md")).unwrap();
    for gone in ["You teach", "You maintain", "--demo", "<!--", "solutions"] {
        assert!(!readme.contains(gone), "{gone}");
    }
    for there in [
        "You want to learn",
        "cargo xtask check 09",
        "Licensed under",
    ] {
        assert!(readme.contains(there), "{there}");
    }
}

#[test]
fn what_lies_in_the_place_of_a_skeleton_stays_at_home() {
    let folder = TempDir::new().unwrap();
    let lab = folder.path().join("lab");
    handout(&lab).assert().success();
    for path in files(&lab.join("skeletons")) {
        let solution = fs::read_to_string(root().join("solutions").join(&path)).unwrap();
        let skeleton = grader::skeleton::of(&solution).unwrap();
        for copy in ["skeletons", "exercises"] {
            let text = fs::read_to_string(lab.join(copy).join(&path)).unwrap();
            assert_eq!(text, skeleton, "{copy}/{}", path.display());
        }
    }
}

#[test]
fn a_place_that_is_taken_is_refused_and_left_as_it_is() {
    let folder = TempDir::new().unwrap();
    let taken = folder.path().join("taken");
    fs::create_dir(&taken).unwrap();
    fs::write(taken.join("mine"), "mine").unwrap();
    let refused = |out: &Path, why: &'static str| {
        let said = starts_with("xtask: --out ");
        handout(out)
            .assert()
            .code(2)
            .stderr(said)
            .stderr(contains(why));
    };
    refused(&taken, "is not empty");
    refused(&taken.join("mine"), "is no folder");
    refused(&folder.path().join("no/lab"), "there is no folder");
    refused(Path::new("crates/lab"), "among the lab's own sources");
    refused(Path::new("/"), "is not empty");
    assert_eq!(files(folder.path()), [Path::new("taken/mine")]);

    let empty = folder.path().join("empty");
    fs::create_dir(&empty).unwrap();
    handout(&empty).assert().success();
    assert!(empty.join("Cargo.toml").exists());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
}

/// A copy of the package where it is built: always the same place, so that what
/// it depends on is built once.
struct Student(PathBuf);

impl Student {
    fn new() -> Student {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("student");
        let lab = folder.join("lab");
        if lab.exists() {
            fs::remove_dir_all(&lab).unwrap();
        }
        fs::create_dir_all(&folder).unwrap();
        handout(&lab).assert().success();
        Student(folder)
    }

    fn xtask(&self, arguments: &[&str]) -> Output {
        Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
            .current_dir(self.0.join("lab"))
            .env("CARGO_TARGET_DIR", self.0.join("target"))
            .env_remove("CARGO_MANIFEST_DIR")
            .args(["xtask"])
            .args(arguments)
            .output()
            .unwrap()
    }
}

#[test]
fn a_student_builds_it_and_is_judged() {
    let student = Student::new();
    let said = |output: &Output| String::from_utf8(output.stdout.clone()).unwrap();

    let alone = student.xtask(&[]);
    let text = said(&alone);
    let count = fs::read_dir(student.0.join("lab/skeletons"))
        .unwrap()
        .count();
    let none = format!("{count} exercises: 0 written, 0 begun, {count} not begun");
    assert!(
        text.contains(&none),
        "{text}{}",
        String::from_utf8_lossy(&alone.stderr)
    );
    assert!(!text.contains("--demo"), "{text}");

    let checked = student.xtask(&["check", "01"]);
    let text = said(&checked);
    assert_eq!(checked.status.code(), Some(1), "{text}");
    assert!(text.contains("The first that did not pass"), "{text}");
    assert!(text.contains("score 0/100"), "{text}");

    // A solution is judged as it is at home.
    let place = "01-resolve/src/resolve.rs";
    let solution = root().join("solutions").join(place);
    fs::copy(solution, student.0.join("lab/exercises").join(place)).unwrap();
    let checked = student.xtask(&["check", "01"]);
    assert!(
        said(&checked).contains("score 100/100"),
        "{}",
        said(&checked)
    );
    assert!(said(&student.xtask(&["list"])).contains("checks, written"));
    let graded = student.xtask(&["grade", "--only", "01"]);
    assert!(said(&graded).contains("100/100"), "{}", said(&graded));

    for needs in [
        &["grade", "--solutions"][..],
        &["grade", "--demo"],
        &["verify"],
        &["mutants"],
        &["skeletons", "--check"],
        &["bench"],
        &["handout", "--out", "x"],
    ] {
        student
            .xtask(needs)
            .assert()
            .code(2)
            .stderr(contains("students' package"));
    }
}
