//! A student who builds it.

use std::collections::BTreeSet;
use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use assert_cmd::prelude::*;
use predicates::str::contains;
use small_lab::files;

use crate::{handout, root};

/// A copy of the package where it is built: always the same place, so that what
/// it depends on is built once. It lies as Gradescope would put it, with the files that
/// the package had.
pub struct Student(pub PathBuf, pub BTreeSet<String>);

impl Student {
    /// For one test at a time: what they do shows in the copy.
    pub fn one() -> MutexGuard<'static, Student> {
        static ONE: LazyLock<Mutex<Student>> = LazyLock::new(|| {
            let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("student");
            let source = folder.join("source");
            if source.exists() {
                fs::remove_dir_all(&source).unwrap();
            }
            fs::create_dir_all(&source).unwrap();
            handout(&source.join("lab")).assert().success();
            let files = files(&source.join("lab")).into_iter().collect();
            Mutex::new(Student(folder, files))
        });
        ONE.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn lab(&self) -> PathBuf {
        self.0.join("source/lab")
    }

    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
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
