//! Scenes of a server that serves one client at a time: the others wait in the
//! queue of its listening socket.

use crate::echo::{self, is_served, start};
use crate::lab::Lab;
use crate::story::Outcome;

/// The second client connects at once, waits, and has its turn.
///
/// # Errors
///
/// It is refused, served too early, or not at all.
pub fn second_client_waits_until_the_first_leaves(lab: &mut Lab, program: &str) -> Outcome {
    let _server = start(lab, program)?;
    let port = lab.port();
    let mut ada = lab.connect("ada", port)?;
    ada.send(b"I am first\n")?;
    ada.expect(b"I am first\n")?;
    let mut bob = lab.connect("bob", port)?;
    bob.send(b"me too\n")?;
    bob.expect_silence()?;
    ada.send(b"still here\n")?;
    ada.expect(b"still here\n")?;
    ada.close();
    bob.expect(b"me too\n")?;
    bob.half_close()?;
    bob.expect_eof()
}

/// What a client in the queue sends changes nothing for the one that is
/// served.
///
/// # Errors
///
/// The first client misses an answer, or the second one's are not what it
/// sent.
pub fn a_waiting_client_does_not_disturb_the_first(lab: &mut Lab, program: &str) -> Outcome {
    let _server = start(lab, program)?;
    let port = lab.port();
    let mut ada = lab.connect("ada", port)?;
    ada.send(b"I am first\n")?;
    ada.expect(b"I am first\n")?;
    let mut bob = lab.connect("bob", port)?;
    let lines = b"hurry up\n".repeat(1_000);
    bob.send(&lines)?;
    let message = lab.text_line(100_000);
    ada.exchange(&message)?;
    bob.half_close()?;
    ada.send(b"thank you\n")?;
    ada.half_close()?;
    ada.expect(b"thank you\n")?;
    ada.expect_eof()?;
    bob.expect(&lines)?;
    bob.expect_eof()
}

/// Two clients wait while a third is served, and then have their turn in the
/// order in which they came.
///
/// # Errors
///
/// One of them cannot connect, or is not served.
pub fn a_few_clients_may_wait(lab: &mut Lab, program: &str) -> Outcome {
    let _server = start(lab, program)?;
    let port = lab.port();
    let mut ada = lab.connect("ada", port)?;
    ada.send(b"I am first\n")?;
    ada.expect(b"I am first\n")?;
    let mut bob = lab.connect("bob", port)?;
    let mut cleo = lab.connect("cleo", port)?;
    ada.close();
    bob.send(b"second\n")?;
    bob.expect(b"second\n")?;
    bob.close();
    cleo.send(b"third\n")?;
    cleo.expect(b"third\n")
}

/// A client that has gone before it was accepted.
///
/// # Errors
///
/// The next client is not served.
pub fn survives_a_reset_in_the_queue(lab: &mut Lab, program: &str) -> Outcome {
    let _server = start(lab, program)?;
    let port = lab.port();
    let mut ada = lab.connect("ada", port)?;
    ada.send(b"I am first\n")?;
    ada.expect(b"I am first\n")?;
    let bob = lab.connect("bob", port)?;
    bob.reset()?;
    ada.send(b"he could not wait\n")?;
    ada.expect(b"he could not wait\n")?;
    ada.close();
    is_served(lab, "cleo", b"my turn?\n")
}

/// As [`echo::clients_leave_nothing_behind`]; and some say much and leave while they
/// wait in the queue: who comes to serve them finds a broken pipe.
///
/// # Errors
///
/// Something is left.
pub fn clients_leave_nothing_behind(lab: &mut Lab, program: &str, clients: usize) -> Outcome {
    echo::nothing_stays(lab, program, clients, |lab, i| {
        if i % 70 != 4 {
            return Ok(());
        }
        let port = lab.port();
        let mut bob = lab.connect("bob", port)?;
        bob.send(&[&[b'x'; 60_000][..], b"\n"].concat())?;
        bob.close();
        Ok(())
    })
}
