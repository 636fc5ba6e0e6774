//! Numbers as they travel: so many bytes, the most significant one first.

use std::ops::RangeInclusive;

use crate::number::Type;

/// The lowest `size` bytes of a number, in network order.
pub fn to_network(number: u64, size: usize) -> Vec<u8> {
    // <student: the lowest `size` bytes of `number`, the most significant of them first>
    let shifts = (0..size).rev().map(|place| 8 * place);
    shifts.map(|shift| (number >> shift) as u8).collect()
    // </student>
}

/// The number that these bytes, eight at most, are in network order.
pub fn from_network(bytes: &[u8]) -> u64 {
    // <student: the number whose most significant byte comes first in `bytes`>
    bytes
        .iter()
        .fold(0, |number, &byte| (number << 8) | u64::from(byte))
    // </student>
}

/// The bytes in which `value` travels as a number of type `kind`.
pub fn encode(kind: Type, value: i128) -> Result<Vec<u8>, String> {
    // <student: an error if `kind` cannot hold `value`, else its bytes>
    if !range(kind).contains(&value) {
        return Err(format!("{value} is out of range for {}", kind.name));
    }
    // The low bits of a negative number are its two's complement already.
    Ok(to_network(value as u64, kind.size))
    // </student>
}

/// The value that travelled in these bytes as a number of type `kind`.
pub fn decode(kind: Type, bytes: &[u8]) -> Result<i128, String> {
    // <student: an error for another number of bytes than `kind` has, else the value>
    if bytes.len() != kind.size {
        return Err(format!("{} has {} bytes", kind.name, kind.size));
    }
    let number = i128::from(from_network(bytes));
    if number > *range(kind).end() {
        return Ok(number - (1 << (8 * kind.size)));
    }
    Ok(number)
    // </student>
}

/// The values that a type can hold, from the least to the greatest.
fn range(kind: Type) -> RangeInclusive<i128> {
    // <student: the least and the greatest value of `kind`, from its size and its sign>
    let bits = 8 * kind.size;
    if kind.signed {
        -(1 << (bits - 1))..=(1 << (bits - 1)) - 1
    } else {
        0..=(1 << bits) - 1
    }
    // </student>
}
