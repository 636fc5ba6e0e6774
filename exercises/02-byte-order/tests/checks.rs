//! The checks of exercise 02: what a command is answered with. Bytes are
//! written as they stand in the specification; a number in hexadecimal digits
//! is in network order by itself.

use testbed::filter::{self, Answer, Exchange};
use testbed::prelude::*;

const EXERCISE: &str = include_str!("../exercise.toml");
const PROGRAM: &str = "byte-order";

fn answered(command: impl AsRef<str>, answer: impl ToString) -> Exchange {
    Exchange::new(command.as_ref(), Answer::line(answer))
}

fn refused(command: impl AsRef<str>) -> Exchange {
    Exchange::new(command.as_ref(), Answer::Error)
}

/// A command that every program knows that has passed the first check.
fn good() -> Exchange {
    answered("encode u16 4321", "10e1")
}

/// The bytes of a negative number: its two's complement (RFC 4506, section 4.1).
fn complement(value: i64, size: usize) -> String {
    let digits = format!("{value:016x}");
    digits[16 - 2 * size..].to_string()
}

/// A negative number of so many bytes.
fn negative(lab: &mut Lab, size: usize) -> i64 {
    let limit = 1_u64 << (8 * size - 1);
    -(lab.number(1..limit) as i64)
}

fn encoded(kind: &str, value: impl ToString, hex: impl AsRef<str>) -> Exchange {
    answered(format!("encode {kind} {}", value.to_string()), hex.as_ref())
}

fn decoded(kind: &str, hex: impl AsRef<str>, value: impl ToString) -> Exchange {
    answered(format!("decode {kind} {}", hex.as_ref()), value)
}

/// The least and the greatest values, and their bytes.
const ENDS: [(&str, &str, &str); 14] = [
    ("u8", "0", "00"),
    ("u8", "255", "ff"),
    ("u16", "0", "0000"),
    ("u16", "65535", "ffff"),
    ("u32", "0", "00000000"),
    ("u32", "4294967295", "ffffffff"),
    ("u64", "0", "0000000000000000"),
    ("u64", "18446744073709551615", "ffffffffffffffff"),
    ("i16", "-32768", "8000"),
    ("i16", "32767", "7fff"),
    ("i32", "-2147483648", "80000000"),
    ("i32", "2147483647", "7fffffff"),
    ("i64", "-9223372036854775808", "8000000000000000"),
    ("i64", "9223372036854775807", "7fffffffffffffff"),
];

// Numbers out.

#[test]
fn encodes_a_port_number() {
    check(EXERCISE, |lab| {
        let port = lab.number(0x100..0x10000);
        let exchanges = [
            good(),
            encoded("u16", 80, "0050"),
            encoded("u16", port, format!("{port:04x}")),
        ];
        filter::answers_all(lab, PROGRAM, &exchanges)
    });
}

#[test]
fn encodes_every_width() {
    check(EXERCISE, |lab| {
        let (byte, word) = (lab.number(0..0x100), lab.number(0..1 << 32));
        let long = lab.number(0..u64::MAX);
        let exchanges = [
            encoded("u8", 65, "41"),
            encoded("u32", 0x0102_0304, "01020304"),
            encoded("u32", 4321, "000010e1"),
            encoded("u64", 0x0102_0304_0506_0708_u64, "0102030405060708"),
            encoded("u64", 4321, "00000000000010e1"),
            encoded("u8", byte, format!("{byte:02x}")),
            encoded("u32", word, format!("{word:08x}")),
            encoded("u64", long, format!("{long:016x}")),
        ];
        filter::answers_all(lab, PROGRAM, &exchanges)
    });
}

#[test]
fn encodes_signed_numbers() {
    check(EXERCISE, |lab| {
        let mut exchanges = vec![
            encoded("i16", 4321, "10e1"),
            encoded("i16", -1, "ffff"),
            encoded("i16", -2, "fffe"),
            encoded("i32", -4321, "ffffef1f"),
            encoded("i64", -2, "fffffffffffffffe"),
        ];
        for (kind, size) in [("i16", 2), ("i32", 4), ("i64", 8)] {
            let value = negative(lab, size);
            exchanges.push(encoded(kind, value, complement(value, size)));
        }
        filter::answers_all(lab, PROGRAM, &exchanges)
    });
}

#[test]
fn encodes_the_least_and_the_greatest() {
    check(EXERCISE, |lab| {
        let exchanges = ENDS.map(|(kind, value, hex)| encoded(kind, value, hex));
        filter::answers_all(lab, PROGRAM, &exchanges)
    });
}

