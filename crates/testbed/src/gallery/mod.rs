//! Sockets of the judge's own in known states, for programs that list sockets.
//! What the kernel's table must show of each follows from how it was made; the
//! table itself is asked only for the lengths of queues, and must agree with
//! the rest.

mod ends;
pub mod listing;

use std::net::{IpAddr, SocketAddr};
use std::os::fd::OwnedFd;
use std::time::Instant;

use nix::poll::PollFlags;

use self::ends::{
    Pair, accept, begin_to_connect, connect, defer_accept, listen, local, read_end, send,
    send_until_full, shut, wait_for,
};
use crate::clock;
use crate::lab::Lab;
use crate::peer::Buffers;
use crate::story::Outcome;
use crate::table::{self, Socket, State};

/// From where the clients come, so that the two ends of a connection differ.
const V4_CLIENT: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(127, 0, 0, 5));
/// Where they connect to.
const V4_SERVER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(127, 0, 0, 9));

/// One socket, as a list must show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exhibit {
    /// For the story: `a socket that listens`.
    pub what: String,
    /// Whether it is an IPv6 socket, whatever addresses it has.
    pub v6: bool,
    /// Its own end.
    pub local: SocketAddr,
    /// The other end; port 0 where there is none.
    pub remote: SocketAddr,
    /// Its state.
    pub state: State,
    /// Bytes received and not read, connections not accepted.
    pub receive_queue: u64,
    /// Bytes sent and not acknowledged.
    pub send_queue: u64,
    /// Whether both queues follow from how it was made; where not, they are what
    /// the kernel's table shows.
    pub queues_are_known: bool,
    /// The number by which processes hold it, 0 when none does.
    pub inode: u64,
}

/// A collection of sockets, which are open as long as this value lives.
#[derive(Default)]
pub struct Gallery {
    exhibits: Vec<Exhibit>,
    held: Vec<OwnedFd>,
}

impl Gallery {
    /// An empty one.
    pub fn new() -> Gallery {
        Gallery::default()
    }

    /// A socket that listens, in whose queue `waiting` clients wait. Where this
    /// machine has no such address, the kernel is told not to mind.
    ///
    /// # Errors
    ///
    /// Ungraded when the sockets cannot be had.
    pub fn listener(&mut self, lab: &mut Lab, at: IpAddr, waiting: usize) -> Outcome<SocketAddr> {
        let (listener, address) = listen(lab, at, 511, Buffers::default())?;
        let v6 = at.is_ipv6();
        self.add_listener(v6, address, waiting as u64);
        for _ in 0..waiting {
            // A crowd takes what ports the kernel gives; a few are the same in
            // each run.
            let from = (waiting < 50 && !v6).then_some(V4_CLIENT);
            let client = connect(from.map(|ip| (&mut *lab, ip)), address, Buffers::default())?;
            let from = local(&client)?;
            self.add("a client's end", v6, from, address, State::Established);
            self.add(
                "a connection that nobody has accepted",
                v6,
                address,
                from,
                State::Established,
            );
            self.held.push(client);
        }
        self.held.push(listener);
        Ok(address)
    }

    /// A socket that listens and is not held: it is handed to a program.
    ///
    /// # Errors
    ///
    /// As [`Gallery::listener`].
    pub fn loose_listener(&mut self, lab: &mut Lab, at: IpAddr) -> Outcome<OwnedFd> {
        let (listener, address) = listen(lab, at, 16, Buffers::default())?;
        self.add_listener(at.is_ipv6(), address, 0);
        Ok(listener)
    }

    /// A connection on which the client has sent `unread` bytes.
    ///
    /// # Errors
    ///
    /// As [`Gallery::listener`].
    pub fn connection(
        &mut self,
        lab: &mut Lab,
        from: IpAddr,
        to: IpAddr,
        unread: usize,
    ) -> Outcome {
        let pair = Pair::new(lab, from, to, Buffers::default())?;
        if unread > 0 {
            send(&pair.client, &vec![b'.'; unread])?;
        }
        self.add_pair(&pair, State::Established, State::Established);
        let last = self.exhibits.len() - 1;
        self.exhibits[last].receive_queue = unread as u64;
        self.hold(pair);
        Ok(())
    }

    /// A v4 client of a v6 socket that takes both.
    ///
    /// # Errors
    ///
    /// As [`Gallery::listener`].
    pub fn mapped(&mut self, lab: &mut Lab, ip: IpAddr) -> Outcome {
        let any = IpAddr::from(std::net::Ipv6Addr::UNSPECIFIED);
        let (listener, address) = listen(lab, any, 16, Buffers::default())?;
        self.add_listener(true, address, 0);
        let to = SocketAddr::new(ip, address.port());
        let client = connect(Some((lab, ip)), to, Buffers::default())?;
        let from = local(&client)?;
        let server = accept(lab, &listener)?;
        self.add("a client's end", false, from, to, State::Established);
        self.add(
            "an IPv6 socket with an IPv4 client",
            true,
            to,
            from,
            State::Established,
        );
        self.held.extend([listener, client, server]);
        Ok(())
    }

