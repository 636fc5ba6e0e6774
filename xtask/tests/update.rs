//! `cargo xtask update`: what is said, and with which status. What becomes of the
//! files is tested where it is decided, in the crate `study`.

// The lint's exemption for tests does not reach the functions beside them.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use predicates::prelude::*;
use predicates::str::contains;
use small_lab::write;
use study::update::{FILE, Record, digest};
use tempfile::TempDir;

const EXERCISE: &str = "exercises/01-echo";

/// A small package, with a skeleton.
fn package(folder: &Path, skeleton: &str, handout: &str) {
    let mut files = BTreeMap::from([
        ("crates/checks/src/lib.rs".to_owned(), "//! Checks.\n"),
        ("skeletons/01-echo/src/server.rs".to_owned(), skeleton),
    ]);
    let data = "key = \"echo\"\nfiles = [\"src/server.rs\"]\n[[check]]\nname = \"works\"\n";
    for (name, text) in [
        ("exercise.toml", data),
        ("README.md", handout),
        ("src/server.rs", skeleton),
    ] {
        files.insert(format!("{EXERCISE}/{name}"), text);
    }
    let mut record = Record::default();
    record.label.commit = Some(digest(handout.as_bytes()));
    for (path, text) in files {
        record.files.insert(path.clone(), digest(text.as_bytes()));
        write(folder, &path, text);
    }
    write(folder, FILE, &record.text());
}

/// A learner's package, and the new one beside it, in which the skeleton's one line
/// is another.
fn two() -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    package(&folder.path().join("mine"), "fn old() {}\n", "# Echo\n");
    package(&folder.path().join("new"), "fn new() {}\n", "# Echo well\n");
    let mine = folder.path().join("mine");
    (folder, mine)
}

fn update(mine: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command
        .current_dir(mine)
        .env_remove("CARGO_MANIFEST_DIR")
        .arg("update")
        .args(arguments);
    command
}

#[test]
fn it_says_what_is_new_and_the_second_time_that_nothing_is() {
    let (_folder, mine) = two();
    let says = contains("The lab is now at")
        .and(contains("01-echo  handout, skeleton\n"))
        .and(contains("next: cargo xtask\n"));
    update(&mine, &["../new"]).assert().success().stdout(says);
    update(&mine, &["../new"])
        .assert()
        .success()
        .stdout(contains("up to date"));
    let text = fs::read_to_string(mine.join(EXERCISE).join("src/server.rs")).unwrap();
    assert_eq!(text, "fn new() {}\n");
}

#[test]
fn a_conflict_is_no_failure_and_says_where_everything_is() {
    let (_folder, mine) = two();
    let server = format!("{EXERCISE}/src/server.rs");
    write(&mine, &server, "fn mine() {}\n");
    update(&mine, &["../new", "--dry-run"])
        .assert()
        .success()
        .stdout(contains("nothing was changed").and(contains(&*server)));
    let done = update(&mine, &["../new"]).assert().success();
    let said = String::from_utf8(done.get_output().stdout.clone()).unwrap();
    assert!(said.contains("next: cargo xtask check 01\n"), "{said}");
    for (kept, holds) in [
        ("the new one ", "fn new()"),
        ("both, with marks ", "<<<<<<< yours"),
    ] {
        let line = said.lines().find(|line| line.contains(kept)).unwrap();
        let path = line.split_whitespace().next_back().unwrap();
        let text = fs::read_to_string(mine.join(path)).unwrap();
        assert!(text.contains(holds), "{path}: {text}");
    }
    let text = fs::read_to_string(mine.join(&server)).unwrap();
    assert_eq!(text, "fn mine() {}\n");
    update(&mine, &["--undo"])
        .assert()
        .success()
        .stdout(contains("taken back"));
    let readme = fs::read_to_string(mine.join(EXERCISE).join("README.md")).unwrap();
    assert_eq!(readme, "# Echo\n");
}

#[test]
fn what_makes_no_sense_is_one_line_and_changes_nothing() {
    let (_folder, mine) = two();
    for (arguments, says) in [
        (&[][..], "name the folder"),
        (&["../no"], "../no: no such folder"),
        (&["."], "is this lab itself"),
        (&["--undo"], "no update was made here"),
        (&["--undo", "--dry-run"], "cannot be used with"),
        (&["--forget", "--undo"], "cannot be used with"),
        (&["../new", "--forget"], "cannot be used with"),
        (&["../new", "--git", "origin"], "cannot be used with"),
    ] {
        update(&mine, arguments)
            .assert()
            .code(2)
            .stdout("")
            .stderr(contains(says));
    }
    let text = fs::read_to_string(mine.join(EXERCISE).join("README.md")).unwrap();
    assert_eq!(text, "# Echo\n");
}

#[test]
fn what_many_updates_have_kept_is_told_and_forgotten_when_asked() {
    let (folder, mine) = two();
    let mut said = String::new();
    for number in 1..=4 {
        let new = folder.path().join("new");
        package(&new, "fn new() {}\n", &format!("# Echo {number}\n"));
        let done = update(&mine, &["../new"]).assert().success();
        said = String::from_utf8(done.get_output().stdout.clone()).unwrap();
        assert_eq!(said.contains("--forget"), number == 4, "{said}");
    }
    assert!(
        said.contains("what 3 earlier updates replaced, 0.0 MiB"),
        "{said}"
    );
    update(&mine, &["--forget"])
        .assert()
        .success()
        .stdout(contains("forgotten: what 3 earlier updates").and(contains("--undo")));
    update(&mine, &["--forget"])
        .assert()
        .success()
        .stdout(contains("nothing to forget"));
    update(&mine, &["--undo"]).assert().success();
    let readme = fs::read_to_string(mine.join(EXERCISE).join("README.md")).unwrap();
    assert_eq!(readme, "# Echo 3\n");
}

/// In the middle of an update the exercises are perhaps not what the lab can read.
#[test]
fn it_needs_no_catalogue_of_the_learners_lab() {
    let (_folder, mine) = two();
    fs::remove_file(mine.join(EXERCISE).join("exercise.toml")).unwrap();
    write(&mine, "exercises/02-x/exercise.toml", "no TOML\n");
    update(&mine, &["../new"]).assert().success();
}
