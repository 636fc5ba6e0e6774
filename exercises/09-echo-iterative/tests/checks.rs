//! The checks of exercise 09, one for each requirement of its handout and for
//! the rules that apply. What every echo server must do is in
//! `testbed::echo`, what only this one must in `testbed::iterative`.

use testbed::prelude::*;
use testbed::{echo, iterative};

const EXERCISE: &str = include_str!("../exercise.toml");
const PROGRAM: &str = "echo-iterative";

#[test]
fn echoes_a_line() {
    check(EXERCISE, |lab| echo::echoes_a_line(lab, PROGRAM));
}

#[test]
fn ends_the_connection_at_end_of_file() {
    check(EXERCISE, |lab| {
        echo::ends_the_connection_at_end_of_file(lab, PROGRAM)
    });
}

#[test]
fn serves_the_next_client() {
    check(EXERCISE, |lab| echo::serves_the_next_client(lab, PROGRAM));
}

#[test]
fn echoes_a_line_as_soon_as_it_is_complete() {
    check(EXERCISE, |lab| {
        echo::echoes_a_line_as_soon_as_it_is_complete(lab, PROGRAM)
    });
}

#[test]
fn prints_the_length_of_each_line() {
    check(EXERCISE, |lab| {
        echo::prints_the_length_of_each_line(lab, PROGRAM)
    });
}

#[test]
fn a_line_may_come_in_pieces() {
    check(EXERCISE, |lab| {
        echo::a_line_may_come_in_pieces(lab, PROGRAM)
    });
}

#[test]
fn several_lines_may_come_together() {
    check(EXERCISE, |lab| {
        echo::several_lines_may_come_together(lab, PROGRAM)
    });
}

#[test]
fn an_unterminated_last_line_is_a_line() {
    check(EXERCISE, |lab| {
        echo::an_unterminated_last_line_is_a_line(lab, PROGRAM)
    });
}

#[test]
fn passes_every_byte_unchanged() {
    check(EXERCISE, |lab| {
        echo::passes_every_byte_unchanged(lab, PROGRAM)
    });
}

#[test]
fn passes_long_lines() {
    check(EXERCISE, |lab| echo::passes_long_lines(lab, PROGRAM));
}

#[test]
fn names_each_client() {
    check(EXERCISE, |lab| echo::names_each_client(lab, PROGRAM));
}

#[test]
fn second_client_waits_until_the_first_leaves() {
    check(EXERCISE, |lab| {
        iterative::second_client_waits_until_the_first_leaves(lab, PROGRAM)
    });
}

#[test]
fn a_waiting_client_does_not_disturb_the_first() {
    check(EXERCISE, |lab| {
        iterative::a_waiting_client_does_not_disturb_the_first(lab, PROGRAM)
    });
}

#[test]
fn a_few_clients_may_wait() {
    check(EXERCISE, |lab| {
        iterative::a_few_clients_may_wait(lab, PROGRAM)
    });
}

#[test]
fn survives_a_reset() {
    check(EXERCISE, |lab| echo::survives_a_reset(lab, PROGRAM));
}

#[test]
fn survives_a_reset_in_the_queue() {
    check(EXERCISE, |lab| {
        iterative::survives_a_reset_in_the_queue(lab, PROGRAM)
    });
}

#[test]
fn survives_a_client_that_does_not_read() {
    check(EXERCISE, |lab| {
        echo::survives_a_client_that_does_not_read(lab, PROGRAM)
    });
}

#[test]
fn a_slow_reader_gets_every_byte() {
    check(EXERCISE, |lab| {
        echo::a_slow_reader_gets_every_byte(lab, PROGRAM)
    });
}

#[test]
fn a_thousand_clients_leave_nothing_behind() {
    check(EXERCISE, |lab| {
        iterative::clients_leave_nothing_behind(lab, PROGRAM, 1_000)
    });
}

#[test]
fn restarts_at_once() {
    check(EXERCISE, |lab| echo::restarts_at_once(lab, PROGRAM));
}

#[test]
fn a_taken_port_is_an_error() {
    check(EXERCISE, |lab| echo::a_taken_port_is_an_error(lab, PROGRAM));
}

#[test]
fn listens_on_all_addresses() {
    check(EXERCISE, |lab| echo::listens_on_all_addresses(lab, PROGRAM));
}

#[test]
fn refuses_what_is_no_port() {
    check(EXERCISE, |lab| echo::refuses_what_is_no_port(lab, PROGRAM));
}

#[test]
fn stdout_carries_only_the_two_lines() {
    check(EXERCISE, |lab| {
        echo::stdout_carries_only_the_two_lines(lab, PROGRAM)
    });
}

#[test]
fn waits_without_spinning() {
    check(EXERCISE, |lab| echo::waits_without_spinning(lab, PROGRAM));
}
