//! Frames as they travel, written down from the handout, and what a decoder
//! makes of them however they are cut.

use std::time::Duration;

use predicates::prelude::predicate;
use testbed::bytes::{count, show};
use testbed::failure::is_wrong_usage;
use testbed::prelude::*;

const EXERCISE: &str = include_str!("../exercise.toml");
const PROGRAM: &str = "framing";
const KINDS: [&str; 3] = ["fixed:5", "length", "delimiter"];
const MEBIBYTE: usize = 1 << 20;
/// How long a program may take for a payload of many bytes.
const TIME_FOR_MUCH: Duration = Duration::from_secs(8);

fn start(lab: &Lab, command: &str, kind: &str, stdin: Stdin) -> Outcome<Program> {
    let program = lab.program(PROGRAM).arg(command).arg(kind);
    match stdin {
        // What it is sent after its end is lost in silence: its end says more.
        Stdin::Pipe | Stdin::Socket => program.stdin(stdin).keep_stdin().start(),
        _ => program.stdin(stdin).start(),
    }
}

/// With all of its input there, and the end behind it; how it ended.
fn run(lab: &Lab, command: &str, kind: &str, input: &[u8]) -> Outcome<Ended> {
    let mut program = start(lab, command, kind, Stdin::Bytes(input.to_vec()))?;
    lab.step(format!(
        "its standard input was {}, then its end",
        show(input)
    ));
    if input.len() > 100_000 {
        program.give_time(TIME_FOR_MUCH);
    }
    program.wait_end()
}

/// It encodes these lines of hex digits as these bytes.
fn encodes(lab: &Lab, kind: &str, lines: &str, frames: &[u8]) -> Outcome {
    ends_with(&run(lab, "encode", kind, lines.as_bytes())?, frames)
}

/// It decodes these bytes as these lines of hex digits.
fn decodes(lab: &Lab, kind: &str, frames: &[u8], lines: &str) -> Outcome {
    ends_with(&run(lab, "decode", kind, frames)?, lines.as_bytes())
}

fn ends_with(ended: &Ended, stdout: &[u8]) -> Outcome {
    // What a program that gave up has printed says less than its end.
    if ended.code() == Some(0) {
        ended.stdout_is(stdout)?;
    }
    ended.exited(0)
}

/// It ends with an error: first what was whole, then what is wrong.
fn fails_with(ended: &Ended, stdout: &[u8], message: &str) -> Outcome {
    ended.exited(1)?;
    ended.stderr_matches(
        &format!("its standard error says `{message}`"),
        &predicate::str::contains(message),
    )?;
    ended.stdout_is(stdout)
}

/// A line of hex digits, in lower case.
fn hex(payload: &[u8]) -> String {
    const DIGITS: [char; 16] = [
        '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f',
    ];
    let mut line = String::with_capacity(2 * payload.len() + 1);
    for &byte in payload {
        line.push(DIGITS[usize::from(byte >> 4)]);
        line.push(DIGITS[usize::from(byte & 15)]);
    }
    line.push('\n');
    line
}

/// The frame of a payload, from the handout.
fn frame(kind: &str, payload: &[u8]) -> Vec<u8> {
    let size = payload.len();
    let mut frame = Vec::new();
    match kind {
        "length" => {
            frame.push(u8::try_from(size >> 24 & 0xff).unwrap_or(0));
            frame.push(u8::try_from(size >> 16 & 0xff).unwrap_or(0));
            frame.push(u8::try_from(size >> 8 & 0xff).unwrap_or(0));
            frame.push(u8::try_from(size & 0xff).unwrap_or(0));
            frame.extend_from_slice(payload);
        }
        "delimiter" => {
            for &byte in payload {
                match byte {
                    0x0a => frame.extend_from_slice(&[0x5c, 0x6e]),
                    0x5c => frame.extend_from_slice(&[0x5c, 0x5c]),
                    other => frame.push(other),
                }
            }
            frame.push(0x0a);
        }
        _ => frame.extend_from_slice(payload),
    }
    frame
}

/// Five random letters: a payload for each of the kinds.
fn five_letters(lab: &mut Lab) -> Vec<u8> {
    let mut letters = lab.text_line(5);
    letters.truncate(5);
    letters
}

// Encoding.

#[test]
fn encodes_length() {
    check(EXERCISE, |lab| {
        encodes(lab, "length", "68656c6c6f\n", b"\x00\x00\x00\x05hello")
    });
}

