//! Scenes of a server with a thread a connection: how many threads it has
//! while clients are there, and what is left of them when they have gone.
//!
//! The kernel says how many threads a process has, not what they are for. So
//! what is compared is the number with and without clients: a server may have
//! any number of threads besides.

use std::net::IpAddr;

use crate::bytes;
use crate::crowd::comes;
use crate::echo::{is_served, start};
use crate::forking::{self, says};
use crate::lab::Lab;
use crate::peer::Peer;
use crate::program::Program;
use crate::stalled;
use crate::story::Outcome;

/// The server says 24 bytes of each line, and a terminal holds some thousands.
const MORE_LINES_THAN_A_TERMINAL_HOLDS: usize = 5_000;

/// With three clients it has three threads more than without, and no child.
///
/// # Errors
///
/// It has fewer, or a child.
pub fn each_client_has_a_thread_of_its_own(lab: &mut Lab, program: &str) -> Outcome {
    let server = start(lab, program)?;
    // It may still start some, for whatever else it does.
    lab.settle();
    let observer = server.observe();
    let without = observer.threads()?;
    let mut clients = Vec::new();
    for name in ["ada", "bob", "cleo"] {
        clients.push(comes(lab, name)?);
    }
    lab.settle();
    let expected = "ada, bob and cleo are served by a thread each, all in one process";
    let children = observer.children()?.len();
    if children > 0 {
        let s = if children == 1 { "" } else { "ren" };
        let seen = format!("It has {children} child{s}: a process is no thread.");
        return Err(lab.wrong(expected, &[seen]));
    }
    let with = observer.threads()?;
    let s = if without == 1 { "" } else { "s" };
    lab.require(
        with >= without + clients.len(),
        expected,
        format!("Without clients it had {without} thread{s}, with these three it has {with}."),
    )
}

/// Two clients come at once and finish: their threads end. So does that of one
/// who has said nothing.
///
/// # Errors
///
/// It is still there.
pub fn thread_ends_with_its_client(lab: &mut Lab, program: &str) -> Outcome {
    let server = start(lab, program)?;
    let before = with_one_client(lab, &server)?;
    let _zoe = before.client;
    let mut ada = comes(lab, "ada")?;
    let mut dora = comes(lab, "dora")?;
    for client in [&mut ada, &mut dora] {
        client.half_close()?;
        client.expect_eof()?;
    }
    expect_threads(lab, &server, before.threads, "they")?;
    let port = lab.port();
    lab.connect("bob", port)?.close();
    expect_threads(lab, &server, before.threads, "bob")
}

/// The same for a client that resets its connection in the middle of a line,
/// and for one that does so while answers wait for it to read.
///
/// # Errors
///
/// The thread is still there, or a client is not served.
pub fn thread_ends_when_its_client_resets(lab: &mut Lab, program: &str) -> Outcome {
    let server = start(lab, program)?;
    let before = with_one_client(lab, &server)?;
    let mut zoe = before.client;
    let mut ada = comes(lab, "ada")?;
    ada.send(b"half a li")?;
    ada.reset()?;
    expect_threads(lab, &server, before.threads, "ada")?;
    stalled::told_without_counts(|| {
        let port = lab.port();
        let mut bob = lab.peer("bob").receive_buffer(4096).connect(port)?;
        bob.send_until_blocked(&b"this line nobody will ever read\n".repeat(400_000))?;
        bob.reset()?;
        expect_threads(lab, &server, before.threads, "bob")?;
        says(&mut zoe, "who was bob?")
    })
}

/// Three clients come while the server's standard output takes no more: what each
/// is greeted with is known to its thread, and not printed yet. Then it is printed.
///
/// # Errors
///
/// A client is not greeted with its own name and address.
pub fn greetings_of_several_clients_do_not_mix(lab: &mut Lab, program: &str) -> Outcome {
    stalled::told_without_counts(|| {
        let server = start(lab, program)?;
        let port = lab.port();
        is_served(lab, "yan", b"only a moment\n")?;
        let mut zoe = comes(lab, "zoe")?;
        server.stop_reading_stdout();
        zoe.send(&b"\n".repeat(MORE_LINES_THAN_A_TERMINAL_HOLDS))?;
        lab.settle();
        let (mut clients, mut greetings) = (Vec::new(), Vec::new());
        for (name, last) in [("ada", 5), ("bob", 6), ("cleo", 2)] {
            let ip = IpAddr::from([127, 0, 0, last]);
            clients.push(lab.peer(name).from(ip).connect(port)?);
            greetings.push(format!("server connected to {} ({ip})", lab.name_of(ip)));
            // Its thread comes to its greeting, and waits.
            lab.settle();
        }
        server.resume_reading_stdout();
        forking::expect_each_once(lab, &server, &greetings)
    })
}

/// So many clients come and go, one after another. A thread that has ended
/// and was neither joined nor detached keeps its stack (`man 3 pthread_join`):
/// none does.
///
/// # Errors
///
/// Memory is left of each.
pub fn ended_threads_leave_no_stack(lab: &mut Lab, program: &str, clients: usize) -> Outcome {
    let server = start(lab, program)?;
    // Memory that a program takes at its first clients, it may keep.
    come_and_go(lab, 20)?;
    let observer = server.observe();
    let before = observer.mappings()?;
    come_and_go(lab, clients)?;
    // Some stacks are kept for the next threads; all of them never.
    lab.eventually(
        "the stacks of the ended threads are given back",
        || match observer.mappings() {
            Ok(now) if now < before + clients / 2 => Ok(()),
            Ok(_) => Err(
                "A stack is left of each client's thread (/proc/PID/maps): it could still be joined."
                    .into(),
            ),
            Err(_) => Err("It has ended.".into()),
        },
    )
}

fn come_and_go(lab: &mut Lab, clients: usize) -> Outcome {
    let summary = format!(
        "{} clients came and left, one after another",
        bytes::thousands(clients)
    );
    lab.repeat(clients, &summary, |lab, _| {
        let mut ada = comes(lab, "ada")?;
        ada.half_close()?;
        ada.expect_eof()
    })
}

/// One client came and left, another is there and stays.
struct OneClient {
    client: Peer,
    threads: usize,
}

fn with_one_client(lab: &mut Lab, server: &Program) -> Outcome<OneClient> {
    is_served(lab, "yan", b"only a moment\n")?;
    // Yan's thread ends, or is free for zoe.
    lab.settle();
    let client = comes(lab, "zoe")?;
    lab.settle();
    let threads = server.observe().threads()?;
    Ok(OneClient { client, threads })
}

fn expect_threads(lab: &Lab, server: &Program, most: usize, name: &str) -> Outcome {
    let observer = server.observe();
    lab.eventually(
        &format!("it has as many threads as before {name} came"),
        || match observer.threads() {
            Ok(now) if now <= most => Ok(()),
            Ok(now) => Err(match now - most {
                1 => "It has one thread more.".into(),
                more => format!("It has {more} threads more."),
            }),
            Err(_) => Err("It has ended.".into()),
        },
    )
}
