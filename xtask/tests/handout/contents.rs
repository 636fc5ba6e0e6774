//! What is in it, and where it may be put.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use assert_cmd::prelude::*;
use predicates::str::{contains, starts_with};
use small_lab::files;
use study::update::{FILE, Record, digest};
use tempfile::TempDir;

use crate::{handout, root};

#[test]
fn it_says_which_version_it_is_file_by_file() {
    let folder = TempDir::new().unwrap();
    let lab = folder.path().join("lab");
    handout(&lab).assert().success();
    let record = Record::of(&lab).unwrap();
    assert!(record.label.version.is_some());
    let mut expected = BTreeMap::new();
    for place in files(&lab) {
        let bytes = fs::read(lab.join(&place)).unwrap();
        expected.insert(place, digest(&bytes));
    }
    expected.remove(FILE);
    assert_eq!(record.files, expected);
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
            assert_eq!(text, skeleton, "{copy}/{path}");
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
    assert_eq!(files(folder.path()), ["taken/mine"]);

    let empty = folder.path().join("empty");
    fs::create_dir(&empty).unwrap();
    handout(&empty).assert().success();
    assert!(empty.join("Cargo.toml").exists());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
}
