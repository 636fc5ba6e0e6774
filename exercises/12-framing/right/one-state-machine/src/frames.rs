//! Unusual and right: a decoder without a buffer of frames, which eats one byte after another and
//! keeps the payloads that are whole in a queue; other names, the same messages; noise on standard
//! error.

use std::collections::VecDeque;
use std::fmt;

pub const MAX_PAYLOAD: usize = 0x10_0000;

#[derive(Clone, Copy)]
pub enum Kind {
    Fixed(usize),
    Length,
    Delimiter,
}

#[derive(Debug, Clone, Copy)]
pub enum Error {
    Other(&'static str),
    TooLarge,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Error::Other(text) => text,
            Error::TooLarge => "frame too large",
        })
    }
}

impl std::error::Error for Error {}

pub fn encode(kind: Kind, payload: &[u8]) -> Result<Vec<u8>, Error> {
    eprintln!("a payload of {} bytes", payload.len());
    let size = payload.len();
    match kind {
        Kind::Fixed(wanted) if size == wanted => Ok(payload.to_vec()),
        Kind::Fixed(_) => Err(Error::Other("not the size that was agreed upon")),
        _ if size > MAX_PAYLOAD => Err(Error::TooLarge),
        Kind::Length => {
            let header = [24, 16, 8, 0].map(|shift| (size >> shift & 0xff) as u8);
            Ok([&header, payload].concat())
        }
        Kind::Delimiter => {
            let escaped = payload.iter().flat_map(|byte| match byte {
                b'\n' => vec![b'\\', b'n'],
                b'\\' => vec![b'\\', b'\\'],
                byte => vec![*byte],
            });
            Ok(escaped.chain([b'\n']).collect())
        }
    }
}

enum State {
    /// So many bytes of a length have come, with this value so far.
    Header(usize, u64),
    /// So many bytes of a payload are still to come.
    Payload(usize),
    Text,
    Escape,
}

pub struct Decoder {
    kind: Kind,
    state: State,
    payload: Vec<u8>,
    whole: VecDeque<Vec<u8>>,
    error: Option<Error>,
}

impl Decoder {
    pub fn new(kind: Kind) -> Self {
        Decoder {
            kind,
            state: beginning(kind),
            payload: Vec::new(),
            whole: VecDeque::new(),
            error: None,
        }
    }

    pub fn push(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            if self.error.is_none() {
                self.error = self.eat(byte).err();
            }
        }
    }

    fn eat(&mut self, byte: u8) -> Result<(), Error> {
        self.state = match self.state {
            State::Header(count, value) => {
                let value = value << 8 | u64::from(byte);
                match (count, value) {
                    (3, value) if value > MAX_PAYLOAD as u64 => return Err(Error::TooLarge),
                    (3, 0) => self.complete(),
                    (3, value) => State::Payload(value as usize),
                    (count, value) => State::Header(count + 1, value),
                }
            }
            State::Payload(count) => {
                self.payload.push(byte);
                match count {
                    1 => self.complete(),
                    count => State::Payload(count - 1),
                }
            }
            State::Text if byte == b'\n' => self.complete(),
            State::Text if byte == b'\\' => State::Escape,
            State::Text => self.keep(byte)?,
            State::Escape => match byte {
                b'\\' => self.keep(b'\\')?,
                b'n' => self.keep(b'\n')?,
                _ => return Err(Error::Other("bad escape")),
            },
        };
        Ok(())
    }

    fn keep(&mut self, byte: u8) -> Result<State, Error> {
        if self.payload.len() == MAX_PAYLOAD {
            return Err(Error::TooLarge);
        }
        self.payload.push(byte);
        Ok(State::Text)
    }

    fn complete(&mut self) -> State {
        self.whole.push_back(std::mem::take(&mut self.payload));
        beginning(self.kind)
    }

    pub fn next_payload(&mut self) -> Result<Option<Vec<u8>>, Error> {
        match (self.whole.pop_front(), self.error) {
            (None, Some(error)) => Err(error),
            (payload, _) => Ok(payload),
        }
    }

    pub fn finish(&self) -> Result<(), Error> {
        let begins = match (&self.state, self.kind) {
            (State::Header(count, _), _) => *count == 0,
            (State::Payload(count), Kind::Fixed(size)) => *count == size,
            (State::Text, _) => self.payload.is_empty(),
            _ => false,
        };
        begins.then_some(()).ok_or(Error::Other("truncated frame"))
    }
}

fn beginning(kind: Kind) -> State {
    match kind {
        Kind::Fixed(size) => State::Payload(size),
        Kind::Length => State::Header(0, 0),
        Kind::Delimiter => State::Text,
    }
}
