//! What becomes of a mutant, with a list of mutants whose fate is known: no
//! cargo-mutants is needed, and the judge is the real one.

// The lint's exemption for tests does not reach the functions beside them.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use predicates::prelude::*;
use predicates::str::contains;
use serde_json::{Value, json};
use tempfile::TempDir;

const FILE: &str = "src/server.rs";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn mutants(cargo: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command
        .current_dir(root())
        .env("CARGO", cargo)
        .args(["mutants", "09", "--verbose"]);
    command
}

/// A cargo that answers `cargo mutants` as this script does.
fn cargo(folder: &TempDir, answer: &str) -> PathBuf {
    let path = folder.path().join("cargo");
    let real = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let script =
        format!("#!/bin/sh\nif [ \"$1\" = mutants ]; then\n{answer}\nfi\nexec '{real}' \"$@\"\n");
    fs::write(&path, script).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

/// One line of the solution of 09, changed.
fn mutant(name: &str, from: &str, to: &str) -> Value {
    let solution = root().join("solutions/09-echo-iterative").join(FILE);
    let text = fs::read_to_string(solution).unwrap();
    let (index, line) = text
        .lines()
        .enumerate()
        .find(|(_, line)| line.contains(from))
        .unwrap();
    let number = index + 1;
    let changed = line.replace(from, to);
    json!({
        "name": format!("{FILE}:{number}:1: {name}"),
        "file": FILE,
        "span": { "start": { "line": number, "column": 1 } },
        "diff": format!(
            "--- {FILE}\n+++ {name}\n@@ -{number} +{number} @@\n-{line}\n+{changed}\n"
        ),
    })
}

#[test]
fn what_changes_nothing_survives_and_what_breaks_the_server_is_caught() {
    let folder = tempfile::tempdir().unwrap();
    let list = json!([
        mutant("change nothing", "loop {", "loop { // changed"),
        mutant("echo nothing", "rio::writen(client, &line)?;", ""),
        mutant("make no sense", "loop {", "lop {"),
    ]);
    let path = folder.path().join("list.json");
    fs::write(&path, list.to_string()).unwrap();
    let answer = format!(
        "case \"$2\" in --version) echo fake ;; *) cat '{}' ;; esac; exit 0",
        path.display()
    );
    mutants(&cargo(&folder, &answer)).assert().code(1).stdout(
        contains("src/server.rs: change nothing survives\n")
            .and(contains("src/server.rs: echo nothing fails "))
            .and(contains("src/server.rs: make no sense does not compile\n"))
            .and(contains(
                "3 mutants: 1 caught, 1 do not compile, 1 survive;",
            ))
            .and(contains(
                "survives, and mutants.toml does not say why\n        src/server.rs:",
            )),
    );
}

#[test]
fn without_the_tool_one_line_says_what_to_install() {
    let folder = tempfile::tempdir().unwrap();
    let answer = "echo 'error: no such command: `mutants`' >&2; exit 101";
    mutants(&cargo(&folder, answer))
        .assert()
        .code(1)
        .stdout("")
        .stderr("xtask: cargo-mutants is not installed; `cargo install cargo-mutants` does it\n");
}
