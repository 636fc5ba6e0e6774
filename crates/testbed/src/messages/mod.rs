//! The messages of the course's binary protocols, byte by byte, and what every
//! server that speaks one must get through.
//!
//! A message is the magic `5343` (hex), a version u8, a type u8, the payload's
//! length u32, and the payload, in network order. The bytes are put together
//! here by shifts, so that no conversion of a program under judgement is
//! judged by itself.

pub mod files;
mod service;

pub use service::{Service, comes};

use crate::lab::Lab;
use crate::peer::Peer;
use crate::story::Outcome;

/// The type of the reply that refuses a request.
pub const ERROR: u8 = 129;

/// The size of a header, in bytes.
pub const HEADER: usize = 8;

/// The longest error that anybody sends, in bytes.
const LONGEST_ERROR: usize = 64 << 10;

/// A header of version 1.
pub fn header(kind: u8, length: u32) -> Vec<u8> {
    let mut bytes = vec![0x53, 0x43, 1, kind];
    bytes.extend(big_endian(length.into(), 4));
    bytes
}

/// A whole message of version 1.
pub fn message(kind: u8, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
    let mut bytes = header(kind, length);
    bytes.extend_from_slice(payload);
    bytes
}

/// An error reply: its code, then its text.
pub fn error(code: u16, text: &str) -> Vec<u8> {
    let mut payload = big_endian(code.into(), 2);
    payload.extend_from_slice(text.as_bytes());
    message(ERROR, &payload)
}

/// The last `size` bytes of a number, the most significant first.
pub fn big_endian(number: u64, size: u32) -> Vec<u8> {
    (0..size)
        .rev()
        .map(|place| (number >> (8 * place)) as u8)
        .collect()
}

/// The number in bytes of which the most significant comes first.
pub fn number(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0, |number, &byte| number << 8 | u64::from(byte))
}

/// The peer is sent an error reply with one of these codes and any text, and
/// takes all of it.
///
/// # Errors
///
/// Something else comes.
pub fn expect_error(lab: &Lab, peer: &mut Peer, codes: &[u16]) -> Outcome {
    expect_error_text(lab, peer, codes).map(|_| ())
}

/// The same; gives the text.
///
/// # Errors
///
/// Something else comes.
pub fn expect_error_text(lab: &Lab, peer: &mut Peer, codes: &[u16]) -> Outcome<String> {
    let listed: Vec<String> = codes.iter().map(u16::to_string).collect();
    let listed = listed.join(" or ");
    lab.step(format!(
        "an error reply (type 129) with code {listed} is to come back"
    ));
    peer.expect(&header(ERROR, 0)[..4])?;
    let length = number(&take(peer, 4)?);
    let expected = "the error reply holds a code of two bytes and a text";
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    lab.require(
        (2..=LONGEST_ERROR).contains(&length),
        expected,
        format!("Its header says that the payload has {length} bytes."),
    )?;
    let payload = take(peer, length)?;
    let (code, text) = payload.split_at(2);
    let code = number(code);
    lab.require(
        codes.iter().any(|&right| u64::from(right) == code),
        &format!("the error reply has code {listed}"),
        format!("It has code {code}."),
    )?;
    let Ok(text) = std::str::from_utf8(text) else {
        return Err(lab.wrong(
            "the text of the error reply is UTF-8",
            &["It is not.".to_string()],
        ));
    };
    // Whoever closes behind it has done so before more is sent.
    lab.settle();
    Ok(text.to_string())
}

/// The next bytes, whatever they are.
fn take(peer: &mut Peer, count: usize) -> Outcome<Vec<u8>> {
    let mut all = Vec::new();
    peer.take_stream(count as u64, |piece| {
        all.extend_from_slice(piece);
        Ok(())
    })?;
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_are_those_of_the_specification() {
        assert_eq!(message(1, b"ab"), b"SC\x01\x01\0\0\0\x02ab");
        assert_eq!(error(3, "no"), b"SC\x01\x81\0\0\0\x04\0\x03no");
        assert_eq!(header(16, 0x0102_0304), b"SC\x01\x10\x01\x02\x03\x04");
        assert_eq!(number(&big_endian(4321, 8)), 4321);
    }
}
