//! In which call a program sits, and for whom it waits there, from
//! `/proc/PID/syscall` and `/proc/PID/fd` (`man 5 proc`).

use std::net::SocketAddr;
use std::time::Duration;

use crate::clock::{self, Deadline};
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
    let mut members: Vec<(String, String, i32)> = Vec::new();
    let tree = proc::tree(pid);
    let children = tree.len().saturating_sub(1);
    for (i, &member) in tree.iter().enumerate() {
        let (title, thread) = match i {
            0 => (name.to_string(), name.to_string()),
            _ if children == 1 => ("Its child".into(), "A thread of its child".into()),
            _ => (
                format!("Its child {i}"),
                format!("A thread of its child {i}"),
            ),
        };
        members.push((title, thread, member));
    }
    let sockets = table::sockets();
    let tasks: Vec<Task> = tree
        .iter()
        .flat_map(|&pid| {
            proc::threads(pid)
                .into_iter()
                .map(move |thread| (pid, thread))
        })
        .collect();
    let busy = busy(&tasks);
    let mut lines: Vec<(String, String)> = Vec::new();
    for (title, thread_title, member) in members {
        let mut first: Option<String> = None;
        let mut whats: Vec<String> = Vec::new();
        for &task in tasks.iter().filter(|task| task.0 == member) {
            let what = if busy.contains(&task) {
                SPINS.into()
            } else {
                thread_waits(task, &sockets, known)
            };
            // It may have ended since it was listed.
            if proc::thread_state(task.0, task.1).is_none_or(|state| "ZX".contains(state)) {
                continue;
            }
            // A process has the number of its first thread.
            if task.1 == member {
                first = Some(what);
            } else if !whats.contains(&what) {
                whats.push(what);
            }
        }
        // Which of its threads does what is chance.
        whats.sort();
        whats.retain(|what| first.as_ref() != Some(what));
        lines.extend(first.map(|what| (title, what)));
        lines.extend(whats.into_iter().map(|what| (thread_title.clone(), what)));
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
            (_, 1) => "… and 1 more process.".into(),
            _ => format!("… and {more} more processes."),
        });
    }
    let zombies = proc::children(pid)
        .iter()
        .filter(|child| child.state == 'Z')
        .count();
    if zombies > 0 {
        // Of many, a few more or less are chance.
        let count = match zombies {
            1 => "1 zombie".into(),
            2..10 => format!("{zombies} zombies"),
            10..100 => "more than 10 zombies".into(),
            _ => "more than 100 zombies".into(),
        };
        out.push(format!(
            "{name} has {count}: children that ended and were not waited for."
        ));
    }
    out
}

const SPINS: &str = "spins: it uses a processor all the time and waits for nothing";

/// A process and one of its threads.
type Task = (i32, i32);

