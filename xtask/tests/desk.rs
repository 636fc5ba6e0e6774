//! What stands around the exercises on a student's desk: the doctor, trials by hand,
//! the shells' completions, the editor.

// The lint's exemption for tests does not reach the functions beside them.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use assert_cmd::prelude::*;
use grader::catalogue::Catalogue;
use nix::fcntl::{Flock, FlockArg};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use predicates::prelude::*;
use predicates::str::contains;

fn xtask(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.current_dir(root()).args(arguments);
    command
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

// The doctor.

#[test]
fn without_a_compiler_the_doctor_says_what_to_install_and_goes_on() {
    xtask(&["doctor"])
        .env("PATH", "/nonexistent")
        .env_remove("CARGO")
        .env_remove("RUSTC")
        .assert()
        .code(1)
        .stdout(contains("mend  cargo").and(contains("mend  compiler")))
        .stdout(contains("https://rustup.rs"))
        // What needs no compiler is tried all the same.
        .stdout(contains("good  loopback    127.0.0.1"))
        .stdout(contains("note  tools       no strace"))
        .stdout(contains("The lab cannot work here"));
}

#[test]
fn a_compiler_that_is_too_old_or_cannot_link_is_to_be_mended() {
    let folder = tempfile::tempdir().unwrap();
    let rustc = folder.path().join("rustc");
    let script = "#!/bin/sh\n\
                  case \"$*\" in\n\
                  -vV) printf 'rustc 1.63.0\\nrelease: 1.63.0\\nhost: none\\n';;\n\
                  *--emit=metadata*) exit 0;;\n\
                  *) echo 'error: linker `cc` not found' >&2; exit 1;;\n\
                  esac\n";
    program(&rustc, script);
    xtask(&["doctor"])
        .env("RUSTC", &rustc)
        // Cargo would be asked to build with that one.
        .env("CARGO", "/nonexistent/cargo")
        .assert()
        .code(1)
        .stdout(contains(
            "mend  compiler    rustc 1.63.0; the lab needs 1.85 or newer",
        ))
        .stdout(contains(
            "mend  linker      a program compiles and does not link: error: linker `cc` not found",
        ));
}

#[test]
fn the_doctor_works_on_a_lab_that_is_broken_and_where_there_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let doctor = || {
        let mut command = xtask(&["doctor"]);
        command
            .current_dir(folder.path())
            .env("PATH", "/nonexistent")
            .env_remove("CARGO")
            .env_remove("CARGO_MANIFEST_DIR");
        command.assert()
    };
    doctor()
        .code(1)
        .stdout(contains("note  lab         there is none"));
    for path in ["crates/checks", "exercises/01-one"] {
        fs::create_dir_all(folder.path().join(path)).unwrap();
    }
    fs::write(folder.path().join("exercises/01-one/exercise.toml"), "x").unwrap();
    doctor()
        .code(1)
        .stdout(contains("mend  lab").and(contains("exercise.toml")));
}

// Trials by hand.

#[test]
fn every_exercise_can_be_tried_and_its_commands_call_its_programs() {
    let catalogue = Catalogue::load(root()).unwrap();
    for entry in &catalogue.entries {
        let by_hand = entry.data.by_hand.as_ref();
        let by_hand = by_hand.unwrap_or_else(|| panic!("{} has no [try]", entry.id));
        let run = by_hand.before.iter().chain(&by_hand.beside);
        let run: Vec<&String> = run.chain(&by_hand.front).chain(&by_hand.after).collect();
        let main = &entry.programs[0].name;
        assert!(
            run.iter().any(|line| line.contains(main.as_str())),
            "{}: {main} is not among {run:?}",
            entry.id
        );
        // What needs a server has one that is started first.
        let needs = |line: &String| line.contains("{talk}");
        if by_hand.front.as_ref().is_some_and(needs) {
            let first = &by_hand.beside[0];
            assert!(first.starts_with(main.as_str()), "{}: {first}", entry.id);
        }
        let handout = fs::read_to_string(entry.folder.join("README.md")).unwrap();
        assert!(
            handout.contains("## Try it by hand"),
            "{} tells nothing of trying it",
            entry.id
        );
    }
}

/// An echo server that is none of the exercises': the lab's own, built.
fn server() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let built = Command::new(env!("CARGO"))
            .current_dir(root())
            .args(["build", "--quiet", "--package", "iterative-server"])
            .status()
            .unwrap();
        assert!(built.success());
        Path::new(env!("CARGO_BIN_EXE_xtask")).with_file_name("iterative-server")
    })
}

