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

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::server::{Forking, family, holders, runs, says};
use crate::bytes;
use crate::clock::{self, Deadline};
use crate::echo::{command, is_served, start};
use crate::lab::Lab;
use crate::peer::Peer;
use crate::proc;
use crate::program::Program;
use crate::story::Outcome;

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
    let _ada = client(lab, "ada")?;
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
    let mut ada = client(lab, "ada")?;
    let mut bob = client(lab, "bob")?;
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
    let mut ada = client(lab, "ada")?;
    let mut bob = client(lab, "bob")?;
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

/// So many clients leave at the same moment while the server waits for them,
/// and it is stopped for that moment (SIGSTOP), so that their signals are one.
///
/// # Errors
///
/// It still waits for one of them.
pub fn all_leave_at_once_while_it_stops(lab: &mut Lab, program: &str, clients: usize) -> Outcome {
    let mut server = start(lab, program)?;
    let mut all = clients_stay(lab, clients)?;
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
fn slow_reader(lab: &mut Lab) -> Outcome<(Peer, Vec<u8>, usize)> {
    let port = lab.port();
    let ada = lab.peer("ada").receive_buffer(8 << 10).segment(1_000);
    let mut ada = ada.connect(port)?;
    let message = lab.text_line(7_990).repeat(60);
    let sent = ada.send_until_blocked(&message)?;
    Ok((ada, message, sent))
}

fn finishes_reading(lab: &Lab, ada: &mut Peer, message: &[u8], sent: usize) -> Outcome {
    let received = ada.send_and_read_to_end(&message[sent..])?;
    lab.require(
        received == message,
        "ada receives every byte that she sent, in order",
        match message.starts_with(&received) {
            true => "The last bytes are missing.",
            false => "She received something else.",
        },
    )
}

/// A client that does not leave: it is served until the grace is over, and
/// then ended. Others leave one after another, which does not make it longer.
///
/// # Errors
///
/// The server ends the client early, or late, or not at all.
pub fn ends_the_rest_after_its_grace(lab: &mut Lab, program: &str, grace: Duration) -> Outcome {
    let mut server = start(lab, program)?;
    let mut ada = client(lab, "ada")?;
    let mut others = clients_stay(lab, 8)?;
    let began = Instant::now();
    tell(lab, &server, Signal::SIGTERM)?;
    expect_refusal(lab, &server)?;
    // On a busy machine the grace may be over by now; before it is not.
    match says(&mut ada, "some time is left") {
        Err(wrong) if began.elapsed() < grace => return Err(wrong),
        _ => {}
    }
    lab.step("every 0.4 s one of the others left");
    let seconds = grace.as_secs();
    let late = lab.scene.deadline(grace + clock::STEP);
    let mut last = Instant::now();
    while server.is_alive() && !late.is_over() {
        clock::rest(Duration::from_millis(10));
        if last.elapsed() >= Duration::from_millis(400) {
            drop(others.pop());
            last = Instant::now();
        }
    }
    // Whoever is still there has no part in the story.
    drop(others);
    lab.settle();
    lab.require(
        !server.is_alive(),
        &format!("it ends {seconds} s after the signal, though ada has not finished"),
        format!(
            "It still runs, more than {} s after the signal.",
            seconds + 2
        ),
    )?;
    expect_stopped(lab, &mut server, 9)?;
    ada.expect_eof_or_reset()
}

/// With a grace of 0, those that are being served are ended at once.
///
/// # Errors
///
/// The server goes on, or its status or last line is another.
pub fn a_grace_of_zero_ends_at_once(lab: &mut Lab, program: &str) -> Outcome {
    let mut server = start(lab, program)?;
    let mut ada = client(lab, "ada")?;
    tell(lab, &server, Signal::SIGTERM)?;
    expect_stopped(lab, &mut server, 1)?;
    ada.expect_eof_or_reset()
}

/// Without a grace on the command line, a client is served well after the
/// stop; meanwhile nobody uses the processor.
///
/// # Errors
///
/// The client's connection ends, or the server spins.
pub fn the_default_grace_is_not_short(lab: &mut Lab, program: &str) -> Outcome {
    let server = start(lab, program)?;
    let mut ada = client(lab, "ada")?;
    let began = Instant::now();
    tell(lab, &server, Signal::SIGTERM)?;
    expect_refusal(lab, &server)?;
    lab.step("1.3 s went by");
    clock::rest(Duration::from_millis(1_300).saturating_sub(began.elapsed()));
    match says(&mut ada, "still here") {
        Err(_) if began.elapsed() > Duration::from_secs(5) => {
            Err(lab.ungraded("the machine is too busy to measure a second"))
        }
        outcome => outcome,
    }
}

/// While it waits for its last client, nobody uses the processor.
///
/// # Errors
///
/// The server or a worker spins.
pub fn waits_for_its_workers_without_spinning(lab: &mut Lab, program: &str) -> Outcome {
    let server = start(lab, program)?;
    let _ada = client(lab, "ada")?;
    tell(lab, &server, Signal::SIGTERM)?;
    expect_refusal(lab, &server)?;
    server.expect_waiting()
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
        clients.push(client(lab, name)?);
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

/// The second signal ends it at once, with the same last line.
///
/// # Errors
///
/// It goes on, dies of the signal, or says something else.
pub fn a_second_signal_ends_at_once(
    lab: &mut Lab,
    program: &str,
    first: Signal,
    second: Signal,
) -> Outcome {
    let mut server = start(lab, program)?;
    let mut ada = client(lab, "ada")?;
    tell(lab, &server, first)?;
    expect_refusal(lab, &server)?;
    says(&mut ada, "still here")?;
    tell(lab, &server, second)?;
    expect_stopped(lab, &mut server, 1)?;
    ada.expect_eof_or_reset()
}

/// ^C reaches every process of the server. New clients are refused, those that
/// are being served notice nothing: one between two lines, one within a line,
/// and, at another run, one that has not read.
///
/// # Errors
///
/// One of them is not served to its end.
pub fn a_terminals_interrupt_stops_gracefully(lab: &mut Lab, program: &str) -> Outcome {
    let mut server = start_at_a_terminal(lab, program)?;
    let mut ada = client(lab, "ada")?;
    let mut bob = client(lab, "bob")?;
    bob.send(b"do you see ")?;
    interrupt(lab, &mut server)?;
    says(&mut ada, "did you hear that?")?;
    bob.send(b"this?\n")?;
    bob.half_close()?;
    bob.expect(b"do you see this?\n")?;
    bob.expect_eof()?;
    lab.settle();
    says(&mut ada, "so I am the last")?;
    ada.half_close()?;
    ada.expect_eof()?;
    expect_stopped(lab, &mut server, 2)?;

    let mut server = start_at_a_terminal(lab, program)?;
    let (mut ada, message, sent) = slow_reader(lab)?;
    interrupt(lab, &mut server)?;
    finishes_reading(lab, &mut ada, &message, sent)?;
    expect_stopped(lab, &mut server, 1)
}

fn start_at_a_terminal(lab: &mut Lab, program: &str) -> Outcome<Program> {
    let port = lab.port();
    command(lab, program, port).terminal().start_listening(port)
}

/// ^C, and its first effect.
fn interrupt(lab: &mut Lab, server: &mut Program) -> Outcome {
    await_readiness(server, Signal::SIGINT);
    lab.settle();
    lab.step("^C was typed at its terminal");
    server.send(b"\x03")?;
    expect_refusal(lab, server)?;
    lab.settle();
    Ok(())
}

/// Clients of every kind, those that had left and those that are there at the
/// stop, are in the number.
///
/// # Errors
///
/// The number is another.
pub fn counts_every_client(lab: &mut Lab, program: &str) -> Outcome {
    let mut server = start(lab, program)?;
    is_served(lab, "ada", b"I leave\n")?;
    client(lab, "bob")?.reset()?;
    let mut cleo = client(lab, "cleo")?;
    let port = lab.port();
    let mut dora = lab.connect("dora", port)?;
    dora.half_close()?;
    dora.expect_eof()?;
    let mut emil = client(lab, "emil")?;
    tell(lab, &server, Signal::SIGTERM)?;
    expect_refusal(lab, &server)?;
    for client in [&mut emil, &mut cleo] {
        client.half_close()?;
        client.expect_eof()?;
    }
    expect_stopped(lab, &mut server, 5)
}

/// A client comes, gets an echo, and stays.
fn client(lab: &mut Lab, name: &str) -> Outcome<Peer> {
    let port = lab.port();
    let mut client = lab.connect(name, port)?;
    says(&mut client, "hello")?;
    Ok(client)
}

/// The same for many.
fn clients_stay(lab: &mut Lab, clients: usize) -> Outcome<Vec<Peer>> {
    let mut all = Vec::new();
    lab.repeat(
        clients,
        &format!("{clients} clients connected, got an echo each, and stayed"),
        |lab, _| {
            all.push(client(lab, "bob")?);
            Ok(())
        },
    )?;
    Ok(all)
}

/// Tells the server to stop, when it has done what went before.
fn tell(lab: &Lab, server: &Program, signal: Signal) -> Outcome {
    await_readiness(server, signal);
    lab.settle();
    server.signal(signal)
}

/// Waits until the program has said what a signal shall do, by a handler or by
/// holding it back; for a moment only, as there are other ways.
fn await_readiness(server: &Program, signal: Signal) {
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
fn expect_refusal(lab: &mut Lab, server: &Program) -> Outcome {
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
fn before_the_grace_is_over<T>(mut look: impl FnMut() -> Option<T>) -> Option<T> {
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
fn expect_stopped(lab: &Lab, server: &mut Program, clients: usize) -> Outcome {
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
