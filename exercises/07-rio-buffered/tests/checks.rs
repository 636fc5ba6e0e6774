//! What a reader with a buffer makes of an input: lines, pieces of lines and
//! counted bytes, however the input comes.

use testbed::bytes::{show, thousands};
use testbed::failure::{has_system_text, is_wrong_usage, printed_only_what_came};
use testbed::prelude::*;
use testbed::start::Start;

const EXERCISE: &str = include_str!("../exercise.toml");
const PROGRAM: &str = "rio-buffered";

fn lines(lab: &Lab, max: usize, stdin: Stdin) -> Outcome<Program> {
    start(lab.program(PROGRAM).arg("lines").arg(max), stdin)
}

fn mix(lab: &Lab, steps: &[&str], stdin: Stdin) -> Outcome<Program> {
    start(lab.program(PROGRAM).arg("mix").args(steps), stdin)
}

/// What it is sent after its end is lost in silence: its end says more than
/// a broken pipe.
fn start(program: Start<'_>, stdin: Stdin) -> Outcome<Program> {
    match stdin {
        Stdin::Pipe | Stdin::Socket => program.stdin(stdin).keep_stdin().start(),
        _ => program.stdin(stdin).start(),
    }
}

/// The same with all of its input there, and the end behind it.
fn lines_of(lab: &Lab, max: usize, input: &[u8]) -> Outcome<Program> {
    let program = lines(lab, max, Stdin::Bytes(input.to_vec()))?;
    tell_input(lab, input);
    Ok(program)
}

fn mix_of(lab: &Lab, steps: &[&str], input: &[u8]) -> Outcome<Program> {
    let program = mix(lab, steps, Stdin::Bytes(input.to_vec()))?;
    tell_input(lab, input);
    Ok(program)
}

fn tell_input(lab: &Lab, input: &[u8]) {
    lab.step(format!(
        "its standard input was {}, then its end",
        show(input)
    ));
}

/// It ends by itself, with status 0, and has given exactly these pieces.
fn ends_with(lab: &Lab, program: &mut Program, pieces: &[&[u8]]) -> Outcome {
    let ended = program.wait_end()?;
    // What a program that failed has printed says less than its end.
    if ended.code() == Some(0) {
        has_given(lab, &ended, pieces)?;
    }
    ended.exited(0)
}

fn has_given(lab: &Lab, ended: &Ended, pieces: &[&[u8]]) -> Outcome {
    ended.stdout_is(&pieces.concat())?;
    let expected: Vec<usize> = pieces.iter().map(|piece| piece.len()).collect();
    let told: Vec<usize> = lengths(&ended.stderr);
    if told == expected {
        return Ok(());
    }
    let at = expected
        .iter()
        .zip(&told)
        .take_while(|(expected, told)| expected == told)
        .count();
    Err(lab.wrong(
        "the lengths on standard error are those of the pieces, one a line",
        &[
            format!("expected  {}", around(&expected, at)),
            format!("told      {}", around(&told, at)),
        ],
    ))
}

/// The lines that are a number and nothing else.
fn lengths(stderr: &str) -> Vec<usize> {
    stderr
        .lines()
        .filter_map(|line| line.trim().parse().ok())
        .collect()
}

/// The lengths around one of them, and how many there are.
fn around(lengths: &[usize], at: usize) -> String {
    let from = at.saturating_sub(2);
    let some: Vec<String> = lengths[from.min(lengths.len())..]
        .iter()
        .take(6)
        .map(ToString::to_string)
        .collect();
    let lead = if from > 0 { "… " } else { "" };
    let tail = if from + some.len() < lengths.len() {
        " …"
    } else {
        ""
    };
    match lengths.len() {
        0 => "no length at all".into(),
        count => format!(
            "{lead}{}{tail} ({} in all)",
            some.join(" "),
            thousands(count)
        ),
    }
}

// Lines.

#[test]
fn gives_each_line() {
    check(EXERCISE, |lab| {
        let first = lab.text_line(11);
        let second = lab.text_line(30);
        let input = [&first[..], &second, b"bye\n"].concat();
        let mut program = lines_of(lab, 100, &input)?;
        ends_with(lab, &mut program, &[&first, &second, b"bye\n"])
    });
}

#[test]
fn an_empty_line_is_a_line() {
    check(EXERCISE, |lab| {
        let mut program = lines_of(lab, 100, b"\none\n\n\ntwo\n")?;
        let pieces: [&[u8]; 5] = [b"\n", b"one\n", b"\n", b"\n", b"two\n"];
        ends_with(lab, &mut program, &pieces)
    });
}

