//! Scenes for servers with a pool: processes made beforehand, each of which
//! serves one client at a time.
//!
//! The workers may accept on a socket that all of them share, or be handed
//! connections; they may serve one client in their life or many. So who serves
//! a client is read off who holds its connection, the process that was started
//! left out: while it hands a connection over, it has it too.

use std::collections::BTreeSet;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::server::{Forking, family, many_stay, runs, says};
use super::{expect_each_once, three_say_hello};
use crate::clock;
use crate::echo::is_served;
use crate::lab::Lab;
use crate::peer::Peer;
use crate::proc;
use crate::story::Outcome;

/// Before a client comes there are so many processes beside the first, and one
/// of these serves the client that comes.
///
/// # Errors
///
/// There are fewer, or another serves.
pub fn workers_are_made_beforehand(lab: &mut Lab, name: &str, children: usize) -> Outcome {
    let server = start(lab, name, children)?;
    let before = expect_workers(lab, &server, children)?;
    let ada = server.client(lab, "ada")?;
    let serves = server.holders_without_the_first(&ada)?;
    lab.require(
        !serves.is_empty(),
        "one of these processes serves ada",
        "The process that was started serves her itself.",
    )?;
    lab.require(
        serves.is_subset(&before),
        "one of these processes serves ada",
        "A process serves her that was not there before she came.",
    )
}

/// As many clients as workers are served at once, each by a process of its own.
///
/// # Errors
///
/// One is not served, or one process serves two.
pub fn each_worker_serves_one(lab: &mut Lab, name: &str, children: usize) -> Outcome {
    let server = start(lab, name, children)?;
    // Each of them waits for a client before the first one comes.
    expect_workers(lab, &server, children)?;
    let clients = many_stay(lab, "ada", children)?;
    let mut all = BTreeSet::new();
    for client in &clients {
        all.extend(server.holders_without_the_first(client)?);
    }
    lab.require(
        all.len() >= children,
        &format!("{children} processes serve {children} clients"),
        format!("They are served by {} processes.", all.len()),
    )
}

/// One client more than there are workers is connected and waits; it is served
/// when another has left, and the others notice nothing.
///
/// # Errors
///
/// It is refused, served too early, or not at all.
pub fn one_more_client_waits(lab: &mut Lab, name: &str, children: usize) -> Outcome {
    let server = start(lab, name, children)?;
    let mut clients = many_stay(lab, "ada", children)?;
    lab.step("one client more came:");
    // Which worker serves whom differs from run to run: they have one name.
    let mut more = lab.connect("ada", server.port)?;
    more.send(b"is it my turn?\n")?;
    lab.settle();
    more.expect_silence()?;
    let mut last = clients.pop();
    others_say(lab, &mut clients, "still here")?;
    if let Some(last) = &mut last {
        lab.step("one of those who had come before left:");
        last.half_close()?;
        last.expect_eof()?;
    }
    lab.step("now it was the turn of the one who waited:");
    more.expect(b"is it my turn?\n")?;
    others_say(lab, &mut clients, "here too")
}

/// A worker that is killed takes one connection with it, and another takes its
/// place.
///
/// # Errors
///
/// Another client notices, a zombie stays, or the pool stays smaller.
pub fn a_killed_worker_is_replaced(lab: &mut Lab, name: &str, children: usize) -> Outcome {
    let server = start(lab, name, children)?;
    let mut clients = many_stay(lab, "ada", children)?;
    for round in ["", "other "] {
        let Some(mut ada) = clients.pop() else {
            break;
        };
        lab.step(format!(
            "the process that served one {round}client was killed (SIGKILL)"
        ));
        kill_all(lab, &server.holders_without_the_first(&ada)?);
        ada.expect_eof_or_reset()?;
        lab.settle();
        others_say(lab, &mut clients, "still here")?;
        expect_workers(lab, &server, children)?;
        server.expect_no_zombie(lab, "2 s after its end, a worker is still a zombie.")?;
        clients.insert(0, server.client(lab, "ada")?);
    }
    Ok(())
}

/// All workers are killed at the same moment, while the first process is
/// stopped (SIGSTOP), so that their signals are one.
///
/// # Errors
///
/// The pool stays smaller, or a zombie stays.
pub fn all_killed_workers_are_replaced(lab: &mut Lab, name: &str, children: usize) -> Outcome {
    let server = start(lab, name, children)?;
    let mut clients = many_stay(lab, "ada", children)?;
    let mut workers = BTreeSet::new();
    for client in &clients {
        workers.extend(server.holders_without_the_first(client)?);
    }
    lab.settle();
    lab.step("the first process was stopped (SIGSTOP), so that it does nothing for a moment");
    let first = Pid::from_raw(server.program.pid());
    let _ = kill(first, Signal::SIGSTOP);
    lab.step("the processes that served them were killed (SIGKILL), all of them");
    kill_all(lab, &workers);
    lab.step("the first process went on (SIGCONT)");
    let _ = kill(first, Signal::SIGCONT);
    lab.repeat(children, "each of them saw its connection end", |_, _| {
        clients
            .pop()
            .map_or(Ok(()), |mut client| client.expect_eof_or_reset())
    })?;
    lab.settle();
    expect_workers(lab, &server, children)?;
    server.expect_no_zombie(
        lab,
        "2 s later, workers that were killed are still zombies.",
    )?;
    many_stay(lab, "ada", children).map(|_| ())
}

