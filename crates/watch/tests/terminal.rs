//! The real program on a real terminal, which is tmux's: what is on the screen, and
//! how the terminal is given back. Only the judge plays (examples/rehearsal.rs).

// The lint's exemption for tests does not reach the functions beside them.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use small_lab::Lab;
use snapbox::{assert_data_eq, str};
use testbed::clock::Deadline;

#[path = "../src/fixture.rs"]
#[allow(dead_code)]
mod fixture;

/// Far more than anything here needs; only a failure waits for it.
const LONG: Duration = Duration::from_secs(60);

/// The example, which cargo builds before it runs the tests.
fn rehearsal() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let built = test.ancestors().nth(2).unwrap();
    built.join("examples/rehearsal")
}

/// A terminal with the program in it.
struct Screen {
    lab: Lab,
}

/// Starts it on a lab whose first exercise comes to this. None where there is no
/// tmux.
fn start(source: &str) -> Option<Screen> {
    if Command::new("tmux").arg("-V").output().is_err() {
        eprintln!("skipped: tmux is not installed");
        return None;
    }
    let (lab, _) = fixture::lab();
    let screen = Screen { lab };
    screen.save(0, source);
    let path = screen.lab.root().display();
    // `cat` keeps the screen when the program has ended.
    let script = format!(
        "stty -g > {path}/before; {} {path}; echo ended with $?; stty -g > {path}/after; \
         echo over; exec cat",
        rehearsal().display()
    );
    screen.tmux(&[
        "-f",
        "/dev/null",
        "new-session",
        "-d",
        "-x",
        "80",
        "-y",
        "24",
        "sh",
        "-c",
        &script,
    ]);
    Some(screen)
}

