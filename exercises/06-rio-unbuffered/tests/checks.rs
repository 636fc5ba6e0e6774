//! What the other end of a descriptor sees of `readn` and `writen`: an input
//! that comes at its own pace, a reader that reads at its own.

use std::sync::atomic::{AtomicUsize, Ordering};

use predicates::prelude::predicate;
use testbed::failure::{has_system_text, is_wrong_usage, printed_only_what_came};
use testbed::prelude::*;

const EXERCISE: &str = include_str!("../exercise.toml");
const PROGRAM: &str = "rio-unbuffered";

/// More bytes than the lab's pipe holds, also where a page has 64 KiB.
const PIPEFUL: usize = 200_000;
/// More bytes than the lab's socket takes, however they are sent: of pages that
/// sendfile lends to it, it takes 64 KiB at once.
const SOCKETFUL: usize = 200_000;

/// `readn count`, and what it leaves of its input can be looked at.
fn readn(lab: &Lab, count: usize, stdin: Stdin) -> Outcome<Program> {
    let program = lab.program(PROGRAM).arg("readn").arg(count);
    program.stdin(stdin).keep_stdin().start()
}

/// It ends well; what it printed is compared first, which says more.
fn ends_with(program: &mut Program, expected: &[u8]) -> Outcome<Ended> {
    let ended = program.wait_end()?;
    // A program that was killed or gave up has printed what it has printed.
    if ended.code() == Some(0) {
        ended.stdout_is(expected)?;
    }
    ended.exited(0)?;
    Ok(ended)
}

/// A line of standard error says how many bytes were moved. What else is said
/// there is nobody's business.
fn says(lab: &Lab, ended: &Ended, line: &str) -> Outcome {
    let said = ended.stderr.lines().any(|said| said.trim_end() == line);
    let seen = match ended.stderr.is_empty() {
        true => "Its standard error is empty.",
        false => "No such line is on its standard error.",
    };
    lab.require(
        said,
        &format!("a line of its standard error is `{line}`"),
        seen,
    )
}

/// Waits until a signal would be caught.
fn is_ready_for_signals(program: &Program) -> Outcome {
    program.wait_for_handler(Signal::SIGALRM)?;
    program.wait_for_handler(Signal::SIGUSR1)
}

/// `writen` of a file with these bytes, and who reads what it writes.
fn writen(lab: &Lab, stdout: Stdout, content: &[u8]) -> Outcome<(Program, Reader)> {
    let file = file(lab, content)?;
    let program = lab.program(PROGRAM).arg("writen").arg(file);
    let mut program = program.stdin(Stdin::Null).stdout(stdout).start()?;
    let reader = program.reader()?;
    Ok((program, reader))
}

/// A file in the program's own folder, by its name there.
fn file(lab: &Lab, content: &[u8]) -> Outcome<String> {
    let name = if lab.in_cell() {
        "data".to_string()
    } else {
        // Checks run side by side there.
        static MADE: AtomicUsize = AtomicUsize::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        format!("data-{}-{number}", std::process::id())
    };
    let path = lab.scratch().join(&name);
    std::fs::write(&path, content)
        .map_err(|error| lab.ungraded(&format!("the lab could not write a file: {error}")))?;
    lab.step(format!(
        "the file `{name}` was made, of {}",
        testbed::bytes::count(content.len())
    ));
    if lab.in_cell() {
        Ok(name)
    } else {
        Ok(path.display().to_string())
    }
}

fn tell_output(lab: &Lab, stdout: Stdout) {
    lab.step(match stdout {
        Stdout::Socket => "the same with a socket for its standard output",
        _ => "its standard output will be a pipe",
    });
}

// readn.

#[test]
fn readn_takes_as_many_as_asked() {
    check(EXERCISE, |lab| {
        let input = lab.text_line(99);
        let mut program = readn(lab, 40, Stdin::Bytes(input.clone()))?;
        lab.step(format!(
            "its standard input was a pipe with {}",
            testbed::bytes::show(&input)
        ));
        ends_with(&mut program, &input[..40]).map(|_| ())
    });
}

#[test]
fn readn_says_how_many() {
    check(EXERCISE, |lab| {
        let count = usize::try_from(lab.number(100..900)).unwrap_or(100);
        let input = lab.text_line(count);
        let mut program = readn(lab, count, Stdin::Bytes(input.clone()))?;
        lab.step(format!(
            "its standard input was a pipe with {}",
            testbed::bytes::count(count)
        ));
        let ended = ends_with(&mut program, &input[..count])?;
        says(lab, &ended, &format!("read {count} bytes"))
    });
}

