//! The package for students: nothing of a solution is in it, and it works.

// The lint's exemption for tests does not reach the functions beside them.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use assert_cmd::prelude::*;
use predicates::str::{contains, starts_with};
use serde_json::Value;
use small_lab::files;
use study::update::{FILE, Record, digest};
use tempfile::TempDir;

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

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn handout(out: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command
        .current_dir(root())
        .args(["handout", "--out"])
        .arg(out);
    command
}

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

/// A copy of the package where it is built: always the same place, so that what
/// it depends on is built once. It lies as Gradescope would put it.
struct Student(PathBuf);

impl Student {
    fn one() -> &'static Student {
        static ONE: OnceLock<Student> = OnceLock::new();
        ONE.get_or_init(|| {
            let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("student");
            let source = folder.join("source");
            if source.exists() {
                fs::remove_dir_all(&source).unwrap();
            }
            fs::create_dir_all(&source).unwrap();
            handout(&source.join("lab")).assert().success();
            Student(folder)
        })
    }

    fn lab(&self) -> PathBuf {
        self.0.join("source/lab")
    }

    fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let home = |name: &str, inside: &str| {
            let home = || PathBuf::from(env::var_os("HOME").unwrap()).join(inside);
            env::var_os(name).map_or_else(home, PathBuf::from)
        };
        let mut command = Command::new(program);
        command
            .current_dir(self.lab())
            .env("CARGO_HOME", home("CARGO_HOME", ".cargo"))
            .env("RUSTUP_HOME", home("RUSTUP_HOME", ".rustup"))
            .env("CARGO_TARGET_DIR", self.0.join("target"))
            .env_remove("CARGO_MANIFEST_DIR");
        command
    }

    fn xtask(&self, arguments: &[&str]) -> Output {
        let mut command = self.command(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.arg("xtask").args(arguments).output().unwrap()
    }
}

#[test]
#[ignore = "builds the lab from nothing, which takes minutes: cargo test -- --ignored"]
fn a_student_builds_it_and_is_judged() {
    let student = Student::one();
    let said = |output: &Output| String::from_utf8(output.stdout.clone()).unwrap();

    let alone = student.xtask(&[]);
    let text = said(&alone);
    let count = fs::read_dir(student.lab().join("skeletons"))
        .unwrap()
        .count();
    let none = format!("0 of {count} exercises done");
    assert!(
        text.contains(&none),
        "{text}{}",
        String::from_utf8_lossy(&alone.stderr)
    );
    assert!(!text.contains("--demo"), "{text}");

    let checked = student.xtask(&["check", "01"]);
    let text = said(&checked);
    assert_eq!(checked.status.code(), Some(1), "{text}");
    assert!(text.contains("The first that did not pass"), "{text}");
    assert!(text.contains("score 0/100"), "{text}");

    // A solution is judged as it is at home.
    let place = "01-resolve/src/resolve.rs";
    let solution = root().join("solutions").join(place);
    fs::copy(solution, student.lab().join("exercises").join(place)).unwrap();
    let checked = student.xtask(&["check", "01"]);
    assert!(
        said(&checked).contains("score 100/100"),
        "{}",
        said(&checked)
    );
    let again = said(&student.xtask(&["check", "01"]));
    assert!(again.contains("as before, nothing has changed"), "{again}");
    assert!(said(&student.xtask(&["list"])).contains("checks  done"));
    let graded = student.xtask(&["grade", "--only", "01"]);
    assert!(said(&graded).contains("100/100"), "{}", said(&graded));

    for needs in [
        &["grade", "--solutions"][..],
        &["grade", "--demo"],
        &["verify"],
        &["mutants"],
        &["skeletons", "--check"],
        &["bench"],
        &["solution", "01"],
        &["diff", "01"],
        &["handout", "--out", "x"],
        &["package", "gradescope", "--out", "x"],
    ] {
        student
            .xtask(needs)
            .assert()
            .code(2)
            .stderr(contains("students' package"));
    }
}

