//! The queue of a listening socket from which nobody accepts: how many
//! connections it holds, and what the kernel shows and counts of those that
//! find no place in it.

use std::net::{IpAddr, SocketAddr, TcpListener};
use std::os::fd::{AsRawFd, OwnedFd};
use std::time::{Duration, Instant};

use nix::poll::PollFlags;
use nix::sys::socket::{self, sockopt};

use crate::clock;
use crate::counters;
use crate::lab::Lab;
use crate::peer::{ready, tcp_socket};
use crate::proc;
use crate::program::Program;
use crate::story::{Outcome, Wrong};
use crate::table::{self, Socket, State};

/// No queue of an exercise holds more.
const MOST: usize = 2_000;

/// How many connections the kernel completes for a socket that listens with a
/// queue of `size`: found by trying, with sockets of the judge's own.
///
/// # Errors
///
/// Ungraded when these sockets cannot be had.
pub fn capacity(lab: &Lab, size: i32) -> Outcome<usize> {
    let ungraded =
        |error: nix::Error| Wrong::Ungraded(format!("the lab's own full queue: {}", error.desc()));
    let here = IpAddr::from([127, 0, 0, 1]);
    let fd = tcp_socket(here).map_err(ungraded)?;
    let any_port = socket::SockaddrStorage::from(SocketAddr::new(here, 0));
    socket::bind(fd.as_raw_fd(), &any_port).map_err(ungraded)?;
    let backlog = socket::Backlog::new(size).map_err(ungraded)?;
    socket::listen(&fd, backlog).map_err(ungraded)?;
    let listener = TcpListener::from(fd);
    let address = listener
        .local_addr()
        .map_err(|error| Wrong::Ungraded(format!("the lab's own full queue: {error}")))?;
    let mut clients: Vec<OwnedFd> = Vec::new();
    while clients.len() < MOST {
        let client = tcp_socket(here).map_err(ungraded)?;
        match socket::connect(client.as_raw_fd(), &socket::SockaddrStorage::from(address)) {
            Ok(()) | Err(nix::Error::EINPROGRESS) => {}
            Err(error) => return Err(ungraded(error)),
        }
        // On loopback the answer is there at once or not at all.
        let deadline = lab.scene.deadline(clock::SILENCE / 2);
        let completed = loop {
            if ready(&client, PollFlags::POLLOUT, &deadline) {
                break true;
            }
            if deadline.is_over() {
                break false;
            }
        };
        if !completed {
            return Ok(clients.len());
        }
        match socket::getsockopt(&client, sockopt::SocketError).map_err(ungraded)? {
            0 => clients.push(client),
            number => return Err(ungraded(nix::Error::from_raw(number))),
        }
    }
    Ok(clients.len())
}

/// What the kernel has counted of queues so far, in the whole network
/// namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Connections that were completed for a listening socket.
    pub completed: u64,
    /// Segments that asked for a connection and found the queue full.
    pub unanswered: u64,
    /// Connections that were reset, both ends counted, where no program had
    /// asked for it: above all those that still waited when their listening
    /// socket was closed.
    pub reset: u64,
}

impl Counts {
    /// The counts of this moment, none where the system does not tell them.
    pub fn now() -> Option<Counts> {
        let wanted = counters::tcp("TCPAbortOnData")? + counters::tcp("TCPAbortOnClose")?;
        Some(Counts {
            completed: counters::tcp("PassiveOpens")?,
            unanswered: counters::tcp("ListenOverflows")?,
            reset: counters::tcp("EstabResets")?.saturating_sub(2 * wanted),
        })
    }

    /// What came after `earlier`.
    pub fn since(self, earlier: Counts) -> Counts {
        Counts {
            completed: self.completed - earlier.completed,
            unanswered: self.unanswered - earlier.unanswered,
            reset: self.reset.saturating_sub(earlier.reset),
        }
    }
}

