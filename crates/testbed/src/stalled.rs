//! Scenes with a client that sends and does not read: its answers fill the
//! buffers of both ends (`man 7 tcp`), until a write to it would block.

use crate::bytes;
use crate::crowd::comes;
use crate::echo::{is_served, require_every_byte, start};
use crate::forking::says;
use crate::lab::Lab;
use crate::peer::Peer;
use crate::proc;
use crate::story::{Outcome, Wrong};

/// More than the buffers of both ends hold, in bytes; what a server may keep
/// of it in its own memory is far less.
const WITHOUT_END: usize = 48 << 20;
/// Less than was sent when the buffers are full, in bytes.
const SOME: usize = 20_000;
/// More than a server reads at once, in bytes.
const A_BUFFER: usize = 16_400;
/// As much memory for one client is no longer called bounded.
const FAR_TOO_MUCH: u64 = 32 << 20;

/// A client that does not read delays no other: neither one that is there,
/// nor one that comes.
///
/// # Errors
///
/// Another is not served.
pub fn delays_no_other_client(lab: &mut Lab, program: &str) -> Outcome {
    told_without_counts(|| {
        let _server = start(lab, program)?;
        let mut bob = comes(lab, "bob")?;
        let _ada = Stalled::comes(lab)?;
        says(&mut bob, "do I disturb?")?;
        is_served(lab, "cleo", b"good morning\n")
    })
}

/// A client sends as long as it can, and reads nothing: the server stops
/// reading from it, instead of keeping all of it in memory.
///
/// # Errors
///
/// It reads on, or its memory grows beyond measure.
pub fn costs_bounded_memory(lab: &mut Lab, program: &str) -> Outcome {
    told_without_counts(|| {
        let server = start(lab, program)?;
        let observer = server.observe();
        let _bob = comes(lab, "bob")?;
        let before = observer.memory_peak()?;
        let port = lab.port();
        let message = lab.text_line(8_191).repeat(WITHOUT_END / 8_192);
        let ada = lab.peer("ada").receive_buffer(64 << 10);
        let mut ada = ada.connect(port)?;
        let mut sent = 0;
        // On a busy machine a server that reads on may pause: it is given time.
        let summary = format!(
            "ada sent as much of {} as the buffers took, and read nothing",
            bytes::count(message.len())
        );
        lab.repeat(3, &summary, |lab, _| {
            sent += ada.send_until_blocked(&message[sent..])?;
            let at_rest = || !proc::is_at_work(server.pid());
            let deadline = lab.scene.step_deadline();
            deadline.wait(|| at_rest().then_some(()));
            lab.settle();
            Ok(())
        })?;
        lab.require(
            sent < message.len(),
            "the program stops reading from ada, so that she cannot send any more",
            "It read everything that ada sent, and ada has read nothing: it is all in its memory.",
        )?;
        let more = observer.memory_peak()?.saturating_sub(before);
        lab.require(
            more < FAR_TOO_MUCH,
            "one client costs a bounded amount of memory",
            "Its memory has grown by more than 32 MiB for this client.",
        )
    })
}

/// While a client does not read, there is nothing to do for the server; nor
/// when this client has ended its sending side.
///
/// # Errors
///
/// It uses processor time.
pub fn is_waited_for_without_spinning(lab: &mut Lab, program: &str) -> Outcome {
    told_without_counts(|| {
        let server = start(lab, program)?;
        let mut ada = Stalled::comes(lab)?;
        server.expect_waiting()?;
        ada.peer.half_close()?;
        server.expect_waiting()
    })
}

