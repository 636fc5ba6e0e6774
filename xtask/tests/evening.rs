//! A student's evening: judged again and again, hints, progress, a new beginning.

// The lint's exemption for tests does not reach the functions beside them.
#![allow(clippy::unwrap_used)]

mod scripted_lab;

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use assert_cmd::assert::Assert;
use predicates::prelude::*;
use predicates::str::{contains, starts_with};
use scripted_lab::{RUSTC, Scripted};
use small_lab::SKELETON;

fn said(assert: &Assert) -> String {
    String::from_utf8(assert.get_output().stdout.clone()).unwrap()
}

const AS_BEFORE: &str = "  as before, nothing has changed; --fresh judges again";

#[test]
fn with_nothing_changed_cargo_is_not_started_and_the_same_is_said() {
    let lab = Scripted::new();
    lab.save("zero");
    let first = said(&lab.run(&["check", "1"]).code(1));
    assert!(first.contains("score 60/100\n"), "{first}");
    assert!(
        first.contains("The first that did not pass: one"),
        "{first}"
    );
    let again = lab.run(&["check", "1"]).code(1).stderr("");
    assert_eq!(said(&again).replace(AS_BEFORE, ""), first);
    assert!(said(&again).contains(&format!("score 60/100{AS_BEFORE}\n")));
    assert_eq!(lab.builds(), 1);
    // And what was judged is what is known: the status of a pass is kept as well.
    lab.save("zero one beyond");
    lab.run(&["check", "1"]).success();
    lab.run(&["check", "1"])
        .success()
        .stdout(contains(AS_BEFORE));
    assert_eq!(lab.builds(), 2);
}

#[test]
fn whatever_a_verdict_depends_on_has_it_judged_again() {
    let lab = Scripted::new();
    lab.save("zero");
    lab.run(&["check", "1"]).code(1);
    let mut builds = lab.builds();
    let mut judged_again = |why: &str, command: &mut Command| {
        let output = command.assert().code(1);
        assert!(!said(&output).contains(AS_BEFORE), "{why}");
        builds += 1;
        assert_eq!(lab.builds(), builds, "{why}");
    };
    for (path, text) in [
        ("exercises/01-one/src/main.rs", "zero!"),
        ("exercises/01-one/src/given.rs", "the lab's own"),
        ("exercises/01-one/src/data.txt", "included"),
        ("exercises/01-one/tests/checks.rs", "// other checks\n"),
        ("crates/checks/src/lib.rs", "//! Something.\n"),
        ("crates/sockets/src/lib.rs", "//! A library.\n"),
        ("Cargo.toml", "[workspace]\n[profile.dev]\nopt-level = 1\n"),
        ("Cargo.lock", "version = 5\n"),
        (".cargo/config.toml", "[build]\nrustflags = []\n"),
        (
            "rust-toolchain.toml",
            "[toolchain]\nchannel = \"nightly\"\n",
        ),
    ] {
        lab.write(path, text);
        judged_again(path, &mut lab.xtask(&["check", "1"]));
    }
    let data = lab.read("exercises/01-one/exercise.toml");
    let data = data.replace("It does more.", "It does even more.");
    lab.write("exercises/01-one/exercise.toml", &data);
    judged_again("exercise.toml", &mut lab.xtask(&["check", "1"]));
    judged_again("the seed", &mut lab.xtask(&["check", "1", "--seed", "2"]));
    judged_again(
        "it was asked for",
        &mut lab.xtask(&["check", "1", "--fresh"]),
    );
    judged_again("flags", lab.xtask(&["check", "1"]).env("RUSTFLAGS", "-Cx"));
    judged_again(
        "deadlines",
        lab.xtask(&["check", "1"]).env("LAB_PATIENCE", "3"),
    );
    lab.program("bin/rustc", &RUSTC.replace("1.85", "1.86"));
    judged_again("the compiler", &mut lab.xtask(&["check", "1"]));
    // What no verdict depends on.
    lab.write("exercises/02-two/src/main.rs", "zero");
    lab.write("notes.txt", "mine");
    lab.write("crates/study/src/lib.rs", "//! Hints.\n");
    lab.run(&["check", "1"]).code(1).stdout(contains(AS_BEFORE));
    // Undone is as before.
    lab.save("zero one");
    lab.run(&["check", "1"]);
    lab.save("zero!");
    lab.run(&["check", "1"]).code(1).stdout(contains(AS_BEFORE));
}

