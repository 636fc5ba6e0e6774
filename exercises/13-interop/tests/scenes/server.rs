//! The server alone, spoken to byte by byte.

use super::calculator::*;
use testbed::messages::{comes, expect_error, header, message};
use testbed::prelude::*;

/// A client comes, asks for each of these, one connection a task, and gets what
/// is right.
fn each_gets_its_result(lab: &mut Lab, tasks: &[(u8, char, i32, i32)]) -> Outcome {
    let _server = SERVICE.start(lab)?;
    for &(kind, sign, a, b) in tasks {
        let mut ada = comes(lab, "ada")?;
        let bytes = request(kind, a, b);
        let answer = calculated(kind, a, b);
        asks(lab, &mut ada, &format!("{a} {sign} {b}"), &bytes, answer)?;
        ada.close();
    }
    Ok(())
}

/// The client asks, and gets what is right.
fn asks(lab: &Lab, peer: &mut Peer, what: &str, bytes: &[u8], answer: i64) -> Outcome {
    // Whoever closes behind a reply has done so before more is sent.
    lab.settle();
    lab.step(format!("{} asked for {what}", peer.name()));
    peer.send(bytes)?;
    lab.step(format!("the result {answer} is to come back"));
    peer.expect(&result(answer))
}

// The server: what it calculates.

pub fn server_adds_two_numbers(lab: &mut Lab) -> Outcome {
    let _server = SERVICE.start(lab)?;
    let mut ada = comes(lab, "ada")?;
    lab.step("ada asked for 2 + 3");
    ada.send(TWO_AND_THREE)?;
    ada.expect(FIVE)?;
    ada.close();
    let mut bob = comes(lab, "bob")?;
    let sum = request(ADD, 0x0102_0304, 0x0a0b_0c0d);
    asks(lab, &mut bob, "16909060 + 168496141", &sum, 185_405_201)
}

pub fn server_calculates_with_all_four_operations(lab: &mut Lab) -> Outcome {
    let tasks = [(SUB, '-'), (MUL, '*'), (DIV, '/'), (ADD, '+')].map(|(kind, sign)| {
        let (a, b) = (lab.number(900..1000) as i32, lab.number(2..30) as i32);
        (kind, sign, a, b)
    });
    each_gets_its_result(lab, &tasks)
}

pub fn server_knows_negative_numbers(lab: &mut Lab) -> Outcome {
    let tasks = [
        (ADD, '+', -2, -3),
        (SUB, '-', 2, 5),
        (MUL, '*', -4, 25),
        (DIV, '/', -100, 4),
    ];
    each_gets_its_result(lab, &tasks)
}

pub fn server_truncates_a_quotient_toward_zero(lab: &mut Lab) -> Outcome {
    let quotients = [(7, 2), (-7, 2), (7, -2), (-7, -2), (-1, 2)];
    each_gets_its_result(lab, &quotients.map(|(a, b)| (DIV, '/', a, b)))
}

pub fn server_gives_results_of_64_bits(lab: &mut Lab) -> Outcome {
    let (least, most) = (i32::MIN, i32::MAX);
    let tasks = [
        (ADD, '+', most, most),
        (SUB, '-', least, most),
        (MUL, '*', least, least),
        (MUL, '*', least, most),
        (DIV, '/', least, -1),
    ];
    each_gets_its_result(lab, &tasks)
}

// The server: messages in a stream.

pub fn server_answers_one_request_after_another(lab: &mut Lab) -> Outcome {
    let _server = SERVICE.start(lab)?;
    let mut ada = comes(lab, "ada")?;
    lab.repeat(40, "40 requests were answered", |lab, _| {
        let (kind, sign, a, b) = random_task(lab);
        let bytes = request(kind, a, b);
        let answer = calculated(kind, a, b);
        asks(lab, &mut ada, &format!("{a} {sign} {b}"), &bytes, answer)
    })?;
    ada.half_close()?;
    ada.expect_eof()
}

