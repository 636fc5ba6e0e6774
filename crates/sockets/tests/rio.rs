//! Rio on real descriptors: short counts, ends, lines.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod support;

use proptest::collection::vec;
use proptest::prelude::*;
use sockets::rio::{self, Reader};
use std::io::{self, ErrorKind};
use std::thread;
use std::time::Duration;
use support::{connection, narrow_pair, packet_pair};

/// Bytes of which no two stretches are alike.
fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at * 31 + at / 251) as u8).collect()
}

#[test]
fn writen_writes_all_through_a_buffer_that_is_too_small() {
    let (reading, writing) = narrow_pair();
    let sent = pattern(1 << 20);
    let expected = sent.clone();
    let writer = thread::spawn(move || rio::writen(&writing, &sent));

    // A reader in small, uneven steps.
    let mut received = Vec::new();
    let mut step = [0; 1777];
    loop {
        let size = 1 + received.len() % step.len();
        match rio::readn(&reading, &mut step[..size]).unwrap() {
            0 => break,
            count => received.extend_from_slice(&step[..count]),
        }
    }
    writer.join().unwrap().unwrap();
    assert!(received == expected);
}

#[test]
fn readn_puts_short_counts_together_and_takes_no_byte_more() {
    let (reading, writing) = packet_pair();
    for piece in [&b"a"[..], b"bc", b"def", b"g"] {
        rio::writen(&writing, piece).unwrap();
    }
    let mut bytes = [0; 6];
    assert_eq!(rio::readn(&reading, &mut bytes).unwrap(), 6);
    assert_eq!(&bytes, b"abcdef");
    assert_eq!(rio::readn(&reading, &mut bytes[..1]).unwrap(), 1);
    assert_eq!(bytes[0], b'g');
}

#[test]
fn an_end_in_the_middle_gives_what_there_was() {
    let (reading, writing) = packet_pair();
    rio::writen(&writing, b"ab").unwrap();
    rio::writen(&writing, b"c").unwrap();
    drop(writing);
    let mut bytes = [0; 10];
    assert_eq!(rio::readn(&reading, &mut bytes).unwrap(), 3);
    assert_eq!(rio::readn(&reading, &mut bytes).unwrap(), 0);
}

#[test]
fn a_reader_that_is_gone_is_an_error_and_no_signal() {
    let (reading, writing) = narrow_pair();
    drop(reading);
    let gone = rio::writen(&writing, b"hello").unwrap_err();
    assert_eq!(gone.kind(), ErrorKind::BrokenPipe);
}

#[test]
fn what_came_before_a_reset_is_read_and_the_reset_is_an_error() {
    let (client, server) = connection();
    rio::writen(&client, b"one\ntw").unwrap();
    let mut reader = Reader::new(&server);
    let mut line = Vec::new();
    reader.read_line(100, &mut line).unwrap();
    assert_eq!(line, b"one\n");

    client.set_linger(Some(Duration::ZERO)).unwrap();
    drop(client);
    let reset = reader.read_line(100, &mut line).unwrap_err();
    assert_eq!(reset.kind(), ErrorKind::ConnectionReset);
    assert_eq!(line, b"tw");
}

#[test]
fn several_lines_of_one_segment_come_one_by_one() {
    let (client, server) = connection();
    rio::writen(&client, b"one\n\ntwo\nthree").unwrap();
    drop(client);
    assert_eq!(
        lines(&mut Reader::new(&server), 100).unwrap(),
        [&b"one\n"[..], b"\n", b"two\n", b"three"]
    );
}

#[test]
fn a_line_in_many_segments_is_one_line() {
    let (reading, writing) = packet_pair();
    for byte in b"hello\n" {
        rio::writen(&writing, &[*byte]).unwrap();
    }
    let mut line = Vec::new();
    assert_eq!(Reader::new(&reading).read_line(100, &mut line).unwrap(), 6);
    assert_eq!(line, b"hello\n");
}

#[test]
fn a_line_longer_than_max_comes_in_pieces() {
    let (reading, writing) = packet_pair();
    rio::writen(&writing, b"abcdefghij\nk\n").unwrap();
    drop(writing);
    assert_eq!(
        lines(&mut Reader::new(&reading), 4).unwrap(),
        [&b"abcd"[..], b"efgh", b"ij\n", b"k\n"]
    );
}

