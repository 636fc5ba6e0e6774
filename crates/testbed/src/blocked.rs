//! In which call a program sits, and for whom it waits there, from
//! `/proc/PID/syscall` and `/proc/PID/fd` (`man 5 proc`).

use std::net::SocketAddr;
use std::time::Duration;

use crate::clock;
use crate::proc;
use crate::table::{self, Socket, State};

/// A connection that the check holds, as its program sees it.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    /// The peer's name in the story.
    pub name: String,
    /// The peer's own end.
    pub local: SocketAddr,
    /// The program's end.
    pub remote: SocketAddr,
}

/// What all processes of a program do, a line each. `name` is how the story
/// calls the program.
pub(crate) fn describe(name: &str, pid: i32, known: &[Known]) -> Vec<String> {
    let mut members: Vec<(String, i32)> = Vec::new();
    let tree = proc::tree(pid);
    let children = tree.len().saturating_sub(1);
    for (i, &member) in tree.iter().enumerate() {
        let title = match i {
            0 => name.to_string(),
            _ if children == 1 => "Its child".into(),
            _ => format!("Its child {i}"),
        };
        members.push((title, member));
    }
    let sockets = table::sockets();
    let busy = busy(&tree);
    let mut lines: Vec<(String, String)> = Vec::new();
    for (title, member) in members {
        let threads = proc::threads(member);
        let mut whats: Vec<String> = Vec::new();
        for &thread in &threads {
            let what = if busy.contains(&member) && threads.len() == 1 {
                "spins: it uses a processor all the time and waits for nothing".into()
            } else {
                thread_waits(member, thread, &sockets, known)
            };
            if !whats.contains(&what) {
                whats.push(what);
            }
        }
        // Which of its threads does what is chance.
        if let Some(others) = whats.get_mut(1..) {
            others.sort();
        }
        for what in whats {
            lines.push((title.clone(), what));
        }
    }
    let mut out: Vec<String> = Vec::new();
    let shown = 4;
    for (title, what) in lines.iter().take(shown) {
        out.push(format!("{title} {what}."));
    }
    if lines.len() > shown {
        let more = lines.len() - shown;
        out.push(match (children, more) {
            (0, 1) => "… and 1 more thread.".into(),
            (0, _) => format!("… and {more} more threads."),
            _ => format!("… and {more} more processes."),
        });
    }
    let zombies = proc::children(pid)
        .iter()
        .filter(|child| child.state == 'Z')
        .count();
    if zombies > 0 {
        let s = if zombies == 1 { "" } else { "s" };
        out.push(format!(
            "{name} has {zombies} zombie{s}: children that ended and were not waited for."
        ));
    }
    out
}

/// Those of the processes that use most of a processor, or would if they had
/// one: they are ready to run at each of several looks.
fn busy(tree: &[i32]) -> Vec<i32> {
    let before: Vec<Duration> = tree.iter().map(|&pid| used_or_wanted(pid)).collect();
    let mut ready = vec![true; tree.len()];
    let (window, looks) = (Duration::from_millis(60), 4);
    for _ in 0..looks {
        clock::rest(window / looks);
        for (ready, &pid) in ready.iter_mut().zip(tree) {
            *ready &= proc::stat(pid).is_some_and(|stat| stat.state == 'R');
        }
    }
    let used = |pid, before| used_or_wanted(pid).saturating_sub(before) > window / 3;
    tree.iter()
        .zip(before.into_iter().zip(ready))
        .filter(|&(&pid, (before, ready))| ready || used(pid, before))
        .map(|(&pid, _)| pid)
        .collect()
}

/// Processor time, and time spent ready for a processor that others had.
fn used_or_wanted(pid: i32) -> Duration {
    proc::processor_time(pid) + proc::run_delay(pid)
}

/// Whether a thread of this process sits in a call that sends.
pub(crate) fn is_sending(pid: i32) -> bool {
    calls(pid)
        .iter()
        .any(|(_, kind)| matches!(kind, Kind::Descriptor(Verb::Write)))
}

/// Whether a thread of this process sits in the call of that name.
pub(crate) fn sits_in(pid: i32, name: &str) -> bool {
    calls(pid).iter().any(|&(call, _)| call == name)
}