#[test]
fn encodes_delimiter() {
    check(EXERCISE, |lab| {
        encodes(lab, "delimiter", "68656c6c6f\n", b"hello\n")?;
        // a, newline, b, backslash, c.
        encodes(lab, "delimiter", "610a625c63\n", b"a\\nb\\\\c\n")?;
        // A backslash and an n are no newline.
        encodes(lab, "delimiter", "5c6e\n", b"\\\\n\n")
    });
}

#[test]
fn encodes_fixed() {
    check(EXERCISE, |lab| {
        encodes(lab, "fixed:5", "68656c6c6f\n", b"hello")
    });
}

#[test]
fn encodes_each_line() {
    check(EXERCISE, |lab| {
        for kind in KINDS {
            let payloads: Vec<Vec<u8>> = (0..3).map(|_| five_letters(lab)).collect();
            let lines: String = payloads.iter().map(|payload| hex(payload)).collect();
            let frames: Vec<u8> = payloads.iter().flat_map(|it| frame(kind, it)).collect();
            // The last line may lack its newline.
            encodes(lab, kind, lines.trim_end(), &frames)?;
        }
        Ok(())
    });
}

#[test]
fn a_length_has_four_bytes() {
    check(EXERCISE, |lab| {
        for size in [200, 258, 33_000, 70_000] {
            let payload = lab.bytes(size);
            lab.step(format!("a payload of {} was made", count(size)));
            encodes(lab, "length", &hex(&payload), &frame("length", &payload))?;
        }
        Ok(())
    });
}

#[test]
fn encodes_the_empty_payload() {
    check(EXERCISE, |lab| {
        encodes(lab, "length", "\n61\n\n", b"\0\0\0\0\0\0\0\x01a\0\0\0\0")?;
        encodes(lab, "delimiter", "\n61\n\n", b"\na\n\n")
    });
}

#[test]
fn reads_hex_in_either_case() {
    check(EXERCISE, |lab| {
        let payload = b"\xab\xcd\xef\x0a\x5c\xAf";
        encodes(lab, "length", "abCDEf0A5caF\n", &frame("length", payload))
    });
}

#[test]
fn refuses_bad_hex() {
    check(EXERCISE, |lab| {
        for bad in ["6x\n", "686\n", "+f\n", "6f 6b\n"] {
            let input = format!("6f6b\n{bad}6f6b\n");
            let ended = run(lab, "encode", "length", input.as_bytes())?;
            fails_with(&ended, b"\0\0\0\x02ok", "error: bad hex")?;
        }
        Ok(())
    });
}

#[test]
fn refuses_another_size() {
    check(EXERCISE, |lab| {
        for wrong in ["6869", "68656c6c6f21", ""] {
            let input = format!("68656c6c6f\n{wrong}\n");
            let ended = run(lab, "encode", "fixed:5", input.as_bytes())?;
            fails_with(&ended, b"hello", "error: ")?;
        }
        Ok(())
    });
}

// Decoding.

#[test]
fn decodes_length() {
    check(EXERCISE, |lab| {
        decodes(lab, "length", b"\x00\x00\x00\x05hello", "68656c6c6f\n")?;
        let payload = lab.bytes(33_000);
        decodes(lab, "length", &frame("length", &payload), &hex(&payload))
    });
}

#[test]
fn decodes_delimiter() {
    check(EXERCISE, |lab| {
        decodes(lab, "delimiter", b"hello\n", "68656c6c6f\n")?;
        decodes(lab, "delimiter", b"a\\nb\\\\c\n", "610a625c63\n")?;
        // A backslash and an n are no newline.
        decodes(lab, "delimiter", b"\\\\n\n", "5c6e\n")
    });
}

#[test]
fn decodes_fixed() {
    check(EXERCISE, |lab| {
        decodes(lab, "fixed:5", b"hello", "68656c6c6f\n")?;
        decodes(lab, "fixed:3", b"a\n\\", "610a5c\n")?;
        decodes(lab, "fixed:1", b"a", "61\n")
    });
}

#[test]
fn several_frames_may_come_together() {
    check(EXERCISE, |lab| {
        for kind in KINDS {
            let payloads: Vec<Vec<u8>> = (0..4).map(|_| five_letters(lab)).collect();
            let lines: String = payloads.iter().map(|payload| hex(payload)).collect();
            let frames: Vec<u8> = payloads.iter().flat_map(|it| frame(kind, it)).collect();
            decodes(lab, kind, &frames, &lines)?;
        }
        Ok(())
    });
}

