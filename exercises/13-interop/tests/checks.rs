//! The checks of exercise 13: the server alone, spoken to byte by byte; the
//! client alone, against a scripted server; then both together. The bytes are
//! those of the specification, so a mistake that both programs share is seen.

use predicates::prelude::{PredicateBooleanExt, predicate};
use testbed::messages::{self, Service, big_endian, comes, expect_error, header, message};
use testbed::prelude::*;

const EXERCISE: &str = include_str!("../exercise.toml");
const CLIENT: &str = "calc-client";

const ADD: u8 = 1;
const SUB: u8 = 2;
const MUL: u8 = 3;
const DIV: u8 = 4;
const RESULT: u8 = 128;

const UNKNOWN_TYPE: &[u16] = &[1];
const WRONG_LENGTH: &[u16] = &[2];
const DIVISION_BY_ZERO: &[u16] = &[3];
const UNKNOWN_VERSION: &[u16] = &[4];

/// 2 + 3, as it travels.
const TWO_AND_THREE: &[u8] = b"SC\x01\x01\0\0\0\x08\0\0\0\x02\0\0\0\x03";
/// The reply 5.
const FIVE: &[u8] = b"SC\x01\x80\0\0\0\x08\0\0\0\0\0\0\0\x05";

const SERVICE: Service<'_> = Service {
    program: "calc-server",
    arguments: &[],
    request: TWO_AND_THREE,
    asks: "asked for 2 + 3",
    reply: |_, peer| peer.expect(FIVE),
};

/// A request of two numbers.
fn request(kind: u8, a: i32, b: i32) -> Vec<u8> {
    message(kind, &operands(a, b))
}

fn operands(a: i32, b: i32) -> Vec<u8> {
    [a, b]
        .iter()
        .flat_map(|&number| big_endian(number as u64, 4))
        .collect()
}

/// The reply with a result.
fn result(number: i64) -> Vec<u8> {
    message(RESULT, &big_endian(number as u64, 8))
}

/// A random operation, with the sign that a story shows for it.
fn random_task(lab: &mut Lab) -> (u8, char, i32, i32) {
    let kind = lab.number(1..5) as u8;
    let a = lab.number(0..1 << 32) as u32 as i32;
    // Small ones too, so that quotients are not all 0.
    let b = match lab.number(0..2) {
        0 => lab.number(1..100) as i32 - 120,
        _ => lab.number(0..1 << 32) as u32 as i32 | 1,
    };
    (kind, [' ', '+', '-', '*', '/'][usize::from(kind)], a, b)
}

fn calculated(kind: u8, a: i32, b: i32) -> i64 {
    let (a, b) = (i64::from(a), i64::from(b));
    match kind {
        ADD => a + b,
        SUB => a - b,
        MUL => a * b,
        _ => a / b,
    }
}

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

#[test]
fn server_adds_two_numbers() {
    check(EXERCISE, |lab| {
        let _server = SERVICE.start(lab)?;
        let mut ada = comes(lab, "ada")?;
        lab.step("ada asked for 2 + 3");
        ada.send(TWO_AND_THREE)?;
        ada.expect(FIVE)?;
        ada.close();
        let mut bob = comes(lab, "bob")?;
        let sum = request(ADD, 0x0102_0304, 0x0a0b_0c0d);
        asks(lab, &mut bob, "16909060 + 168496141", &sum, 185_405_201)
    });
}

#[test]
fn server_calculates_with_all_four_operations() {
    check(EXERCISE, |lab| {
        let tasks = [(SUB, '-'), (MUL, '*'), (DIV, '/'), (ADD, '+')].map(|(kind, sign)| {
            let (a, b) = (lab.number(900..1000) as i32, lab.number(2..30) as i32);
            (kind, sign, a, b)
        });
        each_gets_its_result(lab, &tasks)
    });
}

#[test]
fn server_knows_negative_numbers() {
    check(EXERCISE, |lab| {
        let tasks = [
            (ADD, '+', -2, -3),
            (SUB, '-', 2, 5),
            (MUL, '*', -4, 25),
            (DIV, '/', -100, 4),
        ];
        each_gets_its_result(lab, &tasks)
    });
}

