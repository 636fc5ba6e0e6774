//! Scenes for servers with a process a connection: a watcher accepts, a worker
//! serves.
//!
//! Who is who is read off what the kernel says: the watcher is the process
//! that holds the listening socket when the first client has been served, the
//! workers of a client are the other processes that hold its connection. So a
//! server whose workers are grandchildren, that has helpers beside its
//! watcher, or whose watcher is a child itself, is judged like any other.

pub mod pool;
mod server;
pub mod stop;

pub use server::Forking;

use std::collections::BTreeSet;
use std::net::IpAddr;

use nix::sys::signal::Signal;

use crate::bytes;
use crate::clock;
use crate::echo::{is_served, leave_at_once, start};
use crate::lab::Lab;
use crate::peer::Peer;
use crate::proc;
use crate::program::Program;
use crate::story::Outcome;
use crate::table;
pub(crate) use server::says;
use server::{family, many_stay, runs};

/// A client that says nothing at all delays no other, and is served when it
/// speaks.
///
/// # Errors
///
/// One of the two is not served.
pub fn second_client_is_served_while_the_first_is_silent(lab: &mut Lab, program: &str) -> Outcome {
    let server = Forking::start(lab, program)?;
    let mut ada = lab.connect("ada", server.port)?;
    let _bob = server.client(lab, "bob")?;
    says(&mut ada, "now I speak")
}

/// Each of three connections is held by a process that is not the watcher, and
/// there are as many such processes as clients.
///
/// # Errors
///
/// The watcher serves a client itself, or one process serves two.
pub fn each_client_has_a_process_of_its_own(lab: &mut Lab, program: &str) -> Outcome {
    let server = Forking::start(lab, program)?;
    let mut clients = Vec::new();
    for name in ["ada", "bob", "cleo"] {
        clients.push(server.client(lab, name)?);
    }
    let mut all = BTreeSet::new();
    for client in &clients {
        let workers = server.workers(client)?;
        if workers.is_empty() {
            let name = client.name();
            let mut seen = vec![format!(
                "The process that listens has {name}'s connection itself, and no other has it."
            )];
            if server.program.observe().of(server.watcher()?).threads()? > 1 {
                seen.push("It has several threads: a thread is no process.".into());
            }
            return Err(lab.wrong(&format!("a process of its own serves {name}"), &seen));
        }
        all.extend(workers);
    }
    lab.require(
        all.len() >= clients.len(),
        "ada, bob and cleo are served by three processes",
        "Two of them are served by the same process.",
    )
}

/// So many clients at once, each served while all others are silent.
///
/// # Errors
///
/// One of them is not served.
pub fn many_clients_are_served_at_once(lab: &mut Lab, program: &str, clients: usize) -> Outcome {
    let _server = start(lab, program)?;
    let mut all = many_stay(lab, "ada", clients)?;
    lab.repeat(
        clients,
        "each of them, the last first, got one more echo",
        |_, _| match all.pop() {
            Some(mut client) => says(&mut client, "still here"),
            None => Ok(()),
        },
    )
}

/// What the story says of clients that are all there.
pub(crate) fn have_come(clients: usize) -> String {
    match clients {
        1 => "a client connected, got an echo, and stayed".into(),
        n => format!(
            "{} clients connected, got an echo each, and stayed",
            bytes::thousands(n)
        ),
    }
}

/// A worker's end is its client's end of file, whether the client has finished
/// or the worker was killed.
///
/// # Errors
///
/// A client sees no end.
pub fn client_sees_the_end_as_soon_as_its_worker_ends(lab: &mut Lab, program: &str) -> Outcome {
    let server = Forking::start(lab, program)?;
    let mut ada = server.client(lab, "ada")?;
    let mut bob = server.client(lab, "bob")?;
    bob.half_close()?;
    server.expect_end(&mut bob)?;
    server.kill_workers(lab, &ada)?;
    server.expect_end(&mut ada)
}

