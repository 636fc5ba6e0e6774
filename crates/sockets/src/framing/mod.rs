//! Messages in a stream: where one ends and the next begins.
//!
//! TCP carries bytes, not messages: what was written at once may arrive in pieces, and what was
//! written in two calls may arrive at once. A protocol says how to find its messages again, in one
//! of three ways: all have a [`Fixed`] size, each is preceded by its [`Length`], or each is
//! followed by a [`Delimiter`].
//!
//! Each is a [`Framing`]: it encodes a payload to a frame, and takes payloads out of the bytes as
//! they come, keeping the start of a frame that is not yet whole. A frame bigger than
//! [`MAX_PAYLOAD`] is refused before its memory is taken: the length comes from a stranger.
//! [`Frames`] reads them from a descriptor.
//!
//! ```
//! use sockets::framing::{Framing, Length};
//!
//! let mut sent = Vec::new();
//! let mut framing = Length::new();
//! framing.encode(b"hello", &mut sent)?;
//! framing.encode(b"", &mut sent)?;
//!
//! let (first, second) = sent.split_at(7);
//! let mut bytes = first;
//! assert_eq!(framing.decode(&mut bytes)?, None); // not whole yet
//! bytes = second;
//! assert_eq!(framing.decode(&mut bytes)?, Some(b"hello".to_vec()));
//! assert_eq!(framing.decode(&mut bytes)?, Some(Vec::new()));
//! framing.finish()?; // the stream may end here
//! # Ok::<(), sockets::framing::FrameError>(())
//! ```

mod delimiter;
mod fixed;
mod frames;
mod length;

pub use delimiter::Delimiter;
pub use fixed::Fixed;
pub use frames::Frames;
pub use length::Length;

use std::{fmt, io};

/// The biggest payload of [`Length`] and [`Delimiter`], in bytes: 1 MiB.
///
/// ```
/// assert_eq!(sockets::framing::MAX_PAYLOAD, 1_048_576);
/// ```
pub const MAX_PAYLOAD: usize = 1 << 20;

/// A way to make frames of payloads, and payloads of the bytes that come.
///
/// ```
/// use sockets::framing::{Delimiter, Fixed, Framing, Length};
///
/// let framings: [Box<dyn Framing>; 3] =
///     [Box::new(Fixed::new(2)?), Box::new(Length::new()), Box::new(Delimiter::new())];
/// for mut framing in framings {
///     let mut sent = Vec::new();
///     framing.encode(b"hi", &mut sent)?;
///     assert_eq!(framing.decode(&mut &sent[..])?, Some(b"hi".to_vec()));
/// }
/// # Ok::<(), sockets::framing::FrameError>(())
/// ```
pub trait Framing {
    /// Appends the frame of `payload` to `out`.
    ///
    /// # Errors
    ///
    /// [`FrameError::WrongSize`] or [`FrameError::TooLarge`]; `out` is as it was then.
    fn encode(&self, payload: &[u8], out: &mut Vec<u8>) -> Result<(), FrameError>;

    /// Takes bytes off the front of `bytes` until a payload is whole, and gives it; nothing when
    /// all are taken and it is not. Call it again as long as it gives something.
    ///
    /// # Errors
    ///
    /// [`FrameError::TooLarge`] or [`FrameError::BadEscape`]. Nobody knows then where the next
    /// frame begins: give the stream up.
    fn decode(&mut self, bytes: &mut &[u8]) -> Result<Option<Vec<u8>>, FrameError>;

    /// Says that no more bytes will come.
    ///
    /// # Errors
    ///
    /// [`FrameError::Truncated`] when that is inside a frame.
    fn finish(&self) -> Result<(), FrameError>;
}

/// What is wrong with a frame, or with the descriptor that it was to come from.
///
/// ```
/// use sockets::framing::FrameError;
///
/// assert_eq!(FrameError::Truncated.to_string(), "truncated frame");
/// assert_eq!(FrameError::TooLarge.to_string(), "frame too large");
/// assert_eq!(FrameError::BadEscape.to_string(), "bad escape");
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum FrameError {
    /// The payload of a [`Fixed`] frame has another size.
    WrongSize {
        /// The size of the frame, in bytes.
        expected: usize,
        /// The size of the payload, in bytes.
        found: usize,
    },
    /// A [`Fixed`] frame can be made of 1 to 65,536 bytes, not of so many.
    BadSize(usize),
    /// The payload is above [`MAX_PAYLOAD`].
    TooLarge,
    /// `\` before a byte that is never sent so.
    BadEscape,
    /// The stream ended inside a frame.
    Truncated,
    /// Reading failed.
    Read(io::Error),
}

impl fmt::Display for FrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FrameError::WrongSize { expected, found } => {
                write!(f, "a payload of {found} bytes in a frame of {expected}")
            }
            FrameError::BadSize(size) => write!(f, "a frame of {size} bytes, not 1 to 65536"),
            FrameError::TooLarge => f.write_str("frame too large"),
            FrameError::BadEscape => f.write_str("bad escape"),
            FrameError::Truncated => f.write_str("truncated frame"),
            FrameError::Read(cause) => write!(f, "read: {}", crate::error::system_text(cause)),
        }
    }
}

impl std::error::Error for FrameError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            FrameError::Read(cause) => Some(cause),
            _ => None,
        }
    }
}

/// Takes up to `count` bytes off the front of `bytes`.
fn take<'a>(bytes: &mut &'a [u8], count: usize) -> &'a [u8] {
    let (taken, rest) = bytes.split_at(count.min(bytes.len()));
    *bytes = rest;
    taken
}