/// Whatever it has sent comes back when the client reads at last, and what it
/// sends then as well. Meanwhile another has said so much that what waits for
/// the first would be gone from a buffer that both of them have.
///
/// # Errors
///
/// Bytes are missing, or others come.
pub fn gets_every_byte_when_it_reads(lab: &mut Lab, program: &str) -> Outcome {
    told_without_counts(|| {
        let _server = start(lab, program)?;
        let mut ada = Stalled::comes(lab)?;
        let long = lab.text_line(A_BUFFER);
        is_served(lab, "bob", &long)?;
        let mut received = ada.peer.read_some(SOME)?;
        let rest = &ada.message[ada.sent..];
        let missing = ada.message.len() - received.len();
        received.extend(ada.peer.send_and_read(rest, missing)?);
        require_every_byte(lab, "ada", &received, &ada.message)
    })
}

/// The same when the client has ended its sending side before it reads.
///
/// # Errors
///
/// Bytes are missing, or the end of file.
pub fn gets_every_byte_after_its_half_close(lab: &mut Lab, program: &str) -> Outcome {
    told_without_counts(|| {
        let _server = start(lab, program)?;
        let mut ada = Stalled::comes(lab)?;
        ada.peer.half_close()?;
        is_served(lab, "bob", b"and she still does not read\n")?;
        let received = to_the_end(ada.peer.read_to_end())?;
        require_every_byte(lab, "ada", &received, &ada.message[..ada.sent])
    })
}

/// A client that resets while answers wait for it is forgotten.
///
/// # Errors
///
/// Its descriptor stays open, the server spins, or others are not served.
pub fn is_forgotten_when_it_resets(lab: &mut Lab, program: &str) -> Outcome {
    told_without_counts(|| {
        let server = start(lab, program)?;
        let observer = server.observe();
        let mut bob = comes(lab, "bob")?;
        let before = observer.descriptors()?;
        let ada = Stalled::comes(lab)?;
        ada.peer.reset()?;
        lab.eventually("it closes ada's connection", || {
            match observer.descriptors() {
                Ok(now) if now <= before => Ok(()),
                Ok(_) => Err("It holds more descriptors than before she came.".into()),
                Err(_) => Err("It has ended.".into()),
            }
        })?;
        server.expect_waiting()?;
        says(&mut bob, "poor ada")
    })
}

/// How much was sent, printed and received when the buffers were full differs
/// from machine to machine: the story does not tell.
pub(crate) fn told_without_counts(scene: impl FnOnce() -> Outcome) -> Outcome {
    let mut outcome = scene();
    if let Err(Wrong::Failed(failure)) = &mut outcome {
        failure
            .printed
            .retain(|line| !line.ends_with(" lines before …"));
    }
    outcome
}

fn to_the_end(mut received: Outcome<Vec<u8>>) -> Outcome<Vec<u8>> {
    if let Err(Wrong::Failed(failure)) = &mut received {
        let reset = failure.seen.iter().any(|line| line.contains("was reset"));
        let how = if reset {
            "then the connection was reset"
        } else {
            "then no more, and no end of file"
        };
        failure.seen = vec![format!("ada received a part of it, {how}.")];
    }
    received
}

/// A client that has sent what the buffers took, and read nothing.
struct Stalled {
    peer: Peer,
    message: Vec<u8>,
    sent: usize,
}

impl Stalled {
    /// Its receive buffer is small, and so are its segments: the server's send
    /// buffer is then small as well, and what the server has read and not
    /// sent yet is a good part of all.
    fn comes(lab: &mut Lab) -> Outcome<Stalled> {
        let port = lab.port();
        let line = lab.text_line(1_000);
        let message = line.repeat(3_000);
        let ada = lab.peer("ada").receive_buffer(8 << 10).segment(1_000);
        let mut peer = ada.connect(port)?;
        let Ok(sent) = peer.send_until_blocked(&message) else {
            // With a reset or a broken pipe, as it happens to come.
            lab.settle();
            let seen = "Her connection is gone: the program has closed it.";
            return Err(lab.wrong("ada can send", &[seen.into()]));
        };
        // What the server is still reading is not stuck yet.
        let mut unread = peer.unread();
        loop {
            lab.settle();
            let now = peer.unread();
            if now == unread {
                break;
            }
            unread = now;
        }
        Ok(Stalled {
            peer,
            message,
            sent,
        })
    }
}
