//! The client alone, against a scripted server.

use super::calculator::*;
use predicates::prelude::predicate;
use testbed::client::{Client, gives_up, scripted};
use testbed::messages::{self, big_endian, header, message};
use testbed::prelude::*;

const ADDS: Client<'_> = Client {
    program: "calc-client",
    arguments: &["add", "2", "3"],
};

/// A scripted server and a client that has connected to it, to calculate this.
fn connected(lab: &mut Lab, task: [&str; 3]) -> Outcome<(Program, Peer)> {
    let listening = scripted(lab)?;
    let arguments = &task;
    let client = Client { arguments, ..ADDS }.of(lab, &listening).start()?;
    Ok((client, listening.accept()?))
}

/// The same, once its request of 2 + 3 has come.
fn asked(lab: &mut Lab) -> Outcome<(Program, Peer)> {
    let (client, mut server) = connected(lab, ["add", "2", "3"])?;
    server.expect(TWO_AND_THREE)?;
    Ok((client, server))
}

pub fn client_sends_its_request(lab: &mut Lab) -> Outcome {
    let (_client, mut server) = connected(lab, ["add", "2", "3"])?;
    server.expect(TWO_AND_THREE)?;
    server.expect_no_more()
}

pub fn client_encodes_every_operation(lab: &mut Lab) -> Outcome {
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
}

pub fn client_prints_the_result(lab: &mut Lab) -> Outcome {
    let (mut client, mut server) = asked(lab)?;
    lab.step("the server gave the result 5");
    server.send(FIVE)?;
    client.expect_exit(0)?.stdout_is(b"5\n")
}

pub fn client_prints_what_the_server_says(lab: &mut Lab) -> Outcome {
    let large = lab.number(1 << 40..1 << 50) as i64;
    for answer in [large, -large, -1, 1 << 32, i64::MIN, 0] {
        let (mut client, mut server) = asked(lab)?;
        lab.step(format!("the server gave the result {answer}"));
        server.send(&result(answer))?;
        let line = format!("{answer}\n");
        client.expect_exit(0)?.stdout_is(line.as_bytes())?;
    }
    Ok(())
}

pub fn client_waits_without_spinning(lab: &mut Lab) -> Outcome {
    let (mut client, mut server) = asked(lab)?;
    client.expect_waiting()?;
    server.send(FIVE)?;
    client.expect_exit(0)?.stdout_is(b"5\n")
}

pub fn client_puts_a_reply_together(lab: &mut Lab) -> Outcome {
    let (mut client, mut server) = asked(lab)?;
    server.send_in_pieces(FIVE, &[3, 9])?;
    client.expect_exit(0)?.stdout_is(b"5\n")?;
    let (mut client, mut server) = asked(lab)?;
    server.send_bytewise(FIVE)?;
    client.expect_exit(0)?.stdout_is(b"5\n")
}

pub fn client_tells_the_servers_refusal(lab: &mut Lab) -> Outcome {
    let texts = [
        "not on a Sunday",
        "diviser par zéro est défendu",
        "ö",
        // As long as a text may be. To a function that formats, it would be a format.
        "100%s: two numbers of 32 bits each are eight bytes, not seven.",
    ];
    for (text, code) in texts.iter().zip([3, 2, 513, 2]) {
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
}

pub fn client_notices_a_reply_that_ends_too_soon(lab: &mut Lab) -> Outcome {
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
}

pub fn client_takes_no_other_bytes_for_a_reply(lab: &mut Lab) -> Outcome {
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
}

pub fn client_does_not_believe_a_huge_length(lab: &mut Lab) -> Outcome {
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
}

pub fn client_names_a_refused_connection(lab: &mut Lab) -> Outcome {
    ADDS.names_a_refused_connection(lab)
}

pub fn client_tells_an_unknown_host_from_a_refusal(lab: &mut Lab) -> Outcome {
    ADDS.tells_an_unknown_host_from_a_refusal(lab)
}

pub fn client_refuses_wrong_usage(lab: &mut Lab) -> Outcome {
    let wrong: [&[&str]; 15] = [
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
        &["127.0.0.1", "4321x", "add", "2", "3"],
        &["127.0.0.1", "4294971617", "add", "2", "3"],
        &["127.0.0.1", "4321", "add", "2x", "3"],
        &[],
    ];
    ADDS.refuses_wrong_usage(lab, &wrong)
}
