//! The messages of the file service, as bytes and as values. Both programs use
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
/// No reply has a longer payload than a block, in bytes.
pub const MAX_BLOCK: u32 = 64 << 10;

/// The types of messages.
pub mod kind {
    /// Client to server: a u64 offset, then the name.
    pub const GET: u8 = 16;
    /// A u16 code, then a text.
    pub const ERROR: u8 = 129;
    /// A u64: the full size of the file.
    pub const SIZE: u8 = 144;
    /// Some bytes of the file; none after the last.
    pub const BLOCK: u8 = 145;
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
        // <student: the header and the payload, every number with its most significant byte first>
        let mut bytes = Vec::with_capacity(HEADER + self.payload.len());
        bytes.extend(MAGIC.to_be_bytes());
        bytes.push(self.version);
        bytes.push(self.kind);
        bytes.extend((self.payload.len() as u32).to_be_bytes());
        bytes.extend(&self.payload);
        bytes
        // </student>
    }

    /// Reads the next message, however the stream is cut into pieces; its
    /// payload has `most` bytes at most. None where the stream ends between two
    /// messages.
    ///
    /// # Errors
    ///
    /// What comes is no message, and nothing that follows can be trusted.
    pub fn read(stream: &mut Reader<impl AsFd>, most: u32) -> Result<Option<Message>, Unreadable> {
        // <student: a whole header, or the end; refuse what is no message; then the whole payload>
        let mut header = [0; HEADER];
        match stream.readn(&mut header)? {
            0 => return Ok(None),
            HEADER => {}
            _ => return Err(Unreadable::Truncated),
        }
        let [m0, m1, version, kind, l0, l1, l2, l3] = header;
        if u16::from_be_bytes([m0, m1]) != MAGIC {
            return Err(Unreadable::WrongMagic);
        }
        let length = u32::from_be_bytes([l0, l1, l2, l3]);
        if length > most {
            return Err(Unreadable::TooLong(length));
        }
        let mut payload = vec![0; length as usize];
        if stream.readn(&mut payload)? < payload.len() {
            return Err(Unreadable::Truncated);
        }
        Ok(Some(Message {
            version,
            kind,
            payload,
        }))
        // </student>
    }
}

/// Why no message could be read.
#[derive(Debug)]
pub enum Unreadable {
    /// The first two bytes are others.
    WrongMagic,
    /// The header announces more than is allowed.
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
