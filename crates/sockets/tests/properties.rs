//! What encodes and decodes, with whatever it may be given.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use proptest::collection::vec;
use proptest::prelude::*;
use sockets::framing::{Delimiter, Fixed, FrameError, Framing, Length, MAX_PAYLOAD};
use sockets::{sockaddr, table, wire};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 100,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// The bytes of `number` by arithmetic: no shift of a whole word, no help from the language.
fn by_hand(mut number: u64, size: usize) -> Vec<u8> {
    let mut bytes = vec![0; size];
    for byte in bytes.iter_mut().rev() {
        *byte = (number % 256) as u8;
        number /= 256;
    }
    bytes
}

macro_rules! wire_round_trip {
    ($($name:ident: $number:ty as $unsigned:ty;)*) => {
        proptest! {
            #![proptest_config(config())]
$(
            #[test]
            fn $name(number: $number, rest in vec(any::<u8>(), 0..4)) {
                let mut message = Vec::new();
                wire::put(&mut message, number);
                prop_assert_eq!(
                    &message,
                    &by_hand(u64::from(number as $unsigned), size_of::<$number>())
                );
                message.extend_from_slice(&rest);
                let mut bytes = &message[..];
                prop_assert_eq!(wire::take::<$number>(&mut bytes), Ok(number));
                prop_assert_eq!(bytes, &rest[..]);
                prop_assert!(wire::take::<$number>(&mut &message[..size_of::<$number>() - 1]).is_err());
            }
        )*}
    };
}

wire_round_trip! {
    u8_travels: u8 as u8;
    u16_travels: u16 as u16;
    u32_travels: u32 as u32;
    u64_travels: u64 as u64;
    i8_travels: i8 as u8;
    i16_travels: i16 as u16;
    i32_travels: i32 as u32;
    i64_travels: i64 as u64;
}

fn socket_address() -> impl Strategy<Value = SocketAddr> {
    let v4 = (any::<[u8; 4]>(), any::<u16>())
        .prop_map(|(ip, port)| SocketAddrV4::new(Ipv4Addr::from(ip), port).into());
    let v6 = any::<([u8; 16], u16, u32, u32)>().prop_map(|(ip, port, flow, interface)| {
        SocketAddrV6::new(Ipv6Addr::from(ip), port, flow, interface).into()
    });
    prop_oneof![v4, v6]
}

/// What the system's own conversion makes of `address`.
fn system_bytes(address: SocketAddr) -> Vec<u8> {
    use nix::sys::socket::{SockaddrIn, SockaddrIn6, SockaddrLike};
    let address: Box<dyn SockaddrLike> = match address {
        SocketAddr::V4(v4) => Box::new(SockaddrIn::from(v4)),
        SocketAddr::V6(v6) => Box::new(SockaddrIn6::from(v6)),
    };
    // SAFETY: the structure is plain data of so many bytes.
    unsafe { std::slice::from_raw_parts(address.as_ptr().cast::<u8>(), address.len() as usize) }
        .to_vec()
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_sockaddr_is_what_the_system_makes_of_it(address in socket_address()) {
        let bytes = sockaddr::to_bytes(address);
        prop_assert_eq!(&bytes, &system_bytes(address));
        prop_assert_eq!(sockaddr::from_bytes(&bytes), Ok(address));
        prop_assert!(sockaddr::from_bytes(&bytes[..bytes.len() - 1]).is_err());
        prop_assert!(sockaddr::from_bytes(&[&bytes[..], &[0]].concat()).is_err());
    }

    #[test]
    fn no_bytes_upset_the_sockaddr_decoder(bytes in vec(any::<u8>(), 0..40)) {
        let _ = sockaddr::from_bytes(&bytes);
    }

    #[test]
    fn a_row_of_the_table_is_read_as_it_was_written(
        local in socket_address(),
        port: u16,
        state in 1u8..=12,
        queues: (u32, u32),
        uid: u32,
        inode: u64,
    ) {
        // The table says nothing of flow and interface.
        let local = SocketAddr::new(local.ip(), local.port());
        let remote = SocketAddr::new(local.ip(), port);
        let line = format!(
            "  12: {} {} {state:02X} {:08X}:{:08X} 01:00000014 00000000 {uid:5} 0 {inode} 1 ffff 20",
            kernel_hex(local), kernel_hex(remote), queues.0, queues.1,
        );
        let row: table::Row = line.parse().unwrap();
        prop_assert_eq!((row.local, row.remote), (local, remote));
        prop_assert_eq!(row.state, table::State::from(state));
        prop_assert_eq!((row.send_queue, row.receive_queue), queues);
        prop_assert_eq!((row.uid, row.inode), (uid, inode));
    }

    #[test]
    fn no_line_upsets_the_table_parser(line in "\\PC{0,80}|[0-9A-F: ]{0,160}") {
        let _ = line.parse::<table::Row>();
    }
}

/// An address as `/proc/net/tcp` prints it (`"%08X:%04X"` of the word in memory).
fn kernel_hex(address: SocketAddr) -> String {
    let words = |octets: &[u8]| -> String {
        octets
            .chunks(4)
            .map(|four| format!("{:08X}", u32::from_ne_bytes(four.try_into().unwrap())))
            .collect()
    };
    let ip = match address {
        SocketAddr::V4(v4) => words(&v4.ip().octets()),
        SocketAddr::V6(v6) => words(&v6.ip().octets()),
    };
    format!("{ip}:{:04X}", address.port())
}

const FIXED: usize = 5;