    /// A client that sends more than the server's end has room for.
    ///
    /// # Errors
    ///
    /// As [`Gallery::listener`].
    pub fn stalled(&mut self, lab: &mut Lab) -> Outcome {
        let pair = Pair::narrow(lab, V4_CLIENT, V4_SERVER)?;
        send_until_full(lab, &pair.client)?;
        self.add_pair(&pair, State::Established, State::Established);
        self.queues_are_the_kernels(2);
        self.hold(pair);
        Ok(())
    }

    /// A client that has sent this many bytes, up to 100,000, to a server's end
    /// that has room for them and reads none.
    ///
    /// # Errors
    ///
    /// As [`Gallery::listener`].
    pub fn unread(&mut self, lab: &mut Lab, bytes: usize) -> Outcome {
        let pair = Pair::wide(lab, V4_CLIENT, V4_SERVER)?;
        send(&pair.client, &vec![b'.'; bytes])?;
        self.add_pair(&pair, State::Established, State::Established);
        // More than a first window: the last of them come with the next one. Where
        // the machine has no room for all, the table tells how many came.
        let arrived = lab.scene.deadline(clock::STEP).wait(|| {
            let came = table::connection(pair.server_at, pair.client_at)?.receive_queue;
            let left = table::connection(pair.client_at, pair.server_at)?.send_queue;
            (came == bytes as u64 && left == 0).then_some(())
        });
        match (arrived, self.exhibits.last_mut()) {
            (Some(()), Some(server)) => server.receive_queue = bytes as u64,
            _ => self.queues_are_the_kernels(2),
        }
        self.hold(pair);
        Ok(())
    }

    /// Sockets in all states that an exchange with nobody but oneself reaches
    /// and stays in.
    ///
    /// # Errors
    ///
    /// As [`Gallery::listener`].
    pub fn every_state(&mut self, lab: &mut Lab) -> Outcome {
        self.half_closed(lab)?;
        self.time_wait(lab)?;
        self.closed_with_bytes_to_send(lab)?;
        self.closing(lab)?;
        self.last_ack(lab)?;
        self.without_answer(lab)?;
        self.answered_by_nobody(lab)
    }

    /// FIN_WAIT2 and CLOSE_WAIT.
    fn half_closed(&mut self, lab: &mut Lab) -> Outcome {
        let pair = Pair::new(lab, V4_CLIENT, V4_SERVER, Buffers::default())?;
        shut(&pair.client)?;
        read_end(lab, &pair.server)?;
        self.add_pair(&pair, State::FinWait2, State::CloseWait);
        self.hold(pair);
        Ok(())
    }

    /// What remains of a connection that both ends have closed: TIME_WAIT, on
    /// the side that was first.
    ///
    /// # Errors
    ///
    /// As [`Gallery::listener`].
    pub fn time_wait(&mut self, lab: &mut Lab) -> Outcome {
        let pair = Pair::new(lab, V4_CLIENT, V4_SERVER, Buffers::default())?;
        shut(&pair.client)?;
        read_end(lab, &pair.server)?;
        shut(&pair.server)?;
        read_end(lab, &pair.client)?;
        self.add(
            "the end that had closed first",
            false,
            pair.client_at,
            pair.server_at,
            State::TimeWait,
        );
        Ok(())
    }

    /// FIN_WAIT1: the end of file comes after bytes for which there is no room.
    fn closed_with_bytes_to_send(&mut self, lab: &mut Lab) -> Outcome {
        let pair = Pair::narrow(lab, V4_CLIENT, V4_SERVER)?;
        send_until_full(lab, &pair.client)?;
        shut(&pair.client)?;
        self.add_pair(&pair, State::FinWait1, State::Established);
        self.queues_are_the_kernels(2);
        self.hold(pair);
        Ok(())
    }

    /// CLOSING: both have closed, and what the client has sent before its end is
    /// not acknowledged.
    fn closing(&mut self, lab: &mut Lab) -> Outcome {
        let pair = Pair::narrow(lab, V4_CLIENT, V4_SERVER)?;
        send_until_full(lab, &pair.client)?;
        shut(&pair.client)?;
        shut(&pair.server)?;
        read_end(lab, &pair.client)?;
        self.add_pair(&pair, State::Closing, State::FinWait2);
        self.queues_are_the_kernels(2);
        self.hold(pair);
        Ok(())
    }

    /// LAST_ACK: the client has closed first, the server's own end waits behind
    /// its bytes.
    fn last_ack(&mut self, lab: &mut Lab) -> Outcome {
        let pair = Pair::narrow(lab, V4_CLIENT, V4_SERVER)?;
        shut(&pair.client)?;
        read_end(lab, &pair.server)?;
        send_until_full(lab, &pair.server)?;
        shut(&pair.server)?;
        self.add_pair(&pair, State::FinWait2, State::LastAck);
        self.queues_are_the_kernels(2);
        self.hold(pair);
        Ok(())
    }

