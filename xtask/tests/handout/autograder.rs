//! The package for Gradescope, which holds that for students.

use std::collections::BTreeSet;
use std::env;
use std::fs::{self, Permissions};
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use assert_cmd::prelude::*;
use serde_json::Value;
use tempfile::TempDir;

use crate::root;
use crate::student::Student;

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
    let packed = student.1.iter();
    let mut expected: BTreeSet<String> = packed.map(|path| format!("lab/{path}")).collect();
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