#[test]
fn a_file_that_is_saved_while_it_is_built_is_judged_the_next_time() {
    let lab = Scripted::new();
    lab.save("zero");
    lab.write("saved-meanwhile", "zero one beyond");
    lab.run(&["check", "1"])
        .code(1)
        .stdout(contains("score 60/100"));
    fs::remove_file(lab.path("saved-meanwhile")).unwrap();
    // Neither for what is there now nor for what was is anything on record.
    lab.run(&["check", "1"])
        .success()
        .stdout(contains("score 100/100\n"));
    lab.save("zero");
    lab.run(&["check", "1"])
        .code(1)
        .stdout(contains("score 60/100\n"));
}

#[test]
fn what_the_lab_could_not_judge_is_judged_again() {
    let lab = Scripted::new();
    lab.save("UNSURE");
    for builds in 1..=2 {
        lab.run(&["check", "1"]).code(1).stdout(
            contains("the lab could not judge all of it")
                .and(contains(AS_BEFORE).not())
                .and(contains("hint").not()),
        );
        assert_eq!(lab.builds(), builds);
    }
}

#[test]
fn of_several_only_what_has_changed_is_judged_again() {
    let lab = Scripted::new();
    lab.save("zero one beyond");
    lab.write("exercises/02-two/src/main.rs", "zero one beyond");
    lab.run(&["check"]).success();
    lab.save("zero");
    let text = said(&lab.run(&["check"]).code(1));
    let (one, two) = text.split_once("02-two").unwrap();
    assert!(
        one.starts_with("01-one") && !one.contains(AS_BEFORE),
        "{one}"
    );
    assert!(two.contains(AS_BEFORE), "{two}");
}

#[test]
fn the_compilers_words_stand_below_the_exercise_and_nobody_elses() {
    let lab = Scripted::new();
    lab.save("BROKEN");
    lab.write("exercises/02-two/src/main.rs", "zero one beyond");
    let output = std::process::Command::new("sh")
        .args(["-c", "exec target/debug/xtask check 2>&1"])
        .current_dir(lab.root())
        .env("CARGO", lab.path("bin/cargo"))
        .env("RUSTC", lab.path("bin/rustc"))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).unwrap();
    let head = "building the lab's own parts; the first time, this takes a minute\n";
    let text = text.strip_prefix(head).unwrap_or(&text);
    assert!(
        text.starts_with(
            "01-one  Number one\nerror: it is BROKEN\n --> exercises/01-one/src/main.rs:1:1\n  \
             one does not compile\n"
        ),
        "{text}"
    );
    assert!(!text.contains("could not compile"), "{text}");
    assert!(
        text.contains("\n02-two  Number two\n  passed    zero\n"),
        "{text}"
    );
}

#[test]
fn hints_come_one_at_a_time_and_are_remembered() {
    let lab = Scripted::new();
    lab.save("zero");
    let failed = said(&lab.run(&["check", "1"]).code(1));
    assert!(
        failed.contains("\nstuck? one hint at a time: cargo xtask hint 01\n"),
        "{failed}"
    );
    assert!(!failed.contains("a vague one"), "{failed}");
    let hint = |arguments: &[&str]| said(&lab.run(arguments).success());
    let first = hint(&["hint", "1"]);
    assert!(first.contains("hint 1 of 3: a vague one\n"), "{first}");
    assert!(first.contains("one (requirement 2)"), "{first}");
    assert!(!first.contains("a clearer one"), "{first}");
    lab.run(&["check", "1"])
        .stdout(contains("hint 01 (1 of 3 used)\n"));
    // The exercise that one is at need not be named.
    let second = hint(&["hint"]);
    assert!(second.contains("hint 1 of 3") && second.contains("hint 2 of 3: a clearer one"));
    assert!(!second.contains("a plain one"), "{second}");
    let third = hint(&["hint", "1"]);
    assert!(third.contains("hint 3 of 3: a plain one"), "{third}");
    assert!(
        third.contains("There are no more. Read on: exercises/01-one/README.md, requirement 2")
    );
    assert!(!third.contains("--spoil"), "{third}");
    let fourth = hint(&["hint", "1"]);
    assert!(
        fourth.contains("hint 1 of 3") && fourth.contains("hint 3 of 3"),
        "{fourth}"
    );
    assert!(
        fourth.contains("cargo xtask solution 01 --spoil"),
        "{fourth}"
    );
    // Nothing was built for any of them: what fails was on record.
    assert_eq!(lab.builds(), 1);
}

