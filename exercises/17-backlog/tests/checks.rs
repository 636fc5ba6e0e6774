//! What `backlog` says of a queue, and what the kernel counts of the same
//! queue. How many connections a queue holds is not written here: it is found
//! by trying, with a socket of the judge's own.

use std::time::{Duration, Instant};

use predicates::prelude::predicate;
use testbed::failure::are_wrong_usage;
use testbed::prelude::*;
use testbed::queue::{self, Counts};

const EXERCISE: &str = include_str!("../exercise.toml");
const PROGRAM: &str = "backlog";

/// Less than any program that waits for 300 ms needs.
const TOO_SHORT: Duration = Duration::from_millis(250);
/// More than twice the 300 ms, asleep.
const TOO_LONG: Duration = Duration::from_millis(600);
/// A connection that was not answered is tried again by the kernel after 1 s.
const BEFORE_THE_NEXT_TRY: Duration = Duration::from_millis(900);

fn start(lab: &Lab, port: u16, size: i32) -> Outcome<Program> {
    lab.program(PROGRAM)
        .arg(port)
        .arg(size)
        .stdin(Stdin::Null)
        .start()
}

/// A queue of some length that no constant meets.
fn some_size(lab: &mut Lab) -> i32 {
    i32::try_from(lab.number(5..30)).unwrap_or(5)
}

/// The two lines and the end of a measurement.
fn says(lab: &mut Lab, size: i32) -> Outcome {
    let held = queue::capacity(lab, size)?;
    let port = lab.another_port();
    let mut program = start(lab, port, size)?;
    // 400 connections, each looked at once in a while, may take several steps.
    queue::await_end(lab, &program);
    let ended = program.expect_exit(0)?;
    ended.stdout_is(format!("queued: {held}\naccepted: {held}\n").as_bytes())
}

// The queue.

#[test]
fn fills_the_queue() {
    check(EXERCISE, |lab| {
        let size = some_size(lab);
        let held = queue::capacity(lab, size)? as u64;
        let before = counts(lab)?;
        let began = Instant::now();
        let port = lab.another_port();
        let mut program = start(lab, port, size)?;
        queue::await_line(lab, &program, port, Some(before))?;
        let counted = counts(lab)?.since(before);
        let in_time = began.elapsed() < BEFORE_THE_NEXT_TRY;
        lab.step("it printed a line, and the kernel's counters were read (`nstat`)");
        // Elsewhere other programs' connections are counted, too. And the one
        // that was not completed may have been in the end, after a while.
        let more = counted.completed > held && in_time && lab.in_cell();
        let filled = counted.unanswered > 0 && counted.completed >= held && !more;
        if !filled {
            // Its end is told, where it ends: so is the story the same each time.
            let _ = program.wait_end();
        }
        let seen = match (counted.unanswered, lab.in_cell()) {
            (_, false) => "They were fewer.".into(),
            (0, true) => {
                "No connection was left without an answer: the queue was never full.".into()
            }
            (_, true) if counted.completed > held + 9 => "Many more were completed.".into(),
            (_, true) => format!("{} were completed.", counted.completed),
        };
        lab.require(
            filled,
            &format!(
                "when it prints, {held} connections have been completed, as many as this kernel \
                 lets wait for SIZE {size}, and then one was left without an answer (SYN_SENT)"
            ),
            seen,
        )
    });
}

fn counts(lab: &Lab) -> Outcome<Counts> {
    Counts::now().ok_or_else(|| lab.ungraded("this system does not count its connections"))
}

#[test]
fn says_how_many_were_queued() {
    check(EXERCISE, |lab| {
        let size = some_size(lab);
        let held = queue::capacity(lab, size)?;
        let port = lab.another_port();
        let mut program = start(lab, port, size)?;
        lab.step(format!(
            "with SIZE {size} this kernel completes {held} connections"
        ));
        queue::await_line(lab, &program, port, None)?;
        // What becomes of it then is the next check's business.
        let _ = program.wait_end();
        program.expect_stdout_line(&format!("queued: {held}"))?;
        counts_what_another_kernel_would_hold(lab)
    });
}

/// Where the system's own limit for queues can be set, it says what is counted, and not
/// what SIZE alone would have.
fn counts_what_another_kernel_would_hold(lab: &mut Lab) -> Outcome {
    let limit = lab.number(3..6);
    if !lab.in_cell() || std::fs::write("/proc/sys/net/core/somaxconn", limit.to_string()).is_err()
    {
        return Ok(());
    }
    lab.begin_anew(format!(
        "the system was told that no queue is longer than {limit} \
         (`sysctl net.core.somaxconn={limit}`)"
    ));
    let size = some_size(lab) + 5;
    let held = queue::capacity(lab, size)?;
    let port = lab.another_port();
    let mut program = start(lab, port, size)?;
    lab.step(format!(
        "with SIZE {size} this kernel completes {held} connections"
    ));
    let _ = program.wait_end();
    program.expect_stdout_line(&format!("queued: {held}"))
}