/// The calls that its threads sit in, as far as the lab knows them.
fn calls(pid: i32) -> Vec<(&'static str, Kind)> {
    let known = |thread| {
        let path = format!("/proc/{pid}/task/{thread}/syscall");
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let number = text.split_ascii_whitespace().next()?;
        call(number.parse().ok()?)
    };
    proc::threads(pid).into_iter().filter_map(known).collect()
}

fn thread_waits(pid: i32, thread: i32, sockets: &[Socket], known: &[Known]) -> String {
    if proc::stat(pid).is_some_and(|stat| stat.state == 'T') {
        return "is stopped by a signal".into();
    }
    let path = format!("/proc/{pid}/task/{thread}/syscall");
    let Ok(text) = std::fs::read_to_string(path) else {
        return "could not be looked into".into();
    };
    let mut fields = text.split_ascii_whitespace();
    let number = match fields.next() {
        Some("running") => return "is running".into(),
        Some(number) => number.parse::<i64>().unwrap_or(-1),
        None => -1,
    };
    let first = fields
        .next()
        .and_then(|hex| i64::from_str_radix(hex.trim_start_matches("0x"), 16).ok())
        .and_then(|value| i32::try_from(value).ok())
        .unwrap_or(-1);
    let Some(call) = call(number) else {
        return format!("waits in system call {number}");
    };
    match call {
        (name, Kind::Descriptor(verb)) => {
            let what = target(pid, first, sockets, known);
            format!("waits in {name}({first}): {}", verb.of(&what))
        }
        (name, Kind::Plain(what)) => format!("waits in {name}: {what}"),
    }
}

/// What a descriptor leads to, in the story's words.
enum Target {
    Listener,
    Connection(String),
    StrangeConnection,
    Unconnected,
    StandardInput,
    Terminal,
    Pipe,
    Other,
}

fn target(pid: i32, fd: i32, sockets: &[Socket], known: &[Known]) -> Target {
    let Ok(link) = std::fs::read_link(format!("/proc/{pid}/fd/{fd}")) else {
        return Target::Other;
    };
    let link = link.to_string_lossy();
    if let Some(inode) = proc::socket_inode(&link) {
        let Some(socket) = sockets.iter().find(|socket| socket.inode == inode) else {
            return if fd == 0 {
                Target::StandardInput
            } else {
                Target::Unconnected
            };
        };
        if socket.state == State::Listen {
            return Target::Listener;
        }
        return known
            .iter()
            .rev()
            .find(|known| known.local == socket.remote && known.remote == socket.local)
            .map_or(Target::StrangeConnection, |known| {
                Target::Connection(known.name.clone())
            });
    }
    match fd {
        0 => Target::StandardInput,
        _ if link.starts_with("/dev/pts") => Target::Terminal,
        _ if link.starts_with("pipe:") => Target::Pipe,
        _ => Target::Other,
    }
}

#[derive(Clone, Copy)]
enum Verb {
    Read,
    Write,
    Accept,
    Connect,
}

impl Verb {
    fn of(self, target: &Target) -> String {
        match (self, target) {
            (Verb::Accept, Target::Listener) => "it waits for a new client".into(),
            (Verb::Accept, _) => "it waits for a client on something that does not listen".into(),
            (Verb::Connect, _) => "it waits for its connection to be completed".into(),
            (Verb::Read, Target::Connection(name)) => {
                format!("it waits for bytes from {name}")
            }
            (Verb::Read, Target::StandardInput) => "it waits for its standard input".into(),
            (Verb::Read, Target::StrangeConnection) => "it waits for bytes of a connection".into(),
            (Verb::Read, Target::Pipe) => "it waits for bytes of a pipe".into(),
            (Verb::Read, Target::Listener) => "it reads from the listening socket".into(),
            (Verb::Read, _) => "it waits for bytes".into(),
            (Verb::Write, Target::Connection(name)) => {
                format!("the buffers are full, it waits until {name} reads")
            }
            (Verb::Write, Target::Terminal) => "it waits until its standard output is read".into(),
            (Verb::Write, _) => "the buffers are full, it waits until they are read".into(),
        }
    }
}