#[test]
fn server_truncates_a_quotient_toward_zero() {
    check(EXERCISE, |lab| {
        let quotients = [(7, 2), (-7, 2), (7, -2), (-7, -2), (-1, 2)];
        each_gets_its_result(lab, &quotients.map(|(a, b)| (DIV, '/', a, b)))
    });
}

#[test]
fn server_gives_results_of_64_bits() {
    check(EXERCISE, |lab| {
        let (least, most) = (i32::MIN, i32::MAX);
        let tasks = [
            (ADD, '+', most, most),
            (SUB, '-', least, most),
            (MUL, '*', least, least),
            (MUL, '*', least, most),
            (DIV, '/', least, -1),
        ];
        each_gets_its_result(lab, &tasks)
    });
}

// The server: messages in a stream.

#[test]
fn server_answers_one_request_after_another() {
    check(EXERCISE, |lab| {
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
    });
}

#[test]
fn server_puts_a_request_together() {
    check(EXERCISE, |lab| {
        let _server = SERVICE.start(lab)?;
        let mut ada = comes(lab, "ada")?;
        lab.step("ada asked for 2 + 3");
        ada.send_in_pieces(TWO_AND_THREE, &[1, 6, 4])?;
        ada.expect(FIVE)?;
        lab.step("ada asked for 2 + 3");
        ada.send_bytewise(TWO_AND_THREE)?;
        ada.expect(FIVE)
    });
}

#[test]
fn server_takes_requests_apart() {
    check(EXERCISE, |lab| {
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
        lab.step("ada sent the rest of 40 + 4, and 50 + 5 with it");
        ada.send(rest)?;
        for answer in [44, 55] {
            lab.step(format!("the result {answer} is to come back"));
            ada.expect(&result(answer))?;
        }
        Ok(())
    });
}

#[test]
fn server_gives_no_result_for_half_a_request() {
    check(EXERCISE, |lab| {
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
    });
}

// The server: errors.

#[test]
fn server_refuses_a_division_by_zero() {
    check(EXERCISE, |lab| {
        let _server = SERVICE.start(lab)?;
        let mut ada = comes(lab, "ada")?;
        for a in [7, 0] {
            lab.step(format!("ada asked for {a} / 0"));
            ada.send(&request(DIV, a, 0))?;
            expect_error(lab, &mut ada, DIVISION_BY_ZERO)?;
        }
        SERVICE.ask(lab, &mut ada)
    });
}

#[test]
fn server_refuses_an_unknown_type() {
    check(EXERCISE, |lab| {
        let _server = SERVICE.start(lab)?;
        let mut ada = comes(lab, "ada")?;
        for kind in [5, 0, 128, 255] {
            lab.step(format!("ada sent a request of type {kind}"));
            ada.send(&request(kind, 2, 3))?;
            expect_error(lab, &mut ada, UNKNOWN_TYPE)?;
        }
        SERVICE.ask(lab, &mut ada)
    });
}

#[test]
fn server_refuses_a_wrong_length() {
    check(EXERCISE, |lab| {
        let _server = SERVICE.start(lab)?;
        let mut ada = comes(lab, "ada")?;
        for length in [7, 9, 0, 64] {
            lab.step(format!("ada sent a request to add, with {length} bytes"));
            ada.send(&message(ADD, &vec![0; length]))?;
            expect_error(lab, &mut ada, WRONG_LENGTH)?;
        }
        SERVICE.ask(lab, &mut ada)
    });
}

#[test]
fn server_refuses_an_unknown_version() {
    check(EXERCISE, |lab| {
        let _server = SERVICE.start(lab)?;
        let mut ada = comes(lab, "ada")?;
        for version in [2, 0, 255] {
            lab.step(format!("ada asked for 2 + 3 in version {version}"));
            ada.send(&of_version(version, TWO_AND_THREE))?;
            expect_error(lab, &mut ada, UNKNOWN_VERSION)?;
        }
        SERVICE.ask(lab, &mut ada)
    });
}

