//! Scenes that every echo server must get through, whatever its way to serve:
//! one client after another, a process or a thread for each, or all in one
//! loop.
//!
//! A scene starts the program of that name on the lab's port and speaks to it.
//! It relies on nothing that the contract leaves open: echoes may come in
//! pieces, also before their line is complete; the two lines on standard
//! output may come before or after the echo, and, from several processes, in
//! any order.
//!
//! What only a server that serves one client at a time must do is in
//! [`crate::iterative`].
//!
//! `lines`: what comes back. `clients`: how clients leave, and what they
//! leave behind. `service`: the server's own life.

mod clients;
mod lines;
mod service;

pub use clients::*;
pub(crate) use clients::{leave_at_once, leaves_much_unread, nothing_stays, require_every_byte};
pub use lines::*;
pub use service::*;

use crate::lab::Lab;
use crate::peer::Peer;
use crate::program::Program;
use crate::start::Start;
use crate::story::Outcome;

/// Starts the server and waits until it listens, and has made what processes it
/// makes beforehand.
///
/// # Errors
///
/// It does not listen within a step.
pub fn start(lab: &mut Lab, program: &str) -> Outcome<Program> {
    let port = lab.port();
    let server = command(lab, program, port).start_listening(port)?;
    lab.settle();
    Ok(server)
}

/// The server about to be started on a port. `program` is its name and, after
/// a blank each, what stands behind the port on its command line:
/// `echo-prefork 4`.
pub fn command<'a>(lab: &'a Lab, program: &str, port: impl ToString) -> Start<'a> {
    let mut words = program.split_ascii_whitespace();
    let name = words.next().unwrap_or_default();
    lab.program(name).arg(port).args(words)
}

/// A client comes, says this, gets it back, and leaves.
///
/// # Errors
///
/// It is not served.
pub fn is_served(lab: &mut Lab, name: &str, line: &[u8]) -> Outcome {
    let mut client = comes(lab, name)?;
    client.send(line)?;
    client.half_close()?;
    client.expect(line)?;
    client.close();
    Ok(())
}

/// A client connects.
fn comes(lab: &mut Lab, name: &str) -> Outcome<Peer> {
    let port = lab.port();
    // What went before may end the program or its listening socket: it has
    // had the time to.
    lab.settle();
    wait_for_listener(lab);
    lab.connect(name, port)
}

/// A server that opens its listening socket anew for each client gets the time
/// to do so: what is wrong with that is not what most checks are about.
fn wait_for_listener(lab: &mut Lab) {
    let port = lab.port();
    let programs = lab.scene.programs();
    lab.scene.step_deadline().wait(|| {
        let all_ended = programs.iter().all(|program| program.end().is_some());
        (all_ended || lab.listening(port).is_some()).then_some(())
    });
}

/// Waits until the lines `server received N bytes` so far have these numbers.
///
/// # Errors
///
/// They have others when the step's time is over.
pub fn expect_lengths(lab: &Lab, server: &Program, expected: &[usize]) -> Outcome {
    let list = |numbers: &[usize]| {
        let numbers: Vec<String> = numbers.iter().map(usize::to_string).collect();
        numbers.join(", ")
    };
    let sentence = format!(
        "it prints a line `server received N bytes` for each line: N = {}",
        list(expected)
    );
    lab.eventually(&sentence, || {
        let seen = lengths(&server.stdout());
        if seen == expected {
            Ok(())
        } else if seen.is_empty() {
            Err("It has printed no such line.".into())
        } else {
            Err(format!("It has printed N = {}.", list(&seen)))
        }
    })
}

/// The numbers in the lines `server received N bytes`, in order.
pub fn lengths(stdout: &[u8]) -> Vec<usize> {
    stdout
        .split_inclusive(|&byte| byte == b'\n')
        .filter_map(length)
        .collect()
}

fn length(line: &[u8]) -> Option<usize> {
    let line = std::str::from_utf8(line).ok()?;
    let number = line
        .strip_prefix("server received ")?
        .strip_suffix(" bytes\n")?;
    number.parse().ok()
}

fn is_greeting(line: &[u8]) -> bool {
    line.starts_with(b"server connected to ") && line.ends_with(b")\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_lines_of_the_contract_count() {
        let stdout = b"server connected to localhost (127.0.0.1)\nserver received 6 bytes\n\
            received 7 bytes\nserver received 1 bytes\nserver received 12 byt";
        assert_eq!(lengths(stdout), [6, 1]);
        assert!(is_greeting(b"server connected to ada.lab (127.0.0.5)\n"));
        assert!(!is_greeting(b"server connected to "));
    }
}
