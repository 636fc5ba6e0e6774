//! The kernel's table of TCP sockets, `/proc/net/tcp` and `/proc/net/tcp6`
//! (`man 5 proc`), as the judge reads it. It is written on its own: the judge
//! does not use what it judges.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::monitor;

/// One TCP socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Socket {
    /// Its own end. A v4 address inside a v6 one is given as v4.
    pub local: SocketAddr,
    /// The other end, port 0 when there is none.
    pub remote: SocketAddr,
    /// Where it is in a connection's life.
    pub state: State,
    /// Bytes that were sent and not acknowledged; for a listening socket
    /// nothing that counts.
    pub send_queue: u64,
    /// Bytes that were received and not read; for a listening socket the
    /// connections that wait to be accepted.
    pub receive_queue: u64,
    /// What `/proc/PID/fd` shows as `socket:[inode]`.
    pub inode: u64,
}

/// The state of a TCP socket (RFC 9293 §3.3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum State {
    Established,
    SynSent,
    SynReceived,
    FinWait1,
    FinWait2,
    TimeWait,
    Close,
    CloseWait,
    LastAck,
    Listen,
    Closing,
    Other,
}

impl State {
    /// By its number in the kernel (`include/net/tcp_states.h`).
    pub(crate) fn of(number: u8) -> State {
        match number {
            1 => State::Established,
            2 => State::SynSent,
            3 | 12 => State::SynReceived,
            4 => State::FinWait1,
            5 => State::FinWait2,
            6 => State::TimeWait,
            7 => State::Close,
            8 => State::CloseWait,
            9 => State::LastAck,
            10 => State::Listen,
            11 => State::Closing,
            _ => State::Other,
        }
    }
}

const TABLES: [&str; 2] = ["/proc/net/tcp", "/proc/net/tcp6"];

/// Every TCP socket of the network namespace that this process is in.
pub fn sockets() -> Vec<Socket> {
    TABLES
        .iter()
        .filter_map(|path| fs::read_to_string(path).ok())
        .flat_map(|text| text.lines().skip(1).filter_map(parse).collect::<Vec<_>>())
        .collect()
}

/// The listening socket of a port.
pub fn listening(port: u16) -> Option<Socket> {
    monitor::listening(port).unwrap_or_else(|| listed(port))
}

/// One end of a connection.
pub fn connection(local: SocketAddr, remote: SocketAddr) -> Option<Socket> {
    monitor::connection(local, remote).unwrap_or_else(|| {
        let mut all = sockets().into_iter();
        all.find(|socket| socket.local == local && socket.remote == remote)
    })
}

fn listed(port: u16) -> Option<Socket> {
    // Linux lists those that listen first: after a thousand clients what
    // follows is long, and need not be read.
    TABLES
        .iter()
        .filter_map(|path| fs::File::open(path).ok())
        .flat_map(|table| BufReader::new(table).lines().skip(1).map_while(Result::ok))
        .filter_map(|line| parse(&line))
        .find(|socket| socket.state == State::Listen && socket.local.port() == port)
}

fn parse(line: &str) -> Option<Socket> {
    let fields: Vec<&str> = line.split_ascii_whitespace().collect();
    let (send, receive) = fields.get(4)?.split_once(':')?;
    Some(Socket {
        local: address(fields.get(1)?)?,
        remote: address(fields.get(2)?)?,
        state: State::of(u8::from_str_radix(fields.get(3)?, 16).ok()?),
        send_queue: u64::from_str_radix(send, 16).ok()?,
        receive_queue: u64::from_str_radix(receive, 16).ok()?,
        inode: fields.get(9)?.parse().ok()?,
    })
}

/// The kernel prints each 32-bit word of an address as a number in its own
/// byte order, and the port as a number.
fn address(text: &str) -> Option<SocketAddr> {
    let (ip, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let mut bytes = Vec::new();
    for at in (0..ip.len()).step_by(8) {
        let word = u32::from_str_radix(ip.get(at..at + 8)?, 16).ok()?;
        bytes.extend_from_slice(&word.to_ne_bytes());
    }
    let ip = match bytes.len() {
        4 => IpAddr::from(Ipv4Addr::from(<[u8; 4]>::try_from(bytes).ok()?)),
        16 => IpAddr::from(Ipv6Addr::from(<[u8; 16]>::try_from(bytes).ok()?)),
        _ => return None,
    };
    Some(SocketAddr::new(ip.to_canonical(), port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_endian = "little")]
    #[test]
    fn a_line_of_the_kernel_is_read() {
        let line = "   0: 0900007F:10E1 0100007F:BF02 01 00000003:00000007 00:00000000 00000000     0        0 4711 1 0 20 4 30 10 -1";
        let socket = parse(line).unwrap();
        assert_eq!(socket.local, "127.0.0.9:4321".parse().unwrap());
        assert_eq!(socket.remote, "127.0.0.1:48898".parse().unwrap());
        assert_eq!(socket.state, State::Established);
        assert_eq!((socket.send_queue, socket.receive_queue), (3, 7));
        assert_eq!(socket.inode, 4711);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_listener_of_our_own_is_in_the_table() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        assert_eq!(
            listening(port).unwrap().local,
            listener.local_addr().unwrap()
        );
        let listener = std::net::TcpListener::bind("[::1]:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        assert_eq!(
            listening(port).unwrap().local,
            listener.local_addr().unwrap()
        );
    }
}