#[test]
fn an_empty_input_gives_nothing() {
    check(EXERCISE, |lab| {
        let mut program = lines(lab, 100, Stdin::Null)?;
        lab.step("its standard input was at its end from the start");
        ends_with(lab, &mut program, &[])
    });
}

#[test]
fn the_last_line_may_lack_its_newline() {
    check(EXERCISE, |lab| {
        let last = &lab.text_line(13)[..13];
        let input = [b"first\n", last].concat();
        let mut program = lines_of(lab, 100, &input)?;
        ends_with(lab, &mut program, &[b"first\n", last])?;
        // It may be a single byte.
        let mut program = lines_of(lab, 100, b"first\nx")?;
        ends_with(lab, &mut program, &[b"first\n", b"x"])
    });
}

#[test]
fn a_line_may_come_in_pieces() {
    check(EXERCISE, |lab| {
        for stdin in [Stdin::Pipe, Stdin::Socket] {
            let first = lab.text_line(20);
            let second = lab.text_line(7);
            if stdin == Stdin::Socket {
                lab.step("the same with a socket for its standard input");
            }
            let mut program = lines(lab, 100, stdin)?;
            let input = [&first[..], &second, b"end"].concat();
            program.send_in_pieces(&input, &[5, 1, 9])?;
            program.close_stdin();
            ends_with(lab, &mut program, &[&first, &second, b"end"])?;
        }
        Ok(())
    });
}

#[test]
fn a_line_may_cross_the_end_of_the_buffer() {
    check(EXERCISE, |lab| {
        let mut all = Vec::new();
        while all.iter().map(Vec::len).sum::<usize>() < 100_000 {
            let length = usize::try_from(lab.number(0..400)).unwrap_or(0);
            all.push(lab.text_line(length));
        }
        let pieces: Vec<&[u8]> = all.iter().map(Vec::as_slice).collect();
        let mut program = lines_of(lab, 1_000, &pieces.concat())?;
        ends_with(lab, &mut program, &pieces)
    });
}

#[test]
fn a_line_may_be_longer_than_any_buffer() {
    check(EXERCISE, |lab| {
        let long = lab.text_line(200_000);
        let input = [b"short\n", &long[..], b"short\n"].concat();
        let mut program = lines_of(lab, 1_000_000, &input)?;
        ends_with(lab, &mut program, &[b"short\n", &long, b"short\n"])
    });
}

// The limit.

#[test]
fn a_line_longer_than_max_comes_in_pieces() {
    check(EXERCISE, |lab| {
        let long = lab.text_line(24);
        let input = [&long[..], b"short\n"].concat();
        let mut program = lines_of(lab, 10, &input)?;
        let pieces = [&long[..10], &long[10..20], &long[20..], b"short\n"];
        ends_with(lab, &mut program, &pieces)
    });
}

#[test]
fn a_piece_is_at_most_max() {
    check(EXERCISE, |lab| {
        // With its newline it is as long as MAX, or one byte longer.
        let fits = lab.text_line(9);
        let too_long = lab.text_line(10);
        let input = [&fits[..], &too_long, b"end"].concat();
        let mut program = lines_of(lab, 10, &input)?;
        ends_with(lab, &mut program, &[&fits, &too_long[..10], b"\n", b"end"])?;
        let mut program = lines_of(lab, 1, b"ab\n\nc")?;
        ends_with(lab, &mut program, &[b"a", b"b", b"\n", b"\n", b"c"])
    });
}

#[test]
fn pieces_and_the_buffer_have_different_ends() {
    check(EXERCISE, |lab| {
        let long = lab.text_line(50_000);
        let mut program = lines_of(lab, 777, &long)?;
        let pieces: Vec<&[u8]> = long.chunks(777).collect();
        ends_with(lab, &mut program, &pieces)
    });
}

// Lines and counted bytes.

#[test]
fn counted_bytes_follow_a_line() {
    check(EXERCISE, |lab| {
        let body = &lab.text_line(20)[..12];
        let input = [b"PUT 12\n", body, b"GET\n"].concat();
        let mut program = mix_of(lab, &["line", "n:12", "line"], &input)?;
        ends_with(lab, &mut program, &[b"PUT 12\n", body, b"GET\n"])
    });
}

