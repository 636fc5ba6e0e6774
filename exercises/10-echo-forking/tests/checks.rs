//! The checks of exercise 10, one for each requirement of its handout and for
//! the rules that apply. What every echo server must do is in `testbed::echo`,
//! what a server with a process a connection must in `testbed::forking`.

use testbed::prelude::*;
use testbed::{echo, forking};

const EXERCISE: &str = include_str!("../exercise.toml");
const PROGRAM: &str = "echo-forking";

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
fn second_client_is_served_while_the_first_is_silent() {
    check(EXERCISE, |lab| {
        forking::second_client_is_served_while_the_first_is_silent(lab, PROGRAM)
    });
}

#[test]
fn each_client_has_a_process_of_its_own() {
    check(EXERCISE, |lab| {
        forking::each_client_has_a_process_of_its_own(lab, PROGRAM)
    });
}

#[test]
fn fifty_clients_are_served_at_once() {
    check(EXERCISE, |lab| {
        forking::many_clients_are_served_at_once(lab, PROGRAM, 50)
    });
}

#[test]
fn client_sees_the_end_as_soon_as_its_worker_ends() {
    check(EXERCISE, |lab| {
        forking::client_sees_the_end_as_soon_as_its_worker_ends(lab, PROGRAM)
    });
}

#[test]
fn worker_ends_with_its_client() {
    check(EXERCISE, |lab| {
        forking::worker_ends_with_its_client(lab, PROGRAM)
    });
}

#[test]
fn watcher_accepts_while_one_leaves_and_others_stay() {
    check(EXERCISE, |lab| {
        forking::watcher_accepts_while_one_leaves_and_others_stay(lab, PROGRAM)
    });
}

#[test]
fn no_zombie_stays_when_a_client_leaves() {
    check(EXERCISE, |lab| {
        forking::no_zombie_stays_when_a_client_leaves(lab, PROGRAM)
    });
}

#[test]
fn worker_ends_when_its_client_resets() {
    check(EXERCISE, |lab| {
        forking::worker_ends_when_its_client_resets(lab, PROGRAM)
    });
}

#[test]
fn watcher_keeps_no_descriptor() {
    check(EXERCISE, |lab| {
        forking::watcher_keeps_no_descriptor(lab, PROGRAM)
    });
}

#[test]
fn greets_each_client_once() {
    check(EXERCISE, |lab| {
        forking::greets_each_client_once(lab, PROGRAM)
    });
}

#[test]
fn stdout_carries_only_the_two_lines() {
    check(EXERCISE, |lab| {
        echo::stdout_carries_only_the_two_lines(lab, PROGRAM)
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
    check(EXERCISE, |lab| echo::passes_every_line(lab, PROGRAM));
}

#[test]
fn no_zombie_stays_when_two_hundred_leave_at_once() {
    check(EXERCISE, |lab| {
        forking::no_zombie_stays_when_many_leave_at_once(lab, PROGRAM, 200)
    });
}

#[test]
fn killed_worker_ends_its_own_connection_alone() {
    check(EXERCISE, |lab| {
        forking::killed_worker_ends_its_own_connection_alone(lab, PROGRAM)
    });
}

#[test]
fn two_hundred_clients_leave_nothing_behind() {
    check(EXERCISE, |lab| {
        echo::clients_leave_nothing_behind(lab, PROGRAM, 200)
    });
}

#[test]
fn restarts_at_once() {
    check(EXERCISE, |lab| echo::restarts_at_once(lab, PROGRAM));
}

#[test]
fn port_is_free_as_soon_as_the_watcher_ends() {
    check(EXERCISE, |lab| {
        forking::port_is_free_as_soon_as_the_watcher_ends(lab, PROGRAM)
    });
}

#[test]
fn waits_without_spinning() {
    check(EXERCISE, |lab| {
        forking::waits_without_spinning(lab, PROGRAM)
    });
}

#[test]
fn failing_fork_costs_one_client_alone() {
    check(EXERCISE, |lab| {
        forking::failing_fork_costs_one_client_alone(lab, PROGRAM)
    });
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