/// The same message of another version.
fn of_version(version: u8, bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[2] = version;
    bytes
}

#[test]
fn server_names_the_first_error() {
    check(EXERCISE, |lab| {
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
    });
}

#[test]
fn server_ends_a_connection_without_magic() {
    check(EXERCISE, |lab| {
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
    });
}

#[test]
fn server_does_not_believe_a_length_above_64() {
    check(EXERCISE, |lab| {
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
    });
}

// The server: its clients, its port, its rest.

#[test]
fn server_serves_several_clients_at_once() {
    check(EXERCISE, |lab| SERVICE.serves_several_at_once(lab));
}

#[test]
fn server_survives_a_reset() {
    check(EXERCISE, |lab| SERVICE.survives_a_reset(lab));
}

#[test]
fn clients_leave_nothing_behind() {
    check(EXERCISE, |lab| {
        SERVICE.clients_leave_nothing_behind(lab, 150, |lab, port| {
            let mut bob = lab.connect("bob", port)?;
            bob.send(b"no magic")?;
            bob.expect_eof_or_reset()
        })
    });
}

#[test]
fn server_waits_without_spinning() {
    check(EXERCISE, |lab| SERVICE.waits_without_spinning(lab));
}

#[test]
fn a_taken_port_is_an_error() {
    check(EXERCISE, |lab| SERVICE.a_taken_port_is_an_error(lab));
}

#[test]
fn server_listens_on_all_addresses() {
    check(EXERCISE, |lab| SERVICE.listens_on_all_addresses(lab));
}

#[test]
fn server_refuses_what_is_no_port() {
    check(EXERCISE, |lab| SERVICE.refuses_wrong_usage(lab, &[&[]]));
}

#[test]
fn server_prints_nothing() {
    check(EXERCISE, |lab| SERVICE.prints_nothing(lab));
}

// The client.

/// A scripted server and a client that has connected to it, to calculate this.
fn connected(lab: &mut Lab, task: [&str; 3]) -> Outcome<(Program, Peer)> {
    // Outside a cell the port is one that the kernel finds to be free.
    let port = if lab.in_cell() { lab.port() } else { 0 };
    let listening = lab.server("the server").port(port).listen()?;
    let client = lab
        .program(CLIENT)
        .args(["127.0.0.1".to_string(), listening.port().to_string()])
        .args(task)
        .stdin(Stdin::Null)
        .start()?;
    Ok((client, listening.accept()?))
}

/// The same, once its request of 2 + 3 has come.
fn asked(lab: &mut Lab) -> Outcome<(Program, Peer)> {
    let (client, mut server) = connected(lab, ["add", "2", "3"])?;
    server.expect(TWO_AND_THREE)?;
    Ok((client, server))
}

/// It ends with status 1, says why, and prints nothing.
fn gives_up(lab: &Lab, client: &mut Program) -> Outcome {
    let ended = client.expect_exit(1)?;
    lab.require(
        !ended.stderr.trim().is_empty(),
        "it says on standard error why it gives up",
        "It said nothing.",
    )?;
    ended.stdout_is(b"")
}

#[test]
fn client_sends_its_request() {
    check(EXERCISE, |lab| {
        let (_client, mut server) = connected(lab, ["add", "2", "3"])?;
        server.expect(TWO_AND_THREE)?;
        server.expect_no_more()
    });
}

#[test]
fn client_encodes_every_operation() {
    check(EXERCISE, |lab| {
        let tasks = [
            (["sub", "16909060", "7"], request(SUB, 0x0102_0304, 7)),
            (["mul", "-1", "1000000"], request(MUL, -1, 1_000_000)),
            (
                ["div", "-2147483648", "2147483647"],
                request(DIV, i32::MIN, i32::MAX),
            ),
            (["add", "0", "-256"], request(ADD, 0, -256)),
        ];
        for (task, bytes) in tasks {
            let (_client, mut server) = connected(lab, task)?;
            server.expect(&bytes)?;
        }
        Ok(())
    });
}

