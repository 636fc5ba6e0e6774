//! Frames that end with a newline.

use super::{FrameError, Framing, MAX_PAYLOAD};

/// The payload, then `\n`. So that a payload may hold any byte, its newlines are sent as the two
/// bytes `\n`, and its backslashes as `\\`.
///
/// ```
/// use sockets::framing::{Delimiter, Framing};
///
/// let mut sent = Vec::new();
/// let mut framing = Delimiter::new();
/// framing.encode(b"a\nb\\c", &mut sent)?;
/// assert_eq!(sent, b"a\\nb\\\\c\n");
/// assert_eq!(framing.decode(&mut &sent[..])?, Some(b"a\nb\\c".to_vec()));
/// # Ok::<(), sockets::framing::FrameError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Delimiter {
    payload: Vec<u8>,
    /// The last byte was a `\` that says what the next one means.
    escaped: bool,
}

impl Delimiter {
    /// Frames with a newline after them, at the start of a stream.
    ///
    /// ```
    /// # use sockets::framing::{Delimiter, Framing};
    /// assert!(Delimiter::new().finish().is_ok());
    /// ```
    pub fn new() -> Self {
        Self::default()
    }
}

impl Framing for Delimiter {
    fn encode(&self, payload: &[u8], out: &mut Vec<u8>) -> Result<(), FrameError> {
        if payload.len() > MAX_PAYLOAD {
            return Err(FrameError::TooLarge);
        }
        out.reserve(payload.len() + 1);
        for &byte in payload {
            match byte {
                b'\\' => out.extend_from_slice(b"\\\\"),
                b'\n' => out.extend_from_slice(b"\\n"),
                other => out.push(other),
            }
        }
        out.push(b'\n');
        Ok(())
    }

    fn decode(&mut self, bytes: &mut &[u8]) -> Result<Option<Vec<u8>>, FrameError> {
        while let Some((&byte, rest)) = bytes.split_first() {
            *bytes = rest;
            if byte == b'\n' && !self.escaped {
                return Ok(Some(std::mem::take(&mut self.payload)));
            }
            if self.payload.len() == MAX_PAYLOAD {
                return Err(FrameError::TooLarge);
            }
            match (self.escaped, byte) {
                (false, b'\\') => {
                    self.escaped = true;
                    continue;
                }
                (false, plain) => self.payload.push(plain),
                (true, b'\\') => self.payload.push(b'\\'),
                (true, b'n') => self.payload.push(b'\n'),
                (true, _) => return Err(FrameError::BadEscape),
            }
            self.escaped = false;
        }
        Ok(None)
    }

    fn finish(&self) -> Result<(), FrameError> {
        match self.payload.is_empty() && !self.escaped {
            true => Ok(()),
            false => Err(FrameError::Truncated),
        }
    }
}
