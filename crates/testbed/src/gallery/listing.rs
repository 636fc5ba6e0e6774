//! What a program has printed of the sockets of a gallery: a line each,
//! `PROTO RECVQ SENDQ LOCAL FOREIGN STATE`, and perhaps its owner.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::ops::RangeInclusive;

use super::Exhibit;
use crate::ended::Ended;
use crate::lab::Lab;
use crate::story::{Outcome, Wrong};
use crate::table::State;

/// How a state is called.
fn name_of(state: State) -> &'static str {
    match state {
        State::Established => "ESTABLISHED",
        State::SynSent => "SYN_SENT",
        State::SynReceived => "SYN_RECV",
        State::FinWait1 => "FIN_WAIT1",
        State::FinWait2 => "FIN_WAIT2",
        State::TimeWait => "TIME_WAIT",
        State::Close => "CLOSE",
        State::CloseWait => "CLOSE_WAIT",
        State::LastAck => "LAST_ACK",
        State::Listen => "LISTEN",
        State::Closing => "CLOSING",
        State::Other => "UNKNOWN",
    }
}

/// How an address may be written; the first is how a story writes it. Digits
/// above 9 may be capital letters.
fn texts(address: SocketAddr, v6: bool) -> Vec<String> {
    let mut all = customs(address, v6);
    let capital: Vec<String> = all.iter().map(|text| text.to_uppercase()).collect();
    all.extend(capital);
    all
}

fn customs(address: SocketAddr, v6: bool) -> Vec<String> {
    let port = match address.port() {
        0 => "*".into(),
        port => port.to_string(),
    };
    match address.ip() {
        IpAddr::V6(ip) => vec![format!("[{ip}]:{port}")],
        IpAddr::V4(ip) if !v6 => vec![format!("{ip}:{port}")],
        // An IPv4 address of an IPv6 socket: there are several customs.
        IpAddr::V4(ip) => {
            let [a, b, c, d] = ip.octets();
            let (high, low) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
            vec![
                format!("[::ffff:{ip}]:{port}"),
                format!("[::ffff:{high:x}:{low:x}]:{port}"),
                format!("{ip}:{port}"),
            ]
        }
    }
}

/// Whether a column says this. An IPv6 address has many forms, of which RFC 5952
/// recommends one; each that can be read is right.
fn is_the_same(text: &str, printed: &str) -> bool {
    fn parts(text: &str) -> Option<(Ipv6Addr, &str)> {
        let (ip, port) = text.strip_prefix('[')?.split_once("]:")?;
        Some((ip.parse().ok()?, port))
    }
    text == printed || parts(text).is_some_and(|one| parts(printed) == Some(one))
}

/// What may stand in the last column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    /// The judge, whom a program in a jail may not look into.
    Judge,
    /// The kernel alone has it, e.g. in TIME_WAIT.
    Nobody,
    /// The numbers of the program itself, or of those beside it.
    Processes(Vec<i32>),
    /// The program, or one of those that it started, which have what it has.
    Family(RangeInclusive<i32>),
}

/// The columns of a line: how each may be written.
struct Line {
    what: String,
    columns: Vec<Vec<String>>,
    /// Whether the queues are the same in each run.
    queues_are_known: bool,
}

impl Line {
    fn of(exhibit: &Exhibit, owner: Option<Owner>) -> Line {
        let number = |queue: u64| vec![queue.to_string()];
        let protocol = if exhibit.v6 { "tcp6" } else { "tcp" };
        let mut columns = vec![
            vec![protocol.to_string()],
            number(exhibit.receive_queue),
            number(exhibit.send_queue),
            texts(exhibit.local, exhibit.v6),
            texts(exhibit.remote, exhibit.v6),
            vec![name_of(exhibit.state).to_string()],
        ];
        columns.extend(owner.map(|owner| match owner {
            Owner::Nobody => vec!["-".into()],
            Owner::Judge => vec!["-".into(), std::process::id().to_string()],
            Owner::Processes(pids) => pids.iter().map(i32::to_string).collect(),
            Owner::Family(pids) => pids.map(|pid| pid.to_string()).collect(),
        }));
        Line {
            what: exhibit.what.clone(),
            columns,
            queues_are_known: exhibit.queues_are_known,
        }
    }

    fn is(&self, printed: &[&str]) -> bool {
        printed.len() == self.columns.len() && self.same(printed) == printed.len()
    }

    /// How many columns agree.
    fn same(&self, printed: &[&str]) -> usize {
        self.columns
            .iter()
            .zip(printed)
            .filter(|(may, printed)| may.iter().any(|text| is_the_same(text, printed)))
            .count()
    }

    /// As a story shows it: what differs from run to run is left out.
    fn text(&self) -> String {
        let first: Vec<&str> = self.columns.iter().map(|may| may[0].as_str()).collect();
        self.shown(&first)
    }