#[test]
fn client_prints_the_result() {
    check(EXERCISE, |lab| {
        let (mut client, mut server) = asked(lab)?;
        lab.step("the server gave the result 5");
        server.send(FIVE)?;
        client.expect_exit(0)?.stdout_is(b"5\n")
    });
}

#[test]
fn client_prints_what_the_server_says() {
    check(EXERCISE, |lab| {
        let large = lab.number(1 << 40..1 << 50) as i64;
        for answer in [large, -large, -1, 1 << 32, i64::MIN, 0] {
            let (mut client, mut server) = asked(lab)?;
            lab.step(format!("the server gave the result {answer}"));
            server.send(&result(answer))?;
            let line = format!("{answer}\n");
            client.expect_exit(0)?.stdout_is(line.as_bytes())?;
        }
        Ok(())
    });
}

#[test]
fn client_waits_without_spinning() {
    check(EXERCISE, |lab| {
        let (mut client, mut server) = asked(lab)?;
        client.expect_waiting()?;
        server.send(FIVE)?;
        client.expect_exit(0)?.stdout_is(b"5\n")
    });
}

#[test]
fn client_puts_a_reply_together() {
    check(EXERCISE, |lab| {
        let (mut client, mut server) = asked(lab)?;
        server.send_in_pieces(FIVE, &[3, 5, 4])?;
        client.expect_exit(0)?.stdout_is(b"5\n")?;
        let (mut client, mut server) = asked(lab)?;
        server.send_bytewise(FIVE)?;
        client.expect_exit(0)?.stdout_is(b"5\n")
    });
}

#[test]
fn client_tells_the_servers_refusal() {
    check(EXERCISE, |lab| {
        let texts = ["not on a Sunday", "diviser par zéro est défendu", "ö"];
        for (text, code) in texts.iter().zip([3, 2, 513]) {
            let (mut client, mut server) = asked(lab)?;
            lab.step(format!(
                "the server refused (type 129) with code {code} and the text `{text}`"
            ));
            server.send(&messages::error(code, text))?;
            let ended = client.expect_exit(1)?;
            ended.stderr_matches(
                "the text of the reply is on standard error",
                &predicate::str::contains(*text),
            )?;
            ended.stdout_is(b"")?;
        }
        Ok(())
    });
}

#[test]
fn client_notices_a_reply_that_ends_too_soon() {
    check(EXERCISE, |lab| {
        let refusal = messages::error(3, "division by zero");
        let replies = [
            ("nothing", &FIVE[..0]),
            ("half a header", &FIVE[..5]),
            ("a header alone", &FIVE[..8]),
            ("all of a reply but its last byte", &FIVE[..15]),
            ("half an error reply", &refusal[..14]),
        ];
        for (what, bytes) in replies {
            let (mut client, mut server) = asked(lab)?;
            lab.step(format!("the server sent {what}, and closed"));
            server.send_while_it_reads(bytes)?;
            server.close();
            gives_up(lab, &mut client)?;
        }
        lab.step("this time the server reset the connection");
        let (mut client, server) = asked(lab)?;
        server.reset()?;
        gives_up(lab, &mut client)
    });
}

#[test]
fn client_takes_no_other_bytes_for_a_reply() {
    check(EXERCISE, |lab| {
        let mut wrong_magic = FIVE.to_vec();
        wrong_magic.swap(0, 1);
        let replies: [(&str, Vec<u8>); 4] = [
            ("a reply with the magic 4353", wrong_magic),
            ("a reply of type 130", message(130, &[0; 8])),
            ("a result of 4 bytes", message(RESULT, &[0, 0, 0, 5])),
            ("a line of text", b"HTTP/1.0 400 Bad Request\r\n".to_vec()),
        ];
        for (what, bytes) in replies {
            let (mut client, mut server) = asked(lab)?;
            lab.step(format!("the server sent {what}, and closed"));
            server.send_while_it_reads(&bytes)?;
            server.close();
            gives_up(lab, &mut client)?;
        }
        Ok(())
    });
}