impl Screen {
    fn tmux(&self, arguments: &[&str]) -> String {
        let output = Command::new("tmux")
            .arg("-S")
            .arg(self.lab.path("tmux"))
            .args(arguments)
            .env_remove("TMUX")
            .env("LC_ALL", "C.UTF-8")
            .env("RUST_BACKTRACE", "0")
            .output()
            .unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn type_keys(&self, keys: &[&str]) {
        self.tmux(&[&["send-keys"], keys].concat());
    }

    fn shown(&self) -> String {
        self.tmux(&["capture-pane", "-p"])
    }

    /// The screen, as soon as this is on it and nothing more is drawn.
    #[track_caller]
    fn shows(&self, text: &str) -> String {
        let mut before = String::new();
        let found = Deadline::new(LONG, &[]).wait(|| {
            let shown = self.shown();
            let is_still = std::mem::replace(&mut before, shown.clone()) == shown;
            (is_still && shown.contains(text)).then_some(shown)
        });
        found.unwrap_or_else(|| panic!("`{text}` is not on the screen:\n{}", self.shown()))
    }

    fn source(&self, at: usize) -> PathBuf {
        let id = ["01-one", "02-two"][at];
        self.lab.path(format!("exercises/{id}/src/main.rs"))
    }

    fn save(&self, at: usize, source: &str) {
        fs::write(self.source(at), format!("// {source}\n")).unwrap();
    }

    /// Sends a signal to the process that draws.
    fn kill(&self, signal: &str) {
        let pid = fs::read_to_string(self.lab.path("pid")).unwrap();
        let killed = Command::new("kill").args([signal, &pid]).status().unwrap();
        assert!(killed.success());
    }

    /// It has ended with this status, and the terminal is as it was.
    #[track_caller]
    fn ended(&self, status: u8) -> String {
        let shown = self.shows("over");
        assert!(shown.contains(&format!("ended with {status}\n")), "{shown}");
        let set = |name: &str| fs::read_to_string(self.lab.path(name)).unwrap();
        assert_eq!(set("before"), set("after"), "stty -g");
        let cursor = self.tmux(&["display-message", "-p", "#{cursor_flag} #{alternate_on}"]);
        assert_eq!(cursor, "1 0\n", "a cursor, and not the other screen");
        shown
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.tmux(&["kill-server"]);
    }
}

#[test]
fn each_way_to_save_becomes_a_verdict_on_the_screen() {
    let Some(screen) = start("fails echoes_a_line reports_errors") else {
        return;
    };
    assert_data_eq!(
        screen.shows("score"),
        str![[r#"
01-one  Number one
FAILED  score 30/100  1 passed, 2 failed
requirement 1: echoes_a_line
-------------------------------------------------------------------------------
What was done
   1. echoes_a_line was tried
















-------------------------------------------------------------------------------
n next  p previous  h hint  r run  t try  l list  x reset  ? help  q quit

"#]]
    );

    screen.save(0, "fails reports_errors");
    assert_data_eq!(
        screen.shows("score 90/100"),
        str![[r#"
01-one  Number one
FAILED  score 90/100  2 passed, 1 failed
since the last run: now passes: echoes_a_line
rule R3: reports_errors
-------------------------------------------------------------------------------
What was done
   1. reports_errors was tried















-------------------------------------------------------------------------------
n next  p previous  h hint  r run  t try  l list  x reset  ? help  q quit

"#]]
    );

    let other = screen.lab.path("other");
    fs::write(&other, "// passes\n").unwrap();
    fs::rename(&other, screen.source(0)).unwrap();
    assert_data_eq!(
        screen.shows("PASSED"),
        str![[r#"
01-one  Number one
PASSED  score 100/100  3 passed
since the last run: now passes: reports_errors
-------------------------------------------------------------------------------
Everything passes. n goes on to 02-two.

















-------------------------------------------------------------------------------
n next  p previous  h hint  r run  t try  l list  x reset  ? help  q quit

"#]]
    );

    screen.save(0, "broken");
    screen.shows("error[E0425]");
}

#[test]
fn whatever_ends_it_the_terminal_is_as_it_was() {
    for (keys, status) in [("q", 0), ("C-c", 0)] {
        let Some(screen) = start("fails echoes_a_line") else {
            return;
        };
        screen.shows("score");
        screen.type_keys(&[keys]);
        let shown = screen.ended(status);
        assert!(
            shown.contains("01-one 40/100. To go on: cargo xtask watch 01"),
            "{shown}"
        );
    }
    for (signal, status) in [("-TERM", 143), ("-HUP", 129), ("-KILL", 137)] {
        // In the middle of a run.
        let Some(screen) = start("wait") else {
            return;
        };
        screen.shows("JUDGING");
        screen.kill(signal);
        screen.ended(status);
    }
}

#[test]
fn without_its_guard_it_ends_and_gives_the_terminal_back() {
    let Some(screen) = start("passes") else {
        return;
    };
    screen.shows("PASSED");
    let drawing = fs::read_to_string(screen.lab.path("pid")).unwrap();
    let asked = Command::new("ps")
        .args(["-o", "ppid=", "-p", &drawing])
        .output();
    let guard = String::from_utf8(asked.unwrap().stdout).unwrap();
    let killed = Command::new("kill").args(["-KILL", guard.trim()]).status();
    assert!(killed.unwrap().success());
    let given_back = Deadline::new(LONG, &[]).wait(|| {
        let on = screen.tmux(&["display-message", "-p", "#{alternate_on}"]);
        (on == "0\n").then_some(())
    });
    assert!(given_back.is_some(), "{}", screen.shown());
}

#[test]
fn a_panic_is_read_on_a_terminal_that_is_as_it_was() {
    let Some(screen) = start("passes") else {
        return;
    };
    screen.shows("PASSED");
    screen.save(0, "panic");
    let shown = screen.ended(1);
    assert!(shown.contains("the judge panics on purpose"), "{shown}");
}

#[test]
fn what_is_said_on_standard_error_is_kept_off_the_screen_and_told_at_the_end() {
    let Some(screen) = start("says") else {
        return;
    };
    let shown = screen.shows("PASSED");
    assert!(!shown.contains("a word of cargo's"), "{shown}");
    screen.type_keys(&["q"]);
    let shown = screen.ended(0);
    assert!(shown.contains("a word of cargo's\n"), "{shown}");
}

#[test]
fn no_key_is_eaten_while_a_run_goes_on() {
    let Some(screen) = start("wait") else {
        return;
    };
    screen.save(1, "fails reports_errors");
    screen.shows("JUDGING");
    // To the second exercise, which is judged; a hint is asked for too early.
    screen.type_keys(&["?", "n"]);
    screen.shows("Number two");
    screen.shows("score 90/100");
    screen.type_keys(&["h", "h", "p"]);
    screen.shows("Number one");
    screen.type_keys(&["n", "h"]);
    screen.shows("score 90/100");
    // Two were used before; this was the third and last.
    screen.type_keys(&["h"]);
    screen.shows("hint 3 of 3");
}

#[test]
fn another_size_is_drawn_anew() {
    let Some(screen) = start("fails echoes_a_line") else {
        return;
    };
    screen.shows("score");
    screen.tmux(&["resize-window", "-x", "40", "-y", "10"]);
    // At this width only these keys have room.
    assert_data_eq!(
        screen.shows("p previous  ? help  q quit\n"),
        str![[r#"
01-one  Number one
FAILED  score 40/100  2 passed, 1 fail>
requirement 1: echoes_a_line
---------------------------------------
What was done
   1. echoes_a_line was tried


---------------------------------------
n next  p previous  ? help  q quit

"#]]
    );
}

#[test]
fn the_terminal_is_lent_to_a_program_and_to_the_shell_and_taken_again() {
    let Some(screen) = start("fails echoes_a_line") else {
        return;
    };
    let script =
        "stty -g > $(dirname $0)/lent; echo trying $1; read line; echo got $line; exit 3\n";
    fs::write(screen.lab.path("try"), script).unwrap();
    screen.shows("score");
    screen.type_keys(&["t"]);
    let shown = screen.shows("trying 01");
    assert!(!shown.contains("JUDGING"), "{shown}");
    screen.type_keys(&["hn", "Enter"]);
    // It ended with 3, and can be read until somebody has.
    let shown = screen.shows("ended with exit status: 3. Return leads back");
    assert!(shown.contains("got hn"), "{shown}");
    screen.type_keys(&["Enter"]);
    // What was typed for it was no key.
    let shown = screen.shows("Number one");
    assert!(shown.contains("ended with exit status: 3"), "{shown}");
    let set = |name: &str| fs::read_to_string(screen.lab.path(name)).unwrap();
    assert_eq!(set("before"), set("lent"));

    // tmux resumes what stops itself.
    screen.type_keys(&["C-z"]);
    screen.type_keys(&["?"]);
    screen.shows("back to the shell; fg goes on");
    screen.type_keys(&["q"]);
    screen.ended(0);
}

#[test]
fn a_reset_is_asked_for_and_keeps_a_copy() {
    let Some(screen) = start("fails echoes_a_line") else {
        return;
    };
    screen.shows("score");
    screen.type_keys(&["x"]);
    screen.shows("Put the skeleton of 01-one back?");
    screen.type_keys(&["n"]);
    screen.shows("Nothing was changed.");
    assert!(
        fs::read_to_string(screen.source(0))
            .unwrap()
            .contains("fails")
    );
    screen.type_keys(&["x", "y"]);
    screen.shows("What you wrote is in .lab/backups/");
    let source = fs::read_to_string(screen.source(0)).unwrap();
    assert_eq!(source, small_lab::SKELETON);
}

/// Plain mode, with lines that are typed; what it says until it ends.
fn plain(lab: &Path, typed: &str, until: &str) -> String {
    use std::io::{BufRead, BufReader, Write};

    let mut child = Command::new(rehearsal())
        .arg(lab)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = String::new();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    while !said.contains(until) {
        assert_ne!(lines.read_line(&mut said).unwrap(), 0, "{said}");
    }
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(typed.as_bytes()).unwrap();
    while lines.read_line(&mut said).unwrap() > 0 {}
    assert!(child.wait().unwrap().success());
    said
}

#[test]
fn without_a_terminal_it_speaks_in_sentences_and_takes_lines() {
    let (lab, course) = fixture::lab();
    let source = course.entries[0].folder.join("src/main.rs");
    fs::write(source, "// fails echoes_a_line\n").unwrap();
    let said = plain(lab.root(), "hint\nwhat\nq\n", "1. echoes_a_line was tried");
    assert!(!said.contains('\x1b'), "no sequence for a terminal");
    assert_data_eq!(
        said,
        str![[r#"
01-one, Number one. Its handout is exercises/01-one/README.md.
01-one: 2 passed, 1 failed. Score 40/100.
The first that fails: echoes_a_line, requirement 1.
What was done
   1. echoes_a_line was tried
Hint 1 of 3: Look at what was read.
`what` is no word that is known here; ? names them.
01-one 40/100. To go on: cargo xtask watch 01

"#]]
    );
}
