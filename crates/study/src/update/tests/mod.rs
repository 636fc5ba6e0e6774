//! Small labs with real histories, and what becomes of somebody's work in them.

// The lint's exemption for tests does not reach the functions beside them.
#![allow(clippy::unwrap_used)]

mod by_folder;
mod by_git;
mod forgotten;
mod interrupted;
mod lab;
mod moves;
mod properties;
mod refused;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

use super::*;
use lab::{Files, tree};

/// A repository of the lab, and a learner's clone of it.
struct Scene {
    folder: TempDir,
}

impl Scene {
    /// Both at one version.
    fn at(old: &Files) -> Scene {
        let scene = Scene {
            folder: TempDir::new().unwrap(),
        };
        let lab = scene.lab();
        old.write(&lab);
        git(&lab, &["init", "--quiet", "--initial-branch=main"]);
        commit(&lab);
        git(scene.folder.path(), &["clone", "--quiet", "lab", "mine"]);
        scene
    }

    fn lab(&self) -> PathBuf {
        self.folder.path().join("lab")
    }

    fn mine(&self) -> PathBuf {
        self.folder.path().join("mine")
    }

    /// The lab gets a new version.
    fn release(&self, new: &Files) {
        new.replace(&self.lab());
        commit(&self.lab());
    }

    fn wish(&self) -> Wish {
        Wish {
            root: self.mine(),
            source: Source::Git(None),
            dry_run: false,
            finisher: None,
            begins: || {},
        }
    }

    fn update(&self) -> Summary {
        done(update(&self.wish()))
    }

    fn refusal(&self) -> String {
        refusal(update(&self.wish()))
    }

    fn write(&self, path: &str, text: &str) {
        small_lab::write(&self.mine(), path, text);
    }

    fn edit(&self, path: &str, from: &str, to: &str) {
        let text = self.read(path);
        assert!(text.contains(from), "{text}");
        self.write(path, &text.replacen(from, to, 1));
    }

    fn read(&self, path: &str) -> String {
        read(&self.mine(), path).unwrap_or_else(|| panic!("no {path}"))
    }

    fn has(&self, path: &str) -> bool {
        self.mine().join(path).exists()
    }

    /// What the learner has put into git so far.
    fn in_git(&self) -> [String; 4] {
        [
            git(&self.mine(), &["rev-parse", "HEAD"]),
            git(&self.mine(), &["diff", "--cached"]),
            git(&self.mine(), &["ls-files", "--stage"]),
            git(&self.mine(), &["stash", "list"]),
        ]
    }
}

/// A learner's package, and a newer one beside it.
struct Packages(TempDir);

impl Packages {
    /// The learner's alone.
    fn at(old: &Files) -> Packages {
        let folder = TempDir::new().unwrap();
        lab::write_all(&folder.path().join("mine"), &old.package("old"));
        Packages(folder)
    }

    /// There is a new version.
    fn release(&self, new: &Files) {
        lab::write_all(&self.0.path().join("new"), &new.package("new"));
    }

    fn update(&self) -> Summary {
        done(update(&self.wish()))
    }

    fn has(&self, path: &str) -> bool {
        self.mine().join(path).exists()
    }

    fn new(old: &Files, new: &Files) -> Packages {
        let packages = Packages::at(old);
        packages.release(new);
        packages
    }

    fn mine(&self) -> PathBuf {
        self.0.path().join("mine")
    }

    fn wish(&self) -> Wish {
        Wish {
            root: self.mine(),
            source: Source::Folder(self.0.path().join("new")),
            dry_run: false,
            finisher: None,
            begins: || {},
        }
    }

    fn edit(&self, path: &str, from: &str, to: &str) {
        let text = read(&self.mine(), path).unwrap();
        assert!(text.contains(from), "{text}");
        small_lab::write(&self.mine(), path, &text.replacen(from, to, 1));
    }

    fn read(&self, path: &str) -> String {
        read(&self.mine(), path).unwrap_or_else(|| panic!("no {path}"))
    }

    fn write(&self, path: &str, text: &str) {
        small_lab::write(&self.mine(), path, text);
    }
}

const SERVER: &str = "exercises/01-echo/src/server.rs";

/// The learner has filled the first gap.
const FILLED: (&str, &str) = ("todo!(\"listen on the port\")", "my_listener(7)");

fn read(root: &Path, path: &str) -> Option<String> {
    std::fs::read_to_string(root.join(path)).ok()
}

fn done(outcome: Result<Outcome>) -> Summary {
    match outcome.unwrap() {
        Outcome::Done(summary) => summary,
        other => panic!("{other:?}"),
    }
}

fn is_up_to_date(outcome: Result<Outcome>) -> bool {
    matches!(outcome.unwrap(), Outcome::UpToDate { .. })
}

/// The line that a refusal says, which is one.
fn refusal(outcome: Result<Outcome>) -> String {
    let error = outcome.unwrap_err();
    assert!(error.is::<Refusal>(), "{error:?}");
    let text = error.to_string();
    assert!(!text.contains('\n'), "{text}");
    text
}

fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = try_git(folder, arguments);
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn try_git(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new("git");
    command.current_dir(folder).args(arguments);
    for who in ["AUTHOR", "COMMITTER"] {
        command
            .env(format!("GIT_{who}_NAME"), "Ada")
            .env(format!("GIT_{who}_EMAIL"), "ada@example.org");
    }
    command
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output()
        .unwrap()
}

fn commit(folder: &Path) {
    git(folder, &["add", "--all"]);
    git(folder, &["commit", "--quiet", "--message", "a step"]);
}