pub fn server_puts_a_request_together(lab: &mut Lab) -> Outcome {
    let _server = SERVICE.start(lab)?;
    let mut ada = comes(lab, "ada")?;
    lab.step("ada asked for 2 + 3");
    ada.send_in_pieces(TWO_AND_THREE, &[1, 6, 4])?;
    ada.expect(FIVE)?;
    lab.step("ada asked for 2 + 3");
    ada.send_bytewise(TWO_AND_THREE)?;
    ada.expect(FIVE)
}

pub fn server_takes_requests_apart(lab: &mut Lab) -> Outcome {
    let _server = SERVICE.start(lab)?;
    let mut ada = comes(lab, "ada")?;
    let numbers = [(10, 1), (20, 2), (30, 3), (40, 4), (50, 5)];
    let all: Vec<u8> = numbers
        .iter()
        .flat_map(|&(a, b)| request(ADD, a, b))
        .collect();
    let (most, rest) = all.split_at(3 * 16 + 5);
    lab.step("ada asked for 10 + 1, 20 + 2, 30 + 3 and began a fourth request");
    ada.send(most)?;
    for answer in [11, 22, 33] {
        lab.step(format!("the result {answer} is to come back"));
        ada.expect(&result(answer))?;
    }
    lab.step("ada sent the rest of 40 + 4, and 50 + 5 with it, which was all");
    ada.send(rest)?;
    ada.half_close()?;
    for answer in [44, 55] {
        lab.step(format!("the result {answer} is to come back"));
        ada.expect(&result(answer))?;
    }
    ada.expect_eof()
}

pub fn server_gives_no_result_for_half_a_request(lab: &mut Lab) -> Outcome {
    let _server = SERVICE.start(lab)?;
    for (name, length) in [("ada", 15), ("bob", 5)] {
        let mut client = comes(lab, name)?;
        lab.step(format!("{name} asked for 2 + 3"));
        client.send(TWO_AND_THREE)?;
        client.expect(FIVE)?;
        lab.step(format!("{name} asked again, but ended inside the request"));
        client.send(&TWO_AND_THREE[..length])?;
        client.half_close()?;
        let came = client.read_until_it_ends()?;
        lab.require(
            came.get(3) != Some(&RESULT),
            "there is no result for what was not asked",
            "A reply with a result (type 128) came back.",
        )?;
    }
    SERVICE.serves(lab, "cleo")
}

// The server: errors.

pub fn server_refuses_a_division_by_zero(lab: &mut Lab) -> Outcome {
    let _server = SERVICE.start(lab)?;
    let mut ada = comes(lab, "ada")?;
    for a in [7, 0] {
        lab.step(format!("ada asked for {a} / 0"));
        ada.send(&request(DIV, a, 0))?;
        expect_error(lab, &mut ada, DIVISION_BY_ZERO)?;
    }
    SERVICE.ask(lab, &mut ada)
}

pub fn server_refuses_an_unknown_type(lab: &mut Lab) -> Outcome {
    let _server = SERVICE.start(lab)?;
    let mut ada = comes(lab, "ada")?;
    for kind in [5, 0, 128, 255] {
        lab.step(format!("ada sent a request of type {kind}"));
        ada.send(&request(kind, 2, 3))?;
        expect_error(lab, &mut ada, UNKNOWN_TYPE)?;
    }
    SERVICE.ask(lab, &mut ada)
}

pub fn server_refuses_a_wrong_length(lab: &mut Lab) -> Outcome {
    let _server = SERVICE.start(lab)?;
    let mut ada = comes(lab, "ada")?;
    for length in [7, 9, 0, 64] {
        lab.step(format!("ada sent a request to add, with {length} bytes"));
        ada.send(&message(ADD, &vec![0; length]))?;
        expect_error(lab, &mut ada, WRONG_LENGTH)?;
    }
    SERVICE.ask(lab, &mut ada)
}

pub fn server_refuses_an_unknown_version(lab: &mut Lab) -> Outcome {
    let _server = SERVICE.start(lab)?;
    let mut ada = comes(lab, "ada")?;
    for version in [2, 0, 255] {
        lab.step(format!("ada asked for 2 + 3 in version {version}"));
        ada.send(&of_version(version, TWO_AND_THREE))?;
        expect_error(lab, &mut ada, UNKNOWN_VERSION)?;
    }
    SERVICE.ask(lab, &mut ada)
}

