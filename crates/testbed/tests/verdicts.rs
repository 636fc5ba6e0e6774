//! The testbed judged by itself: what a check says of a program that does
//! not do what it should, and that it says nothing of one that does.
//!
//! Each check runs in a test process of its own, as the grader runs it.

// The lint's exemption for tests does not reach the functions beside them.
#![allow(clippy::unwrap_used)]

use std::process::Command;

use testbed::prelude::*;

const EXERCISE: &str = r#"
title = "Programs that misbehave"
part = 1
concepts = ["eof"]
files = ["src/main.rs"]
programs = ["misbehave"]

[[check]]
name = "given"
requirement = "1"
points = 100
concepts = ["eof"]
shows = "The program does what it should."
hints = ["", "", ""]
"#;

/// What a test process came to.
struct Judged {
    status: Option<i32>,
    verdict: String,
    story: String,
}

/// Runs the check `scene` below in a test process of its own.
fn judge(scene: &str) -> Judged {
    let folder = tempfile::tempdir().unwrap();
    let story = folder.path().join("story.json");
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "given", "--ignored"])
        .env("SCENE", scene)
        .env("LAB_STORY", &story)
        .env("CARGO_BIN_EXE_misbehave", env!("CARGO_BIN_EXE_misbehave"))
        .output()
        .unwrap();
    let report = std::fs::read_to_string(&story).unwrap_or_default();
    let report: serde_json::Value = serde_json::from_str(&report).unwrap_or_default();
    let text = |field: &str| report[field].as_str().unwrap_or_default().to_string();
    let judged = Judged {
        status: output.status.code(),
        verdict: text("verdict"),
        story: text("story"),
    };
    assert!(
        judged.story.lines().count() <= testbed::story::MAX_LINES + 1,
        "{}",
        judged.story
    );
    judged
}

/// A failure whose story contains each of these.
#[track_caller]
fn fails(scene: &str, contains: &[&str]) {
    let judged = judge(scene);
    assert_eq!(
        (judged.status, judged.verdict.as_str()),
        (Some(101), "failed"),
        "{}",
        judged.story
    );
    for text in contains {
        assert!(
            judged.story.contains(text),
            "no {text:?} in\n{}",
            judged.story
        );
    }
}

#[track_caller]
fn passes(scene: &str) {
    let judged = judge(scene);
    assert_eq!(judged.status, Some(0), "{}", judged.story);
    assert_eq!(judged.verdict, "");
}

/// The checks; which one is run is told by the environment.
#[test]
#[ignore = "run by the other tests, in a process of its own"]
fn given() {
    let scene = std::env::var("SCENE").unwrap();
    check(EXERCISE, |lab| {
        let port = lab.port();
        let start = |lab: &Lab, mode: &str| lab.program("misbehave").arg(mode).arg(port).start();
        let listen = |lab: &Lab, mode: &str| {
            lab.program("misbehave")
                .arg(mode)
                .arg(port)
                .start_listening(port)
        };
        match scene.as_str() {
            "echo" => {
                let server = listen(lab, "echo")?;
                let mut ada = lab.connect("ada", port)?;
                ada.send_in_pieces(b"hello\n", &[2, 1])?;
                ada.expect(b"hello\n")?;
                ada.expect_silence()?;
                let line = lab.bytes(3_000_000);
                ada.exchange(&line)?;
                server.expect_waiting()?;
                ada.half_close()?;
                ada.expect_eof()
            }
            "silent" => {
                let _server = listen(lab, "silent")?;
                let mut ada = lab.connect("ada", port)?;
                ada.send(b"hello\n")?;
                ada.expect(b"hello\n")
            }
            "left behind" => {
                let _server = lab
                    .program("misbehave")
                    .args(["silent", &port.to_string(), "left-behind"])
                    .start_listening(port)?;
                let mut ada = lab.connect("ada", port)?;
                ada.expect(b"never")
            }
            "second client" => {
                let _server = listen(lab, "echo")?;
                let _ada = lab.connect("ada", port)?;
                let mut bob = lab.connect("bob", port)?;
                bob.send(b"me too\n")?;
                bob.expect(b"me too\n")
            }
            "wrong answer" => {
                let _server = listen(lab, "echo")?;
                let mut ada = lab.connect("ada", port)?;
                ada.send(b"hello\n")?;
                ada.expect(b"hallo\n")
            }
            "listens not" => listen(lab, "read-input").map(drop),
            "ends early" => listen(lab, "end").map(drop),
            "panic" => {
                let mut program = start(lab, "panic")?;
                program.expect_exit(0).map(drop)
            }
            "abort" => {
                let mut program = start(lab, "abort")?;
                program.expect_exit(0).map(drop)
            }
            "spin" => start(lab, "spin")?.expect_waiting(),
            "waits" => start(lab, "read-input")?.expect_waiting(),
            "hang at the end" => start(lab, "read-input")?.expect_exit(0).map(drop),
            "flood" => start(lab, "flood")?.expect_exit(0).map(drop),
            "stalled reader" => {
                let _server = listen(lab, "echo")?;
                let mut ada = lab
                    .peer("ada")
                    .receive_buffer(4096)
                    .send_buffer(4096)
                    .connect(port)?;
                ada.send_until_blocked(&vec![b'x'; 64 << 20])?;
                ada.expect(b"y")
            }
            "input" => {
                let bytes = vec![b'x'; 3_000_000];
                let ended = lab
                    .program("misbehave")
                    .arg("read-input")
                    .stdin(Stdin::Bytes(bytes))
                    .run()?;
                ended.stdout_is(b"3000000")
            }
            "daemon" => {
                let ended = start(lab, "daemon")?.expect_exit(0)?;
                ended.stdout_is(b"")
            }
            "no program" => lab.program("missing").run().map(drop),
            "lab panics" => panic!("a mistake of the lab"),
            "tenth round" => {
                let _server = listen(lab, "echo")?;
                lab.repeat(20, "20 clients came", |lab, i| {
                    let mut ada = lab.connect("ada", port)?;
                    ada.send(b"x")?;
                    ada.expect(if i == 9 { b"y" } else { b"x" })
                })
            }
            other => panic!("no scene {other:?}"),
        }
    });
}

