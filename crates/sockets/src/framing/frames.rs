//! Frames from a descriptor.

use super::{FrameError, Framing};
use crate::rio;
use std::os::fd::AsFd;

/// How much is asked of the kernel at once, in bytes.
const CAPACITY: usize = 8 * 1024;

/// Reads frames from a descriptor, each as soon as it is whole.
///
/// ```
/// use sockets::framing::{Delimiter, FrameError, Frames};
/// use sockets::rio;
///
/// let (reading, writing) = nix::unistd::pipe()?;
/// rio::writen(&writing, b"one\ntwo\nthr")?;
/// drop(writing);
///
/// let mut frames = Frames::new(reading, Delimiter::new());
/// assert_eq!(frames.next_frame()?, Some(b"one".to_vec()));
/// assert_eq!(frames.next_frame()?, Some(b"two".to_vec()));
/// assert!(matches!(frames.next_frame(), Err(FrameError::Truncated)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Frames<F, K> {
    fd: F,
    framing: K,
    buffer: Box<[u8]>,
    /// The bytes read and not yet decoded are `buffer[start..end]`.
    start: usize,
    end: usize,
}

impl<F: AsFd, K: Framing> Frames<F, K> {
    /// The frames that come from `fd` (a reference will do).
    ///
    /// ```
    /// # use sockets::framing::{Frames, Length};
    /// let frames = Frames::new(std::io::stdin(), Length::new());
    /// # drop(frames);
    /// ```
    pub fn new(fd: F, framing: K) -> Self {
        Frames {
            fd,
            framing,
            buffer: vec![0; CAPACITY].into_boxed_slice(),
            start: 0,
            end: 0,
        }
    }

    /// The payload of the next frame; nothing when the stream has ended after the last.
    ///
    /// # Errors
    ///
    /// [`FrameError::Truncated`] when the stream ends inside a frame, [`FrameError::Read`], and
    /// those of [`Framing::decode`].
    ///
    /// ```
    /// # use sockets::framing::{Fixed, Frames};
    /// let (reading, writing) = nix::unistd::pipe()?;
    /// sockets::rio::writen(&writing, b"abcd")?;
    /// drop(writing);
    /// let mut frames = Frames::new(reading, Fixed::new(2)?);
    /// while let Some(payload) = frames.next_frame()? {
    ///     assert_eq!(payload.len(), 2);
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn next_frame(&mut self) -> Result<Option<Vec<u8>>, FrameError> {
        loop {
            let mut bytes = &self.buffer[self.start..self.end];
            let decoded = self.framing.decode(&mut bytes);
            self.start = self.end - bytes.len();
            if let Some(payload) = decoded? {
                return Ok(Some(payload));
            }
            self.start = 0;
            self.end = rio::read(&self.fd, &mut self.buffer).map_err(FrameError::Read)?;
            if self.end == 0 {
                return self.framing.finish().map(|()| None);
            }
        }
    }
}