#[test]
fn client_does_not_believe_a_huge_length() {
    check(EXERCISE, |lab| {
        for kind in [RESULT, messages::ERROR] {
            let (mut client, mut server) = asked(lab)?;
            lab.step(format!(
                "the header of the reply (type {kind}) announced 4,294,967,295 bytes; 8 followed"
            ));
            let mut bytes = header(kind, u32::MAX);
            bytes.extend(big_endian(5, 8));
            server.send_while_it_reads(&bytes)?;
            server.close();
            gives_up(lab, &mut client)?;
        }
        Ok(())
    });
}

#[test]
fn client_names_a_refused_connection() {
    check(EXERCISE, |lab| {
        let port = lab.port().to_string();
        lab.step("nobody listened on the port");
        let client = lab.program(CLIENT).args(["127.0.0.1", &port]);
        let ended = client.args(["add", "2", "3"]).run()?;
        ended.exited(1)?;
        ended.stderr_matches(
            "on standard error is the system's text, `Connection refused`",
            &predicate::str::contains("onnection refused"),
        )?;
        ended.stdout_is(b"")
    });
}

#[test]
fn client_tells_an_unknown_host_from_a_refusal() {
    check(EXERCISE, |lab| {
        let port = lab.port().to_string();
        // Outside a cell a name might be asked of the network; nobody asks for
        // one with blanks.
        let host = match lab.in_cell() {
            true => "nobody.lab",
            false => "no host has this name",
        };
        let client = lab.program(CLIENT).args([host, &port]);
        let ended = client.args(["add", "2", "3"]).run()?;
        ended.exited(3)?;
        ended.stderr_matches(
            "on standard error is a message",
            &predicate::str::is_empty().not(),
        )?;
        ended.stdout_is(b"")
    });
}

#[test]
fn client_refuses_wrong_usage() {
    check(EXERCISE, |lab| {
        let wrong: [&[&str]; 12] = [
            &["127.0.0.1", "4321", "pow", "2", "3"],
            &["127.0.0.1", "4321", "", "2", "3"],
            &["127.0.0.1", "4321", "add", "2147483648", "3"],
            &["127.0.0.1", "4321", "add", "2", "-2147483649"],
            &["127.0.0.1", "4321", "add", "two", "3"],
            &["127.0.0.1", "4321", "add", "2", "3.5"],
            &["127.0.0.1", "4321", "add", "2", ""],
            &["127.0.0.1", "4321", "add", "2"],
            &["127.0.0.1", "4321", "add", "2", "3", "4"],
            &["127.0.0.1", "0", "add", "2", "3"],
            &["127.0.0.1", "65536", "add", "2", "3"],
            &[],
        ];
        lab.repeat(wrong.len(), "wrong arguments were given", |lab, i| {
            let ended = lab.program(CLIENT).args(wrong[i]).run()?;
            ended.exited(2)?;
            ended.stderr_matches(
                "on standard error is a usage line",
                &predicate::function(|text: &str| text.to_lowercase().contains("usage")),
            )?;
            ended.stdout_is(b"")
        })
    });
}

// Both.

#[test]
fn client_and_server_work_together() {
    check(EXERCISE, |lab| {
        let server = SERVICE.start(lab)?;
        let port = lab.port().to_string();
        lab.repeat(12, "12 clients were served", |lab, _| {
            let (kind, _, a, b) = random_task(lab);
            let operation = ["", "add", "sub", "mul", "div"][usize::from(kind)];
            let ended = lab
                .program(CLIENT)
                .args(["127.0.0.1", &port, operation])
                .args([a, b])
                .run()?;
            ended.exited(0)?;
            let line = format!("{}\n", calculated(kind, a, b));
            ended.stdout_is(line.as_bytes())
        })?;
        let client = lab.program(CLIENT).args(["127.0.0.1", &port]);
        let ended = client.args(["div", "1", "0"]).run()?;
        ended.exited(1)?;
        ended.stdout_is(b"")?;
        server.expect_alive()
    });
}
