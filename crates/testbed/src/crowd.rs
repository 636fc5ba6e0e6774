//! Scenes of a server that serves many clients at once in one process, with a
//! thread for each or all in one loop.
//!
//! What else such a server must do is in [`crate::echo`]; some scenes of
//! [`crate::forking`] ask for nothing that only processes can do, and are its
//! own as well. Only threads are the matter of [`crate::threads`], a client
//! that does not read is that of [`crate::stalled`].

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::Signal;

use crate::clock;
use crate::echo::{is_served, leave_at_once, leaves_much_unread, lengths, start};
use crate::forking::{self, says};
use crate::lab::Lab;
use crate::peer::Peer;
use crate::proc;
use crate::program::Program;
use crate::story::{Outcome, Wrong};

/// What the judge has open besides the connections of a crowd.
const OTHER_DESCRIPTORS: u64 = 100;

/// So many clients at once, each served while all others are silent.
///
/// # Errors
///
/// One of them is not served; ungraded where the lab may not have so many
/// connections itself.
pub fn many_clients_are_served_at_once(lab: &mut Lab, program: &str, clients: usize) -> Outcome {
    make_room(clients)?;
    forking::many_clients_are_served_at_once(lab, program, clients)
}

/// So many clients leave at once, every second one by a reset, while the server
/// is stopped: it finds that all have gone at the same moment. It holds what it
/// held when a single one was there, and serves the next.
///
/// # Errors
///
/// Something of them is left, or nobody serves the next client.
pub fn nothing_is_left_when_many_leave_at_once(
    lab: &mut Lab,
    program: &str,
    clients: usize,
) -> Outcome {
    make_room(clients)?;
    let server = start(lab, program)?;
    // What a server opens once, for its first clients, is no leak.
    is_served(lab, "yan", b"only a moment\n")?;
    let _zoe = comes(lab, "zoe")?;
    lab.settle();
    let observer = server.observe();
    let descriptors = observer.descriptors()?;
    let threads = observer.threads()?;
    let mut all = Vec::new();
    lab.repeat(clients, &forking::have_come(clients), |lab, _| {
        all.push(comes(lab, "ada")?);
        Ok(())
    })?;
    stop(lab, &server)?;
    leave_at_once(lab, all)?;
    go_on(lab, &server)?;
    lab.eventually(
        "it holds as many descriptors and threads as before them",
        || {
            let more = |now: Outcome<usize>, before: usize| {
                now.map_err(|_| "It has ended.".to_owned())
                    .map(|now| now.saturating_sub(before))
            };
            let open = observer.descriptors();
            // Of all that a process gives back when it ends, its descriptors
            // come first: who serves a client has some.
            if matches!(open, Ok(0)) {
                return Err("It has ended.".into());
            }
            match (more(open, descriptors)?, more(observer.threads(), threads)?) {
                (0, 0) => Ok(()),
                (more, 0) => Err(format!("It holds {more} more descriptors than before.")),
                (0, more) => Err(format!("It has {more} more threads than before.")),
                (fds, threads) => Err(format!(
                    "It holds {fds} more descriptors and has {threads} more threads than before."
                )),
            }
        },
    )?;
    // Who gives everything back because it ends has ended then.
    lab.settle();
    lab.require(
        server.is_alive(),
        "it holds as many descriptors and threads as before them",
        "It has ended.",
    )?;
    is_served(lab, "fred", b"so quiet here\n")
}

/// Lines of several clients arrive in turns, in pieces: each client gets its
/// own, and each line is counted as one.
///
/// # Errors
///
/// Pieces of different clients become one line.
pub fn lines_of_several_clients_do_not_mix(lab: &mut Lab, program: &str) -> Outcome {
    let server = start(lab, program)?;
    let port = lab.port();
    let mut ada = comes(lab, "ada")?;
    let mut bob = lab.connect("bob", port)?;
    ada.send(b"I was about ")?;
    lab.settle();
    says(&mut bob, "may I")?;
    ada.send(b"to say so\n")?;
    ada.expect(b"I was about to say so\n")?;
    expect_counts(lab, &server, &[6, 6, 22])
}

/// A client resets in the middle of a line; the next one, whose connection may
/// have the same descriptor, starts with an empty one.
///
/// # Errors
///
/// Its line is longer by what the other has left.
pub fn half_a_line_is_forgotten_with_its_client(lab: &mut Lab, program: &str) -> Outcome {
    let server = start(lab, program)?;
    let mut ada = comes(lab, "ada")?;
    ada.send(b"never mi")?;
    lab.settle();
    ada.reset()?;
    is_served(lab, "bob", b"what was that?\n")?;
    expect_counts(lab, &server, &[6, 15])
}

/// The lines `server received N bytes` have these numbers, in any order. What
/// was left of a line when its client reset may be there as well, or not.
fn expect_counts(lab: &Lab, server: &Program, expected: &[usize]) -> Outcome {
    const BROKEN_OFF: usize = 8;
    let list = |numbers: &[usize]| {
        let numbers: Vec<String> = numbers.iter().map(usize::to_string).collect();
        numbers.join(", ")
    };
    let sorted = |numbers: &[usize]| {
        let mut numbers = numbers.to_vec();
        numbers.retain(|&number| number != BROKEN_OFF);
        numbers.sort_unstable();
        numbers
    };
    lab.eventually(
        &format!(
            "it prints a line `server received N bytes` for each line: N = {}",
            list(expected)
        ),
        || {
            let seen = lengths(&server.stdout());
            if sorted(&seen) == sorted(expected) {
                Ok(())
            } else if seen.is_empty() {
                Err("It has printed no such line.".into())
            } else {
                Err(format!("It has printed N = {}.", list(&seen)))
            }
        },
    )
}

