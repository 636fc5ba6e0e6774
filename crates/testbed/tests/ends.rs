//! The ends of a program's standard input and output, with programs that every
//! system has.

// The lint's exemption for tests does not reach the functions beside them.
#![allow(clippy::unwrap_used)]

use std::process::Command;

use testbed::prelude::*;

const EXERCISE: &str = r#"
title = "Ends"
part = 1
concepts = ["eof"]
files = ["src/main.rs"]
programs = ["cat"]

[[check]]
name = "given"
requirement = "1"
points = 100
concepts = ["eof"]
shows = "The program does what it should."
hints = ["", "", ""]
"#;

/// Runs the check `scene` below in a process of its own, which is told where
/// the programs are. Gives whether it passed, and what it said.
fn judge(scene: &str) -> (bool, String) {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "given", "--ignored", "--nocapture"])
        .env("SCENE", scene)
        .env("CARGO_BIN_EXE_cat", "/bin/cat")
        .env("CARGO_BIN_EXE_dd", "/bin/dd")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.success(), said)
}

#[track_caller]
fn passes(scene: &str) {
    let (passed, said) = judge(scene);
    assert!(passed, "{said}");
}

#[track_caller]
fn fails(scene: &str, text: &str) {
    let (passed, said) = judge(scene);
    assert!(!passed && said.contains(text), "{said}");
}

#[test]
#[ignore = "run by the other tests, in a process of its own"]
fn given() {
    let scene = std::env::var("SCENE").unwrap();
    check(EXERCISE, |lab| {
        let cat = |lab: &Lab, stdin, stdout| {
            let program = lab.program("cat").stdin(stdin).stdout(stdout);
            program.keep_stdin().start()
        };
        let text = lab.text_line(200_000);
        let kept = |lab: &Lab, count: usize, stdin| {
            let program = lab.program("dd").args(["bs=1", &format!("count={count}")]);
            program.stdin(stdin).keep_stdin().start()
        };
        match scene.as_str() {
            "left unread" => {
                for stdin in [Stdin::Pipe, Stdin::Socket] {
                    let mut program = kept(lab, 5, stdin)?;
                    program.send_in_pieces(b"hello, world", &[2, 20])?;
                    program.expect_exit(0)?.stdout_is(b"hello")?;
                    program.expect_left_unread(b", world")?;
                }
                Ok(())
            }
            "read too far" => {
                let mut program = kept(lab, 12, Stdin::Pipe)?;
                program.send(b"hello, world")?;
                program.expect_exit(0)?;
                program.expect_left_unread(b"world")
            }
            "terminal" => {
                let mut program = kept(lab, 5, Stdin::Terminal)?;
                program.send(b"\x03\x04\r\n\0")?;
                program.expect_exit(0)?.stdout_is(b"\x03\x04\r\n\0")
            }
            "reader" => {
                for stdout in [Stdout::Pipe, Stdout::Socket] {
                    let mut program = cat(lab, Stdin::Bytes(text.clone()), stdout)?;
                    let mut reader = program.reader()?;
                    reader.stall(text.len())?;
                    reader.expect_slowly(&text[..1_000], 300)?;
                    reader.expect_to_end(&text[1_000..])?;
                    program.expect_exit(0)?;
                }
                Ok(())
            }
            "wrong byte" => {
                let mut expected = text.clone();
                expected[100_000] = b'?';
                let mut program = cat(lab, Stdin::Bytes(text), Stdout::Pipe)?;
                program.reader()?.expect_to_end(&expected)
            }
            "no end" => {
                let mut program = cat(lab, Stdin::Pipe, Stdout::Pipe)?;
                program.send(b"hello")?;
                program.reader()?.expect_to_end(b"hello")
            }
            "reader leaves" => {
                let mut program = cat(lab, Stdin::Bytes(text.clone()), Stdout::Pipe)?;
                let reader = program.reader()?;
                reader.stall(text.len())?;
                reader.close();
                program.expect_exit(0).map(drop)
            }
            "reset" => {
                let mut program = cat(lab, Stdin::Socket, Stdout::Terminal)?;
                program.send(b"hello")?;
                program.reset_stdin()?;
                let ended = program.expect_exit(1)?;
                ended.stdout_is(b"hello")
            }
            "calls" => {
                let program = cat(lab, Stdin::Pipe, Stdout::Terminal)?;
                program.await_reading(1 << 16)?;
                let before = program.observe().read_calls()?;
                program.send_in_pieces(b"hello", &[1])?;
                program.await_taken()?;
                lab.settle();
                let calls = program.observe().read_calls()? - before;
                lab.require(calls == 5, "it makes 5 calls", calls)
            }
            other => panic!("no scene {other:?}"),
        }
    });
}

#[test]
fn what_a_program_leaves_is_seen() {
    passes("left unread");
    fails("read too far", "Nothing is left: it had read too far.");
}

#[test]
fn a_terminal_changes_no_byte() {
    passes("terminal");
}

#[test]
fn a_reader_reads_at_its_own_pace() {
    passes("reader");
    fails("wrong byte", "^ byte 100,000: expected '?', received");
    fails("no end", "All bytes came, but no end of file for 2 s.");
}

#[test]
fn a_reader_that_leaves_breaks_the_pipe() {
    fails("reader leaves", "signal 13 (SIGPIPE)");
}

#[test]
#[cfg(target_os = "linux")]
fn a_reset_is_an_error_of_read() {
    passes("reset");
}

#[test]
#[cfg(target_os = "linux")]
fn read_calls_are_counted() {
    passes("calls");
}
