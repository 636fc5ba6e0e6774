//! What comes back, and what is printed about it.

use std::net::IpAddr;

use super::{
    comes, expect_lengths, is_served, lengths, require_every_byte, start, wait_for_listener,
};
use crate::bytes;
use crate::lab::Lab;
use crate::story::Outcome;

/// One line, one echo: what everything else stands on.
///
/// # Errors
///
/// Something else comes back, or nothing.
pub fn echoes_a_line(lab: &mut Lab, program: &str) -> Outcome {
    let _server = start(lab, program)?;
    let port = lab.port();
    let mut ada = lab.connect("ada", port)?;
    ada.send(b"hello\n")?;
    ada.half_close()?;
    ada.expect(b"hello\n")?;
    ada.expect_no_more()
}

/// A client that has half closed gets its answer, and then end of file.
///
/// # Errors
///
/// The answer or the end does not come.
pub fn ends_the_connection_at_end_of_file(lab: &mut Lab, program: &str) -> Outcome {
    let _server = start(lab, program)?;
    let port = lab.port();
    let mut ada = lab.connect("ada", port)?;
    ada.send(b"good bye\n")?;
    ada.half_close()?;
    ada.expect(b"good bye\n")?;
    ada.expect_eof()
}

/// Clients come one after another, also after one that said nothing.
///
/// # Errors
///
/// One of them is not served.
pub fn serves_the_next_client(lab: &mut Lab, program: &str) -> Outcome {
    let _server = start(lab, program)?;
    is_served(lab, "ada", b"first\n")?;
    is_served(lab, "bob", b"second\n")?;
    comes(lab, "cleo")?.close();
    let mut dora = comes(lab, "dora")?;
    dora.half_close()?;
    dora.expect_eof()?;
    is_served(lab, "emil", b"last\n")
}

/// A line comes back while the connection stays open, even if the next line
/// has begun.
///
/// # Errors
///
/// It does not come.
pub fn echoes_a_line_as_soon_as_it_is_complete(lab: &mut Lab, program: &str) -> Outcome {
    let _server = start(lab, program)?;
    let port = lab.port();
    let mut ada = lab.connect("ada", port)?;
    ada.send(b"is anybody there?\n")?;
    ada.expect(b"is anybody there?\n")?;
    ada.send(b"yes\nand al")?;
    // The second line is not complete: it may come back already, or wait.
    ada.expect(b"yes\n")
}

/// `server received N bytes` for each line, at once.
///
/// # Errors
///
/// A line is counted wrongly, late, or not at all.
pub fn prints_the_length_of_each_line(lab: &mut Lab, program: &str) -> Outcome {
    let server = start(lab, program)?;
    let port = lab.port();
    let mut ada = lab.connect("ada", port)?;
    let mut long = vec![b'x'; 999];
    long.push(b'\n');
    let lines: [&[u8]; 6] = [
        b"hello\n",
        b"\n",
        "caf\u{e9}\n".as_bytes(),
        b"a \0 in it\n",
        &long,
        b"end\n",
    ];
    let mut lengths = Vec::new();
    for line in lines {
        ada.send(line)?;
        lengths.push(line.len());
        expect_lengths(lab, &server, &lengths)?;
    }
    Ok(())
}

/// A line that comes in several segments is one line.
///
/// # Errors
///
/// It is counted more than once, or not echoed.
pub fn a_line_may_come_in_pieces(lab: &mut Lab, program: &str) -> Outcome {
    let server = start(lab, program)?;
    let port = lab.port();
    let mut ada = lab.connect("ada", port)?;
    ada.send_in_pieces(b"in three pieces\n", &[3, 6])?;
    expect_lengths(lab, &server, &[16])?;
    ada.send_bytewise(b"slowly\n")?;
    expect_lengths(lab, &server, &[16, 7])?;
    ada.half_close()?;
    ada.expect(b"in three pieces\nslowly\n")
}

/// Lines that come in one segment are lines of their own.
///
/// # Errors
///
/// One is lost, or they are counted as one.
pub fn several_lines_may_come_together(lab: &mut Lab, program: &str) -> Outcome {
    let server = start(lab, program)?;
    let port = lab.port();
    let mut ada = lab.connect("ada", port)?;
    ada.send(b"one\ntwo\n\nthree\n")?;
    lab.settle();
    // The last segment brings the end of one line and the whole of another.
    ada.send_in_pieces(b"four\nfive\n", &[2])?;
    ada.half_close()?;
    ada.expect(b"one\ntwo\n\nthree\nfour\nfive\n")?;
    ada.expect_no_more()?;
    expect_lengths(lab, &server, &[4, 4, 1, 6, 5, 5])
}

