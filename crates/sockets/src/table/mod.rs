//! The kernel's TCP sockets, as `netstat` and `ss` show them.
//!
//! Linux lists them in `/proc/net/tcp` and `/proc/net/tcp6` (`man 5 proc_net`), a line each, with
//! everything in hexadecimal. The addresses are printed as the machine's own 32-bit words, so that
//! on a little-endian one `127.0.0.1` reads `0100007F`; ports and states are plain numbers.
//! Elsewhere there is no such file, and [`read`] says so.
//!
//! ```
//! use sockets::{Listener, table};
//! use std::net::{Ipv4Addr, SocketAddr};
//!
//! let listener = Listener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), 5)?;
//! let address = listener.local_addr()?;
//! # #[cfg(target_os = "linux")]
//! assert!(
//!     table::read()?
//!         .iter()
//!         .any(|row| row.local == address && row.state == table::State::Listen)
//! );
//! # Ok::<(), sockets::Error>(())
//! ```

mod state;

pub use state::State;

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// One socket.
///
/// ```
/// use sockets::table::{Row, State};
///
/// # #[cfg(target_endian = "little")] {
/// let line = "   0: 0100007F:10E1 00000000:0000 0A 00000000:00000003 00:00000000 00000000 \
///             1000        0 4711 1 0000000000000000 100 0 0 10 0";
/// let row: Row = line.parse()?;
/// assert_eq!(row.local.to_string(), "127.0.0.1:4321");
/// assert_eq!(row.state, State::Listen);
/// assert_eq!(row.receive_queue, 3); // three connections wait to be accepted
/// assert_eq!(row.inode, 4711);
/// # }
/// # Ok::<(), sockets::table::BadRow>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// This end. An IPv4 address of an IPv6 socket is not rewritten, here or in `remote`: the row
    /// is of the IPv6 table, and says `::ffff:1.2.3.4`.
    pub local: SocketAddr,
    /// The other end; port 0 where there is none.
    pub remote: SocketAddr,
    /// Where the connection is in its life.
    pub state: State,
    /// Bytes sent that the peer has not acknowledged; for a listener nothing of meaning.
    pub send_queue: u32,
    /// Bytes received that the program has not read; for a listener the connections that nobody has
    /// accepted yet.
    pub receive_queue: u32,
    /// The owner's user number.
    pub uid: u32,
    /// The socket's number, as `/proc/PID/fd` shows it (`socket:[4711]`); 0 when no program holds
    /// it any more.
    pub inode: u64,
}

/// A line of the table that is none.
///
/// ```
/// let bad = "hello".parse::<sockets::table::Row>().unwrap_err();
/// assert_eq!(bad.to_string(), "no socket: \"hello\"");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadRow(String);

impl fmt::Display for BadRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no socket: {:?}", self.0)
    }
}

impl std::error::Error for BadRow {}

impl std::str::FromStr for Row {
    type Err = BadRow;

    fn from_str(line: &str) -> Result<Self, BadRow> {
        parse(line).ok_or_else(|| BadRow(line.to_owned()))
    }
}

/// `sl local remote state tx:rx tr:when retransmits uid timeout inode …`
fn parse(line: &str) -> Option<Row> {
    let mut fields = line.split_ascii_whitespace();
    fields.next()?.strip_suffix(':')?;
    let local = address(fields.next()?)?;
    let remote = address(fields.next()?)?;
    let state = State::from(u8::from_str_radix(fields.next()?, 16).ok()?);
    let (send_queue, receive_queue) = fields.next()?.split_once(':')?;
    let uid = fields.nth(2)?.parse().ok()?;
    let inode = fields.nth(1)?.parse().ok()?;
    Some(Row {
        local,
        remote,
        state,
        send_queue: u32::from_str_radix(send_queue, 16).ok()?,
        receive_queue: u32::from_str_radix(receive_queue, 16).ok()?,
        uid,
        inode,
    })
}

fn address(text: &str) -> Option<SocketAddr> {
    let (ip, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let ip: IpAddr = match ip.len() {
        8 => Ipv4Addr::from(word(ip)?).into(),
        32 => {
            let mut octets = [0; 16];
            for (four, hex) in octets.chunks_exact_mut(4).zip(0..) {
                four.copy_from_slice(&word(ip.get(hex * 8..hex * 8 + 8)?)?);
            }
            Ipv6Addr::from(octets).into()
        }
        _ => return None,
    };
    Some(SocketAddr::new(ip, port))
}

/// Four bytes in network order that the kernel printed as if they were a number of this machine.
fn word(hex: &str) -> Option<[u8; 4]> {
    Some(u32::from_str_radix(hex, 16).ok()?.to_ne_bytes())
}

/// All TCP sockets of this network namespace, IPv4 first.
///
/// # Errors
///
/// Reading the table failed, or there is none (another system than Linux).
///
/// ```
/// # #[cfg(target_os = "linux")]
/// for row in sockets::table::read()? {
///     println!("{} {} {}", row.local, row.remote, row.state);
/// }
/// # Ok::<(), sockets::Error>(())
/// ```
pub fn read() -> crate::Result<Vec<Row>> {
    source::read()
}

#[cfg(target_os = "linux")]
#[path = "linux.rs"]
mod source;

#[cfg(not(target_os = "linux"))]
mod source {
    pub fn read() -> crate::Result<Vec<super::Row>> {
        let unavailable = std::io::Error::other("unavailable on this system");
        Err(crate::Error::call("read", "/proc/net/tcp", unavailable))
    }
}