pub fn server_names_the_first_error(lab: &mut Lab) -> Outcome {
    let _server = SERVICE.start(lab)?;
    let mut ada = comes(lab, "ada")?;
    let both = [
        (
            "of version 2 and type 77, with 3 bytes",
            of_version(2, &message(77, b"abc")),
            UNKNOWN_VERSION,
        ),
        (
            "of version 2, to divide 1 by 0",
            of_version(2, &request(DIV, 1, 0)),
            UNKNOWN_VERSION,
        ),
        (
            "of type 77, with 3 bytes",
            message(77, b"abc"),
            UNKNOWN_TYPE,
        ),
        (
            "to divide by 0, with a byte too many",
            message(DIV, &[0; 9]),
            WRONG_LENGTH,
        ),
    ];
    for (what, bytes, codes) in both {
        lab.step(format!("ada sent a request {what}"));
        ada.send(&bytes)?;
        expect_error(lab, &mut ada, codes)?;
    }
    SERVICE.ask(lab, &mut ada)
}

pub fn server_ends_a_connection_without_magic(lab: &mut Lab) -> Outcome {
    let _server = SERVICE.start(lab)?;
    let mut ada = comes(lab, "ada")?;
    lab.step("ada took it for a web server");
    ada.send(b"GET / HTTP/1.0\r\n\r\n")?;
    ada.expect_eof_or_reset()?;
    let mut bob = comes(lab, "bob")?;
    SERVICE.ask(lab, &mut bob)?;
    lab.step("the magic of bob's next request was 5344, its version 2, its type 77");
    bob.send(b"SD\x02\x4d\0\0\0\x03abc")?;
    bob.expect_eof_or_reset()?;
    SERVICE.serves(lab, "cleo")
}

pub fn server_does_not_believe_a_length_above_64(lab: &mut Lab) -> Outcome {
    let _server = SERVICE.start(lab)?;
    let long: [(&str, Vec<u8>); 3] = [
        ("65 bytes", header(ADD, 65)),
        ("4,294,967,295 bytes", header(ADD, u32::MAX)),
        (
            "2,147,483,648 bytes, of version 2 and type 77",
            of_version(2, &header(77, 1 << 31)),
        ),
    ];
    for (name, (what, bytes)) in ["ada", "bob", "cleo"].iter().zip(long) {
        let mut client = comes(lab, name)?;
        lab.step(format!(
            "{name}'s header announced {what}; nothing followed"
        ));
        client.send(&bytes)?;
        client.expect_eof_or_reset()?;
    }
    SERVICE.serves(lab, "dora")
}

// The server: its clients, its port, its rest.

pub fn server_serves_several_clients_at_once(lab: &mut Lab) -> Outcome {
    SERVICE.serves_several_at_once(lab)
}

pub fn server_survives_a_reset(lab: &mut Lab) -> Outcome {
    SERVICE.survives_a_reset(lab)
}

pub fn clients_leave_nothing_behind(lab: &mut Lab) -> Outcome {
    SERVICE.clients_leave_nothing_behind(lab, 150, |lab, port| {
        let mut bob = lab.connect("bob", port)?;
        bob.send(b"no magic")?;
        bob.expect_eof_or_reset()
    })
}

pub fn server_waits_without_spinning(lab: &mut Lab) -> Outcome {
    SERVICE.waits_without_spinning(lab)
}

pub fn a_taken_port_is_an_error(lab: &mut Lab) -> Outcome {
    SERVICE.a_taken_port_is_an_error(lab)
}

pub fn server_listens_on_all_addresses(lab: &mut Lab) -> Outcome {
    SERVICE.listens_on_all_addresses(lab)
}

pub fn server_refuses_what_is_no_port(lab: &mut Lab) -> Outcome {
    SERVICE.refuses_wrong_usage(lab, &[&[]])
}

pub fn server_prints_nothing(lab: &mut Lab) -> Outcome {
    SERVICE.prints_nothing(lab)
}
