//! Frames that say how long they are.

use super::{FrameError, Framing, MAX_PAYLOAD, take};
use crate::wire::{self, Wire};

/// Four bytes, the payload's length as an unsigned number in network order, then the payload.
///
/// ```
/// use sockets::framing::{FrameError, Framing, Length};
///
/// let mut sent = Vec::new();
/// Length::new().encode(b"hi", &mut sent)?;
/// assert_eq!(sent, b"\0\0\0\x02hi");
///
/// // A length that no honest peer sends costs nothing but an error.
/// let refused = Length::new().decode(&mut &[0xff, 0xff, 0xff, 0xff][..]);
/// assert!(matches!(refused, Err(FrameError::TooLarge)));
/// # Ok::<(), FrameError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Length {
    head: Vec<u8>,
    /// Grows as the bytes come, not as the length promises.
    payload: Vec<u8>,
}

impl Length {
    /// Frames with a length before them, at the start of a stream.
    ///
    /// ```
    /// # use sockets::framing::{Framing, Length};
    /// assert!(Length::new().finish().is_ok());
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// The length that the head announces, once the head is whole.
    fn announced(&self) -> Result<Option<usize>, FrameError> {
        match wire::take::<u32>(&mut &self.head[..]) {
            Err(_) => Ok(None),
            Ok(length) if length as usize > MAX_PAYLOAD => Err(FrameError::TooLarge),
            Ok(length) => Ok(Some(length as usize)),
        }
    }
}

impl Framing for Length {
    fn encode(&self, payload: &[u8], out: &mut Vec<u8>) -> Result<(), FrameError> {
        if payload.len() > MAX_PAYLOAD {
            return Err(FrameError::TooLarge);
        }
        wire::put(out, payload.len() as u32);
        out.extend_from_slice(payload);
        Ok(())
    }

    fn decode(&mut self, bytes: &mut &[u8]) -> Result<Option<Vec<u8>>, FrameError> {
        let missing = <u32 as Wire>::SIZE - self.head.len();
        self.head.extend_from_slice(take(bytes, missing));
        let Some(length) = self.announced()? else {
            return Ok(None);
        };
        let missing = length - self.payload.len();
        self.payload.extend_from_slice(take(bytes, missing));
        if self.payload.len() < length {
            return Ok(None);
        }
        self.head.clear();
        Ok(Some(std::mem::take(&mut self.payload)))
    }

    fn finish(&self) -> Result<(), FrameError> {
        match self.head.is_empty() {
            true => Ok(()),
            false => Err(FrameError::Truncated),
        }
    }
}