/// Those of the threads that use most of a processor. One that is ready to run
/// at each look may only wait for its turn on a busy machine, so it is watched
/// until it sleeps or has used its part.
fn busy(tasks: &[Task]) -> Vec<Task> {
    let time = |&(pid, thread): &Task| proc::thread_time(pid, thread);
    let before: Vec<Duration> = tasks.iter().map(time).collect();
    let mut ready = vec![true; tasks.len()];
    let look = |ready: &mut [bool]| {
        for (ready, &(pid, thread)) in ready.iter_mut().zip(tasks) {
            *ready &= proc::thread_state(pid, thread) == Some('R');
        }
    };
    let (window, looks) = (Duration::from_millis(60), 4);
    for _ in 0..looks {
        clock::rest(window / looks);
        look(&mut ready);
    }
    let spins = |at: &usize| time(&tasks[*at]).saturating_sub(before[*at]) > window / 3;
    let mut busy: Vec<usize> = (0..tasks.len()).filter(spins).collect();
    Deadline::new(clock::STEP, &[]).wait(|| {
        look(&mut ready);
        let open = |at: &usize| ready[*at] && !busy.contains(at);
        let open: Vec<usize> = (0..tasks.len()).filter(open).collect();
        let found: Vec<usize> = open.iter().copied().filter(spins).collect();
        let settled = found.len() == open.len();
        busy.extend(found);
        settled.then_some(())
    });
    // Whoever never slept in all that time, and had no turn, spins as well.
    let spins = |at: &usize| busy.contains(at) || ready[*at];
    (0..tasks.len()).filter(spins).map(|at| tasks[at]).collect()
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

/// Whether a thread of this process waits for bytes of its standard input: in
/// a call that reads, or in one that waits for events.
pub(crate) fn is_waiting_for_input(pid: i32) -> bool {
    proc::threads(pid).into_iter().any(|thread| {
        let path = format!("/proc/{pid}/task/{thread}/syscall");
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let mut fields = text.split_ascii_whitespace();
        let number = fields.next().and_then(|number| number.parse().ok());
        match number.and_then(call) {
            Some((_, Kind::Descriptor(Verb::Read))) => fields.next() == Some("0x0"),
            Some((name, _)) => matches!(name, "poll" | "select" | "epoll_wait"),
            None => false,
        }
    })
}

/// Whether a thread of this process sits in a receive that does not return
/// before all that it asked for is there (MSG_WAITALL in `man 2 recv`).
#[cfg(target_os = "linux")]
pub(crate) fn is_waiting_for_all(pid: i32) -> bool {
    proc::threads(pid).into_iter().any(|thread| {
        let path = format!("/proc/{pid}/task/{thread}/syscall");
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let mut fields = text.split_ascii_whitespace();
        let number = fields.next().and_then(|number| number.parse().ok());
        let flags = match number {
            Some(libc::SYS_recvfrom) => fields.nth(3),
            Some(libc::SYS_recvmsg) => fields.nth(2),
            _ => None,
        };
        let flags =
            flags.and_then(|hex| i64::from_str_radix(hex.trim_start_matches("0x"), 16).ok());
        flags.is_some_and(|flags| flags & i64::from(libc::MSG_WAITALL) != 0)
    })
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn is_waiting_for_all(_: i32) -> bool {
    false
}

/// What a thread does.
fn thread_waits((pid, thread): Task, sockets: &[Socket], known: &[Known]) -> String {
    if proc::stat(pid).is_some_and(|stat| stat.state == 'T') {
        return "is stopped by a signal".into();
    }
    let path = format!("/proc/{pid}/task/{thread}/syscall");
    // One that does not spin comes to its call, on a busy machine a little later.
    let deadline = Deadline::new(clock::STEP, &[]);
    let text = deadline.wait(|| match std::fs::read_to_string(&path) {
        Ok(text) if text.starts_with("running") => None,
        // Of one that is about to end, nothing can be read.
        Err(_) if proc::thread_state(pid, thread) == Some('R') => None,
        text => Some(text),
    });
    let text = match text {
        Some(Ok(text)) => text,
        Some(Err(_)) => return "could not be looked into".into(),
        // It ran, or was ready to run, at every look for the whole step.
        None => return SPINS.into(),
    };
    let mut fields = text.split_ascii_whitespace();
    let number = fields
        .next()
        .and_then(|number| number.parse::<i64>().ok())
        .unwrap_or(-1);
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
            match what {
                // Which number a connection gets can be chance, where threads or
                // processes open files side by side; the peer's name says more.
                Target::Connection(_) => format!("waits in {name}: {}", verb.of(&what)),
                _ => format!("waits in {name}({first}): {}", verb.of(&what)),
            }
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
    let Some(link) = proc::descriptor(pid, fd) else {
        return Target::Other;
    };
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
            libc::SYS_openat as i64,
            "open",
            Plain("it waits for the other end of a FIFO"),
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
        (
            libc::SYS_fcntl as i64,
            "fcntl",
            Plain("it waits for a file's lock"),
        ),
        (
            libc::SYS_splice as i64,
            "splice",
            Plain("it waits until bytes can be moved from one descriptor to the other"),
        ),
        #[cfg(target_arch = "x86_64")]
        (
            libc::SYS_vfork as i64,
            "vfork",
            Plain("it waits until its child executes a program or ends"),
        ),
        // What it was before a stop, the kernel does not say (man 2 restart_syscall).
        (
            libc::SYS_restart_syscall as i64,
            "restart_syscall",
            Plain("since it was stopped and continued, it goes on waiting with a time limit"),
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