/// Waits until a program that fills the queue of `port` has printed a line.
/// `before` is what was counted before it was started.
///
/// # Errors
///
/// It prints none for a step, or ends.
pub fn await_line(lab: &Lab, program: &Program, port: u16, before: Option<Counts>) -> Outcome {
    let printed = lab.scene.step_deadline().wait(|| {
        let ended = !program.is_alive();
        if ended {
            program.running().settle();
        }
        let printed = has_a_line(program);
        (printed || ended).then_some(printed)
    });
    let mut seen = vec!["It printed no line.".to_string()];
    match printed {
        Some(true) => return Ok(()),
        Some(false) => {
            let counted = Counts::now().zip(before).filter(|_| lab.in_cell());
            seen.extend(
                counted.and_then(|(now, before)| match now.since(before).unanswered {
                    0 => Some(
                        "No connection was left without an answer: the queue was never full."
                            .into(),
                    ),
                    1 => None,
                    _ => Some("Many connections were left without an answer, not one.".into()),
                }),
            );
        }
        None => seen = vec!["It printed no line for 2 s.".into(), table_of(port)],
    }
    Err(lab.wrong("it prints a line `queued: N`", &seen))
}

/// Waits until a program that fills a queue has ended, for as long as more connections
/// are completed: one that looks at each of hundreds once in a while needs its turn of the
/// processor for each. It demands nothing: what follows says whether it has ended.
pub fn await_end(lab: &Lab, program: &Program) {
    let deadline = lab.scene.deadline_of_transfer(clock::STEP * 6);
    let completed = || Counts::now().map_or(0, |counts| counts.completed);
    let mut before = completed();
    deadline.wait(|| {
        let now = completed();
        if now > before {
            deadline.moved();
            before = now;
        }
        (!program.is_alive()).then_some(())
    });
}

fn has_a_line(program: &Program) -> bool {
    program.stdout().contains(&b'\n')
}

fn table_of(port: u16) -> String {
    let sockets = table::sockets();
    let queued: u64 = sockets
        .iter()
        .filter(|socket| socket.local.port() == port && socket.state == State::Listen)
        .map(|socket| socket.receive_queue)
        .sum();
    let unanswered = match unanswered(port, &sockets).len() {
        0 => "none",
        1 => "one",
        _ => "many",
    };
    format!(
        "The kernel's table shows {queued} connections in the queue of port {port}, and {unanswered} in SYN_SENT."
    )
}

/// The own ends of connections to a port that nobody has answered.
fn unanswered(port: u16, sockets: &[Socket]) -> Vec<SocketAddr> {
    sockets
        .iter()
        .filter(|socket| socket.remote.port() == port && socket.state == State::SynSent)
        .map(|socket| socket.local)
        .collect()
}

/// Longer than a program that waits for nothing sleeps in all.
const ASLEEP: Duration = Duration::from_millis(50);
/// More than a program that sleeps needs of a processor while it waits.
const AWAKE: Duration = Duration::from_millis(10);
/// Less than a program sleeps in a wait of 300 ms, even one that waits a little less.
const SHORTEST_WAIT: Duration = Duration::from_millis(200);
/// A wait of 300 ms cannot fall between looks that are no further apart.
const BETWEEN_LOOKS: Duration = Duration::from_millis(80);

/// Whether a program sleeps while it waits for the connection that is not
/// completed, up to its first line; none when it could not be looked at often
/// enough to say so. On a crowded machine it sleeps less, because it is seldom
/// woken in time, and spins less as well: it sleeps if it does so for longer than it
/// used a processor.
///
/// # Errors
///
/// It prints no line for a step, or ends.
pub fn sleeps(lab: &Lab, program: &Program, port: u16) -> Outcome<Option<bool>> {
    let mut sleep = Sleep::new(program.pid());
    let (mut slept, mut awake) = (Duration::ZERO, Duration::ZERO);
    let (mut kept_waiting, mut waited_before) = (Duration::ZERO, false);
    let mut watched = Duration::ZERO;
    let mut is_one_thread = true;
    // Whether there was a line is asked below.
    lab.scene.step_deadline().wait(|| {
        let over = has_a_line(program) || !program.is_alive();
        slept += sleep.since_the_last_look();
        is_one_thread &= proc::threads(program.pid()).len() <= 1;
        let (used, ready) = sleep.used_since_the_last_look();
        let waits = !unanswered(port, &table::sockets()).is_empty();
        // What it needed to start does not count.
        if waits && waited_before {
            awake += used;
            kept_waiting += ready;
            watched += sleep.between;
        }
        waited_before = waits;
        (over || slept > ASLEEP).then_some(())
    });
    // However seldom it was looked at: its whole life leaves no room for the wait.
    let has_no_time_slept = is_one_thread
        && program
            .running()
            .can_have_slept()
            .is_some_and(|(seen, slept)| seen > SHORTEST_WAIT && slept < SHORTEST_WAIT);
    await_line(lab, program, port, None)?;
    Ok(if slept > ASLEEP || slept > awake.max(AWAKE / 2) {
        Some(true)
    } else if has_no_time_slept {
        Some(false)
    } else {
        let is_seen = sleep.longest_between < BETWEEN_LOOKS;
        // However seldom it was looked at: more than the rest it cannot have slept.
        let at_most = watched.saturating_sub(awake + kept_waiting);
        let is_seen_awake = awake > AWAKE && (is_seen || at_most < ASLEEP);
        (is_seen_awake || is_seen && kept_waiting < AWAKE).then_some(false)
    })
}