#[test]
fn counted_bytes_are_no_lines() {
    check(EXERCISE, |lab| {
        let input = b"one\ntwo\nthree\nfour\n";
        let steps = ["n:6", "line", "n:1", "n:7", "line"];
        let mut program = mix_of(lab, &steps, input)?;
        let pieces: [&[u8]; 5] = [b"one\ntw", b"o\n", b"t", b"hree\nfo", b"ur\n"];
        ends_with(lab, &mut program, &pieces)
    });
}

#[test]
fn counted_bytes_may_come_in_pieces() {
    check(EXERCISE, |lab| {
        let body = lab.text_line(29);
        let mut program = mix(lab, &["line", "n:30", "line"], Stdin::Socket)?;
        let input = [b"head\n", &body[..], b"tail\n"].concat();
        program.send_in_pieces(&input, &[8, 3])?;
        program.close_stdin();
        ends_with(lab, &mut program, &[b"head\n", &body, b"tail\n"])
    });
}

#[test]
fn counted_bytes_may_be_more_than_the_buffer() {
    check(EXERCISE, |lab| {
        let body = lab.bytes(150_001);
        let input = [b"head\n", &body[..], b"tail\nrest"].concat();
        let mut program = mix_of(lab, &["line", "n:150001", "line"], &input)?;
        ends_with(lab, &mut program, &[b"head\n", &body, b"tail\n"])
    });
}

#[test]
fn a_line_of_a_mix_has_no_limit() {
    check(EXERCISE, |lab| {
        let long = lab.text_line(100_000);
        let input = [&long[..], b"tail\n"].concat();
        let mut program = mix_of(lab, &["line", "line"], &input)?;
        ends_with(lab, &mut program, &[&long, b"tail\n"])
    });
}

#[test]
fn a_step_at_end_of_file_answers_nothing() {
    check(EXERCISE, |lab| {
        let mut program = mix_of(lab, &["line", "n:10", "n:3", "line"], b"one\ntwo")?;
        ends_with(lab, &mut program, &[b"one\n", b"two"])?;
        let mut program = mix_of(lab, &["n:3", "line", "line", "n:2"], b"onetwo")?;
        ends_with(lab, &mut program, &[b"one", b"two"])
    });
}

#[test]
fn a_step_waits_for_no_more_than_it_needs() {
    check(EXERCISE, |lab| {
        let mut program = mix(lab, &["line", "n:4"], Stdin::Pipe)?;
        program.send(b"hello\nfour")?;
        // Its input stays open, and there is nothing more in it.
        ends_with(lab, &mut program, &[b"hello\n", b"four"])
    });
}

#[test]
fn reads_from_a_terminal() {
    check(EXERCISE, |lab| {
        let program = lab.program(PROGRAM).args(["mix", "line", "n:3"]);
        let mut program = program.stdin(Stdin::Terminal).start()?;
        lab.step("its standard input was a terminal");
        program.send(b"hel")?;
        lab.settle();
        program.send(b"lo\nabc")?;
        ends_with(lab, &mut program, &[b"hello\n", b"abc"])
    });
}

// Signals and errors.

#[test]
fn survives_a_signal() {
    check(EXERCISE, |lab| {
        let line = lab.text_line(30);
        let mut program = mix(lab, &["line", "n:4", "line"], Stdin::Pipe)?;
        is_ready_for_signals(&program)?;
        lab.settle();
        program.signal(Signal::SIGALRM)?;
        lab.settle();
        program.send(&line[..9])?;
        program.await_taken()?;
        lab.settle();
        program.signal(Signal::SIGUSR1)?;
        lab.settle();
        program.send(&[&line[9..], b"fo"].concat())?;
        program.await_taken()?;
        lab.settle();
        program.signal(Signal::SIGALRM)?;
        lab.settle();
        program.send(b"urlast\n")?;
        program.close_stdin();
        ends_with(lab, &mut program, &[&line, b"four", b"last\n"])
    });
}

#[test]
fn survives_many_signals() {
    check(EXERCISE, |lab| {
        let all: Vec<Vec<u8>> = (0..20).map(|length| lab.text_line(length)).collect();
        let pieces: Vec<&[u8]> = all.iter().map(Vec::as_slice).collect();
        let mut program = lines(lab, 100, Stdin::Socket)?;
        is_ready_for_signals(&program)?;
        lab.settle();
        lab.interrupt_each_call(&program, Signal::SIGALRM, 20)?;
        lab.interrupt(&program, Signal::SIGUSR1, |_| {
            program.send_in_pieces(&pieces[..19].concat(), &[4, 1, 11])?;
            program.await_taken()
        })?;
        lab.step("no more signals were sent to it");
        program.send(pieces[19])?;
        program.close_stdin();
        ends_with(lab, &mut program, &pieces)?;
        lab.begin_anew(
            "a second program, with all of its input there and a reader that reads late",
        );
        let long = lab.text_line(300_000);
        let program = lab.program(PROGRAM).arg("lines").arg(1_000_000);
        let program = program.stdin(Stdin::Bytes(long.clone()));
        let mut program = program.stdout(Stdout::Pipe).start()?;
        let mut reader = program.reader()?;
        is_ready_for_signals(&program)?;
        reader.stall(long.len())?;
        program.signal(Signal::SIGALRM)?;
        lab.settle();
        reader.expect_to_end(&long)?;
        program.expect_exit(0).map(|_| ())
    });
}

