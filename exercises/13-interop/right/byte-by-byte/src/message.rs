//! Unusual and right: shifts in place of the standard library's conversions,
//! and a message is refused at the first byte that is wrong.
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
        let length = self.payload.len();
        let mut bytes = self.payload.clone();
        for shift in [0, 8, 16, 24] {
            bytes.insert(0, (length >> shift) as u8);
        }
        bytes.insert(0, self.kind);
        bytes.insert(0, self.version);
        bytes.insert(0, MAGIC as u8);
        bytes.insert(0, (MAGIC >> 8) as u8);
        bytes
    }

    /// Reads the next message, however the stream is cut into pieces. None
    /// where the stream ends between two messages.
    ///
    /// # Errors
    ///
    /// What comes is no message, and nothing that follows can be trusted.
    pub fn read(stream: &mut Reader<impl AsFd>) -> Result<Option<Message>, Unreadable> {
        let mut message = Message::new(0, Vec::new());
        let mut length: u32 = 0;
        for at in 0..HEADER {
            let mut byte = [0];
            if stream.readn(&mut byte)? == 0 {
                return match at {
                    0 => Ok(None),
                    _ => Err(Unreadable::Truncated),
                };
            }
            match at {
                0 if u16::from(byte[0]) != MAGIC >> 8 => return Err(Unreadable::WrongMagic),
                1 if u16::from(byte[0]) != MAGIC & 0xff => return Err(Unreadable::WrongMagic),
                2 => message.version = byte[0],
                3 => message.kind = byte[0],
                4.. => length = length << 8 | u32::from(byte[0]),
                _ => {}
            }
        }
        if length > MAX_PAYLOAD {
            return Err(Unreadable::TooLong(length));
        }
        while message.payload.len() < length as usize {
            let mut byte = [0];
            if stream.readn(&mut byte)? == 0 {
                return Err(Unreadable::Truncated);
            }
            message.payload.push(byte[0]);
        }
        Ok(Some(message))
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