#[test]
fn readn_puts_pieces_together() {
    check(EXERCISE, |lab| {
        let input = lab.text_line(59);
        let mut program = readn(lab, 60, Stdin::Socket)?;
        program.send_in_pieces(&input, &[7, 1, 20])?;
        ends_with(&mut program, &input).map(|_| ())
    });
}

#[test]
fn readn_puts_many_bytes_together() {
    check(EXERCISE, |lab| {
        let input = lab.text_line(299_999);
        let mut program = readn(lab, input.len(), Stdin::Bytes(input.clone()))?;
        lab.step("its standard input got 300,000 bytes, as fast as it read them");
        let ended = ends_with(&mut program, &input)?;
        says(lab, &ended, "read 300000 bytes")
    });
}

#[test]
fn readn_leaves_the_rest() {
    check(EXERCISE, |lab| {
        for stdin in [Stdin::Pipe, Stdin::Socket] {
            let input = lab.text_line(99);
            let count = usize::try_from(lab.number(30..60)).unwrap_or(30);
            lab.step(match stdin {
                Stdin::Socket => "the same with a socket for its standard input",
                _ => "its standard input was a pipe",
            });
            let mut program = readn(lab, count, stdin)?;
            program.send(&input)?;
            ends_with(&mut program, &input[..count])?;
            program.expect_left_unread(&input[count..])?;
        }
        lab.step("the same with more bytes than any buffer holds");
        let input = lab.text_line(1_100_999);
        let count = usize::try_from(lab.number(1_100_000..1_100_100)).unwrap_or(1_100_000);
        let mut program = readn(lab, count, Stdin::Pipe)?;
        program.send(&input)?;
        ends_with(&mut program, &input[..count])?;
        program.expect_left_unread(&input[count..])
    });
}

#[test]
fn readn_ends_at_end_of_file() {
    check(EXERCISE, |lab| {
        let input = lab.text_line(24);
        let mut program = readn(lab, 60, Stdin::Pipe)?;
        program.send_in_pieces(&input, &[10])?;
        program.close_stdin();
        let ended = ends_with(&mut program, &input)?;
        says(lab, &ended, "read 25 bytes")?;
        lab.step("the same without any input");
        let mut program = readn(lab, 60, Stdin::Null)?;
        let ended = ends_with(&mut program, b"")?;
        says(lab, &ended, "read 0 bytes")
    });
}

#[test]
fn readn_of_nothing_waits_for_nothing() {
    check(EXERCISE, |lab| {
        let mut program = readn(lab, 0, Stdin::Pipe)?;
        let ended = ends_with(&mut program, b"")?;
        says(lab, &ended, "read 0 bytes")
    });
}

#[test]
fn readn_reads_from_a_terminal() {
    check(EXERCISE, |lab| {
        let input = lab.text_line(29);
        let program = lab.program(PROGRAM).arg("readn").arg(30);
        let mut program = program.stdin(Stdin::Terminal).start()?;
        lab.step("its standard input was a terminal");
        program.send(&input[..11])?;
        lab.settle();
        program.send(&input[11..])?;
        ends_with(&mut program, &input).map(|_| ())
    });
}

#[test]
fn readn_counts_beyond_32_bits() {
    check(EXERCISE, |lab| {
        let input = lab.text_line(9);
        let program = lab.program(PROGRAM).arg("readn").arg(4_294_967_299u64);
        let mut program = program.stdin(Stdin::Bytes(input.clone())).start()?;
        lab.step("its standard input was a pipe with 10 bytes");
        ends_with(&mut program, &input).map(|_| ())
    });
}

#[test]
fn readn_survives_a_signal() {
    check(EXERCISE, |lab| {
        let input = lab.text_line(39);
        let mut program = readn(lab, 40, Stdin::Pipe)?;
        is_ready_for_signals(&program)?;
        lab.settle();
        for signal in [Signal::SIGUSR1, Signal::SIGALRM] {
            // What has ended by it is told at the next step.
            let _ = program.signal(signal);
            lab.settle();
        }
        program.send(&input[..15])?;
        program.await_taken()?;
        lab.settle();
        program.signal(Signal::SIGALRM)?;
        lab.settle();
        program.send(&input[15..])?;
        ends_with(&mut program, &input).map(|_| ())
    });
}

