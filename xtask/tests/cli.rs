//! The command line's own behaviour: what is said and with which status, for
//! everything that can be answered without judging anything.

// The lint's exemption for tests does not reach the functions beside them.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use predicates::prelude::*;
use predicates::str::contains;
use small_lab::{Lab, SKELETON};

fn xtask(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command
        .current_dir(root())
        .env_remove("LAB_PATIENCE")
        .args(arguments);
    command
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

#[test]
fn alone_it_says_where_one_is_and_what_to_type_next() {
    let output = xtask(&[])
        .assert()
        .success()
        .stderr("")
        .get_output()
        .stdout
        .clone();
    let text = String::from_utf8(output).unwrap();
    assert!(text.lines().count() <= 10, "{text}");
    assert!(text.contains("cargo xtask check "), "{text}");
    assert!(text.contains("cargo xtask grade --demo"), "{text}");
}

/// What a newcomer waits for, before the first verdict.
#[test]
fn cargo_xtask_is_made_of_few_crates() {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let tree = Command::new(cargo)
        .current_dir(root())
        .args(["tree", "--package", "xtask", "--no-default-features"])
        .args(["--edges", "normal,build", "--prefix", "none", "--locked"])
        .assert()
        .success();
    let tree = String::from_utf8(tree.get_output().stdout.clone()).unwrap();
    let mut crates: Vec<&str> = tree
        .lines()
        .map(|line| line.trim_end_matches(" (*)"))
        .collect();
    crates.sort_unstable();
    crates.dedup();
    // Two of them, for different derives, take as long as the whole grader.
    let syn = crates.iter().filter(|one| one.starts_with("syn "));
    assert_eq!(syn.count(), 1, "{crates:#?}");
    for on_demand in ["class ", "clap_complete ", "indicatif ", "watch "] {
        let found = crates.iter().find(|one| one.starts_with(on_demand));
        assert_eq!(found, None);
    }
}

#[test]
fn every_command_has_help_with_an_example() {
    for command in [
        "list",
        "check",
        "watch",
        "hint",
        "progress",
        "reset",
        "solution",
        "diff",
        "try",
        "doctor",
        "completions",
        "grade",
        "update",
        "handout",
        "package",
        "similarity",
        "skeletons",
        "verify",
        "mutants",
        "bench",
    ] {
        xtask(&[command, "--help"])
            .assert()
            .success()
            .stdout(contains("Example").and(contains(format!("cargo xtask {command}"))));
    }
}

#[test]
fn list_names_every_exercise() {
    for entry in fs::read_dir(root().join("exercises")).unwrap() {
        let entry = entry.unwrap();
        if entry.path().join("exercise.toml").exists() {
            let id = entry.file_name().into_string().unwrap();
            xtask(&["list"]).assert().success().stdout(contains(id));
        }
    }
}

#[test]
fn an_unknown_exercise_is_answered_with_the_nearest() {
    for arguments in [
        &["check", "echo-iteratve"][..],
        &["watch", "echo-iteratve"],
        &["hint", "echo-iteratve"],
        &["reset", "echo-iteratve"],
        &["solution", "echo-iteratve"],
        &["diff", "echo-iteratve"],
        &["grade", "--only", "echo-iteratve"],
        &["grade", "--bin", "echo-iteratve=/bin/true"],
        &["verify", "echo-iteratve"],
        &["mutants", "echo-iteratve"],
        &["skeletons", "echo-iteratve"],
    ] {
        xtask(arguments)
            .assert()
            .code(2)
            .stdout("")
            .stderr(contains(
                "no exercise `echo-iteratve`; did you mean `09-echo-iterative`?",
            ));
    }
}

#[test]
fn what_makes_no_sense_is_wrong_usage() {
    for arguments in [
        &["chekc"][..],
        &["grade", "--tier", "vault"],
        &["grade", "--format", "xml"],
        &["grade", "--jobs", "0"],
        &["grade", "--seed", "x"],
        &["grade", "--bin", "09"],
        &["grade", "--bin", "09/no-such-program=/bin/true"],
        &["skeletons", "--check", "--force"],
        &["check", "--bin", "/bin/true"],
        &["hint", "09", "--check", "no_such_check"],
        &["reset"],
        &["progress", "09"],
    ] {
        xtask(arguments).assert().code(2).stdout("").stderr(
            contains("\n")
                .count(1)
                .not()
                .or(predicate::str::starts_with("xtask: ")),
        );
    }
}

#[test]
fn a_path_that_does_not_exist_is_named() {
    xtask(&["grade", "/no/such/class"])
        .assert()
        .code(2)
        .stdout("")
        .stderr("xtask: /no/such/class: no such file or folder\n");
    xtask(&["check", "09", "--bin", "/no/such/program"])
        .assert()
        .code(2)
        .stderr("xtask: /no/such/program: no such file\n");
}

#[test]
fn a_file_is_no_submission() {
    xtask(&["grade", "Cargo.toml"])
        .assert()
        .code(2)
        .stderr(contains("is a file"));
}

#[test]
fn what_could_not_be_run_is_refused_before_anything_is_built() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str, mode| {
        use std::os::unix::fs::PermissionsExt;
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path.into_os_string().into_string().unwrap()
    };
    for (path, why) in [
        (write("plain", "x", 0o644), "may not be executed"),
        (write("text", "x", 0o755), "neither a program nor a script"),
        (
            write("script", "#!/no/such/shell\n", 0o755),
            "its interpreter /no/such/shell",
        ),
        (
            write("env", "#!/usr/bin/env nosuchlang\n", 0o755),
            "its interpreter nosuchlang",
        ),
        (folder.path().display().to_string(), "is no file"),
    ] {
        xtask(&["check", "09", "--bin", &path])
            .assert()
            .code(2)
            .stderr(contains(why).and(predicate::str::starts_with("xtask: ")));
    }
}

