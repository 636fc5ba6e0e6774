//! The time that clients have after the stop, and how it is cut short.

use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use super::super::server::{many_stay, says, stays};
use super::steps::{expect_refusal, expect_stopped, tell};
use crate::clock;
use crate::echo::start;
use crate::lab::Lab;
use crate::story::Outcome;

/// With a grace of 0, those that are being served are ended at once.
///
/// # Errors
///
/// The server goes on, or its status or last line is another.
pub fn a_grace_of_zero_ends_at_once(lab: &mut Lab, program: &str) -> Outcome {
    let mut server = start(lab, program)?;
    let mut ada = stays(lab, "ada")?;
    tell(lab, &server, Signal::SIGTERM)?;
    expect_stopped(lab, &mut server, 1)?;
    ada.expect_eof_or_reset()
}

/// A client that does not leave: it is served until the grace is over, and
/// then ended. Others leave one after another, which does not make it longer.
///
/// # Errors
///
/// The server ends the client early, by more than the two seconds that a clock
/// of whole seconds may take from it, or late, or not at all.
pub fn ends_the_rest_after_its_grace(lab: &mut Lab, program: &str, grace: Duration) -> Outcome {
    let mut server = start(lab, program)?;
    let mut ada = stays(lab, "ada")?;
    // So many that one of them leaves now and then for as long as a busy
    // machine makes this step last.
    let others = 24;
    let mut bobs = many_stay(lab, "bob", others)?;
    let began = Instant::now();
    tell(lab, &server, Signal::SIGTERM)?;
    expect_refusal(lab, &server)?;
    // On a busy machine the grace may be over by now; before it is not.
    match says(&mut ada, "some time is left") {
        Err(wrong) if began.elapsed() < grace => return Err(wrong),
        _ => {}
    }
    lab.step("every 0.4 s one of the others left");
    let seconds = grace.as_secs();
    let late = lab.scene.deadline(grace + clock::STEP);
    let mut last = Instant::now();
    while server.is_alive() && !late.is_over() && !bobs.is_empty() {
        clock::rest(Duration::from_millis(10));
        if last.elapsed() >= Duration::from_millis(400) {
            drop(bobs.pop());
            last = Instant::now();
        }
    }
    let in_time = !server.is_alive();
    let lasted = began.elapsed();
    // Whoever is still there has no part in the story.
    drop(bobs);
    lab.settle();
    lab.require(
        in_time,
        &format!("it ends {seconds} s after the signal, though ada has not finished"),
        format!(
            "It still runs, more than {} s after the signal.",
            seconds + 2
        ),
    )?;
    lab.require(
        lasted + Duration::from_secs(2) > grace,
        &format!("ada is served for {seconds} s after the signal"),
        "It has ended, long before that.",
    )?;
    expect_stopped(lab, &mut server, others + 1)?;
    ada.expect_eof_or_reset()
}

/// Without a grace on the command line, a client is served well after the
/// stop; meanwhile nobody uses the processor.
///
/// # Errors
///
/// The client's connection ends, or the server spins.
pub fn the_default_grace_is_not_short(lab: &mut Lab, program: &str) -> Outcome {
    let server = start(lab, program)?;
    let mut ada = stays(lab, "ada")?;
    let began = Instant::now();
    tell(lab, &server, Signal::SIGTERM)?;
    expect_refusal(lab, &server)?;
    lab.step("1.3 s went by");
    clock::rest(Duration::from_millis(1_300).saturating_sub(began.elapsed()));
    match says(&mut ada, "still here") {
        Err(_) if began.elapsed() > Duration::from_secs(5) => {
            Err(lab.ungraded("the machine is too busy to measure a second"))
        }
        outcome => outcome,
    }
}

/// The second signal ends it at once, with the same last line.
///
/// # Errors
///
/// It goes on, dies of the signal, or says something else.
pub fn a_second_signal_ends_at_once(
    lab: &mut Lab,
    program: &str,
    first: Signal,
    second: Signal,
) -> Outcome {
    let mut server = start(lab, program)?;
    let mut ada = stays(lab, "ada")?;
    tell(lab, &server, first)?;
    expect_refusal(lab, &server)?;
    says(&mut ada, "still here")?;
    tell(lab, &server, second)?;
    expect_stopped(lab, &mut server, 1)?;
    ada.expect_eof_or_reset()
}

/// While it waits for its last client, nobody uses the processor.
///
/// # Errors
///
/// The server or a worker spins.
pub fn waits_for_its_workers_without_spinning(lab: &mut Lab, program: &str) -> Outcome {
    let server = start(lab, program)?;
    let _ada = stays(lab, "ada")?;
    tell(lab, &server, Signal::SIGTERM)?;
    expect_refusal(lab, &server)?;
    server.expect_waiting()
}