#[test]
fn accepts_them_all() {
    check(EXERCISE, |lab| {
        let size = some_size(lab);
        let held = queue::capacity(lab, size)?;
        let before = Counts::now();
        let began = Instant::now();
        let port = lab.another_port();
        let mut program = start(lab, port, size)?;
        // One that waits a second for whoever may still come ends a little later.
        let _ = program.wait_end();
        let ended = program.expect_exit(0)?;
        ended.stdout_is(format!("queued: {held}\naccepted: {held}\n").as_bytes())?;
        let counted = Counts::now().zip(before).filter(|_| lab.in_cell());
        let reset = counted.map_or(0, |(now, before)| now.since(before).reset);
        // The connection that was not completed may have been later on, when
        // there was room again.
        let late = if began.elapsed() < BEFORE_THE_NEXT_TRY {
            0
        } else {
            2
        };
        lab.require(
            reset <= late,
            "each connection has been accepted when it ends",
            "When it ended, connections still waited in the queue: the kernel reset them.",
        )
    });
}

#[test]
fn the_shortest_queues() {
    check(EXERCISE, |lab| {
        lab.repeat(2, "queues of SIZE 0 and 1 were measured", |lab, round| {
            says(lab, [0, 1][round])
        })
    });
}

#[test]
fn the_longest_queue() {
    check(EXERCISE, |lab| says(lab, 400));
}

// The waiting.

#[test]
fn gives_a_connection_its_time() {
    check(EXERCISE, |lab| {
        let size = some_size(lab);
        // A busy machine adds to the time: the shorter of two counts.
        let mut shortest = Duration::MAX;
        for _ in 0..2 {
            let began = Instant::now();
            let port = lab.another_port();
            let mut program = start(lab, port, size)?;
            queue::await_line(lab, &program, port, None)?;
            shortest = shortest.min(began.elapsed());
            let _ = program.wait_end();
        }
        lab.step("each time, it was measured when the first line came");
        lab.require(
            shortest >= TOO_SHORT,
            "the connection that is not completed gets 300 ms before the first line is printed",
            "The line was there much earlier.",
        )?;
        // A machine that stands still now and then may add to the sleep.
        let mut asleep = Duration::MAX;
        for _ in 0..3 {
            let port = lab.another_port();
            let mut program = start(lab, port, size)?;
            asleep = asleep.min(queue::patience(lab, &program, port, TOO_LONG)?);
            let _ = program.wait_end();
            if asleep <= TOO_LONG {
                break;
            }
        }
        lab.step("each time, it was watched how long it slept for one connection in SYN_SENT");
        lab.require(
            asleep <= TOO_LONG,
            "the connection that is not completed gets 300 ms, and then the first line is printed",
            "It slept for more than 600 ms each time, and the connection was still in SYN_SENT.",
        )
    });
}

#[test]
fn waits_without_spinning() {
    check(EXERCISE, |lab| {
        let size = some_size(lab);
        // The machine may be too busy to look.
        for _ in 0..6 {
            let port = lab.another_port();
            let mut program = start(lab, port, size)?;
            match queue::sleeps(lab, &program, port)? {
                Some(true) => return Ok(()),
                Some(false) => {
                    lab.step("it was watched until it printed a line");
                    let _ = program.wait_end();
                    return Err(lab.wrong(
                        "it waits for the last connection without using the processor",
                        &["It used the processor all the time.".into()],
                    ));
                }
                None => {}
            }
        }
        Err(lab.ungraded("the machine was too busy to watch the program"))
    });
}

// What goes wrong.

#[test]
fn an_error_is_no_full_queue() {
    check(EXERCISE, |lab| {
        let held = queue::capacity(lab, 400)?;
        let port = lab.another_port();
        lab.step("at most 64 open descriptors were allowed (`ulimit -n 64`)");
        let program = lab.program(PROGRAM).arg(port).arg(400).file_limit(64);
        let ended = program.run()?;
        // Several processes have several times as many.
        if ended.stdout == format!("queued: {held}\naccepted: {held}\n").as_bytes() {
            return ended.exited(0);
        }
        ended.exited(1)?;
        ended.stderr_matches(
            "its message contains the system's text `Too many open files`",
            &predicate::function(|text: &str| text.to_lowercase().contains("too many open files")),
        )?;
        ended.stdout_is(b"")
    });
}

#[test]
fn a_taken_port_is_an_error() {
    check(EXERCISE, |lab| {
        let port = lab.another_port();
        let _other = lab
            .server("another server")
            .at([0, 0, 0, 0])
            .port(port)
            .listen()?;
        lab.step(format!("its port was {port}"));
        let ended = lab.program(PROGRAM).arg(port).arg(3).run()?;
        ended.exited(1)?;
        ended.stderr_matches(
            "its message contains the system's text `Address already in use`",
            &predicate::function(|text: &str| {
                text.to_lowercase().contains("address already in use")
            }),
        )?;
        ended.stdout_is(b"")
    });
}

#[test]
fn refuses_wrong_usage() {
    check(EXERCISE, |lab| {
        let wrong: [&[&str]; 14] = [
            &["4321", "401"],
            &["4321", "-1"],
            &["4321", "4294967296"],
            &["4321", "3x"],
            &["4321", ""],
            &["4321"],
            &[],
            &["0", "3"],
            &["65536", "3"],
            &["-1", "3"],
            &["abc", "3"],
            &["4321x", "3"],
            &["4294971617", "3"],
            &["", "3"],
        ];
        are_wrong_usage(lab, PROGRAM, &wrong)?;
        // The greatest port is one. Elsewhere somebody may have it.
        if lab.in_cell() {
            start(lab, 65_535, 0)?.expect_exit(0)?;
        }
        Ok(())
    });
}
