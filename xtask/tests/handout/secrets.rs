//! What no student is to find in it.

use std::collections::BTreeSet;
use std::fs;

use assert_cmd::prelude::*;
use small_lab::files;
use tempfile::TempDir;

use crate::{handout, root};

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
            (path, text)
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
        let path = format!("solutions/{path}");
        for region in regions(&solution) {
            let windows = region.windows(WINDOW);
            for window in windows.filter(|one| !skeleton.windows(WINDOW).any(|two| two == *one)) {
                searched += 1;
                let holds = |lines: &[&str]| lines.windows(WINDOW).any(|one| one == window);
                for (place, _) in lines.iter().filter(|(_, lines)| holds(lines)) {
                    // A skeleton lies there twice.
                    let place = place.replacen("skeletons/", "exercises/", 1);
                    found.insert((path.clone(), place));
                }
            }
        }
    }
    assert!(searched > 400, "only {searched} pieces of solutions");
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
            .find(|place| place.split('/').any(|one| one == part));
        found.cloned()
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
        assert!(!judging.contains(&bytes), "{place}");
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