fn is_ready_for_signals(program: &Program) -> Outcome {
    program.wait_for_handler(Signal::SIGALRM)?;
    program.wait_for_handler(Signal::SIGUSR1)
}

#[test]
fn reports_an_error() {
    check(EXERCISE, |lab| {
        let mut program = lines(lab, 100, Stdin::Socket)?;
        program.send(b"hello\nhal")?;
        program.reset_stdin()?;
        let ended = program.expect_exit(1)?;
        has_system_text(&ended, "Connection reset by peer")?;

        lab.begin_anew("a second program, whose step wants more than came before the error");
        // One that gives what came may keep the error for the step behind it.
        let mut program = mix(lab, &["n:10", "line"], Stdin::Socket)?;
        program.send(b"hal")?;
        program.reset_stdin()?;
        let ended = program.expect_exit(1)?;
        has_system_text(&ended, "Connection reset by peer")
    });
}

// The rules, and the cost.

#[test]
fn waits_without_spinning() {
    check(EXERCISE, |lab| {
        let mut program = lines(lab, 100, Stdin::Pipe)?;
        program.send(b"hello\nhal")?;
        program.await_taken()?;
        program.expect_waiting()
    });
}

#[test]
fn many_lines_take_few_calls() {
    check(EXERCISE, |lab| {
        // A mebibyte of lines of 16 bytes.
        const LINES: usize = 65_536;
        const ALLOWED: u64 = 300;
        let all: Vec<Vec<u8>> = (0..LINES).map(|_| lab.text_line(15)).collect();
        let pieces: Vec<&[u8]> = all.iter().map(Vec::as_slice).collect();
        let input = pieces.concat();
        let mut program = lines(lab, 100, Stdin::Pipe)?;
        program.await_reading(input.len())?;
        let before = program.observe().read_calls()?;
        program.send(&input)?;
        program.await_taken()?;
        let calls = program.observe().read_calls()?.saturating_sub(before);
        lab.require(
            calls <= ALLOWED,
            "it made at most 300 read calls for the 1,048,576 bytes",
            match calls {
                0..65_536 => "It made more than 300.".to_string(),
                65_536..1_048_576 => "It made a read call for each line, or more.".to_string(),
                _ => "It made a read call for each byte.".to_string(),
            },
        )?;
        program.close_stdin();
        ends_with(lab, &mut program, &pieces)
    });
}

#[test]
fn passes_every_byte_unchanged() {
    check(EXERCISE, |lab| {
        let all: Vec<u8> = (0..=255).filter(|&byte| byte != b'\n').collect();
        let all = [&all[..], b"\n"].concat();
        let pieces: [&[u8]; 5] = [b"a\0b\n", b"\0\n", b"\xff\xfe \r\n", &all, b"end\0"];
        let mut program = lines_of(lab, 1_000, &pieces.concat())?;
        ends_with(lab, &mut program, &pieces)
    });
}

// The other checks look at standard output where all goes well.
#[test]
fn stdout_carries_only_the_bytes() {
    check(EXERCISE, |lab| {
        let input = b"hello\nhal";
        let mut program = lines(lab, 100, Stdin::Socket)?;
        program.send(input)?;
        program.reset_stdin()?;
        printed_only_what_came(lab, &program.wait_end()?, input)
    });
}

#[test]
fn refuses_what_is_no_command() {
    check(EXERCISE, |lab| {
        let wrong: [&[&str]; 11] = [
            &[],
            &["lines"],
            &["lines", "abc"],
            &["lines", "-5"],
            &["lines", ""],
            &["mix", "word"],
            &["mix", "line", "n:x"],
            &["mix", "n:-1"],
            &["line", "10"],
            &["lines", "10x"],
            &["mix", "n:5x"],
        ];
        for arguments in wrong {
            is_wrong_usage(lab, PROGRAM, arguments)?;
        }
        Ok(())
    });
}