enum Kind {
    /// The first argument is a descriptor.
    Descriptor(Verb),
    Plain(&'static str),
}

/// The calls in which the programs of the course sit.
#[cfg(target_os = "linux")]
fn call(number: i64) -> Option<(&'static str, Kind)> {
    use Kind::{Descriptor, Plain};
    // The names differ in width between systems; as i64 they compare.
    #[allow(clippy::unnecessary_cast)]
    let table: &[(i64, &'static str, Kind)] = &[
        (libc::SYS_read as i64, "read", Descriptor(Verb::Read)),
        (libc::SYS_readv as i64, "readv", Descriptor(Verb::Read)),
        (libc::SYS_recvfrom as i64, "recv", Descriptor(Verb::Read)),
        (libc::SYS_recvmsg as i64, "recvmsg", Descriptor(Verb::Read)),
        (libc::SYS_write as i64, "write", Descriptor(Verb::Write)),
        (libc::SYS_writev as i64, "writev", Descriptor(Verb::Write)),
        (libc::SYS_sendto as i64, "send", Descriptor(Verb::Write)),
        (libc::SYS_sendmsg as i64, "sendmsg", Descriptor(Verb::Write)),
        (
            libc::SYS_sendfile as i64,
            "sendfile",
            Descriptor(Verb::Write),
        ),
        (libc::SYS_accept as i64, "accept", Descriptor(Verb::Accept)),
        (libc::SYS_accept4 as i64, "accept", Descriptor(Verb::Accept)),
        (
            libc::SYS_connect as i64,
            "connect",
            Descriptor(Verb::Connect),
        ),
        (
            libc::SYS_ppoll as i64,
            "poll",
            Plain("it waits for events on its descriptors"),
        ),
        #[cfg(target_arch = "x86_64")]
        (
            libc::SYS_poll as i64,
            "poll",
            Plain("it waits for events on its descriptors"),
        ),
        #[cfg(target_arch = "x86_64")]
        (
            libc::SYS_select as i64,
            "select",
            Plain("it waits for events on its descriptors"),
        ),
        (
            libc::SYS_pselect6 as i64,
            "select",
            Plain("it waits for events on its descriptors"),
        ),
        (
            libc::SYS_epoll_pwait as i64,
            "epoll_wait",
            Plain("it waits for events on its descriptors"),
        ),
        #[cfg(target_arch = "x86_64")]
        (
            libc::SYS_epoll_wait as i64,
            "epoll_wait",
            Plain("it waits for events on its descriptors"),
        ),
        (
            libc::SYS_clone as i64,
            "fork",
            Plain("the kernel makes a process for it"),
        ),
        (
            libc::SYS_wait4 as i64,
            "wait",
            Plain("it waits for a child to end"),
        ),
        (
            libc::SYS_waitid as i64,
            "wait",
            Plain("it waits for a child to end"),
        ),
        (
            libc::SYS_futex as i64,
            "futex",
            Plain("a thread waits for another (a join, a lock or a channel)"),
        ),
        (libc::SYS_nanosleep as i64, "nanosleep", Plain("it sleeps")),
        (
            libc::SYS_clock_nanosleep as i64,
            "nanosleep",
            Plain("it sleeps"),
        ),
        (
            libc::SYS_rt_sigsuspend as i64,
            "sigsuspend",
            Plain("it waits for a signal"),
        ),
        (
            libc::SYS_rt_sigtimedwait as i64,
            "sigwait",
            Plain("it waits for a signal"),
        ),
        #[cfg(target_arch = "x86_64")]
        (
            libc::SYS_pause as i64,
            "pause",
            Plain("it waits for a signal"),
        ),
        (
            libc::SYS_flock as i64,
            "flock",
            Plain("it waits for a file's lock"),
        ),
    ];
    table
        .iter()
        .find(|(known, ..)| *known == number)
        .map(|(_, name, kind)| {
            let kind = match kind {
                Descriptor(verb) => Descriptor(*verb),
                Plain(what) => Plain(what),
            };
            (*name, kind)
        })
}

#[cfg(not(target_os = "linux"))]
fn call(_: i64) -> Option<(&'static str, Kind)> {
    None
}