#[test]
fn a_hint_is_for_what_fails_now() {
    let lab = Scripted::new();
    // Never judged: it is judged first, and no word is said of it on standard output.
    lab.save("nothing");
    let output = lab.run(&["hint", "1"]).success();
    assert!(said(&output).contains("zero (requirement 1)"));
    assert!(!said(&output).contains("failed"), "{}", said(&output));
    // Mended, and not judged since.
    lab.save("zero");
    lab.run(&["hint", "1"])
        .success()
        .stdout(contains("one (requirement 2)"));
    lab.save("zero one beyond");
    lab.run(&["hint", "1"])
        .success()
        .stdout(contains("Everything passes"));
    lab.save("BROKEN");
    lab.run(&["hint", "1"])
        .success()
        .stdout(contains("one does not compile").and(contains("hint 1 of").not()));
    lab.save("UNSURE");
    lab.run(&["hint", "1"])
        .success()
        .stdout(contains("could not judge"));
    // For a program of another kind one asks for the check by its name.
    let builds = lab.builds();
    lab.run(&["hint", "2", "--check", "beyond"])
        .success()
        .stdout(
            contains("beyond (requirement 3)")
                .and(contains("hint 1 of 3: vague"))
                .and(contains(
                    "one more hint: cargo xtask hint 02 --check beyond\n",
                )),
        );
    assert_eq!(lab.builds(), builds);
}

#[test]
fn progress_is_a_map_that_is_rebuilt_from_the_programs() {
    let lab = Scripted::new();
    let fresh = said(&lab.run(&["progress"]).success());
    assert!(
        fresh.starts_with("0 of 2 exercises done\n\n1. First things\n   01-one"),
        "{fresh}"
    );
    assert!(
        fresh.ends_with("next: read exercises/01-one/README.md\n"),
        "{fresh}"
    );
    lab.save("zero");
    lab.write("exercises/02-two/src/main.rs", "zero one");
    lab.run(&["check"]).code(1);
    lab.run(&["hint", "1"]).success();
    let map = said(&lab.run(&["progress"]).success());
    for line in [
        "1 of 2 exercises done, 1 in progress\n",
        "   01-one              in progress   60/100  20",
        "\n     fails one, 1 of 3 hints used\n",
        "\n\n2. More\n   02-two              done         100/100  20",
        "\ngo on with: cargo xtask check 01\n",
    ] {
        assert!(map.contains(line), "{line:?} in\n{map}");
    }
    assert!(
        map.lines()
            .all(|line| line.len() <= 80 && line.trim_end() == line),
        "{map}"
    );
    lab.run(&["list"]).success().stdout(
        contains("1. First things\n   01-one  Number one   3 checks  in progress\n").and(contains(
            "2. More\n   02-two  Number two   3 checks  done\n",
        )),
    );

    fs::remove_dir_all(lab.path(".lab")).unwrap();
    let lost = said(&lab.run(&["progress"]).success());
    assert!(
        lost.contains("01-one              in progress  not judged yet"),
        "{lost}"
    );
    let rebuilt = said(&lab.run(&["progress", "--rebuild"]).success());
    assert!(rebuilt.contains("in progress   60/100"), "{rebuilt}");
    assert!(rebuilt.contains("done         100/100"), "{rebuilt}");
    // What is the skeleton again, and what does not compile, is not what was judged.
    lab.save(SKELETON);
    lab.write("exercises/02-two/src/main.rs", "BROKEN");
    let rebuilt = lab.run(&["progress", "--rebuild"]).success();
    assert!(said(&rebuilt).contains("02-two              in progress  not judged yet"));
    assert!(said(&rebuilt).contains("01-one              next\n"));
}

#[test]
fn a_damaged_progress_is_one_line_and_a_backup() {
    let lab = Scripted::new();
    lab.write(".lab/progress.toml", "format = 1\n[exercise");
    lab.run(&["list"]).success().stderr(
        starts_with("xtask: ")
            .and(contains("is damaged; it is now"))
            .and(contains("\n").count(1)),
    );
    assert_eq!(lab.backups().len(), 1);
    lab.run(&["list"]).success().stderr("");
}

#[test]
fn where_nothing_can_be_kept_there_is_a_verdict_all_the_same() {
    let lab = Scripted::new();
    lab.write(".lab", "a file");
    lab.save("zero one beyond");
    lab.run(&["check", "1"])
        .success()
        .stdout(contains("score 100/100"))
        .stderr(contains("your progress is not kept: "));
}