    /// SYN_SENT: a queue of 0 holds one client, a second one finds no place.
    fn without_answer(&mut self, lab: &mut Lab) -> Outcome {
        let (listener, address) = listen(lab, V4_SERVER, 0, Buffers::default())?;
        let first = connect(Some((lab, V4_CLIENT)), address, Buffers::default())?;
        wait_for(lab, &first, PollFlags::POLLOUT)?;
        let second = begin_to_connect(Some((lab, V4_CLIENT)), address, Buffers::default())?;
        let (from, late) = (local(&first)?, local(&second)?);
        self.add("a client's end", false, from, address, State::Established);
        self.add(
            "a connection that nobody has accepted",
            false,
            address,
            from,
            State::Established,
        );
        self.add(
            "a client for whom the queue has no room",
            false,
            late,
            address,
            State::SynSent,
        );
        self.queues_are_the_kernels(1);
        self.add_listener(false, address, 1);
        self.held.extend([listener, first, second]);
        Ok(())
    }

    /// SYN_RECV: a server that is to see a client only when it says something
    /// (`TCP_DEFER_ACCEPT`, `man 7 tcp`).
    fn answered_by_nobody(&mut self, lab: &mut Lab) -> Outcome {
        let (listener, address) = listen(lab, V4_SERVER, 16, Buffers::default())?;
        if !defer_accept(&listener) {
            return Ok(());
        }
        let client = connect(Some((lab, V4_CLIENT)), address, Buffers::default())?;
        let from = local(&client)?;
        self.add("a client's end", false, from, address, State::Established);
        self.add(
            "a connection whose client has not spoken yet",
            false,
            address,
            from,
            State::SynReceived,
        );
        self.add_listener(false, address, 0);
        self.held.extend([listener, client]);
        Ok(())
    }

    fn hold(&mut self, pair: Pair) {
        self.held.extend([pair.client, pair.server]);
    }

    fn add(&mut self, what: &str, v6: bool, local: SocketAddr, remote: SocketAddr, state: State) {
        self.exhibits.push(Exhibit {
            what: what.into(),
            v6,
            local,
            remote,
            state,
            receive_queue: 0,
            send_queue: 0,
            queues_are_known: true,
            inode: 0,
        });
    }

    fn add_listener(&mut self, v6: bool, at: SocketAddr, waiting: u64) {
        let nobody: IpAddr = if v6 {
            std::net::Ipv6Addr::UNSPECIFIED.into()
        } else {
            std::net::Ipv4Addr::UNSPECIFIED.into()
        };
        let nobody = SocketAddr::new(nobody, 0);
        self.add("a socket that listens", v6, at, nobody, State::Listen);
        let last = self.exhibits.len() - 1;
        self.exhibits[last].receive_queue = waiting;
    }

    fn add_pair(&mut self, pair: &Pair, client: State, server: State) {
        let (from, to) = (pair.client_at, pair.server_at);
        self.add("a client's end", pair.v6, from, to, client);
        self.add("a server's end", pair.v6, to, from, server);
    }

    /// The last ones' queues are what the table shows of them.
    fn queues_are_the_kernels(&mut self, last: usize) {
        let from = self.exhibits.len() - last;
        for exhibit in &mut self.exhibits[from..] {
            exhibit.queues_are_known = false;
        }
    }

    /// Waits until the kernel moves no more bytes between them: where there is
    /// no room it tries again, later and later.
    ///
    /// # Errors
    ///
    /// Ungraded when it never stops.
    pub fn settle(&self, lab: &Lab) -> Outcome {
        let mut last = self.exhibits(lab)?;
        let mut since = Instant::now();
        let settled = lab.scene.deadline(clock::STEP * 2).wait(|| {
            let now = self.exhibits(lab).ok()?;
            if now != last {
                last = now;
                since = Instant::now();
            }
            (since.elapsed() > clock::SILENCE * 3 / 2).then_some(())
        });
        settled.ok_or_else(|| lab.ungraded("the lab's own sockets never come to rest"))
    }

    /// All of them, with the queues that the kernel's table shows at this
    /// moment. In a cell, nobody else has sockets.
    ///
    /// # Errors
    ///
    /// Ungraded when the table does not show what was made.
    pub fn exhibits(&self, lab: &Lab) -> Outcome<Vec<Exhibit>> {
        let table = table::sockets();
        let mut exhibits = self.exhibits.clone();
        for exhibit in &mut exhibits {
            let row = table
                .iter()
                .find(|row| row.local == exhibit.local && row.remote == exhibit.remote)
                .filter(|row| agrees(row, exhibit))
                .ok_or_else(|| lab.ungraded(&format!("the lab's own sockets: {}", exhibit.what)))?;
            exhibit.receive_queue = row.receive_queue;
            exhibit.send_queue = row.send_queue;
            exhibit.inode = row.inode;
        }
        if lab.in_cell() && table.len() != exhibits.len() {
            return Err(lab.ungraded("the lab's own sockets: others are there"));
        }
        Ok(exhibits)
    }
}

fn agrees(row: &Socket, exhibit: &Exhibit) -> bool {
    let queues = (row.receive_queue, row.send_queue);
    row.state == exhibit.state
        && (!exhibit.queues_are_known || queues == (exhibit.receive_queue, exhibit.send_queue))
}
