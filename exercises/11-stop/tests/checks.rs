//! The checks of exercise 11, one for each requirement of its handout and for
//! the rules that apply. How a server stops is in `testbed::forking::stop`,
//! what it does before that in `testbed::echo` and `testbed::forking`.

use std::time::Duration;

use testbed::forking::stop;
use testbed::prelude::*;
use testbed::{echo, forking};

const EXERCISE: &str = include_str!("../exercise.toml");
/// With the grace of five seconds that it has when nothing else is said.
const PROGRAM: &str = "echo-stop";
/// So patient that a check notices when it waits for the end of its grace.
const PATIENT: &str = "echo-stop 30";

#[test]
fn echoes_a_line() {
    check(EXERCISE, |lab| echo::echoes_a_line(lab, PROGRAM));
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
fn client_sees_the_end_as_soon_as_its_worker_ends() {
    check(EXERCISE, |lab| {
        forking::client_sees_the_end_as_soon_as_its_worker_ends(lab, PROGRAM)
    });
}

#[test]
fn watcher_accepts_while_one_leaves_and_others_stay() {
    check(EXERCISE, |lab| {
        forking::watcher_accepts_while_one_leaves_and_others_stay(lab, PROGRAM)
    });
}

#[test]
fn worker_ends_when_its_client_resets() {
    check(EXERCISE, |lab| {
        forking::worker_ends_when_its_client_resets(lab, PROGRAM)
    });
}

#[test]
fn waits_without_spinning() {
    check(EXERCISE, |lab| {
        forking::waits_without_spinning(lab, PROGRAM)
    });
}

#[test]
fn stops_when_it_is_told() {
    check(EXERCISE, |lab| {
        stop::stops_when_told(lab, PATIENT, Signal::SIGTERM)
    });
}

#[test]
fn stops_at_an_interrupt_before_its_first_client() {
    check(EXERCISE, |lab| {
        stop::stops_without_clients(lab, PATIENT, Signal::SIGINT)
    });
}

#[test]
fn refuses_new_clients_at_once() {
    check(EXERCISE, |lab| {
        stop::refuses_new_clients_at_once(lab, PATIENT)
    });
}

#[test]
fn workers_finish_their_clients() {
    check(EXERCISE, |lab| {
        stop::workers_finish_their_clients(lab, PATIENT)
    });
}

#[test]
fn leaves_with_the_last_client() {
    check(EXERCISE, |lab| {
        stop::leaves_with_the_last_client(lab, PATIENT)
    });
}

#[test]
fn a_grace_of_zero_ends_at_once() {
    check(EXERCISE, |lab| {
        stop::a_grace_of_zero_ends_at_once(lab, "echo-stop 0")
    });
}

#[test]
fn ends_the_rest_after_its_grace() {
    check(EXERCISE, |lab| {
        stop::ends_the_rest_after_its_grace(lab, "echo-stop 1", Duration::from_secs(1))
    });
}

#[test]
fn the_default_grace_is_not_short() {
    check(EXERCISE, |lab| {
        stop::the_default_grace_is_not_short(lab, PROGRAM)
    });
}

#[test]
fn leaves_nothing_running() {
    check(EXERCISE, |lab| {
        stop::leaves_nothing_running(lab, "echo-stop 0", false)
    });
}

#[test]
fn a_second_signal_ends_at_once() {
    check(EXERCISE, |lab| {
        let (term, int) = (Signal::SIGTERM, Signal::SIGINT);
        stop::a_second_signal_ends_at_once(lab, PATIENT, term, term)?;
        lab.begin_anew("a second server, which got SIGINT first");
        stop::a_second_signal_ends_at_once(lab, PATIENT, int, term)?;
        lab.begin_anew("a third server, which got SIGINT second");
        stop::a_second_signal_ends_at_once(lab, PATIENT, term, int)
    });
}

#[test]
fn what_was_sent_before_is_echoed() {
    check(EXERCISE, |lab| {
        stop::what_was_sent_before_is_echoed(lab, PATIENT)
    });
}

#[test]
fn an_interrupt_at_the_terminal_stops_gracefully() {
    check(EXERCISE, |lab| {
        stop::a_terminals_interrupt_stops_gracefully(lab, PATIENT)
    });
}

#[test]
fn counts_every_client() {
    check(EXERCISE, |lab| stop::counts_every_client(lab, PATIENT));
}

#[test]
fn all_leave_at_once_while_it_stops() {
    check(EXERCISE, |lab| {
        stop::all_leave_at_once_while_it_stops(lab, PATIENT, 20)
    });
}

#[test]
fn waits_for_its_workers_without_spinning() {
    check(EXERCISE, |lab| {
        stop::waits_for_its_workers_without_spinning(lab, PATIENT)
    });
}

#[test]
fn no_zombie_stays_when_many_leave_at_once() {
    check(EXERCISE, |lab| {
        forking::no_zombie_stays_when_many_leave_at_once(lab, PROGRAM, 50)
    });
}

#[test]
fn killed_worker_ends_its_own_connection_alone() {
    check(EXERCISE, |lab| {
        forking::killed_worker_ends_its_own_connection_alone(lab, PROGRAM)
    });
}

#[test]
fn port_is_free_as_soon_as_the_watcher_ends() {
    check(EXERCISE, |lab| {
        forking::port_is_free_as_soon_as_the_watcher_ends(lab, PROGRAM)
    });
}

#[test]
fn clients_leave_nothing_behind() {
    check(EXERCISE, |lab| {
        echo::clients_leave_nothing_behind(lab, PROGRAM, 50)
    });
}

#[test]
fn failing_fork_costs_one_client_alone() {
    check(EXERCISE, |lab| {
        stop::failing_fork_costs_one_client_alone(lab, PATIENT)
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
fn listens_on_all_addresses() {
    check(EXERCISE, |lab| echo::listens_on_all_addresses(lab, PROGRAM));
}

#[test]
fn refuses_what_is_no_port() {
    check(EXERCISE, |lab| echo::refuses_what_is_no_port(lab, PROGRAM));
}

#[test]
fn refuses_what_is_no_grace() {
    check(EXERCISE, |lab| {
        echo::refuses_behind_the_port(lab, PROGRAM, &["-1", "abc", "1.5", ""])
    });
}

#[test]
fn a_taken_port_is_an_error() {
    check(EXERCISE, |lab| echo::a_taken_port_is_an_error(lab, PROGRAM));
}
