//! A class: graded in parts, again, and after a run that was killed.

// The lint's exemption for tests does not reach the functions beside them.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

const NAMES: [&str; 3] = ["ada", "ben", "cleo"];

/// Three who handed in the model solution of 01, each with a mark of this class:
/// nobody has judged these files before.
struct Class(TempDir);

impl Class {
    fn new() -> Class {
        let class = Class(TempDir::new().unwrap());
        let solution = root().join("solutions/01-resolve/src/resolve.rs");
        let solution = fs::read_to_string(solution).unwrap();
        for name in NAMES {
            let folder = class.folder().join(name).join("01-resolve/src");
            fs::create_dir_all(&folder).unwrap();
            let mark = format!("{solution}\n// {}\n", folder.display());
            fs::write(folder.join("resolve.rs"), mark).unwrap();
        }
        class
    }

    fn folder(&self) -> PathBuf {
        self.0.path().join("class")
    }

    fn report(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn grade(&self, more: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command
            .current_dir(root())
            .args(["grade", "--only", "01", "--jobs", "1"])
            .arg(self.folder())
            .args(more);
        command
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// What it printed on both outputs; it must succeed.
fn run(command: &mut Command) -> (Vec<u8>, String) {
    let output = command.output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}");
    (output.stdout, said)
}

#[test]
fn what_was_judged_is_not_judged_again_and_gives_the_same_report() {
    let class = Class::new();
    let (first, said) = run(&mut class.grade(&["--format", "json"]));
    assert!(!said.contains("judged before"), "{said}");
    let report: Value = serde_json::from_slice(&first).unwrap();
    assert_eq!(report["submissions"][2]["score"], 100);

    let (second, said) = run(&mut class.grade(&["--format", "json"]));
    assert!(
        said.contains("3 of 3 exercises were judged before"),
        "{said}"
    );
    assert_eq!(first, second);

    let ben = class.folder().join("ben/01-resolve/src/resolve.rs");
    // Nobody has handed that in before, in an earlier run of this test either.
    fs::write(&ben, format!("no Rust: {}\n", ben.display())).unwrap();
    let (third, said) = run(&mut class.grade(&["--format", "json"]));
    assert!(
        said.contains("2 of 3 exercises were judged before"),
        "{said}"
    );
    let report: Value = serde_json::from_slice(&third).unwrap();
    assert_eq!(report["submissions"][1]["score"], 0);

    let (_, said) = run(&mut class.grade(&["--fresh"]));
    assert!(!said.contains("judged before"), "{said}");
}

#[test]
fn a_run_that_was_killed_goes_on_where_it_stopped() {
    let class = Class::new();
    let mut killed = class.grade(&[]).stderr(Stdio::piped()).spawn().unwrap();
    let told = BufReader::new(killed.stderr.take().unwrap());
    let done = told.lines().map_while(Result::ok);
    let mut done = done.filter(|line| line.starts_with("1/3 "));
    let first = done.next().unwrap_or_default();
    assert!(first.starts_with("1/3 ada 100"), "{first}");
    killed.kill().unwrap();
    killed.wait().unwrap();

    let (_, said) = run(&mut class.grade(&["--out", class.report("all").to_str().unwrap()]));
    // It may have come further between its line and its end.
    let known = ["1 of 3", "2 of 3", "3 of 3"];
    assert!(known.iter().any(|known| said.contains(known)), "{said}");
    let table = fs::read_to_string(class.report("all")).unwrap();
    for name in NAMES {
        assert!(table.contains(name), "{table}");
    }
}

#[test]
fn parts_of_a_class_put_together_are_the_class() {
    let class = Class::new();
    let (whole, _) = run(&mut class.grade(&["--format", "json"]));
    let mut merge = Command::new(env!("CARGO_BIN_EXE_xtask"));
    merge
        .current_dir(root())
        .args(["merge", "--format", "json"]);
    for part in ["2/2", "1/2"] {
        let out = class.report(&part.replace('/', "-"));
        let arguments = ["--shard", part, "--format", "json", "--out"];
        run(class.grade(&arguments).arg(&out));
        merge.arg(out);
    }
    let (merged, _) = run(&mut merge);
    assert_eq!(whole, merged);

    // Whoever is in the other part is not missing.
    let roster = class.report("roster.csv");
    fs::write(&roster, "id,submitted\nada,2026-11-20T10:00\ncleo,\nzoe,\n").unwrap();
    let pages = class.report("pages");
    let mut grade = class.grade(&["--shard", "1/2", "--format", "csv", "--roster"]);
    grade.arg(&roster).arg("--html").arg(&pages);
    let (table, said) = run(&mut grade);
    let told = String::from_utf8(table).unwrap() + &said;
    assert!(
        !told.contains("no submission") && !told.contains("zoe"),
        "{told}"
    );
    assert!(
        told.contains("submitted change no grade: there is no deadline"),
        "{told}"
    );
    let index = fs::read_to_string(pages.join("index.html")).unwrap();
    assert!(!index.contains("zoe") && index.contains("a part of the class"));
    let mut of_all = Command::new(env!("CARGO_BIN_EXE_xtask"));
    of_all
        .current_dir(root())
        .args(["merge", "--format", "csv"]);
    of_all.arg("--roster").arg(&roster);
    let parts = ["1-2", "2-2"].map(|part| class.report(part));
    let (table, said) = run(of_all.args(parts));
    let table = String::from_utf8(table).unwrap();
    assert!(table.contains("zoe,,,,,,,100,no submission"), "{table}");
    assert!(said.contains("no submission: zoe"), "{said}");

    let output = merge.arg(class.report("1-2")).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("ada is in "), "{said}");
}

#[test]
fn files_among_submissions_are_named_and_an_empty_folder_is_refused() {
    let class = Class::new();
    let folder = class.folder();
    fs::write(folder.join("dan.rar"), "no archive that is read").unwrap();
    for name in NAMES {
        // Nothing is to be judged.
        fs::remove_dir_all(folder.join(name).join("01-resolve/src")).unwrap();
    }
    let (_, said) = run(&mut class.grade(&[]));
    assert!(said.contains("no archive that is read: dan.rar"), "{said}");

    fs::remove_dir_all(&folder).unwrap();
    fs::create_dir(&folder).unwrap();
    let output = class.grade(&[]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("is empty: there is no submission"), "{said}");
}

/// An array of tasks that is longer than the class.
#[test]
fn parts_without_a_submission_are_merged_too() {
    let class = Class::new();
    for name in ["ben", "cleo"] {
        fs::remove_dir_all(class.folder().join(name)).unwrap();
    }
    let mut merge = Command::new(env!("CARGO_BIN_EXE_xtask"));
    merge
        .current_dir(root())
        .args(["merge", "--format", "json"]);
    for part in ["1/2", "2/2"] {
        let out = class.report(&part.replace('/', "-"));
        let arguments = ["--shard", part, "--format", "json", "--out"];
        let (_, said) = run(class.grade(&arguments).arg(&out));
        let told = said.contains("part 2 of 2 is empty: there are 1 submissions");
        assert_eq!(told, part == "2/2", "{said}");
        merge.arg(out);
    }
    let report: Value = serde_json::from_slice(&run(&mut merge).0).unwrap();
    let submissions = report["submissions"].as_array().unwrap();
    assert_eq!(submissions.len(), 1);
    assert_eq!(submissions[0]["score"], 100);
}

/// What a student uploads who puts several folders together.
#[test]
fn several_folders_of_one_student_are_one_result() {
    let class = Class::new();
    let folder = class.folder();
    for name in ["ben", "cleo"] {
        fs::remove_dir_all(folder.join(name)).unwrap();
    }
    fs::create_dir_all(folder.join("week 2/02-byte-order/src")).unwrap();
    let mut grade = class.grade(&["--as-one", "--only", "2", "--format", "gradescope"]);
    let results: Value = serde_json::from_slice(&run(&mut grade).0).unwrap();
    let tests = results["tests"].as_array().unwrap();
    let of = |id: &'static str| tests.iter().filter(move |test| test["tags"][0] == id);
    assert!(of("01-resolve").count() > 1);
    assert!(of("01-resolve").all(|test| test["status"] == "passed"));
    let second = of("02-byte-order").next().unwrap();
    let said = second["output"].as_str().unwrap();
    assert!(said.contains("not handed in: no src/"), "{results}");
}

/// The whole way of an instructor: a roster, a policy, a table, pages.
#[test]
fn a_class_has_grades_and_pages() {
    let class = Class::new();
    let roster = class.report("roster.csv");
    fs::write(&roster, "id,name\ns1,ada\ns2,ben\ns9,zoe\n").unwrap();
    let policy = class.report("grading.toml");
    fs::write(&policy, "out-of = 20\n[exercises]\n01-resolve = {}\n").unwrap();
    let other = class.report("other.toml");
    fs::write(&other, "out-of = 10\n[exercises]\n01-resolve = {}\n").unwrap();
    let pages = class.report("pages");

    let mut grade = class.grade(&["--format", "csv", "--roster"]);
    grade.arg(&roster).arg("--policy").arg(&policy);
    let (table, said) = run(grade.arg("--html").arg(&pages));
    let table = String::from_utf8(table).unwrap();
    assert!(table.contains("\ns1,ada,,,ada,100,20,20,"), "{table}");
    assert!(said.contains("no submission: s9 zoe"), "{said}");
    assert!(said.contains("not in the roster: cleo"), "{said}");
    let index = fs::read_to_string(pages.join("index.html")).unwrap();
    assert!(index.contains("cleo") && index.contains("<h1"), "{index}");

    let mut grade = class.grade(&["--policy"]);
    let (changes, said) = run(grade.arg(&policy).arg("--what-if").arg(&other));
    let changes = String::from_utf8(changes).unwrap();
    assert!(changes.contains("ada: 20 of 20 -> 10 of 10"), "{changes}");
    assert!(
        said.contains("3 of 3 exercises were judged before"),
        "{said}"
    );

    fs::write(&policy, "out-off = 20\n").unwrap();
    let output = class.grade(&["--policy"]).arg(&policy).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("out-off"));
}