#[test]
#[ignore = "builds the lab from nothing, which takes minutes: cargo test -- --ignored"]
fn an_autograder_of_gradescope_judges_what_is_handed_in() {
    let student = Student::one();
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("autograder.zip");
    let mut package = Command::new(env!("CARGO_BIN_EXE_xtask"));
    package
        .current_dir(root())
        .args(["package", "gradescope", "--only", "1", "--out"])
        .arg(&file);
    package.assert().success();

    // The lab in it is the package, file by file, and beside it are two scripts.
    let mut archive = zip::ZipArchive::new(fs::File::open(&file).unwrap()).unwrap();
    let mut names = BTreeSet::new();
    for number in 0..archive.len() {
        let mut member = archive.by_index(number).unwrap();
        let name = member.name().to_owned();
        let mut bytes = Vec::new();
        member.read_to_end(&mut bytes).unwrap();
        let is_script = !name.starts_with("lab/");
        let mode = if is_script { 0o755 } else { 0o644 };
        assert_eq!(member.unix_mode().unwrap() & 0o777, mode, "{name}");
        if is_script {
            let text = String::from_utf8(bytes.clone()).unwrap();
            assert!(
                text.starts_with("#!/bin/sh\n") && !text.contains('@'),
                "{text}"
            );
            assert!(text.contains(" --only 01 "), "{text}");
            let path = folder.path().join(&name);
            fs::write(&path, bytes).unwrap();
            Command::new("sh").arg("-n").arg(path).assert().success();
        } else if !name.ends_with("01-resolve/src/resolve.rs") {
            let here = fs::read(student.0.join("source").join(&name)).unwrap();
            assert!(bytes == here, "{name}");
        }
        names.insert(name);
    }
    let lab = student.lab();
    let mut expected: BTreeSet<String> = files(&lab)
        .into_iter()
        .map(|path| format!("lab/{path}"))
        .collect();
    expected.extend(["run_autograder".to_owned(), "setup.sh".to_owned()]);
    assert_eq!(names, expected);

    // Everything is installed; what would install it, fails.
    let bin = folder.path().join("bin");
    fs::create_dir(&bin).unwrap();
    for name in ["curl", "apt-get"] {
        fs::write(bin.join(name), "#!/bin/sh\nexit 1\n").unwrap();
        fs::set_permissions(bin.join(name), Permissions::from_mode(0o755)).unwrap();
    }
    let path = env::var_os("PATH").unwrap();
    let path = env::join_paths(env::split_paths(&path).chain([bin])).unwrap();
    let mut setup = student.command("sh");
    setup
        .arg(folder.path().join("setup.sh"))
        .env("PATH", path)
        .env("AUTOGRADER", &student.0)
        .env("LAB_FORMAT", "json");
    setup.assert().success();
    let warm = fs::read(student.0.join("source/warm.json")).unwrap();
    let warm: Value = serde_json::from_slice(&warm).unwrap();
    assert_eq!(warm["submissions"][0]["score"], 0, "{warm}");

    // One submission after another, as in its container.
    let grade = |submission: &str| {
        let place = student.0.join("submission");
        if place.exists() {
            fs::remove_dir_all(&place).unwrap();
        }
        fs::create_dir_all(place.join("01-resolve/src")).unwrap();
        fs::write(place.join("01-resolve/src/resolve.rs"), submission).unwrap();
        let mut run = student.command("sh");
        run.arg(folder.path().join("run_autograder"))
            .env("AUTOGRADER", &student.0)
            .env("LAB_FORMAT", "json");
        let output = run.output().unwrap();
        let results = fs::read(student.0.join("results/results.json")).unwrap();
        let results: Value = serde_json::from_slice(&results).unwrap();
        (output, results)
    };
    let solution = fs::read_to_string(root().join("solutions/01-resolve/src/resolve.rs"));
    let (output, results) = grade(&solution.unwrap());
    assert!(output.status.success(), "{output:?}");
    assert_eq!(results["submissions"][0]["score"], 100, "{results}");
    let (output, results) = grade("fn");
    assert!(output.status.success(), "{output:?}");
    assert_eq!(results["submissions"][0]["score"], 0, "{results}");
}

/// The scripts with a `cargo` that does something else.
#[test]
fn what_ends_early_leaves_results_that_say_so() {
    let folder = TempDir::new().unwrap();
    let autograder = folder.path();
    fs::create_dir_all(autograder.join("source/lab")).unwrap();
    let script = root().join("xtask/src/package/run_autograder.sh");
    let bin = autograder.join("bin");
    fs::create_dir(&bin).unwrap();
    let results = autograder.join("results/results.json");
    let run = |cargo: &str| {
        fs::write(bin.join("cargo"), format!("#!/bin/sh\n{cargo}\n")).unwrap();
        fs::set_permissions(bin.join("cargo"), Permissions::from_mode(0o755)).unwrap();
        let output = Command::new("sh")
            .arg(&script)
            .env("AUTOGRADER", autograder)
            // The scripts put its bin/ first.
            .env("CARGO_HOME", autograder)
            .output()
            .unwrap();
        let results: Value = serde_json::from_slice(&fs::read(&results).unwrap()).unwrap();
        assert_eq!(results["score"], 0);
        let said = results["output"].as_str().unwrap().to_owned();
        assert!(said.contains("says nothing about your work"), "{said}");
        (output.status, said)
    };
    // Killed with all that is around it, while it judges.
    let (status, said) = run("kill -9 $PPID");
    assert!(!status.success());
    assert!(said.starts_with("Judging did not end"), "{said}");
    // The lab does not build, or refuses.
    let (status, said) = run("exit 101");
    assert_eq!(status.code(), Some(1));
    assert!(
        said.starts_with("The lab failed (exit status 101)"),
        "{said}"
    );
}
