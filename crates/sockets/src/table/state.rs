//! Where a connection is in its life.

use std::fmt;

/// The state of a TCP socket (RFC 9293, 3.3.2), under the names that `netstat` writes.
///
/// ```
/// use sockets::table::State;
///
/// assert_eq!(State::from(0x0A), State::Listen);
/// assert_eq!(State::FinWait1.to_string(), "FIN_WAIT1");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum State {
    /// Both ends may send.
    Established,
    /// `connect` waits for an answer.
    SynSent,
    /// A client has knocked, the handshake is not done.
    SynRecv,
    /// This end has closed; its end of file is not acknowledged.
    FinWait1,
    /// This end has closed; the peer may still send.
    FinWait2,
    /// Both have closed, this end first: late segments are awaited.
    TimeWait,
    /// Not in use.
    Close,
    /// The peer has closed, this program has not.
    CloseWait,
    /// Both have closed, the peer first.
    LastAck,
    /// Waits for connections.
    Listen,
    /// Both have closed at the same time.
    Closing,
    /// A number that this library does not know.
    Other(u8),
}

/// From the number in the kernel's table (`include/net/tcp_states.h`).
impl From<u8> for State {
    fn from(number: u8) -> Self {
        match number {
            1 => State::Established,
            2 => State::SynSent,
            // 12 is a request that is not yet a socket of its own.
            3 | 12 => State::SynRecv,
            4 => State::FinWait1,
            5 => State::FinWait2,
            6 => State::TimeWait,
            7 => State::Close,
            8 => State::CloseWait,
            9 => State::LastAck,
            10 => State::Listen,
            11 => State::Closing,
            other => State::Other(other),
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            State::Established => "ESTABLISHED",
            State::SynSent => "SYN_SENT",
            State::SynRecv => "SYN_RECV",
            State::FinWait1 => "FIN_WAIT1",
            State::FinWait2 => "FIN_WAIT2",
            State::TimeWait => "TIME_WAIT",
            State::Close => "CLOSE",
            State::CloseWait => "CLOSE_WAIT",
            State::LastAck => "LAST_ACK",
            State::Listen => "LISTEN",
            State::Closing => "CLOSING",
            State::Other(_) => "UNKNOWN",
        })
    }
}
