//! The checks of exercise 16: a table of sockets is made, segments come, and
//! each must reach the socket that the kernel would hand it to.

mod table;

use table::{Table, a_crowd, random_line};
use testbed::filter::{self, Answer, Exchange};
use testbed::long_input::answers_a_long_input;
use testbed::prelude::*;

const EXERCISE: &str = include_str!("../exercise.toml");
const PROGRAM: &str = "demux";

/// A line that has no answer: a socket is made, or goes.
fn told(line: impl AsRef<str>) -> Exchange {
    Exchange::new(line.as_ref(), Answer::Nothing)
}

fn answered(line: impl AsRef<str>, answer: impl ToString) -> Exchange {
    Exchange::new(line.as_ref(), Answer::line(answer))
}

fn refused(line: impl AsRef<str>) -> Exchange {
    Exchange::new(line.as_ref(), Answer::Error)
}

/// A line whose answer needs no socket.
fn nobody() -> Exchange {
    answered("segment 10.0.0.9:4000 > 10.0.0.1:80", "reset")
}

/// Everything at once: whether an answer comes in time is the business of one
/// check alone.
fn answers(lab: &Lab, exchanges: &[Exchange]) -> Outcome {
    filter::answers_all(lab, PROGRAM, exchanges)
}

// Connections.

#[test]
fn a_segment_reaches_its_connection() {
    check(EXERCISE, |lab| {
        let (port, remote) = (lab.number(1024..32768), lab.number(32768..61000));
        let exchanges = [
            told("connection 10.0.0.1:80 10.0.0.9:4000 ada"),
            answered("segment 10.0.0.9:4000 > 10.0.0.1:80", "ada"),
            told(format!("connection 10.0.0.1:{port} 10.0.0.8:{remote} bob")),
            answered(
                format!("segment 10.0.0.8:{remote} > 10.0.0.1:{port}"),
                "bob",
            ),
            answered("segment 10.0.0.9:4000 > 10.0.0.1:80", "ada"),
        ];
        answers(lab, &exchanges)
    });
}

#[test]
fn all_four_numbers_tell_connections_apart() {
    check(EXERCISE, |lab| {
        let exchanges = [
            told("connection 10.0.0.1:80 10.0.0.9:4000 first"),
            told("connection 10.0.0.1:80 10.0.0.9:4001 other-remote-port"),
            told("connection 10.0.0.1:80 10.0.0.8:4000 other-remote-address"),
            told("connection 10.0.0.1:81 10.0.0.9:4000 other-local-port"),
            told("connection 10.0.0.2:80 10.0.0.9:4000 other-local-address"),
            answered("segment 10.0.0.9:4000 > 10.0.0.1:80", "first"),
            answered("segment 10.0.0.9:4001 > 10.0.0.1:80", "other-remote-port"),
            answered(
                "segment 10.0.0.8:4000 > 10.0.0.1:80",
                "other-remote-address",
            ),
            answered("segment 10.0.0.9:4000 > 10.0.0.1:81", "other-local-port"),
            answered("segment 10.0.0.9:4000 > 10.0.0.2:80", "other-local-address"),
        ];
        answers(lab, &exchanges)
    });
}

#[test]
fn a_segment_for_nobody_is_reset() {
    check(EXERCISE, |lab| {
        let exchanges = [
            nobody(),
            told("connection 10.0.0.1:80 10.0.0.9:4000 ada"),
            answered("segment 10.0.0.9:4001 > 10.0.0.1:80", "reset"),
            answered("segment 10.0.0.8:4000 > 10.0.0.1:80", "reset"),
            answered("segment 10.0.0.9:4000 > 10.0.0.1:81", "reset"),
            answered("segment 10.0.0.9:4000 > 10.0.0.2:80", "reset"),
            answered("segment 10.0.0.9:4000 > 10.0.0.1:80", "ada"),
        ];
        answers(lab, &exchanges)
    });
}

