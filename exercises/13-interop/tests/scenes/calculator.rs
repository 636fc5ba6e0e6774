//! The messages of the calculator, byte by byte as the specification has them.

use testbed::messages::{Service, big_endian, message};
use testbed::prelude::*;

pub const ADD: u8 = 1;
pub const SUB: u8 = 2;
pub const MUL: u8 = 3;
pub const DIV: u8 = 4;
pub const RESULT: u8 = 128;

pub const UNKNOWN_TYPE: &[u16] = &[1];
pub const WRONG_LENGTH: &[u16] = &[2];
pub const DIVISION_BY_ZERO: &[u16] = &[3];
pub const UNKNOWN_VERSION: &[u16] = &[4];

/// 2 + 3, as it travels.
pub const TWO_AND_THREE: &[u8] = b"SC\x01\x01\0\0\0\x08\0\0\0\x02\0\0\0\x03";

/// The reply 5.
pub const FIVE: &[u8] = b"SC\x01\x80\0\0\0\x08\0\0\0\0\0\0\0\x05";

pub const SERVICE: Service<'_> = Service {
    program: "calc-server",
    arguments: &[],
    request: TWO_AND_THREE,
    asks: "asked for 2 + 3",
    reply: |_, peer| peer.expect(FIVE),
};

/// A request of two numbers.
pub fn request(kind: u8, a: i32, b: i32) -> Vec<u8> {
    message(kind, &operands(a, b))
}

fn operands(a: i32, b: i32) -> Vec<u8> {
    [a, b]
        .iter()
        .flat_map(|&number| big_endian(number as u64, 4))
        .collect()
}

/// The reply with a result.
pub fn result(number: i64) -> Vec<u8> {
    message(RESULT, &big_endian(number as u64, 8))
}

/// The same message of another version.
pub fn of_version(version: u8, bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[2] = version;
    bytes
}

/// A random operation, with the sign that a story shows for it.
pub fn random_task(lab: &mut Lab) -> (u8, char, i32, i32) {
    let kind = lab.number(1..5) as u8;
    let a = lab.number(0..1 << 32) as u32 as i32;
    // Small ones too, so that quotients are not all 0.
    let b = match lab.number(0..2) {
        0 => lab.number(1..100) as i32 - 120,
        _ => lab.number(0..1 << 32) as u32 as i32 | 1,
    };
    (kind, [' ', '+', '-', '*', '/'][usize::from(kind)], a, b)
}

pub fn calculated(kind: u8, a: i32, b: i32) -> i64 {
    let (a, b) = (i64::from(a), i64::from(b));
    match kind {
        ADD => a + b,
        SUB => a - b,
        MUL => a * b,
        _ => a / b,
    }
}
