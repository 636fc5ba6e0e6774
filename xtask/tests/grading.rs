//! Whole runs, from submissions to a report.

// The lint's exemption for tests does not reach the functions beside them.
#![allow(clippy::unwrap_used)]

mod schema;

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use predicates::prelude::*;
use predicates::str::contains;
use serde_json::Value;
use tempfile::TempDir;

fn xtask(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.current_dir(root()).args(arguments);
    command
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// The report of a run; it must be what the schema describes.
fn report(arguments: &[&str]) -> Value {
    let output = xtask(&["grade", "--fresh", "--format", "json"])
        .args(arguments)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{arguments:?}: {error}\n{said}"));
    schema::assert_valid(&report);
    let ungraded = checks(&report).filter(|check| check["verdict"] == "ungraded");
    let ungraded: Vec<String> = ungraded
        .map(|check| format!("{}: {}", check["name"], check["story"]))
        .collect();
    assert!(
        output.status.success(),
        "{arguments:?}: {said}\n{}",
        ungraded.join("\n")
    );
    report
}

fn checks(report: &Value) -> impl Iterator<Item = &Value> {
    fn list<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
        value[key].as_array().unwrap().iter()
    }
    list(report, "submissions")
        .flat_map(|one| list(one, "exercises"))
        .flat_map(|one| list(one, "checks"))
}

/// `exercise status score/max` of every exercise of a submission.
fn scores(submission: &Value) -> Vec<String> {
    submission["exercises"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            let text = |key: &str| one[key].as_str().unwrap().to_owned();
            format!(
                "{} {} {}/{}",
                text("id"),
                text("status"),
                one["score"],
                one["max_score"]
            )
        })
        .collect()
}

fn ids() -> Vec<String> {
    let mut ids: Vec<String> = fs::read_dir(root().join("exercises"))
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().join("exercise.toml").exists())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    ids.sort();
    ids
}

#[test]
fn the_solutions_pass_every_check_and_earn_every_point() {
    let report = report(&["--solutions"]);
    let solutions = &report["submissions"][0];
    let all: Vec<String> = ids()
        .iter()
        .map(|id| format!("{id} graded 100/100"))
        .collect();
    assert_eq!(scores(solutions), all);
    for check in checks(&report) {
        assert_eq!(check["verdict"], "passed", "{check:#}");
    }
}

/// The skeletons as the solutions give them: the files in `exercises/` may be
/// somebody's work.
#[test]
fn the_skeletons_compile_and_earn_nothing() {
    let folder = TempDir::new().unwrap();
    let catalogue = grader::catalogue::Catalogue::load(root()).unwrap();
    for entry in &catalogue.entries {
        let skeletons = grader::skeleton::Skeleton::all_of(entry).unwrap();
        for (skeleton, file) in skeletons.iter().zip(&entry.data.files) {
            write(
                &folder,
                &format!("skeletons/{}/{file}", entry.id),
                &skeleton.text,
            );
        }
    }
    let report = report(&[path(&folder, "skeletons").to_str().unwrap()]);
    let none: Vec<String> = ids()
        .iter()
        .map(|id| format!("{id} graded 0/100"))
        .collect();
    assert_eq!(scores(&report["submissions"][0]), none);
    for check in checks(&report) {
        assert_ne!(check["verdict"], "passed", "a skeleton passes {check:#}");
    }
}

#[test]
fn the_data_name_every_test_and_the_tests_everything_in_the_data() {
    use grader::catalogue::Catalogue;
    use grader::seed::{Seed, Wanted};
    use grader::stop::Stop;

    let catalogue = Catalogue::load(root()).unwrap();
    let entries: Vec<_> = catalogue.entries.iter().collect();
    let wanted = Wanted {
        entries: &entries,
        programs: false,
        tier: Some(jail::Tier::None),
    };
    let seed = Seed::make(&catalogue, wanted, &Stop::default(), &mut |_| {}).unwrap();
    for entry in entries {
        let found = entry.disagreements(&seed.checks[&entry.id].listed);
        assert!(found.is_empty(), "{}", found.join("\n"));
    }
}

