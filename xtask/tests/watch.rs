//! `cargo xtask watch` as a student has it: in the package for students, in a
//! terminal of 80 by 24, with the real judge. How the terminal is treated is tested in
//! crates/watch with a judge that plays.

// The lint's exemption for tests does not reach the functions beside them.
#![allow(clippy::unwrap_used)]

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use nix::fcntl::{Flock, FlockArg};
use tempfile::TempDir;
use testbed::clock::Deadline;

/// The lab is built from nothing within this.
const LONG: Duration = Duration::from_secs(1200);

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// The package, and where in it the first exercise is written.
fn package() -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let lab = folder.path().join("lab");
    let made = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .current_dir(root())
        .args(["handout", "--out"])
        .arg(&lab)
        .status();
    assert!(made.unwrap().success());
    (folder, lab)
}

const SOURCE: &str = "01-resolve/src/resolve.rs";

/// A command of `cargo xtask` in a package, building into its own folder.
fn xtask(lab: &Path, command: &str) -> String {
    let lab = lab.display();
    format!("cd {lab} && export CARGO_TARGET_DIR={lab}/target && exec cargo xtask {command}")
}

/// What cargo holds while it builds there: an editor's, and the lab's own.
fn locks(lab: &Path) -> Vec<Flock<File>> {
    let held = ["debug", "judge"].map(|profile| {
        let folder = lab.join("target").join(profile);
        fs::create_dir_all(&folder).unwrap();
        let lock = File::create(folder.join(".cargo-lock")).unwrap();
        Flock::lock(lock, FlockArg::LockExclusive).unwrap()
    });
    held.into()
}

/// A private tmux with one program in it, ended when it is dropped.
struct Tmux(TempDir);

impl Tmux {
    fn start(script: &str) -> Tmux {
        let tmux = Tmux(TempDir::new().unwrap());
        let session = [
            "-f",
            "/dev/null",
            "new-session",
            "-d",
            "-x",
            "80",
            "-y",
            "24",
        ];
        tmux.run(&[&session[..], &["sh", "-c", script]].concat());
        tmux
    }

    fn run(&self, arguments: &[&str]) -> String {
        let output = Command::new("tmux")
            .arg("-S")
            .arg(self.0.path().join("tmux"))
            .args(arguments)
            .env_remove("TMUX")
            .env("LC_ALL", "C.UTF-8")
            .output();
        String::from_utf8_lossy(&output.unwrap().stdout).into_owned()
    }

    /// The screen, as soon as this is on it.
    #[track_caller]
    fn shows(&self, text: &str) -> String {
        let shown = || self.run(&["capture-pane", "-p"]);
        let found =
            Deadline::new(LONG, &[]).wait(|| Some(shown()).filter(|one| one.contains(text)));
        found.unwrap_or_else(|| panic!("`{text}` is not on the screen:\n{}", shown()))
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        self.run(&["kill-server"]);
    }
}

#[test]
#[ignore = "builds the lab from nothing, in minutes: cargo test -p xtask --test watch -- --ignored"]
fn a_student_is_told_of_each_save_although_an_editor_has_cargo_locked() {
    let (_folder, lab) = package();
    in_a_terminal(&lab);
    in_plain_mode(&lab);
}

fn in_a_terminal(lab: &Path) {
    if Command::new("tmux").arg("-V").output().is_err() {
        eprintln!("skipped: tmux is not installed");
        return;
    }
    let source = lab.join("exercises").join(SOURCE);
    let screen = Tmux::start(&format!(
        "({}); echo ended with $?; exec cat",
        xtask(lab, "watch 01")
    ));
    let begun = screen.shows("score 0/100");
    assert!(begun.contains("It came to a gap"), "{begun}");

    let held = locks(lab);
    let solution = lab.join("solution");
    fs::copy(root().join("solutions").join(SOURCE), &solution).unwrap();
    fs::rename(&solution, &source).unwrap();
    screen.shows("PASSED  score 100/100");
    drop(held);
    let check = Command::new("sh")
        .args(["-c", &xtask(lab, "check 01")])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&check.stdout);
    assert!(said.contains("score 100/100  as before"), "{said}");

    fs::write(&source, "fn").unwrap();
    screen.shows("DOES NOT COMPILE");
    screen.run(&["send-keys", "x", "y"]);
    screen.shows("FAILED  score 0/100");
    screen.run(&["send-keys", "h"]);
    screen.shows("hint 1 of 3");
    screen.run(&["send-keys", "q"]);
    screen.shows("ended with 0");
}

fn in_plain_mode(lab: &Path) {
    let mut running = Command::new("sh")
        .args(["-c", &xtask(lab, "watch 01 --plain")])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map(Running)
        .unwrap();
    let stdout = running.0.stdout.take().unwrap();
    let (tell, told) = mpsc::channel();
    let reader = thread::spawn(move || {
        let mut lines = BufReader::new(stdout).lines().map_while(Result::ok);
        lines.all(|line| tell.send(line).is_ok())
    });
    let hears = |text: &str| {
        let heard =
            Deadline::new(LONG, &[]).wait(|| told.try_iter().find(|line| line.contains(text)));
        assert!(heard.is_some(), "`{text}` was not said");
    };
    hears("Score 0/100. As before");
    hears("requirement 1");
    let source = lab.join("exercises").join(SOURCE);
    fs::copy(root().join("solutions").join(SOURCE), source).unwrap();
    hears("Score 100/100");
    drop(running);
    reader.join().unwrap();
}

/// Ends what it holds, however the test ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