/// The process that served a client ends when the client has finished.
///
/// # Errors
///
/// It still runs.
pub fn worker_ends_with_its_client(lab: &mut Lab, program: &str) -> Outcome {
    let server = Forking::start(lab, program)?;
    let mut ada = server.client(lab, "ada")?;
    let workers = server.workers(&ada)?;
    ada.half_close()?;
    server.expect_end(&mut ada)?;
    server.expect_gone(lab, &workers, "ada")
}

/// The same for a client that resets its connection; and the next is served.
///
/// # Errors
///
/// The worker still runs, or nobody serves the next client.
pub fn worker_ends_when_its_client_resets(lab: &mut Lab, program: &str) -> Outcome {
    let server = Forking::start(lab, program)?;
    let mut ada = server.client(lab, "ada")?;
    let mut bob = server.client(lab, "bob")?;
    let workers = server.workers(&bob)?;
    bob.send(b"half a li")?;
    bob.reset()?;
    server.expect_gone(lab, &workers, "bob")?;
    server.settle()?;
    says(&mut ada, "poor bob")?;
    is_served(lab, "cleo", b"who was bob?\n")
}

/// Clients come and leave while another stays. Then, if the watcher has a
/// handler for SIGCHLD, this signal comes at random moments too.
///
/// # Errors
///
/// A client is not served.
pub fn watcher_accepts_while_one_leaves_and_others_stay(lab: &mut Lab, program: &str) -> Outcome {
    let server = Forking::start(lab, program)?;
    let mut ada = server.client(lab, "ada")?;
    for name in ["bob", "cleo", "dora"] {
        let mut client = server.client(lab, name)?;
        let workers = server.workers(&client)?;
        client.half_close()?;
        server.expect_end(&mut client)?;
        server.expect_gone(lab, &workers, name)?;
        server.settle()?;
    }
    says(&mut ada, "and I am still here")?;
    let watcher = server.watcher()?;
    if watcher == server.program.pid() && proc::catches(watcher, Signal::SIGCHLD as i32) {
        lab.interrupt(&server.program, Signal::SIGCHLD, |lab| {
            lab.repeat(8, "8 clients came and left", |lab, _| {
                is_served(lab, "emil", b"what a noise\n")
            })
        })?;
    }
    is_served(lab, "fred", b"and I?\n")
}

/// A client comes and leaves, then another; after each, no zombie.
///
/// # Errors
///
/// A zombie stays.
pub fn no_zombie_stays_when_a_client_leaves(lab: &mut Lab, program: &str) -> Outcome {
    let server = Forking::start(lab, program)?;
    let zombies = [
        ("ada", "2 s after its end, ada's worker is still a zombie."),
        (
            "bob",
            "Ada's worker was reaped; bob's is still a zombie, 2 s after its end.",
        ),
    ];
    for (name, seen) in zombies {
        let mut client = server.client(lab, name)?;
        let workers = server.workers(&client)?;
        client.half_close()?;
        server.expect_end(&mut client)?;
        server.expect_gone(lab, &workers, name)?;
        server.expect_no_zombie(lab, seen)?;
    }
    Ok(())
}

/// So many clients leave at once, every second one by a reset. The watcher is
/// stopped for that moment (SIGSTOP), so that their signals become one.
///
/// # Errors
///
/// A zombie stays, or the next client is not served.
pub fn no_zombie_stays_when_many_leave_at_once(
    lab: &mut Lab,
    program: &str,
    clients: usize,
) -> Outcome {
    let server = Forking::start(lab, program)?;
    let all = many_stay(lab, "ada", clients)?;
    let before = family(&server.program);
    lab.step("the watcher was stopped (SIGSTOP), so that it does nothing for a moment");
    server.signal_watcher(Signal::SIGSTOP)?;
    leave_at_once(lab, all)?;
    // One that ends later still is waited for below, as a zombie.
    lab.scene.step_deadline().wait(|| {
        let now = before.iter().filter(|&&pid| runs(pid)).count();
        (now + clients <= before.len()).then_some(())
    });
    lab.step("the watcher went on (SIGCONT)");
    server.signal_watcher(Signal::SIGCONT)?;
    server.expect_no_zombie(lab, "2 s later, workers that have ended are still zombies.")?;
    is_served(lab, "zoe", b"so quiet here\n")
}

