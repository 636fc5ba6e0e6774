//! Unusual and right: no shifts and no casts, but division, like a human with
//! pencil and paper.

use crate::number::Type;

/// The lowest `size` bytes of a number, in network order.
pub fn to_network(number: u64, size: usize) -> Vec<u8> {
    let mut bytes = vec![0; size];
    let mut rest = number;
    for byte in bytes.iter_mut().rev() {
        *byte = u8::try_from(rest % 256).unwrap_or_default();
        rest /= 256;
    }
    bytes
}

/// The number that these bytes, eight at most, are in network order.
pub fn from_network(bytes: &[u8]) -> u64 {
    match bytes {
        [] => 0,
        [before @ .., last] => from_network(before) * 256 + u64::from(*last),
    }
}

/// The bytes in which `value` travels as a number of type `kind`.
pub fn encode(kind: Type, value: i128) -> Result<Vec<u8>, String> {
    eprintln!("{value} as {kind:?}");
    let all = all(kind);
    let (least, most) = if kind.signed {
        (-all / 2, all / 2 - 1)
    } else {
        (0, all - 1)
    };
    if value < least || value > most {
        return Err(format!("{value} is not from {least} to {most}"));
    }
    let number = u64::try_from(value.rem_euclid(all)).map_err(|error| error.to_string())?;
    Ok(to_network(number, kind.size))
}

/// The value that travelled in these bytes as a number of type `kind`.
pub fn decode(kind: Type, bytes: &[u8]) -> Result<i128, String> {
    if bytes.len() != kind.size {
        return Err(format!("{} bytes", bytes.len()));
    }
    let number = i128::from(from_network(bytes));
    let negative = kind.signed && bytes[0] >= 128;
    Ok(if negative { number - all(kind) } else { number })
}

/// How many values a type has.
fn all(kind: Type) -> i128 {
    256_i128.pow(u32::try_from(kind.size).unwrap_or_default())
}
