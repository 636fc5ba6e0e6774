//! The checks of exercise 20. What a pool of workers must do is in
//! `testbed::forking::pool`, how a server stops in `testbed::forking::stop`.

use std::time::Duration;

use testbed::forking::{pool, stop};
use testbed::prelude::*;
use testbed::{echo, forking};

const EXERCISE: &str = include_str!("../exercise.toml");
const PROGRAM: &str = "echo-prefork";
/// With workers for all clients of an ordinary scene.
const FOUR: &str = "echo-prefork 4";

#[test]
fn echoes_a_line() {
    check(EXERCISE, |lab| echo::echoes_a_line(lab, FOUR));
}

#[test]
fn second_client_is_served_while_the_first_is_silent() {
    check(EXERCISE, |lab| {
        forking::second_client_is_served_while_the_first_is_silent(lab, FOUR)
    });
}

#[test]
fn workers_are_made_beforehand() {
    check(EXERCISE, |lab| {
        let children = usize::try_from(lab.number(3..9)).unwrap_or(3);
        pool::workers_are_made_beforehand(lab, PROGRAM, children)
    });
}

#[test]
fn a_single_worker_serves_one_after_another() {
    check(EXERCISE, |lab| pool::one_more_client_waits(lab, PROGRAM, 1));
}

#[test]
fn each_worker_serves_one() {
    check(EXERCISE, |lab| {
        let children = usize::try_from(lab.number(3..9)).unwrap_or(3);
        pool::each_worker_serves_one(lab, PROGRAM, children)
    });
}

#[test]
fn waits_without_spinning() {
    check(EXERCISE, |lab| pool::waits_without_spinning(lab, PROGRAM));
}

#[test]
fn workers_serve_on_after_their_clients() {
    check(EXERCISE, |lab| {
        pool::clients_leave_nothing_in_the_pool(lab, PROGRAM, 3, 60)
    });
}

#[test]
fn one_more_client_waits() {
    check(EXERCISE, |lab| pool::one_more_client_waits(lab, PROGRAM, 3));
}

#[test]
fn a_killed_worker_is_replaced() {
    check(EXERCISE, |lab| {
        pool::a_killed_worker_is_replaced(lab, PROGRAM, 3)
    });
}

#[test]
fn an_idle_worker_is_replaced() {
    check(EXERCISE, |lab| {
        pool::an_idle_worker_is_replaced(lab, PROGRAM, 3)
    });
}

#[test]
fn all_killed_workers_are_replaced() {
    check(EXERCISE, |lab| {
        pool::all_killed_workers_are_replaced(lab, PROGRAM, 8)
    });
}

#[test]
fn fifty_clients_are_served_at_once() {
    check(EXERCISE, |lab| {
        forking::many_clients_are_served_at_once(lab, "echo-prefork 50", 50)
    });
}

#[test]
fn stops_when_it_is_told() {
    check(EXERCISE, |lab| {
        stop::stops_when_told(lab, FOUR, Signal::SIGTERM)
    });
}

#[test]
fn stops_at_an_interrupt_before_its_first_client() {
    check(EXERCISE, |lab| {
        stop::stops_without_clients(lab, FOUR, Signal::SIGINT)
    });
}

#[test]
fn refuses_new_clients_at_once() {
    check(EXERCISE, |lab| stop::refuses_new_clients_at_once(lab, FOUR));
}

#[test]
fn workers_finish_their_clients() {
    check(EXERCISE, |lab| {
        stop::workers_finish_their_clients(lab, FOUR)
    });
}

#[test]
fn leaves_with_the_last_client() {
    check(EXERCISE, |lab| stop::leaves_with_the_last_client(lab, FOUR));
}

#[test]
fn a_second_signal_ends_at_once() {
    check(EXERCISE, |lab| {
        stop::a_second_signal_ends_at_once(lab, FOUR, Signal::SIGTERM, Signal::SIGINT)
    });
}

#[test]
fn leaves_nothing_running() {
    check(EXERCISE, |lab| {
        stop::leaves_nothing_running(lab, FOUR, true)
    });
}

#[test]
fn counts_every_client() {
    check(EXERCISE, |lab| stop::counts_every_client(lab, FOUR));
}

#[test]
fn what_was_sent_before_is_echoed() {
    check(EXERCISE, |lab| {
        stop::what_was_sent_before_is_echoed(lab, FOUR)
    });
}

#[test]
fn an_interrupt_at_the_terminal_stops_gracefully() {
    check(EXERCISE, |lab| {
        stop::a_terminals_interrupt_stops_gracefully(lab, FOUR)
    });
}

#[test]
fn all_leave_at_once_while_it_stops() {
    check(EXERCISE, |lab| {
        stop::all_leave_at_once_while_it_stops(lab, "echo-prefork 24", 20)
    });
}

#[test]
fn ends_the_rest_after_its_grace() {
    check(EXERCISE, |lab| {
        let grace = Duration::from_secs(5);
        stop::ends_the_rest_after_its_grace(lab, "echo-prefork 25", grace)
    });
}

#[test]
fn greets_each_client_once() {
    check(EXERCISE, |lab| pool::greets_each_client_once(lab, FOUR));
}

#[test]
fn stdout_carries_only_the_two_lines() {
    check(EXERCISE, |lab| {
        echo::stdout_carries_only_the_two_lines(lab, FOUR)
    });
}

#[test]
fn an_unterminated_last_line_is_a_line() {
    check(EXERCISE, |lab| {
        echo::an_unterminated_last_line_is_a_line(lab, FOUR)
    });
}

#[test]
fn passes_every_byte_unchanged() {
    check(EXERCISE, |lab| echo::passes_every_line(lab, FOUR));
}

#[test]
fn listens_on_all_addresses() {
    check(EXERCISE, |lab| echo::listens_on_all_addresses(lab, FOUR));
}

#[test]
fn refuses_what_is_no_port() {
    check(EXERCISE, |lab| echo::refuses_what_is_no_port(lab, FOUR));
}

#[test]
fn refuses_another_number_of_children() {
    check(EXERCISE, |lab| {
        echo::refuses_behind_the_port(
            lab,
            PROGRAM,
            &["0", "65", "-1", "abc", "", "4x", "4294967300"],
        )?;
        let port = lab.port();
        lab.program(PROGRAM).arg(port).run()?.exited(2)?;
        echo::echoes_a_line(lab, "echo-prefork 64")
    });
}

#[test]
fn a_taken_port_is_an_error() {
    check(EXERCISE, |lab| echo::a_taken_port_is_an_error(lab, FOUR));
}