fn attempt(program: &Path, more: &[&str]) -> Command {
    let mut command = xtask(&["try", "09", "--bin"]);
    command.arg(program).args(more);
    command
}

#[test]
fn a_server_and_its_client_run_side_by_side_and_what_was_typed_is_shown() {
    let mut child = attempt(server(), &[])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(b"one\ntwo\n").unwrap();
    drop(stdin);
    let mut text = String::new();
    child
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut text)
        .unwrap();
    assert!(child.wait().unwrap().success(), "{text}");
    assert!(text.contains("$ echo-iterative "), "{text}");
    assert!(
        text.contains("\none\ntwo\n") || text.contains("\ntwo\n"),
        "{text}"
    );
    assert!(
        text.contains("echo-iterative | server received 4 bytes"),
        "{text}"
    );
    assert!(!text.contains("{port}"), "{text}");
}

#[test]
fn a_shell_in_front_takes_a_script_and_has_the_program_in_its_path() {
    let mut child = attempt(server(), &["--shell"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let script = b"command -v echo-iterative\npwd\necho status $?\n";
    child.stdin.take().unwrap().write_all(script).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    assert!(text.contains("/echo-iterative\n"), "{text}");
    assert!(text.contains("scratch\nstatus 0\n"), "{text}");
}

#[test]
fn a_server_that_does_not_come_up_is_named_and_nothing_is_tried() {
    attempt(Path::new("/bin/false"), &[])
        .assert()
        .code(1)
        .stdout(contains(
            "echo-iterative has ended before it listened on port",
        ));
}

#[test]
fn a_client_that_never_connects_leaves_no_server_waiting() {
    xtask(&["try", "08", "--bin", "/bin/false"])
        .stdin(Stdio::null())
        .assert()
        .success()
        .stdout(contains("nobody is left who could connect"));
}

#[test]
fn to_join_what_is_not_there_is_wrong_usage() {
    xtask(&["try", "01", "--join"])
        .assert()
        .code(2)
        .stdout("")
        .stderr(contains("in another terminal: cargo xtask try 01"));
    xtask(&["try", "01", "--join", "--strace"]).assert().code(2);
}

/// A trial whose client waits for what is typed.
struct Waiting {
    child: Child,
    _stdin: Option<ChildStdin>,
    /// Held open: whoever prints where nobody reads has failed.
    stdout: BufReader<ChildStdout>,
    shown: Vec<String>,
}

fn waiting() -> Waiting {
    let mut child = attempt(server(), &[])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut trial = Waiting {
        _stdin: child.stdin.take(),
        stdout: BufReader::new(child.stdout.take().unwrap()),
        child,
        shown: Vec::new(),
    };
    let mut line = String::new();
    while trial.stdout.read_line(&mut line).unwrap() > 0 {
        let is_client = line.starts_with("$ nc") || line.starts_with("$ client");
        trial.shown.push(std::mem::take(&mut line));
        if is_client {
            return trial;
        }
    }
    let status = trial.child.wait().unwrap();
    panic!("the client is not started ({status}): {:?}", trial.shown);
}

#[test]
#[cfg(target_os = "linux")]
fn whatever_ends_a_trial_ends_all_of_it() {
    for signal in [Signal::SIGTERM, Signal::SIGKILL] {
        let mut trial = waiting();
        let pid = trial.child.id();
        let below = below(pid);
        assert!(below.len() >= 3, "{below:?}: {:?}", trial.shown);
        kill(Pid::from_raw(pid as i32), signal).unwrap();
        let status = trial.child.wait().unwrap();
        if signal == Signal::SIGTERM {
            assert!(status.success(), "{status}");
        }
        let deadline = Instant::now() + Duration::from_secs(60);
        let lives = |pid: &u32| {
            fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
        };
        while below.iter().any(lives) {
            assert!(Instant::now() < deadline, "{signal}: {below:?} live on");
            std::thread::yield_now();
        }
    }
}

/// Every process below one.
#[cfg(target_os = "linux")]
fn below(pid: u32) -> Vec<u32> {
    let mut found = Vec::new();
    let mut open = vec![pid];
    while let Some(pid) = open.pop() {
        for task in fs::read_dir(format!("/proc/{pid}/task"))
            .into_iter()
            .flatten()
        {
            let path = task.unwrap().path().join("children");
            let children = fs::read_to_string(path).unwrap_or_default();
            let children = children
                .split_whitespace()
                .map(|one| one.parse::<u32>().unwrap());
            open.extend(children.clone());
            found.extend(children);
        }
    }
    found
}

// The shells.

/// Runs a script in a shell that has the completions; none if there is no such shell.
fn completing(shell: &str, options: &[&str], script: &str) -> Option<String> {
    if Command::new(shell).arg("--version").output().is_err() {
        eprintln!("skipped: there is no {shell} here");
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("completions");
    let made = xtask(&["completions", shell]).output().unwrap();
    assert!(made.status.success());
    fs::write(&file, made.stdout).unwrap();
    let output = Command::new(shell)
        .args(options)
        .arg("-c")
        .arg(script.replace("@FILE", file.to_str().unwrap()))
        .env("HOME", folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(said, "", "{shell}");
    Some(String::from_utf8(output.stdout).unwrap())
}

#[test]
fn bash_completes_the_lab_and_leaves_cargo_to_cargo() {
    let script = "_of_cargo() { COMPREPLY=(build); }
        complete -F _of_cargo cargo
        . @FILE; . @FILE
        ask() {
            COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); COMPREPLY=()
            _cargo_with_xtask cargo \"${@: -1}\" \"${@: -2:1}\"
            echo \"$*: ${COMPREPLY[*]}\"
        }
        ask cargo bu; ask cargo xt; ask cargo xtask che; ask cargo xtask try 09
        ask cargo xtask grade --only 20; ask cargo xtask grade ''";
    let Some(text) = completing("bash", &["--norc"], script) else {
        return;
    };
    assert!(text.contains("cargo bu: build\n"), "{text}");
    assert!(text.contains("cargo xt: build xtask\n"), "{text}");
    assert!(text.contains("cargo xtask che: check\n"), "{text}");
    assert!(
        text.contains("cargo xtask try 09: 09-echo-iterative\n"),
        "{text}"
    );
    assert!(text.contains("--only 20: 20-prefork\n"), "{text}");
    assert!(!text.contains("[PATH]"), "{text}");
}

#[test]
fn fish_completes_the_lab_and_leaves_cargo_to_cargo() {
    let script = "complete -c cargo -a build; . @FILE
        for line in 'cargo bu' 'cargo xt' 'cargo xtask che' 'cargo xtask try 09'
            complete --do-complete $line
        end";
    let Some(text) = completing("fish", &["--no-config"], script) else {
        return;
    };
    let words: Vec<&str> = text
        .lines()
        .map(|line| line.split('\t').next().unwrap())
        .collect();
    assert_eq!(
        words,
        ["build", "xtask", "check", "09-echo-iterative"],
        "{text}"
    );
}

#[test]
fn zsh_takes_the_completions_and_remembers_what_cargo_had() {
    let script = "autoload -Uz compinit; compinit -u -D
        _of_cargo() { :; }; compdef _of_cargo cargo
        . @FILE; . @FILE
        print -r -- $_comps[cargo] $_cargo_without_xtask $+functions[_xtask]";
    let Some(text) = completing("zsh", &["-f"], script) else {
        return;
    };
    assert_eq!(text, "_cargo_with_xtask _of_cargo 1\n");
}

// The editor.

#[test]
#[ignore = "builds the lab under its own profile: cargo test -p xtask --test desk -- --ignored"]
fn what_an_editor_builds_does_not_keep_the_lab_waiting() {
    // As rust-analyzer's `cargo check` does as long as it runs.
    let target = Path::new(env!("CARGO_BIN_EXE_xtask")).parent().unwrap();
    let lock = fs::File::create(target.join(".cargo-lock")).unwrap();
    let held = Flock::lock(lock, FlockArg::LockExclusive).unwrap();
    let mut child = Command::new(env!("CARGO"))
        .current_dir(root())
        .args(["xtask", "check", "01"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut text = String::new();
    child
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut text)
        .unwrap();
    child.wait().unwrap();
    drop(held);
    assert!(text.contains("\nscore "), "{text}");
}

/// A program of this text. It is written by another process: a test that starts one at
/// the same time would hold this file open, and what is open for writing cannot be
/// executed (ETXTBSY, man 2 execve).
fn program(path: &Path, text: &str) {
    let draft = path.with_extension("draft");
    fs::write(&draft, text).unwrap();
    let installed = Command::new("install")
        .args(["-m", "755"])
        .args([&draft, path])
        .status()
        .unwrap();
    assert!(installed.success());
}