/// How long a program sleeps for one and the same connection that nobody has
/// answered, up to its first line; watched until it is more than `enough`. What it
/// was ready to run for, and had no processor, is not sleep: a busy machine adds
/// nothing.
///
/// # Errors
///
/// It prints no line for a step, or ends.
pub fn patience(lab: &Lab, program: &Program, port: u16, enough: Duration) -> Outcome<Duration> {
    let mut sleep = Sleep::new(program.pid());
    let mut before = Vec::new();
    let (mut slept, mut longest) = (Duration::ZERO, Duration::ZERO);
    // Whether there was a line is asked below.
    lab.scene.step_deadline().wait(|| {
        let over = has_a_line(program) || !program.is_alive();
        let between = sleep.since_the_last_look();
        let now = unanswered(port, &table::sockets());
        slept = match now == before && !now.is_empty() {
            true => slept + between,
            false => Duration::ZERO,
        };
        longest = longest.max(slept);
        before = now;
        (over || longest > enough).then_some(())
    });
    if longest <= enough {
        await_line(lab, program, port, None)?;
    }
    Ok(longest)
}

/// A program that is looked at again and again, to see for how long it sleeps.
struct Sleep {
    pid: i32,
    last: Instant,
    /// As [`busy_if_asleep`] at the last look.
    busy: Option<Duration>,
    /// What it had used of processors at the last look, and how long it had been
    /// ready for one.
    used: (Duration, Duration),
    /// The time between the last two looks, and the longest such.
    between: Duration,
    longest_between: Duration,
}

impl Sleep {
    fn new(pid: i32) -> Sleep {
        Sleep {
            pid,
            last: Instant::now(),
            busy: None,
            used: Default::default(),
            between: Duration::ZERO,
            longest_between: Duration::ZERO,
        }
    }

    /// How long it has slept since the last look; nothing, unless it was asleep
    /// then and is now.
    fn since_the_last_look(&mut self) -> Duration {
        let now = Instant::now();
        let between = now.duration_since(self.last);
        let busy = busy_if_asleep(self.pid);
        let slept = self
            .busy
            .zip(busy)
            .map(|(before, busy)| between.saturating_sub(busy.saturating_sub(before)));
        self.between = between;
        self.longest_between = self.longest_between.max(between);
        (self.last, self.busy) = (now, busy);
        slept.unwrap_or_default()
    }

    /// How long it, with its children, was on a processor since the last look, and
    /// ready for one.
    fn used_since_the_last_look(&mut self) -> (Duration, Duration) {
        let before = self.used;
        let tree = proc::tree(self.pid);
        let sum = |of: fn(i32) -> Duration| tree.iter().map(|&pid| of(pid)).sum::<Duration>();
        self.used = (sum(proc::processor_time), sum(proc::run_delay));
        (
            self.used.0.saturating_sub(before.0),
            self.used.1.saturating_sub(before.1),
        )
    }
}

/// How long a program's threads and children have been on a processor or ready
/// for one, if all of them sleep: of one that is ready for a processor, the
/// kernel does not tell the present wait.
fn busy_if_asleep(pid: i32) -> Option<Duration> {
    let threads = proc::tree(pid).into_iter().flat_map(|process| {
        proc::threads(process)
            .into_iter()
            .map(move |it| (process, it))
    });
    threads
        .map(|(process, thread)| {
            let asleep = proc::stat(thread).is_some_and(|stat| stat.state == 'S');
            proc::busy(process, thread).filter(|_| asleep)
        })
        .sum()
}