/// The last line may lack its newline.
///
/// # Errors
///
/// It is dropped, or comes back as something else.
pub fn an_unterminated_last_line_is_a_line(lab: &mut Lab, program: &str) -> Outcome {
    let server = start(lab, program)?;
    let port = lab.port();
    let mut ada = lab.connect("ada", port)?;
    ada.send(b"a line\nand no newline")?;
    ada.half_close()?;
    ada.expect(b"a line\nand no newline")?;
    ada.expect_eof()?;
    expect_lengths(lab, &server, &[7, 14])
}

/// Bytes are bytes.
///
/// # Errors
///
/// Others come back.
pub fn passes_every_byte_unchanged(lab: &mut Lab, program: &str) -> Outcome {
    let _server = start(lab, program)?;
    every_byte(lab)
}

fn every_byte(lab: &mut Lab) -> Outcome {
    is_served(lab, "ada", b"caf\xe9: no UTF-8, \xff\xfe\n")?;
    is_served(lab, "bob", b"a NUL \0 in the middle\n")?;
    is_served(lab, "cleo", b"  from a DOS machine  \r\n")?;
    let all: Vec<u8> = (0..=255).collect();
    is_served(lab, "dora", &all)?;
    let random = lab.bytes(64 << 10);
    is_served(lab, "emil", &random)
}

/// All that is asked of lines in one scene, where they are not what the exercise is
/// about: bytes are bytes, a line that comes in pieces is one, one that is longer than
/// any buffer comes back whole, and so does what a client reads late.
///
/// # Errors
///
/// One is counted twice, or other bytes come back.
pub fn passes_every_line(lab: &mut Lab, program: &str) -> Outcome {
    let server = start(lab, program)?;
    let port = lab.port();
    let mut faye = lab.connect("faye", port)?;
    faye.send_in_pieces(b"in three pieces\n", &[3, 6])?;
    expect_lengths(lab, &server, &[16])?;
    faye.send(b"a \0 in it\n")?;
    expect_lengths(lab, &server, &[16, 10])?;
    faye.half_close()?;
    faye.expect(b"in three pieces\na \0 in it\n")?;
    every_byte(lab)?;
    let long = lab.text_line(100_000);
    is_served(lab, "gail", &long)?;
    let hana = lab.peer("hana").receive_buffer(8 << 10).segment(1_000);
    let mut hana = hana.connect(port)?;
    let message = lab.text_line(990).repeat(600);
    let sent = hana.send_until_blocked(&message)?;
    let received = hana.send_and_read_to_end(&message[sent..])?;
    require_every_byte(lab, "hana", &received, &message)
}

/// Lines longer than any buffer.
///
/// # Errors
///
/// They do not come back whole, or the counts do not add up.
pub fn passes_long_lines(lab: &mut Lab, program: &str) -> Outcome {
    let server = start(lab, program)?;
    let port = lab.port();
    let mut ada = lab.connect("ada", port)?;
    // Around the sizes that buffers have, and far beyond.
    let sizes = [
        1023, 1024, 1025, 4095, 4096, 4097, 8191, 8192, 8193, 100_000,
    ];
    let long: Vec<u8> = sizes.iter().flat_map(|&n| lab.text_line(n)).collect();
    let mut all = long.clone();
    all.extend(b"short\n");
    ada.send(&all)?;
    ada.half_close()?;
    ada.expect(&all)?;
    ada.expect_no_more()?;
    let expected = format!(
        "the last `server received N bytes` has N = 6, those before add up to {}",
        bytes::thousands(long.len())
    );
    lab.eventually(&expected, || {
        let seen = lengths(&server.stdout());
        match seen.split_last() {
            Some((6, before)) if before.iter().sum::<usize>() == long.len() => Ok(()),
            Some((last, before)) => Err(format!(
                "The last N is {}, those before add up to {}.",
                bytes::thousands(*last),
                bytes::thousands(before.iter().sum())
            )),
            None => Err("It has printed no such line.".into()),
        }
    })
}

/// `server connected to NAME (IP)`, from several addresses.
///
/// # Errors
///
/// The line does not come, or names somebody else.
pub fn names_each_client(lab: &mut Lab, program: &str) -> Outcome {
    let mut server = start(lab, program)?;
    let port = lab.port();
    // The last one has no name.
    for (client, last) in [("ada", 1), ("bob", 5), ("cleo", 6), ("dora", 2)] {
        let ip = IpAddr::from([127, 0, 0, last]);
        let name = lab.name_of(ip);
        wait_for_listener(lab);
        let peer = lab.peer(client).from(ip).connect(port)?;
        server.find_stdout_line(&format!("server connected to {name} ({ip})"))?;
        peer.close();
    }
    is_served(lab, "emil", b"and one more\n")
}
