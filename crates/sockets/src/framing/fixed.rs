//! Frames that all have the same size.

use super::{FrameError, Framing, take};

/// The biggest size of a fixed frame, in bytes.
const MAX_SIZE: usize = 65_536;

/// Every payload has the same size: nothing but it travels.
///
/// ```
/// use sockets::framing::{Fixed, Framing};
///
/// let mut framing = Fixed::new(3)?;
/// let mut bytes = &b"onetwoth"[..];
/// assert_eq!(framing.decode(&mut bytes)?, Some(b"one".to_vec()));
/// assert_eq!(framing.decode(&mut bytes)?, Some(b"two".to_vec()));
/// assert_eq!(framing.decode(&mut bytes)?, None);
/// assert!(framing.finish().is_err()); // "th" is no frame
/// # Ok::<(), sockets::framing::FrameError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Fixed {
    size: usize,
    partial: Vec<u8>,
}

impl Fixed {
    /// Frames of `size` bytes, 1 to 65,536.
    ///
    /// # Errors
    ///
    /// [`FrameError::BadSize`].
    ///
    /// ```
    /// # use sockets::framing::Fixed;
    /// assert!(Fixed::new(0).is_err());
    /// assert!(Fixed::new(65_536).is_ok());
    /// assert!(Fixed::new(65_537).is_err());
    /// ```
    pub fn new(size: usize) -> Result<Self, FrameError> {
        if !(1..=MAX_SIZE).contains(&size) {
            return Err(FrameError::BadSize(size));
        }
        Ok(Fixed {
            size,
            partial: Vec::new(),
        })
    }
}

impl Framing for Fixed {
    fn encode(&self, payload: &[u8], out: &mut Vec<u8>) -> Result<(), FrameError> {
        if payload.len() != self.size {
            return Err(FrameError::WrongSize {
                expected: self.size,
                found: payload.len(),
            });
        }
        out.extend_from_slice(payload);
        Ok(())
    }

    fn decode(&mut self, bytes: &mut &[u8]) -> Result<Option<Vec<u8>>, FrameError> {
        let missing = self.size - self.partial.len();
        self.partial.extend_from_slice(take(bytes, missing));
        let whole = self.partial.len() == self.size;
        Ok(whole.then(|| std::mem::take(&mut self.partial)))
    }

    fn finish(&self) -> Result<(), FrameError> {
        match self.partial.is_empty() {
            true => Ok(()),
            false => Err(FrameError::Truncated),
        }
    }
}