// Numbers in.

#[test]
fn decodes_every_width() {
    check(EXERCISE, |lab| {
        let (byte, short) = (lab.number(0..0x100), lab.number(0..0x10000));
        let (word, long) = (lab.number(0..1 << 32), lab.number(0..1 << 63));
        let exchanges = [
            decoded("u16", "10e1", 4321),
            decoded("u8", "41", 65),
            decoded("u32", "01020304", 0x0102_0304),
            decoded("u64", "0102030405060708", 0x0102_0304_0506_0708_u64),
            decoded("u64", "00000000000010e1", 4321),
            decoded("u8", format!("{byte:02x}"), byte),
            decoded("u16", format!("{short:04x}"), short),
            decoded("u32", format!("{word:08x}"), word),
            decoded("u64", format!("{long:016x}"), long),
        ];
        filter::answers_all(lab, PROGRAM, &exchanges)
    });
}

#[test]
fn decodes_signed_numbers() {
    check(EXERCISE, |lab| {
        let mut exchanges = vec![
            decoded("i16", "10e1", 4321),
            decoded("i16", "ffff", -1),
            decoded("i16", "fffe", -2),
            decoded("i32", "ffffef1f", -4321),
            decoded("i64", "fffffffffffffffe", -2),
        ];
        for (kind, size) in [("i16", 2), ("i32", 4), ("i64", 8)] {
            let value = negative(lab, size);
            exchanges.push(decoded(kind, complement(value, size), value));
        }
        filter::answers_all(lab, PROGRAM, &exchanges)
    });
}

#[test]
fn decodes_the_least_and_the_greatest() {
    check(EXERCISE, |lab| {
        let exchanges = ENDS.map(|(kind, value, hex)| decoded(kind, hex, value));
        filter::answers_all(lab, PROGRAM, &exchanges)
    });
}

// Addresses.

/// The first two bytes of `sockaddr_in`: AF_INET is 2, in this machine's order.
fn family() -> &'static str {
    if cfg!(target_endian = "little") {
        "0200"
    } else {
        "0002"
    }
}

/// An address and a port, as they are typed and as the structure has them.
fn addresses(lab: &mut Lab) -> Vec<(String, u64, String)> {
    let mut all = vec![
        (
            "127.0.0.1".into(),
            4321,
            "10e17f0000010000000000000000".into(),
        ),
        (
            "192.0.2.44".into(),
            80,
            "0050c000022c0000000000000000".into(),
        ),
        // What every interface has, and the broadcast: to some functions they are errors.
        (
            "0.0.0.0".into(),
            65_535,
            "ffff000000000000000000000000".into(),
        ),
        (
            "255.255.255.255".into(),
            1,
            "0001ffffffff0000000000000000".into(),
        ),
    ];
    for _ in 0..3 {
        let ip = lab.bytes(4);
        let port = lab.number(1..0x10000);
        let hex: String = ip.iter().map(|byte| format!("{byte:02x}")).collect();
        let ip: Vec<String> = ip.iter().map(u8::to_string).collect();
        all.push((ip.join("."), port, format!("{port:04x}{hex}{:016}", 0)));
    }
    all
}

#[test]
fn builds_a_socket_address() {
    check(EXERCISE, |lab| {
        let exchanges: Vec<Exchange> = addresses(lab)
            .into_iter()
            .map(|(ip, port, hex)| {
                answered(format!("sockaddr {ip} {port}"), family().to_string() + &hex)
            })
            .collect();
        filter::answers_all(lab, PROGRAM, &exchanges)
    });
}

#[test]
fn reads_a_socket_address() {
    check(EXERCISE, |lab| {
        let exchanges: Vec<Exchange> = addresses(lab)
            .into_iter()
            .map(|(ip, port, hex)| {
                answered(
                    format!("sockaddr-decode {}{hex}", family()),
                    format!("{ip}:{port}"),
                )
            })
            .collect();
        filter::answers_all(lab, PROGRAM, &exchanges)
    });
}

// What cannot be answered.

