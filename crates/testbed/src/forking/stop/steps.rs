//! The steps that these scenes are made of: the signal, and what shows that it
//! has had its effect.

use std::time::Instant;

use nix::sys::signal::Signal;

use super::super::server::holders;
use crate::bytes;
use crate::clock::{self, Deadline};
use crate::lab::Lab;
use crate::proc;
use crate::program::Program;
use crate::story::Outcome;

/// Tells the server to stop, when it has done what went before.
pub(super) fn tell(lab: &Lab, server: &Program, signal: Signal) -> Outcome {
    await_readiness(server, signal);
    lab.settle();
    server.signal(signal)
}

/// Waits until the program has said what a signal shall do, by a handler or by
/// holding it back; for a moment only, as there are other ways.
pub(super) fn await_readiness(server: &Program, signal: Signal) {
    let said = |field| {
        let mask = proc::status(server.pid(), field)?;
        let mask = u64::from_str_radix(&mask, 16).ok()?;
        Some(mask & (1 << (signal as i32 - 1)) != 0)
    };
    server.scene().deadline(clock::SILENCE).wait(|| {
        let ready = said("SigCgt") == Some(true) || said("SigBlk") == Some(true);
        (ready || !server.is_alive()).then_some(())
    });
}

/// Nobody listens on the port any more, and a client that comes is refused.
pub(super) fn expect_refusal(lab: &mut Lab, server: &Program) -> Outcome {
    let port = lab.port();
    let expected = "a new client is refused";
    lab.step(format!("it was watched that {expected}"));
    let look = || {
        // A look at the table first: a client that is not refused would count.
        if let Some(socket) = lab.listening(port) {
            let holders = holders(server, Some(socket.inode)).unwrap_or_default();
            let who = match holders.contains(&server.pid()) {
                true => "the process that was started",
                false => "a process that it started",
            };
            return Err(format!("The socket still listens: {who} has it open."));
        }
        match std::net::TcpStream::connect(("127.0.0.1", port)) {
            Err(_) => Ok(()),
            Ok(_) => Err("It was not refused.".into()),
        }
    };
    match before_the_grace_is_over(|| look().ok()) {
        Some(()) => Ok(()),
        None => look().map_err(|seen| lab.wrong(expected, &[seen])),
    }
}

/// A step that ends before the default grace does, however much it is
/// stretched: what does not stop would be stopped by then.
pub(super) fn before_the_grace_is_over<T>(mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let start = Instant::now();
    let step = Deadline::new(clock::STEP, &[]);
    step.wait(|| match look() {
        None if start.elapsed() > clock::STEP * 2 => Some(None),
        None => None,
        found => Some(found),
    })
    .flatten()
}

/// The server ends by itself, with status 0 and the last line.
pub(super) fn expect_stopped(lab: &Lab, server: &mut Program, clients: usize) -> Outcome {
    if before_the_grace_is_over(|| (!server.is_alive()).then_some(())).is_none() {
        return Err(lab.wrong(
            "the program ends by itself",
            &["It still runs after 2 s.".into()],
        ));
    }
    let ended = server.expect_exit(0)?;
    let expected = format!("server stopped: {clients} clients served");
    let last = ended
        .stdout
        .strip_suffix(b"\n")
        .map(|lines| lines.rsplit(|&byte| byte == b'\n').next().unwrap_or(lines));
    if last == Some(expected.as_bytes()) {
        return Ok(());
    }
    let seen = match last {
        None if ended.stdout.is_empty() => "It printed nothing.".into(),
        None => "Its last line has no end.".into(),
        Some(last) => format!("Its last line is {}.", bytes::quote(last)),
    };
    Err(lab.wrong(
        &format!("the last line on standard output is `{expected}`"),
        &[seen],
    ))
}