/// Workers that have nothing to do are killed, one after another.
///
/// # Errors
///
/// The pool stays smaller.
pub fn an_idle_worker_is_replaced(lab: &mut Lab, name: &str, children: usize) -> Outcome {
    let server = start(lab, name, children)?;
    let before = expect_workers(lab, &server, children)?;
    // Whoever serves a client is a worker, and not a helper of the first
    // process; and when it has served, it is idle.
    let mut clients = many_stay(lab, "ada", children)?;
    let mut workers = BTreeSet::new();
    for client in &clients {
        workers.extend(server.holders_without_the_first(client)?);
    }
    lab.repeat(children, "all of them left", |_, _| {
        clients.pop().map_or(Ok(()), |mut client| {
            client.half_close()?;
            client.expect_eof()
        })
    })?;
    lab.settle();
    lab.step("the processes that had served them were killed (SIGKILL), one after another");
    for &worker in &workers {
        kill_all(lab, &BTreeSet::from([worker]));
        lab.settle();
    }
    expect_workers(lab, &server, before.len())?;
    many_stay(lab, "ada", children).map(|_| ())
}

/// Many clients one after another, some of which reset, leave no descriptor,
/// process or thread in any process of the pool, and all are served.
///
/// # Errors
///
/// Something is left, or the pool stays smaller.
pub fn clients_leave_nothing_in_the_pool(
    lab: &mut Lab,
    name: &str,
    children: usize,
    clients: usize,
) -> Outcome {
    let server = start(lab, name, children)?;
    // What a worker opens once, for its first client, is no leak.
    many_stay(lab, "ada", children)?;
    lab.settle();
    expect_workers(lab, &server, children)?;
    lab.settle();
    let before = holdings(&server);
    let summary = format!("{clients} clients came and left, half of them by a reset");
    lab.repeat(clients, &summary, |lab, i| {
        if i % 2 == 0 {
            return is_served(lab, "ada", b"hello\n");
        }
        let mut bob = server.client(lab, "bob")?;
        bob.send(b"half a li")?;
        bob.reset()
    })?;
    lab.eventually(
        "its processes together hold as many descriptors as before, and are as many",
        || {
            let now = holdings(&server);
            if now.0 > before.0 {
                Err(format!("They hold {} more descriptors.", now.0 - before.0))
            } else if now.1 != before.1 {
                Err(format!(
                    "There are {} processes and threads, {} before.",
                    now.1, before.1
                ))
            } else {
                Ok(())
            }
        },
    )?;
    many_stay(lab, "ada", children).map(|_| ())
}

/// How many descriptors and how many threads all processes together have.
fn holdings(server: &Forking) -> (usize, usize) {
    let mut all = (0, 0);
    for pid in family(&server.program) {
        all.0 += proc::descriptors(pid).map_or(0, |descriptors| descriptors.len());
        all.1 += proc::threads(pid).len();
    }
    all
}

/// Workers without a client cost no processor time, nor do those of clients
/// that say nothing, or half a line; these are served when they speak.
///
/// # Errors
///
/// The first process or a worker uses the processor, or one of the clients is
/// not served.
pub fn waits_without_spinning(lab: &mut Lab, name: &str) -> Outcome {
    // As many workers as clients, all of one name: who serves whom is chance.
    let server = start(lab, name, 2)?;
    server.program.expect_waiting()?;
    let mut ada = server.client(lab, "ada")?;
    ada.send(b"half a li")?;
    server.client(lab, "ada")?.close();
    let mut silent = lab.connect("ada", server.port)?;
    server.program.expect_patience("both")?;
    says(&mut silent, "now I know")?;
    ada.send(b"ne\n")?;
    ada.expect(b"half a line\n")
}

/// Each client's line is printed once. The clients leave first: who of the pool
/// serves whom is chance.
///
/// # Errors
///
/// A line is missing, or there twice.
pub fn greets_each_client_once(lab: &mut Lab, program: &str) -> Outcome {
    let server = Forking::start(lab, program)?;
    let (clients, greetings) = three_say_hello(lab, &server)?;
    lab.step("all of them left");
    drop(clients);
    expect_each_once(lab, &server.program, &greetings)
}

/// `echo-prefork PORT CHILDREN`
fn start(lab: &mut Lab, name: &str, children: usize) -> Outcome<Forking> {
    Forking::start(lab, &format!("{name} {children}"))
}

/// Those who are served go on.
fn others_say(lab: &mut Lab, others: &mut [Peer], words: &str) -> Outcome {
    match others.len() {
        0 => Ok(()),
        n => lab.repeat(n, "each of the others got one more echo", |_, i| {
            says(&mut others[i], words)
        }),
    }
}

/// There are so many processes beside the first, or more: a pool may have its
/// helpers.
fn expect_workers(lab: &Lab, server: &Forking, children: usize) -> Outcome<BTreeSet<i32>> {
    let mut workers = BTreeSet::new();
    let expected = match children {
        1 => "there is a process beside the first".to_string(),
        n => format!("there are {n} processes beside the first"),
    };
    lab.eventually(&expected, || {
        workers = family(&server.program);
        workers.remove(&server.program.pid());
        match workers.len() {
            n if n >= children => Ok(()),
            0 => Err("There is none.".into()),
            1 => Err("There is 1.".into()),
            n => Err(format!("There are {n}.")),
        }
    })?;
    // A helper may come before the last worker.
    lab.settle();
    workers = family(&server.program);
    workers.remove(&server.program.pid());
    Ok(workers)
}

/// Kills these processes, and waits until they have ended: as zombies, if
/// nobody has waited for them.
fn kill_all(lab: &Lab, workers: &BTreeSet<i32>) {
    for &worker in workers {
        let _ = kill(Pid::from_raw(worker), Signal::SIGKILL);
    }
    lab.scene
        .deadline(clock::SILENCE * 4)
        .wait(|| (!workers.iter().any(|&worker| runs(worker))).then_some(()));
}
