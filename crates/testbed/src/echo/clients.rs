//! Clients that vanish, read late, or come by the thousand.

use super::{is_served, start};
use crate::bytes;
use crate::lab::Lab;
use crate::peer::Peer;
use crate::program::Program;
use crate::story::Outcome;

/// A reset ends its own connection alone: in the middle of a line, after one,
/// and before anything.
///
/// # Errors
///
/// The next client is not served.
pub fn survives_a_reset(lab: &mut Lab, program: &str) -> Outcome {
    let _server = start(lab, program)?;
    let port = lab.port();
    let mut ada = lab.connect("ada", port)?;
    ada.send(b"a whole line\nhalf a li")?;
    ada.expect(b"a whole line\n")?;
    ada.reset()?;
    is_served(lab, "bob", b"still there?\n")?;
    let mut cleo = lab.connect("cleo", port)?;
    cleo.send(b"and away\n")?;
    cleo.wait_for_unread()?;
    cleo.reset()?;
    is_served(lab, "dora", b"and now?\n")
}

/// A client that closes while answers are on their way to it.
///
/// # Errors
///
/// The next client is not served.
pub fn survives_a_client_that_does_not_read(lab: &mut Lab, program: &str) -> Outcome {
    let _server = start(lab, program)?;
    let port = lab.port();
    // While ada is served, bob says much and leaves: a server that serves one
    // client at a time finds his lines and his end together.
    let mut ada = lab.connect("ada", port)?;
    ada.send(b"one moment\n")?;
    ada.expect(b"one moment\n")?;
    let mut bob = lab.connect("bob", port)?;
    bob.send(&b"any news?\n".repeat(200))?;
    bob.close();
    ada.close();
    is_served(lab, "cleo", b"still there?\n")?;
    leaves_much_unread(lab, "dora")?;
    is_served(lab, "emil", b"and now?\n")
}

/// A client closes when so much waits for it that the server waits for it to
/// read.
pub(crate) fn leaves_much_unread(lab: &mut Lab, name: &str) -> Outcome {
    let port = lab.port();
    let mut client = lab.peer(name).receive_buffer(4096).connect(port)?;
    let much = b"this line nobody will ever read\n".repeat(40_000);
    client.send_until_blocked(&much)?;
    client.close();
    Ok(())
}

/// All of these clients leave at once, every second one by a reset.
pub(crate) fn leave_at_once(lab: &mut Lab, mut all: Vec<Peer>) -> Outcome {
    let summary = format!(
        "{} clients left at once, half of them by a reset",
        bytes::thousands(all.len())
    );
    lab.repeat(all.len(), &summary, |_, i| match all.pop() {
        Some(client) if i % 2 == 0 => client.reset(),
        Some(client) => {
            client.close();
            Ok(())
        }
        None => Ok(()),
    })
}

/// A client that reads late gets all of it, also when the server was stopped
/// and continued while it waited for room: then a single `write` takes less
/// than it was given (`man 7 signal`).
///
/// # Errors
///
/// Bytes are missing.
pub fn a_slow_reader_gets_every_byte(lab: &mut Lab, program: &str) -> Outcome {
    let server = start(lab, program)?;
    let port = lab.port();
    let ada = lab.peer("ada").receive_buffer(8 << 10).segment(1_000);
    let mut ada = ada.connect(port)?;
    let line = lab.text_line(7_990);
    let message = line.repeat(60);
    let sent = ada.send_until_blocked(&message)?;
    lab.step("whenever it waited for room, it was stopped and continued (SIGSTOP, SIGCONT)");
    let mut received = Vec::new();
    for _ in 0..4 {
        lab.stop_and_continue(&server)?;
        received.extend(ada.read_some(sent / 8)?);
    }
    received.extend(ada.send_and_read_to_end(&message[sent..])?);
    require_every_byte(lab, "ada", &received, &message)
}

/// What this client has received is what she had sent.
pub(crate) fn require_every_byte(
    lab: &Lab,
    client: &str,
    received: &[u8],
    message: &[u8],
) -> Outcome {
    let expected = format!("{client} receives every byte that she sent, in order");
    lab.require(
        received.len() >= message.len(),
        &expected,
        "Bytes are missing: what a write had not taken was never sent.",
    )?;
    lab.require(
        received == message,
        &expected,
        "She received as many bytes, but not the same.",
    )
}

/// Many clients one after another, each seventh of which resets, leave no
/// descriptor, process or thread.
///
/// # Errors
///
/// Something is left.
pub fn clients_leave_nothing_behind(lab: &mut Lab, program: &str, clients: usize) -> Outcome {
    nothing_stays(lab, program, clients, |_, _| Ok(()))
}

/// The same, where `beside` is done while a client is there that was served.
pub(crate) fn nothing_stays(
    lab: &mut Lab,
    program: &str,
    clients: usize,
    beside: fn(&mut Lab, usize) -> Outcome,
) -> Outcome {
    let server = start(lab, program)?;
    // What a server opens once, at its first client, is no leak.
    come_and_go(lab, 14, beside)?;
    // What is done for the last of them may last longer than it stays.
    lab.settle();
    let before = Holdings::of(&server)?;
    come_and_go(lab, clients, beside)?;
    lab.eventually(
        "it holds as many descriptors, processes and threads as before them",
        || match Holdings::of(&server) {
            Ok(now) if now.within(&before) => Ok(()),
            Ok(now) => Err(now.more_than(&before)),
            Err(_) => Err("It has ended.".into()),
        },
    )
}

/// So many clients come and go, one after another.
fn come_and_go(lab: &mut Lab, clients: usize, beside: fn(&mut Lab, usize) -> Outcome) -> Outcome {
    let port = lab.port();
    let summary = format!(
        "{} clients came and left, some of them by a reset",
        bytes::thousands(clients)
    );
    lab.repeat(clients, &summary, |lab, i| {
        let mut ada = lab.connect("ada", port)?;
        ada.send(b"hello\n")?;
        if i % 7 == 3 {
            ada.wait_for_unread()?;
            return ada.reset();
        }
        ada.expect(b"hello\n")?;
        beside(lab, i)?;
        if i % 7 == 5 {
            return ada.reset();
        }
        ada.half_close()?;
        ada.expect_eof()
    })
}

/// What a program holds that a client could leave behind.
pub(crate) struct Holdings {
    descriptors: usize,
    processes: usize,
    threads: usize,
}

impl Holdings {
    pub(crate) fn of(program: &Program) -> Outcome<Holdings> {
        let observer = program.observe();
        Ok(Holdings {
            descriptors: observer.descriptors()?,
            processes: observer.children()?.len() + observer.zombies()?,
            threads: observer.threads()?,
        })
    }

    pub(crate) fn within(&self, before: &Holdings) -> bool {
        self.descriptors <= before.descriptors
            && self.processes <= before.processes
            && self.threads <= before.threads
    }

    pub(crate) fn more_than(&self, before: &Holdings) -> String {
        let kinds = [
            ("descriptors", self.descriptors, before.descriptors),
            ("children", self.processes, before.processes),
            ("threads", self.threads, before.threads),
        ];
        let more: Vec<String> = kinds
            .iter()
            .filter(|(_, now, before)| now > before)
            .map(|(kind, now, before)| format!("{} more {kind}", bytes::thousands(now - before)))
            .collect();
        format!("It holds {} than before.", more.join(", "))
    }
}