#[test]
fn reset_makes_a_backup_and_says_where() {
    let lab = Scripted::new();
    let file = "exercises/01-one/src/main.rs";
    lab.run(&["reset", "1"])
        .success()
        .stdout("01-one is as it was at the start\n");
    lab.save("my work");
    lab.xtask(&["reset", "1"])
        .write_stdin("y\n")
        .assert()
        .code(2)
        .stdout("")
        .stderr(contains("no terminal to ask at; --yes does it").and(contains(file)));
    assert_eq!(lab.read(file), "my work");
    assert!(lab.backups().is_empty());
    let output = said(&lab.run(&["reset", "1", "--yes"]).success());
    let [backup] = &lab.backups()[..] else {
        panic!("{:?}", lab.backups());
    };
    let shown = backup.strip_prefix(lab.root()).unwrap().display();
    assert_eq!(output, format!("reset: {file}\nwhat was there: {shown}\n"));
    assert_eq!(fs::read(backup.join("src/main.rs")).unwrap(), b"my work");
    assert_eq!(lab.read(file), SKELETON);
    lab.run(&["reset", "1", "--yes"]).success();
    assert_eq!(lab.backups().len(), 1, "there was nothing to back up");
}

#[test]
fn the_solution_is_shown_to_who_has_passed_or_wants_it_spoilt() {
    let lab = Scripted::new();
    for command in ["solution", "diff"] {
        lab.run(&[command, "1"]).code(2).stdout("").stderr(contains(format!(
            "01-one has not passed yet: cargo xtask check 01; to see the solution all the same: \
             cargo xtask {command} 01 --spoil"
        )));
    }
    let solution = "fn main() {\n    println!(\"zero one beyond\");\n}\n";
    lab.run(&["solution", "1", "--spoil"])
        .success()
        .stdout(format!("// solutions/01-one/src/main.rs\n{solution}"));
    lab.save("zero one");
    lab.run(&["check", "1"]).code(1);
    lab.run(&["solution", "1"]).success();
    lab.run(&["diff", "1"])
        .success()
        .stdout(contains("-zero one\n").and(contains("+    println!(\"zero one beyond\");\n")));
    // Once passed is passed: a change that fails hides nothing.
    lab.save(solution);
    lab.run(&["diff", "1"])
        .success()
        .stdout("01-one: yours is the solution\n");

    fs::remove_dir_all(lab.path("solutions")).unwrap();
    for command in ["solution", "diff"] {
        lab.run(&[command, "1"])
            .code(2)
            .stdout("")
            .stderr(contains("the students' package: it has none").and(contains("\n").count(1)));
    }
    let help = said(&lab.run(&["--help"]).success());
    assert!(help.contains("\n  hint "), "{help}");
    assert!(!help.contains("\n  solution "), "{help}");
}

#[test]
fn another_program_is_judged_and_leaves_no_trace() {
    let lab = Scripted::new();
    lab.program("mine", "#!/bin/sh\n# zero\n");
    let path = lab.path("mine").display().to_string();
    for builds in 1..=2 {
        lab.run(&["check", "1", "--bin", &path]).code(1).stdout(
            contains(format!(
                "next: {path}, then once more: cargo xtask check 01 --bin {path}\n\
                 stuck? one hint at a time: cargo xtask hint 01 --check one\n"
            ))
            .and(contains(AS_BEFORE).not())
            .and(contains("exercises/").not()),
        );
        assert_eq!(lab.builds(), builds);
    }
    assert!(!lab.path(".lab").exists());
}

#[test]
fn alone_it_says_in_ten_lines_where_one_is() {
    let lab = Scripted::new();
    let alone = || {
        let text = said(&lab.run(&[]).success().stderr(""));
        assert!(text.lines().count() <= 10, "{text}");
        text
    };
    let text = alone();
    assert!(text.contains("0 of 2 exercises done\n"), "{text}");
    assert!(text.contains("exercises/01-one/README.md"), "{text}");
    assert!(!text.contains("hint"), "{text}");
    lab.save("zero");
    lab.run(&["check", "1"]).code(1);
    let text = alone();
    assert!(
        text.contains("0 of 2 exercises done, 1 in progress\n"),
        "{text}"
    );
    assert!(text.contains("cargo xtask hint 01"), "{text}");
    lab.save("zero one");
    lab.run(&["check", "1"]).code(1);
    let text = alone();
    assert!(text.contains("exercises/02-two/README.md"), "{text}");
    lab.write("exercises/02-two/src/main.rs", "zero one");
    lab.run(&["check", "2"]).code(1);
    assert!(alone().contains("2 of 2 exercises done\n"));
    assert!(
        !Path::new("cargo.log").exists(),
        "the lab's own folder is left alone"
    );
}