/// The watcher has no more descriptors with clients than without.
///
/// # Errors
///
/// It has.
pub fn watcher_keeps_no_descriptor(lab: &mut Lab, program: &str) -> Outcome {
    let server = Forking::start(lab, program)?;
    // What a server opens once, for its first client, is no leak.
    let first = server.client(lab, "zoe")?;
    // It may be served before the watcher has closed what it does not keep.
    server.settle()?;
    let before = server.descriptors()?;
    let clients = 20;
    let mut all = many_stay(lab, "ada", clients)?;
    // What else it has for each of its workers is its own affair.
    lab.eventually(
        "the watcher holds none of their connections",
        || match server.connections() {
            Ok(0) => Ok(()),
            Ok(held) => Err(format!("It holds {held}.")),
            Err(_) => Err("It has ended.".into()),
        },
    )?;
    lab.step("all of them left");
    all.clear();
    first.close();
    lab.eventually("the watcher has as many descriptors as before them", || {
        server.expect_descriptors(before)
    })
}

/// A worker that is killed takes one connection with it.
///
/// # Errors
///
/// Another client notices.
pub fn killed_worker_ends_its_own_connection_alone(lab: &mut Lab, program: &str) -> Outcome {
    let server = Forking::start(lab, program)?;
    let mut ada = server.client(lab, "ada")?;
    let mut bob = server.client(lab, "bob")?;
    let mut cleo = server.client(lab, "cleo")?;
    server.kill_workers(lab, &bob)?;
    server.expect_end(&mut bob)?;
    server.settle()?;
    says(&mut ada, "poor bob")?;
    says(&mut cleo, "poor bob")?;
    is_served(lab, "dora", b"who was bob?\n")
}

/// The watcher is killed while two workers are at work, one of whose clients
/// has said nothing yet: nobody listens on its port any more, and the server
/// can be started anew. What becomes of the workers is left open.
///
/// # Errors
///
/// Somebody still listens, or the port cannot be had.
pub fn port_is_free_as_soon_as_the_watcher_ends(lab: &mut Lab, program: &str) -> Outcome {
    let mut server = Forking::start(lab, program)?;
    let _ada = server.client(lab, "ada")?;
    // A client that has said nothing yet has a worker as well.
    let _bob = lab.connect("bob", server.port)?;
    server.settle()?;
    if server.watcher()? == server.program.pid() {
        server.program.kill()?;
    } else {
        lab.step("the process that listens was killed (SIGKILL)");
        server.signal_watcher(Signal::SIGKILL)?;
    }
    let port = server.port;
    lab.eventually(
        &format!("nobody listens on port {port} any more"),
        || match table::listening(port) {
            None => Ok(()),
            Some(_) => {
                Err("The socket still listens: a process that it started still holds it.".into())
            }
        },
    )?;
    let _second = start(lab, program)?;
    is_served(lab, "cleo", b"are you the second?\n")
}

/// While the watcher cannot fork, new clients see their connection close,
/// those that are served go on, and the watcher does not spin; afterwards
/// clients are served again.
///
/// # Errors
///
/// It is not so; ungraded where fork cannot be made to fail.
pub fn failing_fork_costs_one_client_alone(lab: &mut Lab, program: &str) -> Outcome {
    fork_fails_for_a_while(lab, program).map(drop)
}