#[test]
fn a_segment_has_a_direction() {
    check(EXERCISE, |lab| {
        let exchanges = [
            told("connection 10.0.0.1:80 10.0.0.9:4000 server-side"),
            answered("segment 10.0.0.1:80 > 10.0.0.9:4000", "reset"),
            told("connection 10.0.0.9:4000 10.0.0.1:80 client-side"),
            answered("segment 10.0.0.1:80 > 10.0.0.9:4000", "client-side"),
            answered("segment 10.0.0.9:4000 > 10.0.0.1:80", "server-side"),
        ];
        answers(lab, &exchanges)
    });
}

// Listeners.

#[test]
fn a_syn_reaches_the_listener() {
    check(EXERCISE, |lab| {
        let (port, remote) = (lab.number(1024..32768), lab.number(32768..61000));
        let exchanges = [
            told("listen 10.0.0.1:80 web"),
            told(format!("listen 10.0.0.1:{port} other")),
            answered(
                format!("segment 10.0.0.9:{remote} > 10.0.0.1:80 syn"),
                "web",
            ),
            answered(
                format!("segment 10.0.0.9:{remote} > 10.0.0.1:{port} syn"),
                "other",
            ),
            answered("segment 10.0.0.9:4000 > 10.0.0.1:81 syn", "reset"),
            answered("segment 10.0.0.9:4000 > 10.0.0.2:80 syn", "reset"),
        ];
        answers(lab, &exchanges)
    });
}

#[test]
fn a_listener_takes_nothing_but_a_syn() {
    check(EXERCISE, |lab| {
        let exchanges = [
            told("listen 10.0.0.1:80 web"),
            told("listen 0.0.0.0:22 login"),
            answered("segment 10.0.0.9:4000 > 10.0.0.1:80", "reset"),
            answered("segment 10.0.0.9:4000 > 10.0.0.1:22", "reset"),
            answered("segment 10.0.0.9:4000 > 10.0.0.1:80 syn", "web"),
            // The connection exists when the one who makes it says so.
            answered("segment 10.0.0.9:4000 > 10.0.0.1:80", "reset"),
        ];
        answers(lab, &exchanges)
    });
}

#[test]
fn a_listener_on_all_addresses_hears_each() {
    check(EXERCISE, |lab| {
        let host = lab.number(1..255);
        let exchanges = [
            told("listen 0.0.0.0:80 everywhere"),
            answered("segment 10.0.0.9:4000 > 10.0.0.1:80 syn", "everywhere"),
            answered(
                format!("segment 10.0.0.9:4000 > 192.0.2.{host}:80 syn"),
                "everywhere",
            ),
            answered("segment 10.0.0.9:4000 > 10.0.0.1:81 syn", "reset"),
        ];
        answers(lab, &exchanges)
    });
}

#[test]
fn the_listener_on_the_very_address_is_preferred() {
    check(EXERCISE, |lab| {
        let exchanges = [
            told("listen 0.0.0.0:80 everywhere"),
            told("listen 10.0.0.1:80 here"),
            answered("segment 10.0.0.9:4000 > 10.0.0.1:80 syn", "here"),
            answered("segment 10.0.0.9:4000 > 10.0.0.2:80 syn", "everywhere"),
            told("listen 10.0.0.1:22 first-here"),
            told("listen 0.0.0.0:22 then-everywhere"),
            answered("segment 10.0.0.9:4000 > 10.0.0.1:22 syn", "first-here"),
            answered("segment 10.0.0.9:4000 > 10.0.0.2:22 syn", "then-everywhere"),
        ];
        answers(lab, &exchanges)
    });
}

#[test]
fn a_connection_comes_before_any_listener() {
    check(EXERCISE, |lab| {
        let exchanges = [
            told("listen 10.0.0.1:80 web"),
            told("connection 10.0.0.1:80 10.0.0.9:4000 ada"),
            told("listen 0.0.0.0:80 everywhere"),
            answered("segment 10.0.0.9:4000 > 10.0.0.1:80", "ada"),
            answered("segment 10.0.0.9:4000 > 10.0.0.1:80 syn", "ada"),
            answered("segment 10.0.0.9:4001 > 10.0.0.1:80 syn", "web"),
        ];
        answers(lab, &exchanges)
    });
}

// The table changes.

