//! The kernel's table of TCP sockets: `/proc/net/tcp` and `/proc/net/tcp6`.

use std::fmt;
use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// The two parts of the table, and what their sockets are called.
const PARTS: [(&str, &str); 2] = [("tcp", "/proc/net/tcp"), ("tcp6", "/proc/net/tcp6")];

/// The name of a socket's state that listens.
pub const LISTEN: &str = "LISTEN";

/// The states by their numbers in the kernel (`include/net/tcp_states.h`),
/// from 1 on, as `netstat` calls them.
const STATES: [&str; 12] = [
    "ESTABLISHED",
    "SYN_SENT",
    "SYN_RECV",
    "FIN_WAIT1",
    "FIN_WAIT2",
    "TIME_WAIT",
    "CLOSE",
    "CLOSE_WAIT",
    "LAST_ACK",
    LISTEN,
    "CLOSING",
    "SYN_RECV",
];

/// One socket.
pub struct Row {
    /// `tcp` or `tcp6`.
    pub protocol: &'static str,
    /// Bytes received that no program has read; connections that wait.
    pub receive_queue: u32,
    /// Bytes sent that the other end has not acknowledged.
    pub send_queue: u32,
    /// Its own end.
    pub local: SocketAddr,
    /// The other end; port 0 where there is none.
    pub foreign: SocketAddr,
    /// One of [`STATES`].
    pub state: &'static str,
    /// The number by which `/proc/PID/fd` knows it; 0 when nobody holds it.
    pub inode: u64,
}

/// Every TCP socket, those of IPv4 first.
pub fn read() -> io::Result<Vec<Row>> {
    let mut rows = Vec::new();
    for (protocol, path) in PARTS {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            // A kernel without IPv6.
            Err(error) if protocol == "tcp6" && error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(failed(path, error)),
        };
        // <student: a row for each socket; a line that is none is an error>
        for line in text.lines().skip(1) {
            let row = row(protocol, line)
                .ok_or_else(|| failed(path, io::Error::other(format!("no socket: {line}"))))?;
            rows.push(row);
        }
        // </student>
    }
    Ok(rows)
}

fn failed(path: &str, error: io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("read {path}: {error}"))
}

/// The socket of a line, none if the line makes no sense.
fn row(protocol: &'static str, line: &str) -> Option<Row> {
    // <student: the fields of the line that are needed, each from its own notation>
    let fields: Vec<&str> = line.split_ascii_whitespace().collect();
    let (send_queue, receive_queue) = fields.get(4)?.split_once(':')?;
    let state = usize::from_str_radix(fields.get(3)?, 16).ok()?;
    Some(Row {
        protocol,
        receive_queue: u32::from_str_radix(receive_queue, 16).ok()?,
        send_queue: u32::from_str_radix(send_queue, 16).ok()?,
        local: address(fields.get(1)?)?,
        foreign: address(fields.get(2)?)?,
        state: STATES.get(state.checked_sub(1)?)?,
        inode: fields.get(9)?.parse().ok()?,
    })
    // </student>
}

/// `0900007F:10E1` is 127.0.0.9, port 4321, on a little-endian machine; an IPv6
/// address has 32 digits.
fn address(text: &str) -> Option<SocketAddr> {
    // <student: the address and the port; in what order do the bytes of an address stand here?>
    let (ip, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let ip: IpAddr = match ip.len() {
        8 => Ipv4Addr::from(word(ip)?).into(),
        32 => {
            let mut bytes = [0; 16];
            for (i, four) in bytes.chunks_exact_mut(4).enumerate() {
                four.copy_from_slice(&word(ip.get(i * 8..i * 8 + 8)?)?);
            }
            Ipv6Addr::from(bytes).into()
        }
        _ => return None,
    };
    Some(SocketAddr::new(ip, port))
    // </student>
}

/// Four bytes of an address, in network order. The kernel has printed them as
/// if they were a number of this machine.
fn word(digits: &str) -> Option<[u8; 4]> {
    // <student: the four bytes in the order in which they lay in the kernel's memory>
    Some(u32::from_str_radix(digits, 16).ok()?.to_ne_bytes())
    // </student>
}

/// `PROTO RECVQ SENDQ LOCAL FOREIGN STATE`
impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:<4} {:>6} {:>6} {:<22} {:<22} {}",
            self.protocol,
            self.receive_queue,
            self.send_queue,
            endpoint(self.local),
            endpoint(self.foreign),
            self.state
        )
    }
}

/// `1.2.3.4:80`, `[::1]:80`; the port 0 stands for none, and is written `*`.
fn endpoint(address: SocketAddr) -> String {
    // <student: the address with its port, or with a * in place of none>
    match (address.ip(), address.port()) {
        (IpAddr::V4(ip), 0) => format!("{ip}:*"),
        (IpAddr::V6(ip), 0) => format!("[{ip}]:*"),
        _ => address.to_string(),
    }
    // </student>
}
