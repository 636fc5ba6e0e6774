//! What is left when the server has ended: its number of clients, and nothing
//! that runs.

use std::collections::BTreeSet;

use nix::sys::signal::Signal;

use super::super::server::{family, runs, stays};
use super::steps::{expect_refusal, expect_stopped, tell};
use crate::echo::{is_served, start};
use crate::lab::Lab;
use crate::program::Program;
use crate::story::Outcome;

/// Clients of every kind, those that had left and those that are there at the
/// stop, are in the number. They leave one after another: what several ends at
/// the same moment do is looked at elsewhere.
///
/// # Errors
///
/// The number is another.
pub fn counts_every_client(lab: &mut Lab, program: &str) -> Outcome {
    let mut server = start(lab, program)?;
    is_served(lab, "ada", b"I leave\n")?;
    lab.settle();
    stays(lab, "bob")?.reset()?;
    lab.settle();
    let mut cleo = stays(lab, "cleo")?;
    let port = lab.port();
    let mut dora = lab.connect("dora", port)?;
    dora.half_close()?;
    dora.expect_eof()?;
    lab.settle();
    let mut emil = stays(lab, "emil")?;
    tell(lab, &server, Signal::SIGTERM)?;
    expect_refusal(lab, &server)?;
    for client in [&mut emil, &mut cleo] {
        client.half_close()?;
        client.expect_eof()?;
        lab.settle();
    }
    expect_stopped(lab, &mut server, 5)
}

/// After a stop no process of the server runs, though clients had not
/// finished, and another server can have the port. `hurry` is a second signal
/// for a server whose grace is not 0.
///
/// # Errors
///
/// A process still runs, or the port cannot be had.
pub fn leaves_nothing_running(lab: &mut Lab, program: &str, hurry: bool) -> Outcome {
    let mut server = start(lab, program)?;
    let mut clients = Vec::new();
    for name in ["ada", "bob", "cleo"] {
        clients.push(stays(lab, name)?);
    }
    let before = family(&server);
    tell(lab, &server, Signal::SIGTERM)?;
    if hurry {
        expect_refusal(lab, &server)?;
        tell(lab, &server, Signal::SIGTERM)?;
    }
    server.wait_end()?;
    expect_none_left(lab, &server, &before)?;
    let _second = start(lab, program)?;
    is_served(lab, "dora", b"are you the second?\n")
}

/// None of these processes runs, nor any other of the program's session.
fn expect_none_left(lab: &Lab, server: &Program, before: &BTreeSet<i32>) -> Outcome {
    lab.eventually("no process that the server started still runs", || {
        let left = before.iter().any(|&pid| runs(pid)) || !family(server).is_empty();
        match left {
            true => Err("The server has ended, and a process that it started still runs.".into()),
            false => Ok(()),
        }
    })
}