#[test]
fn what_is_closed_is_gone() {
    check(EXERCISE, |lab| {
        let exchanges = [
            told("listen 0.0.0.0:80 everywhere"),
            told("connection 10.0.0.1:80 10.0.0.9:4000 ada"),
            told("close ada"),
            answered("segment 10.0.0.9:4000 > 10.0.0.1:80", "reset"),
            answered("segment 10.0.0.9:4000 > 10.0.0.1:80 syn", "everywhere"),
            told("connection 10.0.0.1:80 10.0.0.9:4000 bob"),
            told("connection 10.0.0.1:80 10.0.0.9:4001 ada"),
            answered("segment 10.0.0.9:4000 > 10.0.0.1:80", "bob"),
            answered("segment 10.0.0.9:4001 > 10.0.0.1:80", "ada"),
        ];
        answers(lab, &exchanges)
    });
}

#[test]
fn connections_outlive_their_listener() {
    check(EXERCISE, |lab| {
        let exchanges = [
            told("listen 0.0.0.0:80 everywhere"),
            told("listen 10.0.0.1:80 here"),
            told("connection 10.0.0.1:80 10.0.0.9:4000 ada"),
            told("close here"),
            answered("segment 10.0.0.9:4000 > 10.0.0.1:80", "ada"),
            answered("segment 10.0.0.9:4001 > 10.0.0.1:80 syn", "everywhere"),
            told("close everywhere"),
            answered("segment 10.0.0.9:4001 > 10.0.0.1:80 syn", "reset"),
            answered("segment 10.0.0.9:4000 > 10.0.0.1:80", "ada"),
        ];
        answers(lab, &exchanges)
    });
}

#[test]
fn the_same_socket_twice_is_an_error() {
    check(EXERCISE, |lab| {
        let exchanges = [
            told("listen 10.0.0.1:80 web"),
            told("connection 10.0.0.1:80 10.0.0.9:4000 ada"),
            refused("listen 10.0.0.1:80 web-again"),
            refused("connection 10.0.0.1:80 10.0.0.9:4000 ada-again"),
            answered("segment 10.0.0.9:4000 > 10.0.0.1:80", "ada"),
            answered("segment 10.0.0.9:4001 > 10.0.0.1:80 syn", "web"),
            // The line was ignored: its name is free.
            told("listen 10.0.0.1:22 web-again"),
            answered("segment 10.0.0.9:4001 > 10.0.0.1:22 syn", "web-again"),
        ];
        answers(lab, &exchanges)
    });
}

#[test]
fn a_name_that_is_taken_is_an_error() {
    check(EXERCISE, |lab| {
        let exchanges = [
            told("listen 10.0.0.1:80 web"),
            told("connection 10.0.0.1:80 10.0.0.9:4000 ada"),
            refused("listen 10.0.0.1:22 web"),
            refused("listen 10.0.0.1:23 ada"),
            refused("connection 10.0.0.1:80 10.0.0.9:4001 web"),
            // The lines were ignored: no such socket exists.
            answered("segment 10.0.0.9:4001 > 10.0.0.1:22 syn", "reset"),
            answered("segment 10.0.0.9:4001 > 10.0.0.1:80", "reset"),
            answered("segment 10.0.0.9:4000 > 10.0.0.1:80", "ada"),
            answered("segment 10.0.0.9:4001 > 10.0.0.1:80 syn", "web"),
            // A name is the bytes of a word: this one is another.
            told("listen 10.0.0.1:24 Web"),
            answered("segment 10.0.0.9:4001 > 10.0.0.1:24 syn", "Web"),
            told("close Web"),
            answered("segment 10.0.0.9:4001 > 10.0.0.1:80 syn", "web"),
        ];
        answers(lab, &exchanges)
    });
}

#[test]
fn closing_nobody_is_an_error() {
    check(EXERCISE, |lab| {
        let exchanges = [
            refused("close ada"),
            told("connection 10.0.0.1:80 10.0.0.9:4000 ada"),
            refused("close bob"),
            answered("segment 10.0.0.9:4000 > 10.0.0.1:80", "ada"),
            told("close ada"),
            refused("close ada"),
        ];
        answers(lab, &exchanges)
    });
}