#[test]
fn readn_survives_many_signals() {
    check(EXERCISE, |lab| {
        let input = lab.text_line(299);
        let mut program = readn(lab, 300, Stdin::Socket)?;
        is_ready_for_signals(&program)?;
        lab.settle();
        lab.interrupt_each_call(&program, Signal::SIGUSR1, 20)?;
        lab.interrupt(&program, Signal::SIGALRM, |_| {
            program.send_in_pieces(&input[..280], &[9, 2, 30])?;
            program.await_taken()
        })?;
        lab.step("no more signals were sent to it");
        program.send(&input[280..])?;
        ends_with(&mut program, &input)?;
        lab.step("the same with all of its input there, and a reader that reads late");
        let content = lab.text_line(PIPEFUL - 1);
        let program = lab.program(PROGRAM).arg("readn").arg(content.len());
        let program = program.stdin(Stdin::Bytes(content.clone()));
        let mut program = program.stdout(Stdout::Pipe).start()?;
        let mut reader = program.reader()?;
        is_ready_for_signals(&program)?;
        reader.stall(content.len())?;
        program.signal(Signal::SIGALRM)?;
        lab.settle();
        reader.expect_to_end(&content)?;
        program.expect_exit(0).map(|_| ())
    });
}

#[test]
fn readn_reports_an_error() {
    check(EXERCISE, |lab| {
        let mut program = readn(lab, 60, Stdin::Socket)?;
        program.reset_stdin()?;
        let ended = program.expect_exit(1)?;
        has_system_text(&ended, "Connection reset by peer")?;
        lab.step("the same with a part of its input before");
        let input = lab.text_line(9);
        let mut program = readn(lab, 60, Stdin::Socket)?;
        program.send(&input)?;
        program.await_taken()?;
        lab.settle();
        // Of a call that has some bytes and waits for more (MSG_WAITALL), the
        // kernel gives these, and forgets the error: a later read finds the end.
        if !program.waits_for_all() {
            program.reset_stdin()?;
            let ended = program.expect_exit(1)?;
            has_system_text(&ended, "Connection reset by peer")?;
        }
        lab.begin_anew("a third program, whose reader leaves before it has all");
        let content = lab.text_line(PIPEFUL - 1);
        let program = lab.program(PROGRAM).arg("readn").arg(content.len());
        let program = program.stdin(Stdin::Bytes(content.clone()));
        let mut program = program.stdout(Stdout::Pipe).start()?;
        let reader = program.reader()?;
        reader.stall(content.len())?;
        reader.close();
        let ended = program.expect_exit(1)?;
        has_system_text(&ended, "Broken pipe")
    });
}

// writen.

#[test]
fn writen_writes_a_file() {
    check(EXERCISE, |lab| {
        let content = lab.text_line(999);
        let file = file(lab, &content)?;
        let program = lab.program(PROGRAM).arg("writen").arg(file);
        let mut program = program.stdin(Stdin::Null).start()?;
        ends_with(&mut program, &content).map(|_| ())
    });
}

#[test]
fn writen_says_how_many() {
    check(EXERCISE, |lab| {
        let count = usize::try_from(lab.number(100..900)).unwrap_or(100);
        for content in [lab.text_line(count - 1), Vec::new()] {
            let file = file(lab, &content)?;
            let program = lab.program(PROGRAM).arg("writen").arg(file);
            let mut program = program.stdin(Stdin::Null).start()?;
            let ended = ends_with(&mut program, &content)?;
            says(lab, &ended, &format!("wrote {} bytes", content.len()))?;
        }
        Ok(())
    });
}

#[test]
fn writen_waits_for_a_slow_reader() {
    check(EXERCISE, |lab| {
        for (stdout, size) in [(Stdout::Pipe, PIPEFUL), (Stdout::Socket, SOCKETFUL)] {
            let content = lab.text_line(size - 1);
            tell_output(lab, stdout);
            let (mut program, mut reader) = writen(lab, stdout, &content)?;
            reader.stall(content.len())?;
            reader.expect(&content[..1000])?;
            reader.expect_to_end(&content[1000..])?;
            let ended = program.expect_exit(0)?;
            says(lab, &ended, &format!("wrote {size} bytes"))?;
        }
        Ok(())
    });
}

#[test]
fn writen_goes_on_after_a_short_count() {
    check(EXERCISE, |lab| {
        let content = lab.text_line(PIPEFUL - 1);
        let (mut program, mut reader) = writen(lab, Stdout::Pipe, &content)?;
        is_ready_for_signals(&program)?;
        reader.stall(content.len())?;
        program.signal(Signal::SIGALRM)?;
        lab.settle();
        reader.expect_to_end(&content)?;
        program.expect_exit(0).map(|_| ())
    });
}