#[test]
fn refuses_what_is_out_of_range() {
    check(EXERCISE, |lab| {
        let beyond = lab.number(0x10000..1 << 32);
        let exchanges = [
            refused("encode u8 256"),
            refused("encode u16 65536"),
            refused(format!("encode u16 {beyond}")),
            refused("encode u32 4294967296"),
            refused("encode u64 18446744073709551616"),
            refused("encode u32 -1"),
            refused("encode i16 32768"),
            refused("encode i16 -32769"),
            refused("encode i32 2147483648"),
            refused("encode i64 9223372036854775808"),
            refused("encode i64 -9223372036854775809"),
            refused("encode u64 1000000000000000000000000000000000000000000000"),
            refused("sockaddr 127.0.0.1 65536"),
            refused("sockaddr 127.0.0.1 70000"),
            // Their last 32 bits are 80.
            refused("encode u16 4294967376"),
            refused("sockaddr 127.0.0.1 4294967376"),
            refused("sockaddr 127.0.0.256 80"),
        ];
        filter::answers_all(lab, PROGRAM, &exchanges)
    });
}

#[test]
fn refuses_a_wrong_length() {
    check(EXERCISE, |lab| {
        let exchanges = [
            refused("decode u16 e1"),
            refused("decode u16 0010e1"),
            refused("decode u32 10e1"),
            refused("decode u8 0041"),
            refused("decode i64 ffffffffffffff"),
            refused("decode u64 000000000000000001"),
            refused(format!("sockaddr-decode {}", &family()[..2])),
            refused(format!("sockaddr-decode {}10e17f000001", family())),
            refused(format!(
                "sockaddr-decode {}10e17f00000100000000000000",
                family()
            )),
            refused(format!(
                "sockaddr-decode {}10e17f000001000000000000000000",
                family()
            )),
        ];
        filter::answers_all(lab, PROGRAM, &exchanges)
    });
}

#[test]
fn refuses_another_family() {
    check(EXERCISE, |lab| {
        let swapped: String = family()[2..].to_string() + &family()[..2];
        let exchanges = ["0000", "0a00", "000a", &swapped].map(|family| {
            refused(format!(
                "sockaddr-decode {family}10e17f0000010000000000000000"
            ))
        });
        filter::answers_all(lab, PROGRAM, &exchanges)
    });
}

#[test]
fn refuses_bad_hex() {
    check(EXERCISE, |lab| {
        let exchanges = [
            refused("decode u16 10e"),
            refused("decode u16 10eg"),
            refused("decode u8 +f"),
            refused("decode u16 0x10e1"),
            refused("decode u16 1_e1"),
            refused("decode u8 -1"),
            refused("decode u16 zzzz"),
            // Four bytes of UTF-8, where a pair of digits ends within a letter.
            refused("decode u16 1é1"),
            refused(format!(
                "sockaddr-decode {}10e17f00000100000000000000zz",
                family()
            )),
        ];
        filter::answers_all(lab, PROGRAM, &exchanges)
    });
}

#[test]
fn refuses_what_it_does_not_know() {
    check(EXERCISE, |lab| {
        let exchanges = [
            refused("hello"),
            refused("encode"),
            refused("encode u16"),
            refused("encode word 5"),
            refused("encode u16 many"),
            refused("encode u16 80 80"),
            refused("decode u16 00 50"),
            refused("decode word 0005"),
            refused("sockaddr 127.0.0.1"),
            refused("sockaddr ::1 80"),
            refused("sockaddr 127.0.0.1 http-and-more"),
            // A number, and a letter behind it.
            refused("encode u16 80x"),
            refused("sockaddr 127.0.0.1 80x"),
        ];
        filter::answers_all(lab, PROGRAM, &exchanges)
    });
}

#[test]
fn an_error_costs_no_other_answer() {
    check(EXERCISE, |lab| {
        let exchanges = [
            refused("hello"),
            good(),
            refused("encode u16 65536"),
            refused("decode u16 00"),
            good(),
            refused("sockaddr-decode 00"),
            good(),
        ];
        filter::answers_all(lab, PROGRAM, &exchanges)
    });
}

// The program as a whole.

#[test]
fn an_unterminated_last_line_is_a_command() {
    check(EXERCISE, |lab| {
        let exchanges = [good(), encoded("u16", 80, "0050")];
        filter::answers_a_last_line_without_newline(lab, PROGRAM, &exchanges)
    });
}

#[test]
fn survives_what_is_no_text() {
    check(EXERCISE, |lab| {
        filter::survives_what_is_no_text(lab, PROGRAM, &good())
    });
}

#[test]
fn says_nothing_to_no_input() {
    check(EXERCISE, |lab| {
        filter::says_nothing_to_no_input(lab, PROGRAM)
    });
}

#[test]
fn waits_without_spinning() {
    check(EXERCISE, |lab| {
        filter::waits_without_spinning(lab, PROGRAM, &good())
    });
}
