//! What `netstat` prints of sockets that the judge has made, and whose every
//! field it knows. In a cell there are no others; elsewhere only the judge's
//! are compared.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::fd::OwnedFd;

use testbed::bytes;
use testbed::failure::are_wrong_usage;
use testbed::gallery::listing::{Owner, Owners, lists, plain};
use testbed::gallery::{Exhibit, Gallery};
use testbed::prelude::*;

const EXERCISE: &str = include_str!("../exercise.toml");
const PROGRAM: &str = "netstat";

const CLIENT: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 5));
const SERVER: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 9));
const SIX: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);

/// How often it is run again because a socket changed meanwhile.
const TRIES: usize = 4;

/// Runs it while the sockets of the gallery stay as they are.
fn run(lab: &mut Lab, gallery: &Gallery, options: &[&str]) -> Outcome<(Ended, Vec<Exhibit>)> {
    for _ in 0..TRIES {
        let before = gallery.exhibits(lab)?;
        let program = lab.program(PROGRAM).args(options);
        let mut program = program.stdin(Stdin::Null).start()?;
        // A script may need several steps for hundreds of sockets.
        let _ = program.wait_end().or_else(|_| program.wait_end());
        let ended = program.wait_end()?;
        if gallery.exhibits(lab)? == before {
            return Ok((ended, before));
        }
    }
    Err(lab.ungraded("the lab's own sockets did not stay as they were"))
}

/// It lists all sockets of the gallery.
fn lists_all(lab: &mut Lab, gallery: &Gallery) -> Outcome {
    let (ended, exhibits) = run(lab, gallery, &[])?;
    lists(lab, &ended, &exhibits, &[], &Vec::new())
}

// The table.

#[test]
fn lists_a_socket_that_listens() {
    check(EXERCISE, |lab| {
        let mut gallery = Gallery::new();
        let at = gallery.listener(lab, SERVER, 0)?;
        lab.step(format!("a socket of the judge's listened on {at}"));
        lists_all(lab, &gallery)
    });
}

#[test]
fn lists_both_ends_of_a_connection() {
    check(EXERCISE, |lab| {
        let mut gallery = Gallery::new();
        gallery.connection(lab, CLIENT, SERVER, 0)?;
        lab.step(format!(
            "a client at {CLIENT} was connected to a server at {SERVER}"
        ));
        lists_all(lab, &gallery)
    });
}

#[test]
fn shows_the_queues() {
    check(EXERCISE, |lab| {
        let mut gallery = Gallery::new();
        let waiting = usize::try_from(lab.number(2..10)).unwrap_or(2);
        let unread = usize::try_from(lab.number(1_000..5_000)).unwrap_or(1_000);
        gallery.listener(lab, SERVER, waiting)?;
        lab.step(format!(
            "{waiting} clients waited in the queue of a socket that listens"
        ));
        gallery.connection(lab, CLIENT, SERVER, unread)?;
        lab.step(format!(
            "a client had sent {} that its server has not read",
            bytes::count(unread)
        ));
        gallery.stalled(lab)?;
        lab.step("another one had sent more than its server has room for");
        // A number that 16 bits do not hold.
        let many = usize::try_from(lab.number(70_000..90_000)).unwrap_or(70_000);
        gallery.unread(lab, many)?;
        lab.step(format!(
            "a third one had sent {} that its server has not read",
            bytes::count(many)
        ));
        gallery.settle(lab)?;
        lists_all(lab, &gallery)
    });
}

#[test]
fn names_the_states() {
    check(EXERCISE, |lab| {
        let mut gallery = Gallery::new();
        gallery.every_state(lab)?;
        gallery.settle(lab)?;
        lab.step("there were sockets in all states of a connection's life");
        lists_all(lab, &gallery)
    });
}