/// Two clients come while the server is stopped, so that it finds both in its
/// queue at once; and they leave while it is stopped.
///
/// # Errors
///
/// One of them is not served.
pub fn clients_may_come_and_leave_together(lab: &mut Lab, program: &str) -> Outcome {
    let server = start(lab, program)?;
    let mut ada = comes(lab, "ada")?;
    let port = lab.port();
    stop(lab, &server)?;
    let mut bob = lab.connect("bob", port)?;
    let mut cleo = lab.connect("cleo", port)?;
    go_on(lab, &server)?;
    says(&mut cleo, "together with bob")?;
    says(&mut bob, "together with cleo")?;
    says(&mut ada, "what a crowd")?;
    stop(lab, &server)?;
    bob.close();
    cleo.close();
    go_on(lab, &server)?;
    lab.settle();
    says(&mut ada, "so quiet here")
}

/// A client has reset its connection before the server could accept it.
///
/// # Errors
///
/// The others are not served.
pub fn survives_a_reset_before_it_accepts(lab: &mut Lab, program: &str) -> Outcome {
    let server = start(lab, program)?;
    let mut ada = comes(lab, "ada")?;
    let port = lab.port();
    stop(lab, &server)?;
    lab.connect("bob", port)?.reset()?;
    go_on(lab, &server)?;
    lab.settle();
    says(&mut ada, "he could not wait")?;
    is_served(lab, "cleo", b"my turn?\n")
}

/// A client says much and leaves while the server is stopped. It finds the bytes
/// and the end of file together: its first write is answered with a reset, a
/// later one fails (EPIPE, and SIGPIPE). Another client leaves much unread.
///
/// # Errors
///
/// The others are not served.
pub fn survives_a_client_that_does_not_read(lab: &mut Lab, program: &str) -> Outcome {
    let server = start(lab, program)?;
    let mut ada = comes(lab, "ada")?;
    let port = lab.port();
    stop(lab, &server)?;
    let mut bob = lab.connect("bob", port)?;
    // More than one buffer, and less than the kernel takes for the server:
    // the end of file must have come, too.
    let line = [b"any news? ".repeat(99), b"\n".to_vec()].concat();
    bob.send(&line.repeat(40))?;
    bob.close();
    go_on(lab, &server)?;
    lab.settle();
    says(&mut ada, "he did not wait for the answer")?;
    is_served(lab, "cleo", b"still there?\n")?;
    leaves_much_unread(lab, "dora")?;
    says(&mut ada, "nor did she")?;
    is_served(lab, "emil", b"and now?\n")
}

/// Clients that say nothing, or half a line, cost no processor time, and are
/// served when they speak.
///
/// # Errors
///
/// The server uses the processor, or one of them is not served.
pub fn waits_without_spinning(lab: &mut Lab, program: &str) -> Outcome {
    let server = start(lab, program)?;
    let port = lab.port();
    let mut ada = lab.connect("ada", port)?;
    lab.settle();
    let mut bob = comes(lab, "bob")?;
    bob.send(b"half a li")?;
    lab.settle();
    comes(lab, "cleo")?.close();
    server.expect_patience("ada and bob")?;
    says(&mut ada, "now I know")?;
    bob.send(b"ne\n")?;
    bob.expect(b"half a line\n")
}

/// A client comes, gets the echo of a line, and stays.
pub(crate) fn comes(lab: &mut Lab, name: &str) -> Outcome<Peer> {
    let port = lab.port();
    let mut client = lab.connect(name, port)?;
    says(&mut client, "hello")?;
    Ok(client)
}

/// The judge may have so many connections open itself (`man 2 setrlimit`). A
/// program that is started afterwards may at least as many.
fn make_room(clients: usize) -> Outcome {
    let needed = OTHER_DESCRIPTORS + clients as u64;
    let raised = getrlimit(Resource::RLIMIT_NOFILE).and_then(|(soft, hard)| {
        setrlimit(Resource::RLIMIT_NOFILE, soft.max(needed.min(hard)), hard)?;
        Ok(soft.max(needed.min(hard)))
    });
    match raised {
        Ok(limit) if limit >= needed => Ok(()),
        _ => Err(Wrong::Ungraded(format!(
            "the lab may not open {clients} connections (ulimit -n)"
        ))),
    }
}

fn stop(lab: &Lab, server: &Program) -> Outcome {
    lab.step("it was stopped (SIGSTOP), so that it does nothing for a moment");
    server.running().signal(Signal::SIGSTOP).ok();
    lab.scene.step_deadline().wait(|| {
        let stopped = proc::stat(server.pid()).is_none_or(|stat| stat.state == 'T');
        stopped.then_some(())
    });
    server.expect_alive()
}

fn go_on(lab: &Lab, server: &Program) -> Outcome {
    lab.step("it went on (SIGCONT)");
    server.running().signal(Signal::SIGCONT).ok();
    lab.scene.deadline(clock::SILENCE).wait(|| {
        let goes_on = proc::stat(server.pid()).is_none_or(|stat| stat.state != 'T');
        goes_on.then_some(())
    });
    Ok(())
}