#[derive(Debug, Clone, Copy)]
enum Kind {
    Fixed,
    Length,
    Delimiter,
}

impl Kind {
    fn framing(self) -> Box<dyn Framing> {
        match self {
            Kind::Fixed => Box::new(Fixed::new(FIXED).unwrap()),
            Kind::Length => Box::new(Length::new()),
            Kind::Delimiter => Box::new(Delimiter::new()),
        }
    }
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![Just(Kind::Fixed), Just(Kind::Length), Just(Kind::Delimiter)]
}

/// Bytes among which those that frames are made of are frequent.
fn payload_byte() -> impl Strategy<Value = u8> {
    prop_oneof![Just(b'\\'), Just(b'\n'), Just(b'n'), Just(0), any::<u8>()]
}

fn conversation() -> impl Strategy<Value = (Kind, Vec<Vec<u8>>)> {
    kind().prop_flat_map(|kind| {
        let size = match kind {
            Kind::Fixed => FIXED..FIXED + 1,
            Kind::Length | Kind::Delimiter => 0..40,
        };
        (Just(kind), vec(vec(payload_byte(), size), 0..8))
    })
}

fn encoded(kind: Kind, payloads: &[Vec<u8>]) -> Vec<u8> {
    let mut sent = Vec::new();
    for payload in payloads {
        kind.framing().encode(payload, &mut sent).unwrap();
    }
    sent
}

/// All that a decoder gives for pieces of these sizes, over and over.
fn decoded(
    framing: &mut dyn Framing,
    mut bytes: &[u8],
    sizes: &[usize],
) -> Result<Vec<Vec<u8>>, FrameError> {
    let mut payloads = Vec::new();
    for size in sizes.iter().cycle() {
        if bytes.is_empty() {
            break;
        }
        let (mut piece, rest) = bytes.split_at((*size).min(bytes.len()));
        bytes = rest;
        while let Some(payload) = framing.decode(&mut piece)? {
            payloads.push(payload);
        }
        assert!(piece.is_empty());
    }
    Ok(payloads)
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn frames_survive_any_cut(
        (kind, payloads) in conversation(),
        sizes in vec(1usize..30, 1..6),
    ) {
        let sent = encoded(kind, &payloads);
        let mut framing = kind.framing();
        prop_assert_eq!(decoded(&mut *framing, &sent, &sizes).unwrap(), payloads);
        prop_assert!(framing.finish().is_ok());
    }

    #[test]
    fn an_end_inside_a_frame_is_told_from_one_between_two(
        (kind, payloads) in conversation(),
        at: prop::sample::Index,
    ) {
        let sent = encoded(kind, &payloads);
        let cut = at.index(sent.len() + 1);
        let mut framing = kind.framing();
        let whole = decoded(&mut *framing, &sent[..cut], &[7]).unwrap();
        prop_assert_eq!(&whole[..], &payloads[..whole.len()]);
        let between = encoded(kind, &whole).len() == cut;
        prop_assert_eq!(framing.finish().is_ok(), between);
    }

    #[test]
    fn no_bytes_upset_a_decoder(
        kind in kind(),
        bytes in vec(payload_byte(), 0..200),
        sizes in vec(1usize..30, 1..4),
    ) {
        let _ = decoded(&mut *kind.framing(), &bytes, &sizes);
    }
}

#[test]
fn a_payload_may_have_a_mebibyte_and_not_a_byte_more() {
    for kind in [Kind::Length, Kind::Delimiter] {
        let mut payload = vec![b'x'; MAX_PAYLOAD];
        let sent = encoded(kind, std::slice::from_ref(&payload));
        let back = decoded(&mut *kind.framing(), &sent, &[60_000]).unwrap();
        assert!(back == [payload.clone()]);

        payload.push(b'x');
        let mut out = b"before".to_vec();
        let refused = kind.framing().encode(&payload, &mut out);
        assert!(matches!(refused, Err(FrameError::TooLarge)));
        assert_eq!(out, b"before");
    }
}

#[test]
fn a_payload_that_grows_too_large_is_refused_at_its_first_byte_too_many() {
    let mut framing = Delimiter::new();
    let full = vec![b'x'; MAX_PAYLOAD];
    assert!(framing.decode(&mut &full[..]).unwrap().is_none());
    let refused = framing.decode(&mut &b"x"[..]);
    assert!(matches!(refused, Err(FrameError::TooLarge)));
}

#[test]
fn a_length_that_is_too_large_is_refused_before_its_payload_comes() {
    let length = (MAX_PAYLOAD as u32 + 1).to_be_bytes();
    let mut framing = Length::new();
    assert!(framing.decode(&mut &length[..3]).unwrap().is_none());
    let refused = framing.decode(&mut &length[3..]);
    assert!(matches!(refused, Err(FrameError::TooLarge)));
}

#[test]
fn an_escape_that_nobody_sends_is_refused() {
    let refused = Delimiter::new().decode(&mut &b"a\\t\n"[..]);
    assert!(matches!(refused, Err(FrameError::BadEscape)));
    let refused = Delimiter::new().decode(&mut &b"a\\\n"[..]);
    assert!(matches!(refused, Err(FrameError::BadEscape)));
}

#[test]
fn a_fixed_frame_takes_its_size_alone() {
    let framing = Fixed::new(3).unwrap();
    for wrong in [&b""[..], b"ab", b"abcd"] {
        let refused = framing.encode(wrong, &mut Vec::new());
        assert!(matches!(
            refused,
            Err(FrameError::WrongSize { expected: 3, .. })
        ));
    }
}