#[test]
fn a_frame_may_come_in_pieces() {
    check(EXERCISE, |lab| {
        for kind in KINDS {
            let mut payloads = [five_letters(lab), five_letters(lab)];
            payloads[1][2..4].copy_from_slice(b"\n\\");
            let frames: Vec<u8> = payloads.iter().flat_map(|it| frame(kind, it)).collect();
            let mut program = start(lab, "decode", kind, Stdin::Pipe)?;
            program.send_bytewise(&frames)?;
            program.close_stdin();
            let lines = hex(&payloads[0]) + &hex(&payloads[1]);
            ends_with(&program.wait_end()?, lines.as_bytes())?;
        }
        Ok(())
    });
}

#[test]
fn frames_may_be_cut_anywhere() {
    check(EXERCISE, |lab| {
        for kind in KINDS {
            let payloads: Vec<Vec<u8>> = (0..6).map(|_| five_letters(lab)).collect();
            let lines: String = payloads.iter().map(|payload| hex(payload)).collect();
            let frames: Vec<u8> = payloads.iter().flat_map(|it| frame(kind, it)).collect();
            let mut program = start(lab, "decode", kind, Stdin::Socket)?;
            program.send_in_pieces(&frames, &[7, 2, 13])?;
            program.close_stdin();
            ends_with(&program.wait_end()?, lines.as_bytes())?;
        }
        Ok(())
    });
}

#[test]
fn gives_a_frame_as_soon_as_it_is_whole() {
    check(EXERCISE, |lab| {
        for kind in KINDS {
            let first = five_letters(lab);
            let second = five_letters(lab);
            let mut program = start(lab, "decode", kind, Stdin::Pipe)?;
            let both = [frame(kind, &first), frame(kind, &second)].concat();
            let cut = both.len() / 2 + 2;
            program.send(&both[..cut])?;
            program.expect_stdout(hex(&first).as_bytes())?;
            program.send(&both[cut..])?;
            program.expect_stdout(hex(&second).as_bytes())?;
            program.expect_alive()?;
            program.close_stdin();
            program.expect_exit(0)?;
        }
        Ok(())
    });
}

#[test]
fn decodes_the_empty_payload() {
    check(EXERCISE, |lab| {
        decodes(lab, "length", b"\0\0\0\0\0\0\0\x01a\0\0\0\0", "\n61\n\n")?;
        decodes(lab, "delimiter", b"\na\n\n", "\n61\n\n")?;
        for kind in ["length", "delimiter"] {
            let mut program = start(lab, "decode", kind, Stdin::Pipe)?;
            program.send(&frame(kind, b""))?;
            program.expect_stdout(b"\n")?;
        }
        Ok(())
    });
}

#[test]
fn an_input_without_frames_is_no_error() {
    check(EXERCISE, |lab| {
        for kind in KINDS {
            decodes(lab, kind, b"", "")?;
        }
        Ok(())
    });
}

// What is wrong with a frame.

#[test]
fn an_end_inside_a_frame_is_an_error() {
    check(EXERCISE, |lab| {
        let message = "error: truncated frame";
        for kind in KINDS {
            let whole = five_letters(lab);
            let frame = frame(kind, &whole);
            let cut = [&frame[..], &frame[..frame.len() - 1]].concat();
            let ended = run(lab, "decode", kind, &cut)?;
            fails_with(&ended, hex(&whole).as_bytes(), message)?;
        }
        Ok(())
    });
}

#[test]
fn an_end_at_an_odd_place_is_an_error() {
    check(EXERCISE, |lab| {
        let message = "error: truncated frame";
        // In the length; behind the length; behind half an escape.
        fails_with(&run(lab, "decode", "length", b"\0\0\0")?, b"", message)?;
        fails_with(&run(lab, "decode", "length", b"\0\0\0\x02")?, b"", message)?;
        fails_with(
            &run(lab, "decode", "delimiter", b"ok\n\\")?,
            b"6f6b\n",
            message,
        )
    });
}

#[test]
fn refuses_a_length_at_once() {
    check(EXERCISE, |lab| {
        let message = "error: frame too large";
        for header in [b"\0\x10\0\x01", b"\x80\0\0\x01", b"\xff\xff\xff\xff"] {
            let mut program = start(lab, "decode", "length", Stdin::Pipe)?;
            program.send(&[b"\0\0\0\x02ok", &header[..]].concat())?;
            // Its input stays open.
            fails_with(&program.wait_end()?, b"6f6b\n", message)?;
        }
        Ok(())
    });
}