#[test]
fn a_line_without_sense_is_an_error() {
    check(EXERCISE, |lab| {
        let exchanges = [
            told("connection 10.0.0.1:80 10.0.0.9:4000 ada"),
            refused("hello"),
            refused("listen 10.0.0.1 web"),
            refused("listen 10.0.0.1:80"),
            refused("listen 10.0.0.1:65536 web"),
            refused("listen 10.0.0.1:65537 web"),
            refused("listen 10.0.0.1:0 web"),
            refused("listen 10.0.0.256:80 web"),
            refused("connection 10.0.0.1:80 bob"),
            refused("segment 10.0.0.9:4000"),
            refused("segment 10.0.0.9:4000 > 10.0.0.1"),
            // A word too many, or another one than the form has.
            refused("listen 10.0.0.1:80 web again"),
            refused("close ada bob"),
            refused("segment 10.0.0.9:4000 < 10.0.0.1:80"),
            refused("segment 10.0.0.9:4000 > 10.0.0.1:80 ack"),
            // No ports: one of them has a letter behind it, the other one is 80
            // in its last 32 bits.
            refused("segment 10.0.0.9:4000 > 10.0.0.1:80x"),
            refused("segment 10.0.0.9:4000 > 10.0.0.1:4294967376"),
            refused("listen 10.0.0.1:80x web"),
            refused("listen 10.0.0.1:0x50 web"),
            // The same of the other lines: 65616 is 80 in its last 16 bits.
            refused("connection 10.0.0.1:65616 10.0.0.9:4001 bob"),
            refused("connection 10.0.0.1:80 10.0.0.9:0 bob"),
            refused("segment 10.0.0.9:4000 > 10.0.0.1:65616"),
            refused("segment 10.0.0.9:0 > 10.0.0.1:80"),
            answered("segment 10.0.0.9:4000 > 10.0.0.1:80", "ada"),
        ];
        answers(lab, &exchanges)
    });
}

#[test]
fn a_long_day_of_a_table() {
    check(EXERCISE, |lab| {
        let mut lines: Vec<String> = (0..600).map(|_| random_line(lab)).collect();
        lines.extend(a_crowd());
        answers_a_long_input(lab, PROGRAM, lines, |lines| {
            let mut table = Table::default();
            lines.iter().map(|line| table.exchange(line)).collect()
        })
    });
}

// The program as a whole.

#[test]
fn each_answer_comes_before_the_next_line() {
    check(EXERCISE, |lab| {
        let exchanges = [
            nobody(),
            told("listen 0.0.0.0:80 web"),
            answered("segment 10.0.0.9:4000 > 10.0.0.1:80 syn", "web"),
            refused("listen 0.0.0.0:80 again"),
            told("connection 10.0.0.1:80 10.0.0.9:4000 ada"),
            answered("segment 10.0.0.9:4000 > 10.0.0.1:80", "ada"),
        ];
        filter::answers_one_by_one(lab, PROGRAM, &exchanges)
    });
}

#[test]
fn an_unterminated_last_line_is_a_line() {
    check(EXERCISE, |lab| {
        let exchanges = [
            told("connection 10.0.0.1:80 10.0.0.9:4000 ada"),
            answered("segment 10.0.0.9:4000 > 10.0.0.1:80", "ada"),
        ];
        filter::answers_a_last_line_without_newline(lab, PROGRAM, &exchanges)
    });
}

#[test]
fn survives_what_is_no_text() {
    check(EXERCISE, |lab| {
        filter::survives_what_is_no_text(lab, PROGRAM, &nobody())
    });
}

#[test]
fn says_nothing_to_no_input() {
    check(EXERCISE, |lab| {
        filter::says_nothing_to_no_input(lab, PROGRAM)
    });
}

#[test]
fn an_error_of_its_input_is_no_end() {
    check(EXERCISE, |lab| {
        filter::reports_an_error_of_its_input(lab, PROGRAM)
    });
}

#[test]
fn waits_without_spinning() {
    check(EXERCISE, |lab| {
        filter::waits_without_spinning(lab, PROGRAM, &nobody())
    });
}
