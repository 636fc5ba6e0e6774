//! A ^C, which reaches every process of the server.

use nix::sys::signal::Signal;

use super::super::server::{says, stays};
use super::slow_reader::{finishes_reading, slow_reader};
use super::steps::{await_readiness, expect_refusal, expect_stopped};
use crate::echo::command;
use crate::lab::Lab;
use crate::program::Program;
use crate::story::Outcome;

/// ^C reaches every process of the server. New clients are refused, those that
/// are being served notice nothing: one between two lines, one within a line,
/// and, at another run, one that has not read.
///
/// # Errors
///
/// One of them is not served to its end.
pub fn a_terminals_interrupt_stops_gracefully(lab: &mut Lab, program: &str) -> Outcome {
    let mut server = start_at_a_terminal(lab, program)?;
    let mut ada = stays(lab, "ada")?;
    let mut bob = stays(lab, "bob")?;
    bob.send(b"do you see ")?;
    interrupt(lab, &mut server)?;
    says(&mut ada, "did you hear that?")?;
    bob.send(b"this?\n")?;
    bob.half_close()?;
    bob.expect(b"do you see this?\n")?;
    bob.expect_eof()?;
    lab.settle();
    says(&mut ada, "so I am the last")?;
    ada.half_close()?;
    ada.expect_eof()?;
    expect_stopped(lab, &mut server, 2)?;

    let mut server = start_at_a_terminal(lab, program)?;
    let (mut ada, message, sent) = slow_reader(lab)?;
    interrupt(lab, &mut server)?;
    finishes_reading(lab, &mut ada, &message, sent)?;
    expect_stopped(lab, &mut server, 1)
}

fn start_at_a_terminal(lab: &mut Lab, program: &str) -> Outcome<Program> {
    let port = lab.port();
    command(lab, program, port).terminal().start_listening(port)
}

/// ^C, and its first effect.
fn interrupt(lab: &mut Lab, server: &mut Program) -> Outcome {
    await_readiness(server, Signal::SIGINT);
    lab.settle();
    lab.step("^C was typed at its terminal, which sends SIGINT to each process there");
    server.send(b"\x03")?;
    expect_refusal(lab, server)?;
    lab.settle();
    Ok(())
}
