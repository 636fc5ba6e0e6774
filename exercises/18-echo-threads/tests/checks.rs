//! The checks of exercise 18, one for each requirement of its handout and for
//! the rules that apply. What every echo server must do is in `testbed::echo`,
//! what one with many clients in one process must in `testbed::crowd`, what
//! concerns its threads in `testbed::threads`.

use testbed::prelude::*;
use testbed::{crowd, echo, forking, stalled, threads};

const EXERCISE: &str = include_str!("../exercise.toml");
const PROGRAM: &str = "echo-threads";

#[test]
fn echoes_a_line() {
    check(EXERCISE, |lab| echo::echoes_a_line(lab, PROGRAM));
}

#[test]
fn echoes_a_line_as_soon_as_it_is_complete() {
    check(EXERCISE, |lab| {
        echo::echoes_a_line_as_soon_as_it_is_complete(lab, PROGRAM)
    });
}

#[test]
fn ends_the_connection_at_end_of_file() {
    check(EXERCISE, |lab| {
        echo::ends_the_connection_at_end_of_file(lab, PROGRAM)
    });
}

#[test]
fn second_client_is_served_while_the_first_is_silent() {
    check(EXERCISE, |lab| {
        forking::second_client_is_served_while_the_first_is_silent(lab, PROGRAM)
    });
}

#[test]
fn each_client_has_a_thread_of_its_own() {
    check(EXERCISE, |lab| {
        threads::each_client_has_a_thread_of_its_own(lab, PROGRAM)
    });
}

#[test]
fn lines_of_several_clients_do_not_mix() {
    check(EXERCISE, |lab| {
        crowd::lines_of_several_clients_do_not_mix(lab, PROGRAM)
    });
}

#[test]
fn thread_ends_with_its_client() {
    check(EXERCISE, |lab| {
        threads::thread_ends_with_its_client(lab, PROGRAM)
    });
}

#[test]
fn three_hundred_clients_are_served_at_once() {
    check(EXERCISE, |lab| {
        crowd::many_clients_are_served_at_once(lab, PROGRAM, 300)
    });
}

#[test]
fn thread_ends_when_its_client_resets() {
    check(EXERCISE, |lab| {
        threads::thread_ends_when_its_client_resets(lab, PROGRAM)
    });
}

#[test]
fn survives_a_reset() {
    check(EXERCISE, |lab| echo::survives_a_reset(lab, PROGRAM));
}

#[test]
fn survives_a_reset_before_it_accepts() {
    check(EXERCISE, |lab| {
        crowd::survives_a_reset_before_it_accepts(lab, PROGRAM)
    });
}

#[test]
fn survives_a_client_that_does_not_read() {
    check(EXERCISE, |lab| {
        crowd::survives_a_client_that_does_not_read(lab, PROGRAM)
    });
}

#[test]
fn a_client_that_does_not_read_delays_no_other() {
    check(EXERCISE, |lab| {
        stalled::delays_no_other_client(lab, PROGRAM)
    });
}

#[test]
fn a_slow_reader_gets_every_byte() {
    check(EXERCISE, |lab| {
        echo::a_slow_reader_gets_every_byte(lab, PROGRAM)
    });
}

#[test]
fn nothing_is_left_when_three_hundred_leave_at_once() {
    check(EXERCISE, |lab| {
        crowd::nothing_is_left_when_many_leave_at_once(lab, PROGRAM, 300)
    });
}

#[test]
fn two_hundred_clients_leave_nothing_behind() {
    check(EXERCISE, |lab| {
        echo::clients_leave_nothing_behind(lab, PROGRAM, 200)
    });
}

#[test]
fn ended_threads_leave_no_stack() {
    check(EXERCISE, |lab| {
        threads::ended_threads_leave_no_stack(lab, PROGRAM, 200)
    });
}

#[test]
fn waits_without_spinning() {
    check(EXERCISE, |lab| crowd::waits_without_spinning(lab, PROGRAM));
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
fn greets_each_client_once() {
    check(EXERCISE, |lab| {
        forking::greets_each_client_once(lab, PROGRAM)
    });
}

#[test]
fn greetings_of_several_clients_do_not_mix() {
    check(EXERCISE, |lab| {
        threads::greetings_of_several_clients_do_not_mix(lab, PROGRAM)
    });
}

#[test]
fn stdout_carries_only_the_two_lines() {
    check(EXERCISE, |lab| {
        echo::stdout_carries_only_the_two_lines(lab, PROGRAM)
    });
}

#[test]
fn restarts_at_once() {
    check(EXERCISE, |lab| echo::restarts_at_once(lab, PROGRAM));
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
fn a_taken_port_is_an_error() {
    check(EXERCISE, |lab| echo::a_taken_port_is_an_error(lab, PROGRAM));
}