#[test]
fn a_line_of_exactly_max_is_one_piece() {
    let (reading, writing) = packet_pair();
    rio::writen(&writing, b"abc\nabcd\n").unwrap();
    drop(writing);
    assert_eq!(
        lines(&mut Reader::new(&reading), 4).unwrap(),
        [&b"abc\n"[..], b"abcd", b"\n"]
    );
}

#[test]
fn lines_and_counted_bytes_share_a_buffer() {
    let (client, server) = connection();
    rio::writen(&client, b"PUT 5\nhelloGET\nrest").unwrap();
    drop(client);
    let mut reader = Reader::new(&server);
    let mut line = Vec::new();
    let mut body = [0; 5];
    reader.read_line(100, &mut line).unwrap();
    assert_eq!(line, b"PUT 5\n");
    assert_eq!(reader.readn(&mut body).unwrap(), 5);
    assert_eq!(&body, b"hello");
    reader.read_line(100, &mut line).unwrap();
    assert_eq!(line, b"GET\n");
    assert_eq!(reader.readn(&mut body).unwrap(), 4);
    assert_eq!(&body[..4], b"rest");
}

#[test]
#[cfg(target_os = "linux")]
fn a_mebibyte_of_short_lines_takes_few_reads() {
    let lines = b"fifteen letters\n".repeat(1 << 16);
    let (client, server) = connection();
    let writer = thread::spawn(move || rio::writen(&client, &lines));

    let before = reads_of_this_thread();
    let mut reader = Reader::new(&server);
    let mut line = Vec::new();
    let mut count = 0;
    while reader.read_line(1024, &mut line).unwrap() > 0 {
        count += 1;
    }
    let reads = reads_of_this_thread() - before;
    writer.join().unwrap().unwrap();
    assert_eq!(count, 1 << 16);
    assert!(reads <= 300, "{reads} reads");
}

/// How often this thread has called `read` and its kin (`man 5 proc_pid_io`).
#[cfg(target_os = "linux")]
fn reads_of_this_thread() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/io").unwrap();
    let line = text.lines().find(|line| line.starts_with("syscr:"));
    line.unwrap()[6..].trim().parse().unwrap()
}

fn lines(reader: &mut Reader<impl std::os::fd::AsFd>, max: usize) -> io::Result<Vec<Vec<u8>>> {
    let mut all = Vec::new();
    let mut line = Vec::new();
    while reader.read_line(max, &mut line)? > 0 {
        all.push(line.clone());
    }
    Ok(all)
}

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 100,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// What is asked of a reader.
#[derive(Debug, Clone)]
enum Step {
    Line(usize),
    Count(usize),
}

/// What it should give, said as simply as can be.
fn expected(mut rest: &[u8], step: &Step) -> usize {
    match *step {
        Step::Count(count) => count.min(rest.len()),
        Step::Line(max) => {
            rest = &rest[..max.min(rest.len())];
            let newline = rest.iter().position(|&byte| byte == b'\n');
            newline.map_or(rest.len(), |at| at + 1)
        }
    }
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (1usize..20).prop_map(Step::Line),
        (0usize..40).prop_map(Step::Count)
    ]
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_reader_loses_and_repeats_nothing(
        pieces in vec(vec(prop_oneof![Just(b'\n'), any::<u8>()], 1..12), 0..12),
        // Not below the longest piece: what a packet has more than that is lost.
        capacity in 12usize..20,
        steps in vec(step(), 1..40),
    ) {
        let (reading, writing) = packet_pair();
        for piece in &pieces {
            rio::writen(&writing, piece).unwrap();
        }
        drop(writing);
        let sent = pieces.concat();
        let mut rest = &sent[..];
        let mut reader = Reader::with_capacity(&reading, capacity);
        let mut line = Vec::new();
        for step in &steps {
            let (now, later) = rest.split_at(expected(rest, step));
            match *step {
                Step::Line(max) => {
                    prop_assert_eq!(reader.read_line(max, &mut line).unwrap(), now.len());
                    prop_assert_eq!(&line[..], now);
                }
                Step::Count(count) => {
                    let mut bytes = vec![0; count];
                    prop_assert_eq!(reader.readn(&mut bytes).unwrap(), now.len());
                    prop_assert_eq!(&bytes[..now.len()], now);
                }
            }
            rest = later;
            prop_assert!(rest.starts_with(reader.buffer()));
        }
    }
}