#[test]
fn a_right_program_passes() {
    passes("echo");
}

#[test]
fn a_program_that_waits_for_input_does_not_spin() {
    passes("waits");
}

#[test]
fn three_megabytes_reach_standard_input() {
    passes("input");
}

#[test]
fn a_daemon_that_keeps_the_terminal_open_does_not_delay_the_verdict() {
    passes("daemon");
}

#[test]
fn a_hang_names_the_call_and_who_waits_for_whom() {
    fails(
        "silent",
        &[
            "ada sent \"hello\\n\" (6 bytes)",
            "At this step: ada receives \"hello\\n\" (6 bytes)",
            "ada received nothing for 2 s.",
            "it waits for bytes from ada.",
            "So ada and the program wait for each other",
            "README.md, requirement 1",
        ],
    );
}

#[test]
fn a_server_that_waits_for_another_client_is_told_so() {
    fails(
        "second client",
        &["bob received nothing", "it waits for bytes from ada."],
    );
}

#[test]
fn a_wrong_answer_shows_its_first_difference() {
    fails(
        "wrong answer",
        &[
            "expected  \"hallo\\n\"",
            "received  \"hello\\n\"",
            "^ byte 1: expected 'a', received 'e'",
        ],
    );
}

#[test]
fn a_crash_quotes_the_panic() {
    fails(
        "panic",
        &[
            "It had ended with status 101.",
            "It panicked at ",
            "a slice of nothing",
        ],
    );
}

#[test]
fn a_death_by_signal_names_the_signal() {
    fails("abort", &["killed by signal 6 (SIGABRT)"]);
}

#[test]
fn a_server_that_does_not_listen_is_told_apart_from_one_that_ended() {
    fails(
        "listens not",
        &[
            "No socket listens on port",
            "waits in read(0): it waits for its standard input",
        ],
    );
    fails("ends early", &["It ended, and no socket listens on port"]);
}

#[test]
fn spinning_is_seen() {
    fails("spin", &["spins: it uses a processor all the time"]);
}

#[test]
fn a_program_that_does_not_end_is_told_where_it_sits() {
    fails(
        "hang at the end",
        &[
            "It still runs after 2 s.",
            "it waits for its standard input",
        ],
    );
}

#[test]
fn output_without_end_is_cut_and_told() {
    fails("flood", &["The program prints without end."]);
}

#[test]
fn full_buffers_are_told() {
    fails(
        "stalled reader",
        &[
            "ada sent as much of",
            "^ byte 0: expected 'y', received 'x'",
        ],
    );
}

#[test]
fn only_the_round_that_failed_is_told() {
    fails("tenth round", &["(round 10 of 20) ada connected"]);
}

#[test]
fn what_the_lab_cannot_do_is_not_the_programs_fault() {
    for (scene, reason) in [
        ("no program", "there is no"),
        (
            "lab panics",
            "the check itself panicked: a mistake of the lab",
        ),
    ] {
        let judged = judge(scene);
        assert_eq!(
            (judged.status, judged.verdict.as_str()),
            (Some(70), "ungraded")
        );
        assert!(judged.story.contains(reason), "{}", judged.story);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn nothing_is_left_running() {
    let judged = judge("left behind");
    assert_eq!(judged.verdict, "failed");
    let left = testbed::proc::all()
        .into_iter()
        .filter_map(|process| std::fs::read(format!("/proc/{}/cmdline", process.pid)).ok())
        .filter(|command| {
            let command = String::from_utf8_lossy(command);
            command.contains("left-behind")
        })
        .count();
    assert_eq!(left, 0);
}
