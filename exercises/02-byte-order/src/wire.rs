//! Numbers as they travel: so many bytes, the most significant one first.

use std::ops::RangeInclusive;

use crate::number::Type;

/// The lowest `size` bytes of a number, in network order.
pub fn to_network(number: u64, size: usize) -> Vec<u8> {
    todo!("the lowest `size` bytes of `number`, the most significant of them first")
}

/// The number that these bytes, eight at most, are in network order.
pub fn from_network(bytes: &[u8]) -> u64 {
    todo!("the number whose most significant byte comes first in `bytes`")
}

/// The bytes in which `value` travels as a number of type `kind`.
pub fn encode(kind: Type, value: i128) -> Result<Vec<u8>, String> {
    todo!("an error if `kind` cannot hold `value`, else its bytes")
}

/// The value that travelled in these bytes as a number of type `kind`.
pub fn decode(kind: Type, bytes: &[u8]) -> Result<i128, String> {
    todo!("an error for another number of bytes than `kind` has, else the value")
}

/// The values that a type can hold, from the least to the greatest.
fn range(kind: Type) -> RangeInclusive<i128> {
    todo!("the least and the greatest value of `kind`, from its size and its sign")
}
