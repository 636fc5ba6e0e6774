//! A server that is to listen: waiting until it does, and what it has instead.

use std::time::Duration;

use crate::proc;
use crate::program::Program;
use crate::story::Outcome;
use crate::table::{self, State};

/// How long a program may take until it listens: interpreters start slowly.
const START: Duration = Duration::from_millis(2_500);

/// And one that was at work for most of that time, such as a compiler that runs what it
/// has compiled.
const AT_WORK: Duration = Duration::from_millis(5_000);

impl Program {
    /// Waits until it listens on a port, from the kernel's table.
    ///
    /// # Errors
    ///
    /// It ended before, or did not listen in time.
    pub fn wait_until_listening(&self, port: u16) -> Outcome {
        self.scene()
            .step(format!("the kernel's table was watched for port {port}"));
        self.await_listening(port)
    }

    pub(crate) fn await_listening(&self, port: u16) -> Outcome {
        let within = |time: Duration| {
            self.scene().deadline(time).wait(|| {
                // In this order: it may listen, hand the socket to a child and end
                // between the two looks.
                let ended = !self.is_alive();
                let listens = listens(port);
                (listens || ended).then_some(listens)
            })
        };
        let mut time = START;
        let mut listening = within(time);
        if listening.is_none() && self.was_at_work_for(START / 2) {
            listening = within(AT_WORK - START);
            time = AT_WORK;
        }
        if listening == Some(true) {
            return Ok(());
        }
        let seen = if listening.is_none() {
            let time = time.as_secs_f64();
            let mut seen = vec![format!("No socket listens on port {port} after {time} s.")];
            seen.extend(self.listens_elsewhere(port));
            seen
        } else {
            vec![format!("It ended, and no socket listens on port {port}.")]
        };
        Err(self
            .scene()
            .wrong(format!("it listens on port {port}"), seen))
    }

    /// Whether it and what it has started have used so much of the processors.
    fn was_at_work_for(&self, time: Duration) -> bool {
        let tree = proc::tree(self.pid()).into_iter();
        tree.map(proc::processor_time).sum::<Duration>() >= time
    }

    /// What it, or a child, has in place of a socket that listens on the port.
    fn listens_elsewhere(&self, port: u16) -> Vec<String> {
        let tree = proc::tree(self.pid());
        let open: Vec<u64> = tree
            .into_iter()
            .filter_map(proc::descriptors)
            .flatten()
            .filter_map(|(_, target)| proc::socket_inode(&target))
            .collect();
        let mut ports: Vec<u16> = table::sockets()
            .into_iter()
            .filter(|socket| socket.state == State::Listen && open.contains(&socket.inode))
            .map(|socket| socket.local.port())
            .collect();
        ports.sort_unstable();
        ports.dedup();
        match ports[..] {
            [] if !proc::available() => Vec::new(),
            [] if open.is_empty() => vec!["It has no socket open.".into()],
            [] => vec!["It has a socket open that does not listen.".into()],
            _ => ports.into_iter().map(|seen| another(port, seen)).collect(),
        }
    }
}

/// A sentence on the port that a program listens on in place of `port`. One that
/// the kernel chose differs from run to run, and is not told.
fn another(port: u16, seen: u16) -> String {
    if seen == port.swap_bytes() {
        format!("It listens on port {seen}: the two bytes of {port} the other way round.")
    } else if is_chosen_by_the_kernel(seen) {
        "It listens on a port that nobody asked for: the kernel chose it.".into()
    } else {
        format!("It listens on port {seen}.")
    }
}

/// Whether a socket that was not bound may get this port (`man 7 ip`).
fn is_chosen_by_the_kernel(port: u16) -> bool {
    let range = std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range");
    let range: Vec<u16> = range
        .unwrap_or_default()
        .split_whitespace()
        .filter_map(|bound| bound.parse().ok())
        .collect();
    match range[..] {
        [low, high] => (low..=high).contains(&port),
        // The range that IANA keeps free for this (RFC 6335).
        _ => port >= 49_152,
    }
}

/// Whether a socket listens on a port.
fn listens(port: u16) -> bool {
    if proc::available() {
        return table::listening(port).is_some();
    }
    // Where there is no table: a port that cannot be bound is taken.
    std::net::TcpListener::bind(("0.0.0.0", port)).is_err()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_that_was_not_put_in_network_order_is_told_as_such() {
        assert_eq!(
            another(4321, 57616),
            "It listens on port 57616: the two bytes of 4321 the other way round."
        );
        assert_eq!(another(4321, 8080), "It listens on port 8080.");
        assert!(another(4321, 50_000).contains("the kernel chose it"));
    }
}