/// The same, and the server and the two clients that it still serves; two
/// more, whom it could not serve, have come and seen their end.
fn fork_fails_for_a_while(lab: &mut Lab, program: &str) -> Outcome<(Forking, [Peer; 2])> {
    let server = Forking::start(lab, program)?;
    let mut ada = server.client(lab, "ada")?;
    let watcher = server.watcher()?;
    server.settle()?;
    let limit = lab.fork_fails_in(watcher)?;
    let mut descriptors = None;
    for name in ["bob", "cleo"] {
        let mut client = lab.connect(name, server.port)?;
        server.expect_end(&mut client)?;
        // A watcher that ends of it has ended before the next one comes.
        server.settle_as(watcher);
        // What a server opens once, when fork fails first, is no leak.
        descriptors = descriptors.or(server.descriptors().ok());
    }
    says(&mut ada, "and I?")?;
    let used = || proc::processor_time(watcher);
    let before = used();
    clock::rest(clock::SILENCE);
    lab.require(
        used().saturating_sub(before) < clock::SILENCE / 2,
        "the watcher waits for the next client without using the processor",
        "It used the processor all along, though nobody came.",
    )?;
    if let Some(before) = descriptors {
        let expected = "the watcher has as many descriptors as before cleo, for whom fork failed";
        lab.eventually(expected, || server.expect_descriptors(before))?;
    }
    lab.fork_works_again(limit);
    let dora = server.client(lab, "dora")?;
    says(&mut ada, "still here")?;
    Ok((server, [ada, dora]))
}

/// Clients that say nothing, or half a line, cost no processor time, and are
/// served when they speak.
///
/// # Errors
///
/// The watcher or a worker uses the processor, or one of them is not served.
pub fn waits_without_spinning(lab: &mut Lab, program: &str) -> Outcome {
    let server = Forking::start(lab, program)?;
    let mut bob = server.client(lab, "bob")?;
    bob.send(b"half a li")?;
    server.client(lab, "cleo")?.close();
    let mut ada = lab.connect("ada", server.port)?;
    server.program.expect_patience("ada and bob")?;
    says(&mut ada, "now I know")?;
    bob.send(b"ne\n")?;
    bob.expect(b"half a line\n")
}

/// Whoever prints it, the line of a client is printed once.
///
/// # Errors
///
/// It is missing, or there twice.
pub fn greets_each_client_once(lab: &mut Lab, program: &str) -> Outcome {
    let server = Forking::start(lab, program)?;
    let (_clients, greetings) = three_say_hello(lab, &server)?;
    expect_each_once(lab, &server.program, &greetings)
}

/// Clients from three addresses, and how each is to be greeted.
fn three_say_hello(lab: &mut Lab, server: &Forking) -> Outcome<(Vec<Peer>, Vec<String>)> {
    let mut greetings = Vec::new();
    let mut clients = Vec::new();
    for (name, last) in [("ada", 5), ("bob", 6), ("cleo", 2)] {
        let ip = IpAddr::from([127, 0, 0, last]);
        let mut client = lab.peer(name).from(ip).connect(server.port)?;
        says(&mut client, "hello")?;
        greetings.push(format!("server connected to {} ({ip})", lab.name_of(ip)));
        clients.push(client);
    }
    Ok((clients, greetings))
}

/// Each of these lines is on standard output, once.
///
/// # Errors
///
/// One is missing, or there twice.
pub(crate) fn expect_each_once(lab: &Lab, server: &Program, greetings: &[String]) -> Outcome {
    lab.eventually("it greets each of them on standard output, once", || {
        let stdout = server.stdout();
        let stdout = String::from_utf8_lossy(&stdout);
        for greeting in greetings {
            match stdout.lines().filter(|line| line == greeting).count() {
                0 => return Err(format!("There is no line `{greeting}`.")),
                1 => {}
                n => return Err(format!("The line `{greeting}` is there {n} times.")),
            }
        }
        Ok(())
    })
}