#[test]
fn writen_survives_a_signal() {
    check(EXERCISE, |lab| {
        let content = lab.text_line(PIPEFUL - 1);
        let (mut program, mut reader) = writen(lab, Stdout::Pipe, &content)?;
        is_ready_for_signals(&program)?;
        reader.stall(content.len())?;
        for signal in [Signal::SIGALRM, Signal::SIGUSR1] {
            // What has ended by it is told at the next step.
            let _ = program.signal(signal);
            lab.settle();
        }
        reader.expect_to_end(&content)?;
        program.expect_exit(0).map(|_| ())
    });
}

#[test]
fn writen_survives_many_signals() {
    check(EXERCISE, |lab| {
        let content = lab.text_line(SOCKETFUL - 1);
        let (mut program, mut reader) = writen(lab, Stdout::Socket, &content)?;
        is_ready_for_signals(&program)?;
        reader.stall(content.len())?;
        lab.interrupt_each_call(&program, Signal::SIGALRM, 20)?;
        lab.interrupt(&program, Signal::SIGUSR1, |_| {
            reader.expect_slowly(&content[..40_000], 1500)
        })?;
        lab.step("no more signals were sent to it");
        reader.expect_to_end(&content[40_000..])?;
        program.expect_exit(0).map(|_| ())
    });
}

#[test]
fn writen_reports_a_broken_pipe() {
    check(EXERCISE, |lab| {
        let content = lab.text_line(PIPEFUL - 1);
        for stdout in [Stdout::Pipe, Stdout::Socket] {
            tell_output(lab, stdout);
            let (mut program, mut reader) = writen(lab, stdout, &content)?;
            reader.stall(content.len())?;
            reader.expect(&content[..500])?;
            reader.close();
            let ended = program.expect_exit(1)?;
            // A socket that is closed with bytes unread may reset the connection.
            let reset = "Connection reset by peer";
            if stdout == Stdout::Pipe || has_system_text(&ended, reset).is_err() {
                has_system_text(&ended, "Broken pipe")?;
            }
        }
        Ok(())
    });
}

// Both.

#[test]
fn passes_every_byte_unchanged() {
    check(EXERCISE, |lab| {
        let mut bytes: Vec<u8> = (0..=255).collect();
        bytes.extend(lab.bytes(2_000));
        bytes.extend(b"\0\r\n\xff\xfe\x04\0");
        let file = file(lab, &bytes)?;
        let program = lab.program(PROGRAM).arg("writen").arg(file);
        let mut program = program.stdin(Stdin::Null).start()?;
        ends_with(&mut program, &bytes)?;
        let mut program = readn(lab, bytes.len(), Stdin::Bytes(bytes.clone()))?;
        ends_with(&mut program, &bytes).map(|_| ())
    });
}

// The other checks look at standard output where all goes well.
#[test]
fn stdout_carries_only_the_bytes() {
    check(EXERCISE, |lab| {
        let input = lab.text_line(9);
        let mut program = readn(lab, 60, Stdin::Socket)?;
        program.send(&input)?;
        program.reset_stdin()?;
        printed_only_what_came(lab, &program.wait_end()?, &input)
    });
}

#[test]
fn a_missing_file_is_an_error() {
    check(EXERCISE, |lab| {
        let program = lab.program(PROGRAM).arg("writen").arg("no-such-file");
        let mut program = program.stdin(Stdin::Null).start()?;
        let ended = program.expect_exit(1)?;
        ended.stderr_matches(
            "its message names the file, `no-such-file`",
            &predicate::str::contains("no-such-file"),
        )?;
        has_system_text(&ended, "No such file or directory")?;
        lab.step("the same with a folder: it can be opened, and has no bytes to read");
        let program = lab.program(PROGRAM).arg("writen").arg(".");
        program
            .stdin(Stdin::Null)
            .start()?
            .expect_exit(1)
            .map(|_| ())
    });
}

#[test]
fn refuses_what_is_no_command() {
    check(EXERCISE, |lab| {
        let wrong: [&[&str]; 8] = [
            &[],
            &["readn"],
            &["readn", "abc"],
            &["readn", "-1"],
            &["readn", ""],
            &["writen"],
            &["read", "5"],
            &["readn", "5x"],
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
        let mut program = readn(lab, 10, Stdin::Pipe)?;
        program.send(b"hello")?;
        program.await_taken()?;
        program.expect_waiting()
    });
}
