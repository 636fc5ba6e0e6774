//! The exercises' data: complete, and consistent with the lab around it.

// The lint's exemption for tests does not reach the functions beside them.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use grader::catalogue::Catalogue;
use grader::skeleton::Skeleton;
use serde::Deserialize;

fn catalogue() -> Catalogue {
    Catalogue::find(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap()
}

#[test]
fn no_exercise_has_a_flaw() {
    let flaws = catalogue().flaws().unwrap();
    assert!(flaws.is_empty(), "{}", flaws.join("\n"));
}

#[derive(Deserialize)]
struct Manifest {
    #[serde(default)]
    test: Vec<Target>,
    #[serde(default, rename = "dev-dependencies")]
    dev_dependencies: BTreeMap<String, toml::Value>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
    path: PathBuf,
}

fn manifest(folder: &Path) -> Manifest {
    toml::from_str(&fs::read_to_string(folder.join("Cargo.toml")).unwrap()).unwrap()
}

#[test]
fn every_exercises_checks_are_also_built_without_its_program() {
    let catalogue = catalogue();
    let folder = catalogue.root.join("crates/checks");
    let checks = manifest(&folder);
    let named: Vec<(&str, PathBuf)> = checks
        .test
        .iter()
        .map(|test| {
            (
                test.name.as_str(),
                fs::canonicalize(folder.join(&test.path)).unwrap(),
            )
        })
        .collect();
    let wanted: Vec<(String, PathBuf)> = catalogue
        .entries
        .iter()
        .map(|entry| {
            let own = manifest(&entry.folder).test;
            assert_eq!(own.len(), 1, "{} has one test target", entry.id);
            (
                entry.package(),
                fs::canonicalize(entry.folder.join(&own[0].path)).unwrap(),
            )
        })
        .collect();
    let wanted: Vec<(&str, PathBuf)> = wanted
        .iter()
        .map(|(name, path)| (name.as_str(), path.clone()))
        .collect();
    assert_eq!(named, wanted);
}

#[test]
fn checks_have_the_same_crates_wherever_they_are_built() {
    let catalogue = catalogue();
    let checks = manifest(&catalogue.root.join("crates/checks")).dev_dependencies;
    for entry in &catalogue.entries {
        for name in manifest(&entry.folder).dev_dependencies.keys() {
            assert!(
                checks.contains_key(name),
                "{}: crates/checks lacks {name}",
                entry.id
            );
        }
    }
}

#[test]
fn no_mark_of_a_solution_is_left_in_a_skeleton() {
    for entry in &catalogue().entries {
        for skeleton in Skeleton::all_of(entry).unwrap() {
            assert!(
                skeleton.text.contains("todo!("),
                "{}",
                skeleton.path.display()
            );
            assert!(
                !skeleton.text.contains("student>"),
                "{}",
                skeleton.path.display()
            );
        }
    }
}

/// Drift between skeletons and solutions. A file of `exercises/` may be a
/// student's own work; what counts is what the last commit holds.
#[test]
fn no_committed_skeleton_has_drifted_from_its_solution() {
    let catalogue = catalogue();
    for entry in &catalogue.entries {
        for (skeleton, file) in Skeleton::all_of(entry)
            .unwrap()
            .iter()
            .zip(&entry.data.files)
        {
            let name = format!("HEAD:./exercises/{}/{file}", entry.id);
            let output = std::process::Command::new("git")
                .arg("-C")
                .arg(&catalogue.root)
                .args(["show", &name])
                .output();
            match output {
                Ok(output) if output.status.success() => assert_eq!(
                    String::from_utf8_lossy(&output.stdout),
                    skeleton.text,
                    "{name}: run `cargo xtask skeletons`"
                ),
                _ => eprintln!("{name}: not in git"),
            }
        }
    }
}