#[test]
fn lists_ipv6_sockets() {
    check(EXERCISE, |lab| {
        let mut gallery = Gallery::new();
        gallery.listener(lab, SIX, 0)?;
        lab.step("a socket listened on ::1");
        let mut groups = [0x2001, 0xdb8, 0, 0, 0, 0, 0, 0];
        for group in &mut groups[4..] {
            *group = u16::try_from(lab.number(0x1000..0xffff)).unwrap_or(1);
        }
        let far = Ipv6Addr::from(groups);
        gallery.listener(lab, far.into(), 0)?;
        lab.step(format!("another one listened on {far}"));
        // Of two runs of zeros one is left out.
        let group = u16::try_from(lab.number(0x1000..0xffff)).unwrap_or(1);
        let gaps = Ipv6Addr::from([0x2001, 0xdb8, 0, 0, group, 0, 0, 1]);
        gallery.listener(lab, gaps.into(), 0)?;
        lab.step(format!("a third one listened on {gaps}"));
        gallery.connection(lab, SIX, SIX, 0)?;
        lab.step("a client was connected through ::1");
        lists_all(lab, &gallery)
    });
}

#[test]
fn lists_an_ipv4_client_of_an_ipv6_socket() {
    check(EXERCISE, |lab| {
        let mut gallery = Gallery::new();
        gallery.mapped(lab, SERVER)?;
        lab.step("a socket listened on [::], and an IPv4 client was connected to it");
        lists_all(lab, &gallery)
    });
}

#[test]
fn lists_many_sockets() {
    check(EXERCISE, |lab| {
        let mut gallery = Gallery::new();
        gallery.listener(lab, SERVER, 300)?;
        lab.step("300 clients waited in the queue of a socket that listens");
        let (ended, exhibits) = run(lab, &gallery, &[])?;
        let lines = ended.stdout.split_inclusive(|&byte| byte == b'\n').count();
        if lab.in_cell() {
            lab.require(
                lines == exhibits.len(),
                &format!("it prints {} lines", exhibits.len()),
                format!("It printed {lines}."),
            )
            .map_err(plain)?;
        }
        lists(lab, &ended, &exhibits, &[], &Vec::new())
    });
}

#[test]
fn prints_nothing_where_there_is_no_socket() {
    check(EXERCISE, |lab| {
        if !lab.in_cell() {
            return Err(lab.ungraded("here other programs have sockets"));
        }
        let (ended, _) = run(lab, &Gallery::new(), &[])?;
        ended.exited(0)?;
        ended.stdout_is(b"")
    });
}

// The options.

/// Sockets of which some listen.
fn mixed(lab: &mut Lab, gallery: &mut Gallery) -> Outcome {
    gallery.listener(lab, SERVER, 1)?;
    gallery.connection(lab, CLIENT, SERVER, 0)?;
    gallery.listener(lab, SIX, 0)?;
    lab.step("some sockets listened, others were connected");
    Ok(())
}

#[test]
fn l_lists_only_those_that_listen() {
    check(EXERCISE, |lab| {
        let mut gallery = Gallery::new();
        mixed(lab, &mut gallery)?;
        let (ended, exhibits) = run(lab, &gallery, &["-l"])?;
        lists(lab, &ended, &exhibits, &["-l"], &Vec::new())
    });
}

/// A script starts others, but hardly more.
const MANY: i32 = 5_000;

/// The number of the process that was started last here (`man 5 proc_loadavg`).
fn last_process() -> Option<i32> {
    let text = std::fs::read_to_string("/proc/loadavg").ok()?;
    text.split_ascii_whitespace().last()?.parse().ok()
}

