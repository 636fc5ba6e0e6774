//! Submissions for tools that find what is alike.

// The lint's exemption for tests does not reach the functions beside them.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use assert_cmd::prelude::*;
use predicates::prelude::*;
use predicates::str::contains;
use tempfile::TempDir;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// Ada and ben have handed in 08 and 11, cleo alone 01, dan a link.
struct Class(TempDir);

impl Class {
    fn new() -> Class {
        let class = Class(TempDir::new().unwrap());
        for name in ["ada", "=ben, B"] {
            class.put(name, "08-echo-client/src/client.rs", "fn a() {}");
            class.put(name, "11-stop/src/server.rs", "fn b() {}");
            class.put(name, "11-stop/src/signals.rs", "fn c() {}");
            class.put(name, "11-stop/src/more.rs", "fn secret() {}");
        }
        class.put("cleo", "01-resolve/src/resolve.rs", "");
        let dans = class.put("dan", "08-echo-client/src/more.rs", "");
        symlink("/etc/passwd", dans.with_file_name("client.rs")).unwrap();
        class
    }

    fn put(&self, name: &str, file: &str, text: &str) -> PathBuf {
        let file = format!("class/{name}/{file}");
        small_lab::write(self.0.path(), &file, text);
        self.0.path().join(file)
    }

    fn out(&self) -> PathBuf {
        self.0.path().join("out")
    }

    fn export(&self, more: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command
            .current_dir(root())
            .arg("similarity")
            .arg(self.0.path().join("class"))
            .arg("--out")
            .arg(self.out())
            .args(more);
        command
    }

    /// All files that were written, by their paths.
    fn written(&self) -> Vec<String> {
        small_lab::files(&self.out())
    }

    fn text(&self, path: &str) -> String {
        fs::read_to_string(self.out().join(path)).unwrap()
    }
}

fn skeleton(file: &str) -> String {
    let solution = fs::read_to_string(root().join("solutions").join(file)).unwrap();
    grader::skeleton::of(&solution).unwrap()
}

#[test]
fn jplag_gets_a_folder_a_submission_and_the_skeleton_as_base_code() {
    let class = Class::new();
    class
        .export(&["--for", "jplag"])
        .assert()
        .success()
        .stdout(contains("jplag.jar").and(contains("--language rust")))
        .stdout(contains("--base-code $one/base").and(contains("left out: dan: 08-")))
        .stdout(contains("01-resolve: from 1 alone, left out"));
    assert_eq!(
        class.written(),
        [
            "08-echo-client/base/src/client.rs",
            "08-echo-client/submissions/ada/src/client.rs",
            "08-echo-client/submissions/x_ben__B/src/client.rs",
            "11-stop/base/src/server.rs",
            "11-stop/base/src/signals.rs",
            "11-stop/submissions/ada/src/server.rs",
            "11-stop/submissions/ada/src/signals.rs",
            "11-stop/submissions/x_ben__B/src/server.rs",
            "11-stop/submissions/x_ben__B/src/signals.rs",
        ]
    );
    let base = class.text("11-stop/base/src/server.rs");
    assert_eq!(base, skeleton("11-stop/src/server.rs"));
    let mode = fs::metadata(class.out()).unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0, "others may read what was handed in");
}

#[test]
fn dolos_gets_a_file_a_submission_and_a_list_of_them() {
    let class = Class::new();
    class
        .export(&["--for", "dolos", "--only", "11"])
        .assert()
        .success()
        .stdout(contains("dolos run").and(contains("info.csv")));
    assert_eq!(
        class.written(),
        [
            "11-stop/base.rs",
            "11-stop/info.csv",
            "11-stop/submissions/ada.rs",
            "11-stop/submissions/x_ben__B.rs",
        ]
    );
    // In the order of their names.
    assert_eq!(
        class.text("11-stop/info.csv"),
        "filename,full_name,ignored\n\
         base.rs,,true\n\
         submissions/x_ben__B.rs,\"'=ben, B\",\n\
         submissions/ada.rs,\"ada\",\n"
    );
    let whole = class.text("11-stop/submissions/ada.rs");
    assert!(
        whole.contains("fn b()") && whole.contains("fn c()"),
        "{whole}"
    );
    assert!(!whole.contains("secret"), "{whole}");
    let base = class.text("11-stop/base.rs");
    for file in ["11-stop/src/server.rs", "11-stop/src/signals.rs"] {
        assert!(base.contains(&skeleton(file)));
    }
}

#[test]
fn where_nothing_is_to_be_compared_nothing_is_written() {
    let class = Class::new();
    class
        .export(&["--only", "09"])
        .assert()
        .code(2)
        .stderr(contains("nothing to compare"));
    assert!(!class.out().exists());
    fs::create_dir(class.out()).unwrap();
    fs::write(class.out().join("mine"), "").unwrap();
    let refused = class.export(&[]).assert().code(2);
    refused.stderr(contains("is not empty"));
    assert_eq!(class.written(), ["mine"]);
}