/// Everything of a report that may not differ between two runs of one lab;
/// somebody may commit between the two.
fn without_times(mut report: Value) -> Value {
    report["lab"]["commit"] = Value::Null;
    for submission in report["submissions"].as_array_mut().unwrap() {
        for exercise in submission["exercises"].as_array_mut().unwrap() {
            for check in exercise["checks"].as_array_mut().unwrap() {
                check["seconds"] = Value::Null;
            }
        }
    }
    report
}

#[test]
fn the_demo_shows_one_of_each_kind_and_says_the_same_twice() {
    let first = report(&["--demo"]);
    let rows: Vec<(&str, Vec<String>)> = first["submissions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["name"].as_str().unwrap(), scores(one)))
        .collect();
    let of = |name: &str| rows.iter().find(|row| row.0 == name).unwrap().1.join("\n");
    assert!(of("ada-right").contains("09-echo-iterative graded 100/100"));
    assert!(of("ben-partly").contains("10-echo-forking graded 0/100"));
    assert!(of("cleo-does-not-compile").contains("09-echo-iterative build_failed 0/100"));
    assert!(of("dan-hangs").contains("09-echo-iterative graded 0/100"));
    assert!(of("eve-forges").contains("09-echo-iterative graded 0/100"));
    assert!(of("eve-forges").contains("10-echo-forking build_failed 0/100"));
    assert!(of("fay-empty").contains("09-echo-iterative missing 0/100"));
    let ben = rows.iter().position(|row| row.0 == "ben-partly").unwrap();
    let score = first["submissions"][ben]["score"].as_u64().unwrap();
    assert!((50..200).contains(&score), "{score}");
    let again = report(&["--demo"]);
    for (one, other) in checks(&first).zip(checks(&again)) {
        assert_eq!(one["verdict"], other["verdict"], "{one:#}\n{other:#}");
        assert_eq!(one["story"], other["story"], "{}", one["name"]);
    }
    assert_eq!(without_times(first), without_times(again));
}

#[test]
fn the_table_of_the_whole_course_is_narrow_enough_for_a_terminal() {
    let folder = TempDir::new().unwrap();
    write(&folder, "fay/notes.txt", "");
    let output = xtask(&["grade", path(&folder, "fay").to_str().unwrap()])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let table: Vec<&str> = text.lines().take(3).collect();
    assert!(
        table.iter().all(|line| line.chars().count() <= 110),
        "{text}"
    );
    assert!(table[1].starts_with("fay"), "{text}");
    assert!(table[1].contains(" - "), "{text}");
    assert_eq!(table[2], "- missing", "{text}");
    assert!(text.contains("fay         nothing handed in"), "{text}");
}

#[test]
fn the_compilers_words_reach_the_report() {
    let folder = TempDir::new().unwrap();
    write(
        &folder,
        "ada/09-echo-iterative/src/server.rs",
        "pub fn run(port: u16) -> u8 { \"\" }\n",
    );
    let report = report(&[path(&folder, "ada").to_str().unwrap(), "--only", "9"]);
    let message = report["submissions"][0]["exercises"][0]["message"]
        .as_str()
        .unwrap();
    assert!(
        message.contains("error[E0308]: mismatched types"),
        "{message}"
    );
    assert!(message.contains("--> src/server.rs:1:31"), "{message}");
    assert!(!message.contains(root().to_str().unwrap()), "{message}");
}

#[test]
fn a_report_is_written_whole_or_not_at_all() {
    let folder = TempDir::new().unwrap();
    write(&folder, "ada/notes.txt", "");
    let ada = path(&folder, "ada");
    let out = path(&folder, "report.json");
    let grade = |out: &str| {
        let arguments = [
            "grade",
            ada.to_str().unwrap(),
            "--format",
            "json",
            "--out",
            out,
        ];
        xtask(&arguments).assert()
    };
    grade(out.to_str().unwrap())
        .success()
        .stdout(contains("nothing handed in"));
    schema::assert_valid(&serde_json::from_slice(&fs::read(&out).unwrap()).unwrap());

    let nowhere = path(&folder, "no/report.json");
    grade(nowhere.to_str().unwrap())
        .code(1)
        .stderr(contains("No such file or directory"));
    if cfg!(target_os = "linux") {
        grade("/dev/full")
            .code(1)
            .stderr(contains("write /dev/full: No space left on device"));
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[test]
fn a_program_in_any_language_is_judged() {
    use std::os::unix::fs::PermissionsExt;

    let folder = TempDir::new().unwrap();
    write(&folder, "server", "#!/bin/sh\nexit 0\n");
    let server = path(&folder, "server");
    fs::set_permissions(&server, fs::Permissions::from_mode(0o755)).unwrap();
    let bin = format!("09={}", server.display());
    let report = report(&["--bin", &bin]);
    assert_eq!(report["submissions"].as_array().unwrap().len(), 1);
    assert_eq!(report["submissions"][0]["name"], "bin");
    assert_eq!(
        scores(&report["submissions"][0]),
        ["09-echo-iterative graded 0/100"]
    );

    xtask(&["check", "09", "--bin", server.to_str().unwrap()])
        .assert()
        .code(1)
        .stdout(contains("echoes_a_line").and(contains("score 0/100")));
}

#[test]
fn the_labs_own_programs_pass_every_check() {
    let programs = Path::new(env!("CARGO_BIN_EXE_xtask")).parent().unwrap();
    let packages = ["client", "iterative-server", "forking-server"];
    Command::new(env!("CARGO"))
        .current_dir(root())
        .args(["build", "--quiet", "--target-dir"])
        .arg(programs.parent().unwrap())
        .args(packages.iter().flat_map(|package| ["--package", package]))
        .assert()
        .success();
    let mut arguments = Vec::new();
    for (exercise, package) in ["08", "09", "10"].iter().zip(packages) {
        arguments.push("--bin".to_owned());
        arguments.push(format!("{exercise}={}", programs.join(package).display()));
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let report = report(&arguments);
    assert_eq!(report["submissions"][0]["name"], "bin");
    for check in checks(&report) {
        assert_eq!(check["verdict"], "passed", "{check:#}");
    }
}

/// ^C in the middle: one line, status 1, no report, and nothing stays behind.
#[test]
#[cfg(target_os = "linux")]
fn an_interrupted_run_leaves_nothing_running() {
    use nix::sys::signal::{Signal, kill};
    use nix::unistd::Pid;
    use std::process::Stdio;
    use std::time::{Duration, Instant};

    let folder = TempDir::new().unwrap();
    let out = path(&folder, "report.json");
    let child = std::process::Command::new(env!("CARGO_BIN_EXE_xtask"))
        .current_dir(root())
        .args([
            "grade",
            "--demo",
            "--format",
            "json",
            "--out",
            out.to_str().unwrap(),
        ])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let run = Pid::from_raw(i32::try_from(child.id()).unwrap());
    let limit = Instant::now() + Duration::from_secs(300);
    let cells = loop {
        let cells = children_named(run, "cell");
        if !cells.is_empty() {
            break cells;
        }
        assert!(Instant::now() < limit, "no cell was started");
        std::thread::yield_now();
    };
    kill(run, Signal::SIGINT).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("xtask: stopped"), "{said}");
    assert!(output.stdout.is_empty());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    for cell in cells {
        assert!(
            !Path::new(&format!("/proc/{cell}")).exists(),
            "{cell} still runs"
        );
    }
}

#[cfg(target_os = "linux")]
fn children_named(parent: nix::unistd::Pid, name: &str) -> Vec<String> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|pid| {
            let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) else {
                return false;
            };
            let Some((head, tail)) = stat.rsplit_once(')') else {
                return false;
            };
            head.ends_with(&format!("({name}"))
                && tail.split_whitespace().nth(1) == Some(&parent.to_string())
        })
        .collect()
}

fn path(folder: &TempDir, name: &str) -> PathBuf {
    folder.path().join(name)
}

fn write(folder: &TempDir, name: &str, text: &str) {
    small_lab::write(folder.path(), name, text);
}
