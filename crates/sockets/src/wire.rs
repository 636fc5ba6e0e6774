//! Numbers as they travel: a fixed number of bytes, the most significant first.
//!
//! Two machines agree on neither the size of an `int` nor the order of its bytes, so a protocol
//! says both. Network byte order is what `man 3 htons` calls it.
//!
//! ```
//! use sockets::wire;
//!
//! let mut message = Vec::new();
//! wire::put(&mut message, 0x5343_u16);
//! wire::put(&mut message, -2_i32);
//! assert_eq!(message, [0x53, 0x43, 0xff, 0xff, 0xff, 0xfe]);
//!
//! let mut rest = &message[..];
//! assert_eq!(wire::take::<u16>(&mut rest)?, 0x5343);
//! assert_eq!(wire::take::<i32>(&mut rest)?, -2);
//! assert!(rest.is_empty());
//! # Ok::<(), wire::Truncated>(())
//! ```

use std::fmt;

/// Fewer bytes than the number has.
///
/// ```
/// use sockets::wire::{Truncated, take};
///
/// let short = take::<u32>(&mut &[1, 2, 3][..]).unwrap_err();
/// assert_eq!(short, Truncated { needed: 4, found: 3 });
/// assert_eq!(short.to_string(), "4 bytes needed, 3 found");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Truncated {
    /// How many bytes the number takes.
    pub needed: usize,
    /// How many there were.
    pub found: usize,
}

impl fmt::Display for Truncated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes needed, {} found", self.needed, self.found)
    }
}

impl std::error::Error for Truncated {}

/// A number with a fixed size on the wire: `u8` to `u64`, `i8` to `i64`.
///
/// ```
/// use sockets::wire::Wire;
///
/// assert_eq!(<u32 as Wire>::SIZE, 4);
/// assert_eq!(4321_u16.to_wire().as_ref(), [0x10, 0xe1]);
/// assert_eq!(u16::from_wire([0x10, 0xe1]), 4321);
/// ```
pub trait Wire: Copy {
    /// Its bytes.
    type Bytes: AsRef<[u8]> + for<'a> TryFrom<&'a [u8]>;

    /// How many they are.
    const SIZE: usize;

    /// The bytes as they travel.
    fn to_wire(self) -> Self::Bytes;

    /// The number that travelled as `bytes`.
    fn from_wire(bytes: Self::Bytes) -> Self;
}

macro_rules! wire {
    ($($number:ty)*) => {$(
        impl Wire for $number {
            type Bytes = [u8; size_of::<$number>()];
            const SIZE: usize = size_of::<$number>();

            fn to_wire(self) -> Self::Bytes {
                self.to_be_bytes()
            }

            fn from_wire(bytes: Self::Bytes) -> Self {
                Self::from_be_bytes(bytes)
            }
        }
    )*};
}

wire!(u8 u16 u32 u64 i8 i16 i32 i64);

/// Appends `number` to `message`.
///
/// ```
/// let mut message = vec![7];
/// sockets::wire::put(&mut message, 4321_u16);
/// assert_eq!(message, [7, 0x10, 0xe1]);
/// ```
pub fn put<T: Wire>(message: &mut Vec<u8>, number: T) {
    message.extend_from_slice(number.to_wire().as_ref());
}

/// Takes a number off the front of `bytes`.
///
/// # Errors
///
/// [`Truncated`] when there are too few; `bytes` is as it was then.
///
/// ```
/// let mut bytes = &[0x10, 0xe1, 7][..];
/// assert_eq!(sockets::wire::take::<u16>(&mut bytes), Ok(4321));
/// assert_eq!(bytes, [7]);
/// assert!(sockets::wire::take::<u16>(&mut bytes).is_err());
/// assert_eq!(bytes, [7]);
/// ```
pub fn take<T: Wire>(bytes: &mut &[u8]) -> Result<T, Truncated> {
    let truncated = Truncated {
        needed: T::SIZE,
        found: bytes.len(),
    };
    let (head, rest) = bytes.split_at_checked(T::SIZE).ok_or(truncated)?;
    let head = T::Bytes::try_from(head).map_err(|_| truncated)?;
    *bytes = rest;
    Ok(T::from_wire(head))
}