    /// The same for a line that was printed in its place.
    fn shown(&self, printed: &[&str]) -> String {
        let mut columns = printed.to_vec();
        for (at, column) in columns.iter_mut().enumerate() {
            let right = self
                .columns
                .get(at)
                .is_some_and(|may| may.iter().any(|text| is_the_same(text, column)));
            let number = column.parse::<u32>().is_ok();
            match at {
                1 | 2 if right && !self.queues_are_known => *column = "…",
                6 if right && number => *column = "PID",
                6 if number => *column = "(another number)",
                _ => {}
            }
        }
        columns.join(" ")
    }
}

/// Who holds what: the judge, if nobody else is named.
pub type Owners = Vec<(SocketAddr, Owner)>;

/// With these options the program has listed those of the sockets that were
/// asked for, and in a cell no others.
///
/// # Errors
///
/// A line is missing, wrong, or too many; or the status is not 0.
pub fn lists(
    lab: &Lab,
    ended: &Ended,
    exhibits: &[Exhibit],
    options: &[&str],
    owners: &Owners,
) -> Outcome {
    ended.exited(0)?;
    let only_listening = options.contains(&"-l");
    let owner = |exhibit: &Exhibit| {
        if !options.contains(&"-p") {
            return None;
        }
        let known = owners.iter().find(|(local, _)| *local == exhibit.local);
        Some(match known {
            Some((_, owner)) => owner.clone(),
            None if exhibit.inode == 0 => Owner::Nobody,
            None => Owner::Judge,
        })
    };
    let text = String::from_utf8_lossy(&ended.stdout);
    let mut printed: Vec<Vec<&str>> = text
        .lines()
        .map(|line| line.split_ascii_whitespace().collect())
        .collect();
    // The kernel lists them in an order of its own.
    printed.sort();
    let mut missing = Vec::new();
    let asked = exhibits
        .iter()
        .filter(|exhibit| !only_listening || exhibit.state == State::Listen);
    for exhibit in asked {
        let line = Line::of(exhibit, owner(exhibit));
        match printed.iter().position(|columns| line.is(columns)) {
            Some(at) => drop(printed.remove(at)),
            None => missing.push(line),
        }
    }
    if let Some(line) = missing.first() {
        let expected = format!("there is a line for {}: `{}`", line.what, line.text());
        return Err(plain(lab.wrong(&expected, &nearest(line, &printed, &text))));
    }
    // Elsewhere there are others, whose ports may be the same.
    let strange = |columns: &&Vec<&str>| {
        let is = |at: usize, texts: Vec<String>| {
            columns
                .get(at)
                .is_some_and(|column| texts.iter().any(|text| is_the_same(text, column)))
        };
        let twice = exhibits.iter().any(|exhibit| {
            is(3, texts(exhibit.local, exhibit.v6)) && is(4, texts(exhibit.remote, exhibit.v6))
        });
        let unasked = only_listening && columns.get(5) != Some(&"LISTEN");
        lab.in_cell() || twice || unasked
    };
    match printed.iter().find(strange) {
        None => Ok(()),
        Some(columns) => {
            // A process number differs from run to run.
            let number = |column: &&str| column.parse::<u32>().is_ok();
            let mut columns = columns.clone();
            if let Some(owner) = columns.get_mut(6).filter(|column| number(column)) {
                *owner = "PID";
            }
            Err(plain(lab.wrong(
                "it prints a line for each socket that was asked for, and no other line",
                &[format!(
                    "There is a line too many: `{}`.",
                    columns.join(" ")
                )],
            )))
        }
    }
}

/// The line that was meant, above the one that comes closest to it.
fn nearest(line: &Line, printed: &[Vec<&str>], all: &str) -> Vec<String> {
    let best = printed
        .iter()
        .rev()
        .max_by_key(|columns| line.same(columns))
        .filter(|columns| line.same(columns) > 2);
    match best {
        Some(columns) => vec![
            format!("expected  {}", line.text()),
            format!("printed   {}", line.shown(columns)),
        ],
        None if all.is_empty() => vec!["It printed nothing.".into()],
        None => {
            let mut seen = vec!["No line of its output is like this one.".to_string()];
            let first = printed.first().map(|columns| line.shown(columns));
            seen.extend(first.map(|first| format!("One that it has printed instead: {first}")));
            seen
        }
    }
}

/// Without the output as it came, whose order and process numbers differ from
/// run to run.
pub fn plain(wrong: Wrong) -> Wrong {
    match wrong {
        Wrong::Failed(mut failure) => {
            failure.printed.retain(|line| line.starts_with("stderr"));
            Wrong::Failed(failure)
        }
        other => other,
    }
}
