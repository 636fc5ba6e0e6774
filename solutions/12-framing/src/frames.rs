//! Frames: where one message ends and the next begins in a stream of bytes.

use std::fmt;

/// A payload is at most this long, in bytes.
pub const MAX_PAYLOAD: usize = 1 << 20;

/// How messages are told apart.
#[derive(Clone, Copy)]
pub enum Kind {
    /// Each has the same size, in bytes.
    Fixed(usize),
    /// Its length goes before it: four bytes, unsigned, in network order.
    Length,
    /// A `\n` goes after it; in the payload `\` is `\\` and `\n` is `\n`, two
    /// bytes each.
    Delimiter,
}

/// What is wrong with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Error {
    /// `fixed:N`: its size is not N.
    WrongSize { expected: usize, found: usize },
    /// More than [`MAX_PAYLOAD`].
    TooLarge,
    /// A `\` with something else than `\` or `n` after it.
    BadEscape,
    /// The stream ends inside a frame.
    Truncated,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::WrongSize { expected, found } => {
                write!(f, "{found} bytes where a frame has {expected}")
            }
            Error::TooLarge => f.write_str("frame too large"),
            Error::BadEscape => f.write_str("bad escape"),
            Error::Truncated => f.write_str("truncated frame"),
        }
    }
}

impl std::error::Error for Error {}

/// The frame of one payload.
pub fn encode(kind: Kind, payload: &[u8]) -> Result<Vec<u8>, Error> {
    // <student: the bytes that travel, for each kind; or what is wrong with the payload>
    if payload.len() > MAX_PAYLOAD {
        return Err(Error::TooLarge);
    }
    let mut frame = Vec::new();
    match kind {
        Kind::Fixed(size) if payload.len() != size => {
            return Err(Error::WrongSize {
                expected: size,
                found: payload.len(),
            });
        }
        Kind::Fixed(_) => frame.extend_from_slice(payload),
        Kind::Length => {
            frame.extend_from_slice(&(payload.len() as u32).to_be_bytes());
            frame.extend_from_slice(payload);
        }
        Kind::Delimiter => {
            for &byte in payload {
                match byte {
                    b'\\' => frame.extend_from_slice(b"\\\\"),
                    b'\n' => frame.extend_from_slice(b"\\n"),
                    other => frame.push(other),
                }
            }
            frame.push(b'\n');
        }
    }
    Ok(frame)
    // </student>
}

/// Takes bytes as they come, and gives payloads as they are whole.
pub struct Decoder {
    kind: Kind,
    /// What came and was not looked at yet is `bytes[start..]`.
    bytes: Vec<u8>,
    start: usize,
    /// What is there of the payload of a [`Kind::Delimiter`].
    payload: Vec<u8>,
    /// The last byte was a `\`; the next one says what it means.
    escaped: bool,
}

impl Decoder {
    pub fn new(kind: Kind) -> Self {
        Decoder {
            kind,
            bytes: Vec::new(),
            start: 0,
            payload: Vec::new(),
            escaped: false,
        }
    }

    /// More bytes of the stream, as many as a read gave.
    pub fn push(&mut self, bytes: &[u8]) {
        self.bytes.drain(..self.start);
        self.start = 0;
        self.bytes.extend_from_slice(bytes);
    }

    /// The next payload, if it is whole.
    pub fn next_payload(&mut self) -> Result<Option<Vec<u8>>, Error> {
        match self.kind {
            Kind::Fixed(size) => Ok(self.take(size)),
            Kind::Length => self.next_by_length(),
            Kind::Delimiter => self.next_by_delimiter(),
        }
    }

    /// The next `count` bytes, if they are there.
    fn take(&mut self, count: usize) -> Option<Vec<u8>> {
        // <student: the next `count` bytes if so many came, else nothing, and nothing is used up>
        let end = self.start + count;
        let taken = self.bytes.get(self.start..end)?.to_vec();
        self.start = end;
        Some(taken)
        // </student>
    }

    fn next_by_length(&mut self) -> Result<Option<Vec<u8>>, Error> {
        // <student: the payload behind the next length, if both are whole>
        let rest = &self.bytes[self.start..];
        let Some(header) = rest.first_chunk::<4>() else {
            return Ok(None);
        };
        let length = u32::from_be_bytes(*header) as usize;
        if length > MAX_PAYLOAD {
            return Err(Error::TooLarge);
        }
        if rest.len() < 4 + length {
            return Ok(None);
        }
        self.start += 4;
        Ok(self.take(length))
        // </student>
    }

    fn next_by_delimiter(&mut self) -> Result<Option<Vec<u8>>, Error> {
        // <student: the payload before the next `\n`, without its escapes, if it is whole>
        while let Some(&byte) = self.bytes.get(self.start) {
            self.start += 1;
            if byte == b'\n' && !self.escaped {
                return Ok(Some(std::mem::take(&mut self.payload)));
            }
            if self.payload.len() == MAX_PAYLOAD {
                return Err(Error::TooLarge);
            }
            match (self.escaped, byte) {
                (false, b'\\') => {
                    self.escaped = true;
                    continue;
                }
                (false, plain) => self.payload.push(plain),
                (true, b'\\') => self.payload.push(b'\\'),
                (true, b'n') => self.payload.push(b'\n'),
                (true, _) => return Err(Error::BadEscape),
            }
            self.escaped = false;
        }
        Ok(None)
        // </student>
    }

    /// The stream has ended: was it between two frames?
    pub fn finish(&self) -> Result<(), Error> {
        // <student: whether a part of a frame is left>
        let nothing = self.start == self.bytes.len() && self.payload.is_empty() && !self.escaped;
        if nothing {
            Ok(())
        } else {
            Err(Error::Truncated)
        }
        // </student>
    }
}
