//! Scenes for servers that stop gracefully: they refuse new clients, let their
//! workers finish, end those that do not, and say how many clients they had.
//!
//! `program` is a command as [`crate::echo::command`] takes it: a name, and
//! what stands behind the port. A stop is a signal to the process that was
//! started, as `kill PID` sends it, or a ^C, which the terminal sends to it
//! and all that it started.
//!
//! Nothing here asks how a program learns of the signal: a handler with a
//! pipe, a wait with a mask, signals that are read like data, or a look at a
//! flag now and then are all right.
//!
//! `grace`: how long they may go on. `terminal`: a ^C. `slow_reader`: a client
//! that has not read yet. `remains`: what is left of the server.

mod grace;
mod remains;
mod slow_reader;
mod steps;
mod terminal;

pub use grace::*;
pub use remains::*;
pub use slow_reader::what_was_sent_before_is_echoed;
pub use terminal::*;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::server::{Forking, family, many_stay, runs, says, stays};
use crate::clock;
use crate::echo::{is_served, start};
use crate::lab::Lab;
use crate::story::Outcome;
use steps::{expect_refusal, expect_stopped, tell};

/// A few clients come and leave, then the server is told to stop.
///
/// # Errors
///
/// It does not end with status 0, or its last line is another.
pub fn stops_when_told(lab: &mut Lab, program: &str, signal: Signal) -> Outcome {
    let mut server = start(lab, program)?;
    let clients = usize::try_from(lab.number(3..9)).unwrap_or(3);
    lab.repeat(
        clients,
        &format!("{clients} clients came and left"),
        |lab, _| is_served(lab, "ada", b"hello\n"),
    )?;
    tell(lab, &server, signal)?;
    expect_stopped(lab, &mut server, clients)
}

/// It is told to stop before a client has come.
///
/// # Errors
///
/// As [`stops_when_told`].
pub fn stops_without_clients(lab: &mut Lab, program: &str, signal: Signal) -> Outcome {
    let mut server = start(lab, program)?;
    tell(lab, &server, signal)?;
    expect_stopped(lab, &mut server, 0)
}

/// While a client is being served, nobody listens any more.
///
/// # Errors
///
/// A new client is not refused.
pub fn refuses_new_clients_at_once(lab: &mut Lab, program: &str) -> Outcome {
    let server = start(lab, program)?;
    let _ada = stays(lab, "ada")?;
    tell(lab, &server, Signal::SIGTERM)?;
    expect_refusal(lab, &server)
}

/// Who is being served at the stop goes on until it has finished.
///
/// # Errors
///
/// Its connection ends before, or it gets no echo.
pub fn workers_finish_their_clients(lab: &mut Lab, program: &str) -> Outcome {
    let server = start(lab, program)?;
    let mut ada = stays(lab, "ada")?;
    let mut bob = stays(lab, "bob")?;
    bob.send(b"one mom")?;
    tell(lab, &server, Signal::SIGTERM)?;
    expect_refusal(lab, &server)?;
    lab.settle();
    says(&mut ada, "still here")?;
    lab.settle();
    bob.send(b"ent\n")?;
    bob.half_close()?;
    bob.expect(b"one moment\n")?;
    bob.expect_eof()?;
    lab.settle();
    says(&mut ada, "and I too")
}

/// The server ends when its last client has finished, long before its grace
/// is over; its last line is its last.
///
/// # Errors
///
/// It goes on, leaves a zombie meanwhile, or counts wrongly.
pub fn leaves_with_the_last_client(lab: &mut Lab, program: &str) -> Outcome {
    let server = Forking::start(lab, program)?;
    let mut ada = stays(lab, "ada")?;
    let mut bob = stays(lab, "bob")?;
    tell(lab, &server.program, Signal::SIGTERM)?;
    expect_refusal(lab, &server.program)?;
    bob.half_close()?;
    bob.expect_eof()?;
    server.expect_no_zombie(lab, "2 s after bob's end, his worker is still a zombie.")?;
    lab.settle();
    says(&mut ada, "am I the last?")?;
    ada.half_close()?;
    ada.expect_eof()?;
    let mut server = server.program;
    expect_stopped(lab, &mut server, 2)
}

/// While fork fails, it costs the new clients alone; as they were accepted,
/// they are in the number.
///
/// # Errors
///
/// As [`failing_fork_costs_one_client_alone`](super::failing_fork_costs_one_client_alone),
/// or the number is another.
pub fn failing_fork_costs_one_client_alone(lab: &mut Lab, program: &str) -> Outcome {
    let (server, clients) = super::fork_fails_for_a_while(lab, program)?;
    for mut client in clients {
        client.half_close()?;
        client.expect_eof()?;
    }
    let mut server = server.program;
    tell(lab, &server, Signal::SIGTERM)?;
    expect_stopped(lab, &mut server, 4)
}

/// So many clients leave at the same moment while the server waits for them,
/// and it is stopped for that moment (SIGSTOP), so that their signals are one.
///
/// # Errors
///
/// It still waits for one of them.
pub fn all_leave_at_once_while_it_stops(lab: &mut Lab, program: &str, clients: usize) -> Outcome {
    let mut server = start(lab, program)?;
    let mut all = many_stay(lab, "bob", clients)?;
    let mut gone = Vec::new();
    tell(lab, &server, Signal::SIGTERM)?;
    expect_refusal(lab, &server)?;
    lab.settle();
    lab.step("it was stopped (SIGSTOP), so that it does nothing for a moment");
    let process = Pid::from_raw(server.pid());
    let _ = kill(process, Signal::SIGSTOP);
    lab.repeat(clients, "all of them closed their sending side", |_, _| {
        all.pop().map_or(Ok(()), |mut client| {
            client.half_close()?;
            gone.push(client);
            Ok(())
        })
    })?;
    // Who has not ended by then comes later, which is no trouble.
    let workers = || {
        family(&server)
            .iter()
            .filter(|&&pid| pid != server.pid() && runs(pid))
            .count()
    };
    lab.scene
        .deadline(clock::SILENCE * 4)
        .wait(|| (workers() == 0).then_some(()));
    lab.step("it went on (SIGCONT)");
    let _ = kill(process, Signal::SIGCONT);
    expect_stopped(lab, &mut server, clients)
}
