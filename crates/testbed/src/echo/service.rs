//! The server's own life: its port, its command line, its standard output, its
//! rest.

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::{command, is_greeting, is_served, length, lengths, start};
use crate::bytes;
use crate::clock;
use crate::failure::{has_system_text, is_refused};
use crate::lab::Lab;
use crate::proc;
use crate::story::Outcome;
use crate::table::{Socket, State};

const GREATEST_PORT: u16 = 65_535;

/// The server ends first, so its port stays in TIME_WAIT; then it is started
/// again.
///
/// # Errors
///
/// It does not listen, or does not serve.
pub fn restarts_at_once(lab: &mut Lab, program: &str) -> Outcome {
    let mut server = start(lab, program)?;
    let port = lab.port();
    let mut ada = lab.connect("ada", port)?;
    ada.send(b"hello\n")?;
    ada.expect(b"hello\n")?;
    server.kill()?;
    // Not only the first process: the connection may be a child's, or that of
    // a process whose parent has ended. The first comes first: it could start
    // another in place of one that was killed.
    let session = server.pid();
    lab.scene.step_deadline().wait(|| {
        let left = proc::session(session).into_iter();
        let left: Vec<_> = left.filter(|it| !"ZX".contains(it.state)).collect();
        for process in &left {
            let _ = kill(Pid::from_raw(process.pid), Signal::SIGKILL);
        }
        left.is_empty().then_some(())
    });
    ada.expect_eof_or_reset()?;
    ada.close();
    lab.step("the kernel kept the server's end of the connection in TIME_WAIT");
    // Where the kernel shows no table there is nothing to wait for.
    lab.scene.deadline(clock::SILENCE).wait(|| {
        let kept = |socket: &Socket| socket.local.port() == port && socket.state == State::TimeWait;
        lab.sockets().iter().any(kept).then_some(())
    });
    let _server = start(lab, program)?;
    is_served(lab, "bob", b"here again?\n")
}

/// A second server on the same port.
///
/// # Errors
///
/// It does not end with status 1 and the system's text, or disturbs the first.
pub fn a_taken_port_is_an_error(lab: &mut Lab, program: &str) -> Outcome {
    let _server = start(lab, program)?;
    let port = lab.port();
    lab.step("then a second server was started on the same port:");
    let second = command(lab, program, port).run()?;
    second.exited(1)?;
    has_system_text(&second, "Address already in use")?;
    is_served(lab, "ada", b"are you the first?\n")
}

/// Through 127.0.0.1 and through another address of this machine.
///
/// # Errors
///
/// One of them is refused.
pub fn listens_on_all_addresses(lab: &mut Lab, program: &str) -> Outcome {
    let _server = start(lab, program)?;
    let port = lab.port();
    for (name, last) in [("ada", 1), ("bob", 9)] {
        let mut client = lab.peer(name).to([127, 0, 0, last]).connect(port)?;
        client.send(b"hello\n")?;
        client.half_close()?;
        client.expect(b"hello\n")?;
    }
    Ok(())
}

/// What is no port is wrong usage, also a number of which 32 bits are one. The
/// greatest port is none the less one, for which 15 bits, or a sign, are not
/// enough.
///
/// # Errors
///
/// It is taken for one, or the status is not 2, or nothing is said; 65535 is
/// refused.
pub fn refuses_what_is_no_port(lab: &mut Lab, program: &str) -> Outcome {
    for wrong in ["0", "65536", "-1", "abc", "4321x", "", "4294971617"] {
        is_refused(command(lab, program, wrong))?;
    }
    let name = program.split_ascii_whitespace().next().unwrap_or_default();
    is_refused(lab.program(name))?;
    // Elsewhere somebody may have it.
    if lab.in_cell() {
        let _server = command(lab, program, GREATEST_PORT).start_listening(GREATEST_PORT)?;
    }
    Ok(())
}

/// What stands behind the port is wrong usage, each of it.
///
/// # Errors
///
/// It is taken, or the status is not 2, or nothing is said.
pub fn refuses_behind_the_port(lab: &mut Lab, program: &str, wrong: &[&str]) -> Outcome {
    let port = lab.port();
    for wrong in wrong {
        is_refused(lab.program(program).arg(port).arg(wrong))?;
    }
    Ok(())
}

/// Standard output holds `server connected to …` and `server received …`
/// alone, also after connections that broke.
///
/// # Errors
///
/// Another line is there.
pub fn stdout_carries_only_the_two_lines(lab: &mut Lab, program: &str) -> Outcome {
    let server = start(lab, program)?;
    let port = lab.port();
    is_served(lab, "ada", b"hello\n")?;
    let mut bob = lab.connect("bob", port)?;
    bob.send(b"whole\nhalf")?;
    bob.expect(b"whole\n")?;
    bob.reset()?;
    lab.connect("cleo", port)?.close();
    // Another process may greet cleo: its line before dora's, so that the story
    // is the same each time.
    let greetings = |all: &[u8]| {
        let lines = all.split_inclusive(|&byte| byte == b'\n');
        lines.filter(|line| is_greeting(line)).count()
    };
    lab.scene
        .deadline(clock::SILENCE)
        .wait(|| (greetings(&server.stdout()) >= 3).then_some(()));
    is_served(lab, "dora", b"the last line\n")?;
    lab.eventually("it prints `server received 14 bytes`", || {
        match lengths(&server.stdout()).contains(&14) {
            true => Ok(()),
            false => Err("It has not printed this line.".into()),
        }
    })?;
    let stdout = server.stdout();
    let other = stdout
        .split_inclusive(|&byte| byte == b'\n')
        .find(|line| length(line).is_none() && !is_greeting(line));
    match other {
        None => Ok(()),
        Some(line) => Err(lab.wrong(
            "standard output carries the two lines of the contract and no other",
            &[format!("Another line is on it: {}.", bytes::show(line))],
        )),
    }
}

/// Idle, with no client, and with one that is silent between two lines, and
/// gets its echo however long it thinks.
///
/// # Errors
///
/// It uses processor time, or the client is no longer served.
pub fn waits_without_spinning(lab: &mut Lab, program: &str) -> Outcome {
    let server = start(lab, program)?;
    let port = lab.port();
    server.expect_waiting()?;
    let mut ada = lab.connect("ada", port)?;
    ada.send(b"let me think\n")?;
    ada.expect(b"let me think\n")?;
    server.expect_patience("ada")?;
    ada.send(b"I have thought\n")?;
    ada.expect(b"I have thought\n")
}