#[test]
fn without_a_compiler_it_says_what_to_install() {
    xtask(&["check", "09"])
        .env("PATH", "/nonexistent")
        .env_remove("CARGO")
        .env_remove("RUSTC")
        .assert()
        .code(1)
        .stdout("")
        .stderr(contains("`cargo` was not found").and(contains("https://rustup.rs")));
}

#[test]
fn outside_of_a_lab_it_says_that_there_is_none() {
    let folder = tempfile::tempdir().unwrap();
    xtask(&["list"])
        .current_dir(folder.path())
        .env_remove("CARGO_MANIFEST_DIR")
        .assert()
        .code(2)
        .stderr(contains("no lab here"));
}

#[test]
fn a_patience_that_is_no_number_is_wrong_usage() {
    xtask(&["check", "09"])
        .env("LAB_PATIENCE", "much")
        .assert()
        .code(2)
        .stderr(contains("LAB_PATIENCE"));
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_reported() {
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_xtask"))
        .arg("list")
        .current_dir(root())
        .stdout(full)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("standard output: No space left on device"),
        "{said}"
    );
}

#[test]
fn output_that_is_no_terminal_is_plain() {
    xtask(&["list"])
        .assert()
        .success()
        .stdout(contains("\u{1b}").not());
}

#[test]
fn skeletons_are_written_and_somebodys_work_is_kept() {
    let lab = Lab::new();
    let file = lab.path("exercises/01-one/src/main.rs");
    fs::remove_file(&file).unwrap();
    let skeletons = |arguments: &[&str]| {
        let mut command = xtask(&["skeletons"]);
        command.args(arguments).current_dir(lab.root());
        command.assert()
    };
    skeletons(&["--check"])
        .code(1)
        .stdout(contains("is not there"));
    skeletons(&[])
        .success()
        .stdout(contains("main.rs: written"));
    assert_eq!(fs::read_to_string(&file).unwrap(), SKELETON);
    skeletons(&["--check"]).success().stdout("");

    fs::write(&file, "my work\n").unwrap();
    skeletons(&["--check"])
        .code(1)
        .stdout(contains("is not what its solution gives"));
    skeletons(&[]).code(1).stdout(contains("left alone"));
    assert_eq!(fs::read_to_string(&file).unwrap(), "my work\n");
    skeletons(&["1", "--force"])
        .success()
        .stdout(contains("what was there is now"));
    assert_eq!(fs::read_to_string(&file).unwrap(), SKELETON);
    let kept = file.with_file_name("main.rs.backup-1");
    assert_eq!(fs::read_to_string(kept).unwrap(), "my work\n");
}