#[test]
fn refuses_a_payload_without_end() {
    check(EXERCISE, |lab| {
        let mut input = b"ok\n".to_vec();
        input.resize(3 + MEBIBYTE + 1, b'a');
        let mut program = start(lab, "decode", "delimiter", Stdin::Pipe)?;
        program.send(&input)?;
        // Its input stays open.
        fails_with(&program.wait_end()?, b"6f6b\n", "error: frame too large")?;

        lab.begin_anew("this time the payload's end came with its first byte too many");
        let mut program = start(lab, "decode", "delimiter", Stdin::Pipe)?;
        program.send(&input[..input.len() - 1])?;
        program.await_taken()?;
        program.send(b"a\n")?;
        program.close_stdin();
        program.give_time(TIME_FOR_MUCH);
        fails_with(&program.wait_end()?, b"6f6b\n", "error: frame too large")
    });
}

#[test]
fn refuses_to_encode_too_much() {
    check(EXERCISE, |lab| {
        for kind in ["length", "delimiter"] {
            let input = "6f6b\n".to_string() + &"61".repeat(MEBIBYTE + 1) + "\n";
            let ended = run(lab, "encode", kind, input.as_bytes())?;
            fails_with(&ended, &frame(kind, b"ok"), "error: frame too large")?;
        }
        Ok(())
    });
}

#[test]
fn a_mebibyte_is_not_too_large() {
    check(EXERCISE, |lab| {
        for kind in ["length", "delimiter", "fixed:65536"] {
            let size = if kind == "fixed:65536" {
                65_536
            } else {
                MEBIBYTE
            };
            let payload = lab.bytes(size);
            lab.step(format!("a payload of {} was made", count(size)));
            // With `delimiter` some thousand of its bytes are escaped.
            encodes(lab, kind, &hex(&payload), &frame(kind, &payload))?;
            decodes(lab, kind, &frame(kind, &payload), &hex(&payload))?;
        }
        lab.begin_anew("a payload of 1,048,576 bytes was made, whose end comes late");
        let payload = vec![b'a'; MEBIBYTE];
        let mut program = start(lab, "decode", "delimiter", Stdin::Pipe)?;
        program.send(&payload)?;
        program.await_taken()?;
        program.send(b"\n")?;
        program.close_stdin();
        program.give_time(TIME_FOR_MUCH);
        ends_with(&program.wait_end()?, hex(&payload).as_bytes())
    });
}

#[test]
fn refuses_an_unknown_escape() {
    check(EXERCISE, |lab| {
        for bad in [b"a\\tb\n", b"ab\\0\n", b"abc\\\n"] {
            let input = [b"ok\n", &bad[..], b"ok\n"].concat();
            let ended = run(lab, "decode", "delimiter", &input)?;
            fails_with(&ended, b"6f6b\n", "error: bad escape")?;
        }
        Ok(())
    });
}

// The rules.

#[test]
fn passes_every_byte_unchanged() {
    check(EXERCISE, |lab| {
        let all: Vec<u8> = (0..=255).chain(*b"\r\n\\n\\\\\r\n\0\r").collect();
        let fixed = format!("fixed:{}", all.len());
        for kind in [fixed.as_str(), "length", "delimiter"] {
            encodes(lab, kind, &hex(&all), &frame(kind, &all))?;
            decodes(lab, kind, &frame(kind, &all), &hex(&all))?;
        }
        Ok(())
    });
}

#[test]
fn refuses_what_is_no_kind() {
    check(EXERCISE, |lab| {
        let wrong: [&[&str]; 13] = [
            &[],
            &["encode"],
            &["decode"],
            &["code", "length"],
            &["encode", "lengths"],
            &["encode", "fixed"],
            &["encode", "fixed:"],
            &["encode", "fixed:0"],
            &["decode", "fixed:65537"],
            &["decode", "fixed:-1"],
            &["decode", "fixed:x"],
            &["decode", "fixed:5x"],
            &["decode", "fixed:4294967301"],
        ];
        for arguments in wrong {
            is_wrong_usage(lab, PROGRAM, arguments)?;
        }
        Ok(())
    });
}

#[test]
fn waits_without_spinning() {
    check(EXERCISE, |lab| {
        let mut program = start(lab, "decode", "length", Stdin::Pipe)?;
        program.send(b"\0\0\0\x05hel")?;
        program.await_taken()?;
        program.expect_waiting()
    });
}
