//! The messages of the calculator, as bytes and as values. Both programs use
//! this file.
//!
//! ```text
//!   0       2         3      4               8
//!   +-------+---------+------+---------------+-------------------+
//!   | magic | version | type | length        | payload           |
//!   +-------+---------+------+---------------+-------------------+
//! ```

use std::fmt;
use std::io;
use std::os::fd::AsFd;

use sockets::rio::Reader;

/// The first two bytes of every message.
pub const MAGIC: u16 = 0x5343;
/// The version of the protocol that these programs speak.
pub const VERSION: u8 = 1;
/// The size of a header, in bytes.
pub const HEADER: usize = 8;
/// No message has a longer payload, in bytes.
pub const MAX_PAYLOAD: u32 = 64;

/// The types of messages.
pub mod kind {
    pub const ADD: u8 = 1;
    pub const SUB: u8 = 2;
    pub const MUL: u8 = 3;
    pub const DIV: u8 = 4;
    pub const RESULT: u8 = 128;
    pub const ERROR: u8 = 129;
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub version: u8,
    pub kind: u8,
    pub payload: Vec<u8>,
}

impl Message {
    /// A message of this version of the protocol.
    pub fn new(kind: u8, payload: Vec<u8>) -> Message {
        Message {
            version: VERSION,
            kind,
            payload,
        }
    }

    /// The bytes as they travel: the header, then the payload.
    pub fn to_bytes(&self) -> Vec<u8> {
        todo!("the header and the payload, every number with its most significant byte first")
    }

    /// Reads the next message, however the stream is cut into pieces. None
    /// where the stream ends between two messages.
    ///
    /// # Errors
    ///
    /// What comes is no message, and nothing that follows can be trusted.
    pub fn read(stream: &mut Reader<impl AsFd>) -> Result<Option<Message>, Unreadable> {
        todo!("a whole header, or the end; refuse what is no message; then the whole payload")
    }
}

/// Why no message could be read.
#[derive(Debug)]
pub enum Unreadable {
    /// The first two bytes are others.
    WrongMagic,
    /// The header announces more than [`MAX_PAYLOAD`].
    TooLong(u32),
    /// The stream ended inside the message.
    Truncated,
    /// `read` failed.
    Read(io::Error),
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unreadable::WrongMagic => write!(f, "what came does not begin with {MAGIC:04x}"),
            Unreadable::TooLong(length) => write!(f, "a message of {length} bytes was announced"),
            Unreadable::Truncated => write!(f, "the stream ended inside a message"),
            Unreadable::Read(cause) => write!(f, "read: {cause}"),
        }
    }
}

impl std::error::Error for Unreadable {}

impl From<io::Error> for Unreadable {
    fn from(cause: io::Error) -> Self {
        Unreadable::Read(cause)
    }
}
