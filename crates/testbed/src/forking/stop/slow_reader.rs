//! A client that has sent much and not read yet: the server has its bytes, and
//! waits in a write.

use nix::sys::signal::Signal;

use super::steps::{expect_refusal, expect_stopped, tell};
use crate::echo::start;
use crate::lab::Lab;
use crate::peer::Peer;
use crate::story::Outcome;

/// What a client had sent before the stop comes back: a client that has sent
/// until all buffers were full reads after the stop.
///
/// # Errors
///
/// Bytes are missing.
pub fn what_was_sent_before_is_echoed(lab: &mut Lab, program: &str) -> Outcome {
    let mut server = start(lab, program)?;
    let (mut ada, message, sent) = slow_reader(lab)?;
    tell(lab, &server, Signal::SIGTERM)?;
    expect_refusal(lab, &server)?;
    lab.settle();
    finishes_reading(lab, &mut ada, &message, sent)?;
    expect_stopped(lab, &mut server, 1)
}

/// A client that has sent so much that the server waits for it to read.
pub(super) fn slow_reader(lab: &mut Lab) -> Outcome<(Peer, Vec<u8>, usize)> {
    let port = lab.port();
    let ada = lab.peer("ada").receive_buffer(8 << 10).segment(1_000);
    let mut ada = ada.connect(port)?;
    let message = lab.text_line(7_990).repeat(60);
    let sent = ada.send_until_blocked(&message)?;
    Ok((ada, message, sent))
}

pub(super) fn finishes_reading(lab: &Lab, ada: &mut Peer, message: &[u8], sent: usize) -> Outcome {
    let received = ada.send_and_read_to_end(&message[sent..])?;
    lab.require(
        received == message,
        "ada receives every byte that she sent, in order",
        if message.starts_with(&received) {
            "The last bytes are missing."
        } else if received.len() < message.len() {
            "Bytes in the middle are missing: what a write had not taken was never sent."
        } else {
            "She received something else."
        },
    )
}
