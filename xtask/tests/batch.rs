//! The examples for batch systems call the lab as it wants to be called.

// The lint's exemption for tests does not reach the functions beside them.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;
use std::process::Command;

use assert_cmd::prelude::*;
use predicates::prelude::*;
use predicates::str::{contains, starts_with};

const SLURM: &str = "contrib/slurm/grade.sbatch";
const CI: &str = "contrib/ci/github-matrix.yml";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// The commands for the lab in a file, with something in the place of variables.
fn commands(path: &str) -> Vec<Vec<String>> {
    let text = fs::read_to_string(root().join(path)).unwrap();
    let mut text = text.replace("\\\n", " ");
    for (variable, value) in [
        ("$SLURM_ARRAY_TASK_ID", "2"),
        ("$SLURM_ARRAY_TASK_COUNT", "4"),
        ("$SLURM_CPUS_PER_TASK", "2"),
        ("${{ matrix.part }}", "2"),
        ("$PARTS", "4"),
        ("$@", "no/1.json"),
        ("$class", "no/class"),
        ("$parts", "no"),
        ("$out", "no/out.json"),
    ] {
        text = text.replace(variable, value);
    }
    assert!(!text.contains("cargo run"), "{path}");
    let lines = text.lines().filter(|line| !line.trim().starts_with('#'));
    lines
        .filter_map(|line| line.split_once("cargo xtask "))
        .map(|(_, words)| words.replace('"', ""))
        .map(|words| words.split_whitespace().map(str::to_owned).collect())
        .collect()
}

#[test]
fn each_judges_a_share_and_then_merges_and_the_command_line_takes_it() {
    for path in [SLURM, CI] {
        let commands = commands(path);
        assert_eq!(commands.len(), 2, "{path}: {commands:?}");
        assert!(
            commands.iter().flatten().any(|word| word == "2/4"),
            "{path}"
        );
        for words in commands {
            // Nothing of it exists: what was typed is right, and the path is not.
            let folder = tempfile::tempdir().unwrap();
            Command::new(env!("CARGO_BIN_EXE_xtask"))
                .current_dir(folder.path())
                .args(&words)
                .assert()
                .code(2)
                .stderr(
                    starts_with("xtask: ").and(contains("No such file").or(contains("no such"))),
                );
        }
    }
}

#[test]
fn the_job_file_is_a_shell_script() {
    for shell in ["sh", "bash"] {
        Command::new(shell)
            .arg("-n")
            .arg(root().join(SLURM))
            .assert()
            .success();
    }
}