/// Runs it with a socket for its standard input.
fn own_socket(lab: &mut Lab, options: &[&str]) -> Outcome<(Ended, Vec<Exhibit>, Owners)> {
    let mut gallery = Gallery::new();
    let socket = gallery.loose_listener(lab, SERVER)?;
    let exhibits = gallery.exhibits(lab)?;
    lab.step("its standard input was a socket that listens");
    let start = lab.program(PROGRAM).args(options).stdin_is(socket);
    let mut program = start.start()?;
    let pid = program.pid();
    let ended = program.wait_end()?;
    // In a cell nobody else starts anything, and numbers are given in their order.
    let last = lab.in_cell().then(last_process).flatten().unwrap_or(pid);
    let family = Owner::Family(pid..=last.clamp(pid, pid + MANY));
    let own = vec![(exhibits[0].local, family)];
    Ok((ended, exhibits, own))
}

/// Runs it beside another process of the same user, which has a socket.
fn beside_another(
    lab: &mut Lab,
    options: &[&str],
    socket: OwnedFd,
    gallery: &Gallery,
) -> Outcome<(Ended, Vec<Exhibit>, Owners)> {
    let exhibits = gallery.exhibits(lab)?;
    let local = exhibits.iter().find(|exhibit| exhibit.inode != 0);
    let local = local.map(|exhibit| exhibit.local);
    lab.step("another process of the same user held a socket that listens");
    let start = lab.program(PROGRAM).args(options).companion(socket);
    let mut program = start.start()?;
    let companion = program.companion()?;
    let ended = program.wait_end()?;
    let owners = local.map(|local| (local, Owner::Processes(vec![companion])));
    Ok((ended, exhibits, owners.into_iter().collect()))
}

#[test]
fn p_shows_its_own_process() {
    check(EXERCISE, |lab| {
        let (ended, exhibits, owners) = own_socket(lab, &["-p"])?;
        lab.step("PID below stands for its own process number");
        lists(lab, &ended, &exhibits, &["-p"], &owners)
    });
}

#[test]
fn p_shows_another_process() {
    check(EXERCISE, |lab| {
        let mut gallery = Gallery::new();
        let socket = gallery.loose_listener(lab, SERVER)?;
        let (ended, exhibits, owners) = beside_another(lab, &["-p"], socket, &gallery)?;
        lab.step("PID below stands for that process's number");
        lists(lab, &ended, &exhibits, &["-p"], &owners)
    });
}

#[test]
fn p_shows_a_dash_where_nobody_is_seen() {
    check(EXERCISE, |lab| {
        let mut gallery = Gallery::new();
        let socket = gallery.loose_listener(lab, SERVER)?;
        gallery.time_wait(lab)?;
        gallery.listener(lab, CLIENT, 1)?;
        lab.step("others were held by a process that it may not look into, or by nobody");
        let (ended, exhibits, owners) = beside_another(lab, &["-p"], socket, &gallery)?;
        lists(lab, &ended, &exhibits, &["-p"], &owners)
    });
}

#[test]
fn the_options_combine() {
    check(EXERCISE, |lab| {
        let mut gallery = Gallery::new();
        let socket = gallery.loose_listener(lab, SERVER)?;
        mixed(lab, &mut gallery)?;
        // Who else holds the socket and may be seen, without a jail: the judge.
        let mut before: Vec<i32> = i32::try_from(std::process::id()).into_iter().collect();
        for options in [["-l", "-p"], ["-p", "-l"]] {
            let copy = socket
                .try_clone()
                .map_err(|_| lab.ungraded("no more descriptors"))?;
            let (ended, exhibits, mut owners) = beside_another(lab, &options, copy, &gallery)?;
            // And the other process of the first run, which is still there.
            if let Some((_, Owner::Processes(pids))) = owners.first_mut() {
                pids.extend(&before);
                before.clone_from(pids);
            }
            lists(lab, &ended, &exhibits, &options, &owners)?;
        }
        Ok(())
    });
}

#[test]
fn refuses_wrong_usage() {
    check(EXERCISE, |lab| {
        let wrong: [&[&str]; 5] = [
            &["-x"],
            &["--nothing"],
            &["4321"],
            &["-l", "-x"],
            &["-p", "l"],
        ];
        are_wrong_usage(lab, PROGRAM, &wrong)
    });
}
