//! The client alone, against a scripted server.

use std::io::Read;

use super::folder::*;
use super::memory::{LITTLE, peak};
use testbed::client::{Client, gives_up, scripted};
use testbed::messages::files::{Files, block, expect_get, reply, size};
use testbed::messages::{self, header};
use testbed::prelude::*;

/// A client that is to fetch this.
fn fetching<'a>(arguments: &'a [&'a str]) -> Client<'a> {
    Client {
        program: CLIENT,
        arguments,
    }
}

/// A client that has connected to this server and asked for this file; from
/// which byte on.
fn asked(
    lab: &Lab,
    listening: &Server,
    name: &str,
    out: Option<String>,
) -> Outcome<(Program, Peer, u64)> {
    let client = fetching(&[name]).of(lab, listening).args(out).start()?;
    let mut server = listening.accept()?;
    let offset = expect_get(&mut server, name)?;
    lab.settle();
    Ok((client, server, offset))
}

/// The same, where it has nothing yet of the file.
pub fn asked_for_all(
    lab: &Lab,
    listening: &Server,
    name: &str,
    out: Option<String>,
) -> Outcome<(Program, Peer)> {
    let (client, server, offset) = asked(lab, listening, name, out)?;
    lab.require(
        offset == 0,
        "it asks for the file from byte 0 on: it has nothing of it",
        "It asked for the file from a later byte on, as if it had a part of it.",
    )?;
    Ok((client, server))
}

pub fn client_sends_its_request(lab: &mut Lab) -> Outcome {
    let files = Files::new(lab);
    let listening = scripted(lab)?;
    let out = files.argument("out");
    let client = fetching(&["hello.txt", &out]).of(lab, &listening);
    let _client = client.start()?;
    let mut server = listening.accept()?;
    server.expect(GET_HELLO)?;
    server.expect_no_more()
}

pub fn client_writes_the_file(lab: &mut Lab) -> Outcome {
    let files = Files::new(lab);
    let listening = scripted(lab)?;
    let content = lab.bytes(200_000);
    let contents = [("one", HELLO), ("two", &content[..]), ("three", b"")];
    for (name, content) in contents {
        let out = Some(files.argument(name));
        let (mut client, mut server) = asked_for_all(lab, &listening, "hello.txt", out)?;
        server.send(&reply(content.len() as u64, content))?;
        client.expect_exit(0)?.stdout_is(b"")?;
        files.expect(lab, name, content)?;
    }
    Ok(())
}

pub fn client_puts_blocks_together(lab: &mut Lab) -> Outcome {
    let files = Files::new(lab);
    let listening = scripted(lab)?;
    let content = lab.bytes(70_000);
    let out = |name| Some(files.argument(name));
    let (mut client, mut server) = asked_for_all(lab, &listening, "hello.txt", out("one"))?;
    let small = reply(12, HELLO);
    server.send_in_pieces(&small, &[5, 8, 4, 7, 9])?;
    client.expect_exit(0)?;
    files.expect(lab, "one", HELLO)?;
    let (mut client, mut server) = asked_for_all(lab, &listening, "noise", out("two"))?;
    lab.step("the server sent blocks of 1, 65,536, 3 and 4,460 bytes");
    let mut bytes = size(70_000);
    let mut rest = &content[..];
    for length in [1, 65_536, 3, 4_460] {
        let (piece, after) = rest.split_at(length);
        bytes.extend(block(piece));
        rest = after;
    }
    bytes.extend(block(b""));
    server.send_in_pieces(&bytes, &[16, 7, 20_000, 30_000])?;
    client.expect_exit(0)?;
    files.expect(lab, "two", &content)
}

pub fn client_waits_without_spinning(lab: &mut Lab) -> Outcome {
    let files = Files::new(lab);
    let listening = scripted(lab)?;
    let out = Some(files.argument("out"));
    let (mut client, mut server) = asked_for_all(lab, &listening, "hello.txt", out)?;
    let whole = reply(12, HELLO);
    server.send(&whole[..20])?;
    client.expect_waiting()?;
    server.send(&whole[20..])?;
    client.expect_exit(0)?;
    files.expect(lab, "out", HELLO)
}

pub fn client_tells_a_refusal(lab: &mut Lab) -> Outcome {
    let files = Files::new(lab);
    let listening = scripted(lab)?;
    for code in [16, 17] {
        let out = Some(files.argument("out"));
        let (mut client, mut server) = asked_for_all(lab, &listening, "hello.txt", out)?;
        lab.step(format!("the server refused (type 129) with code {code}"));
        server.send(&messages::error(code, "not today"))?;
        gives_up(lab, &mut client)?;
        files.expect_none(lab, "out")?;
    }
    Ok(())
}

pub fn client_notices_an_end_that_comes_too_soon(lab: &mut Lab) -> Outcome {
    let files = Files::new(lab);
    let listening = scripted(lab)?;
    let whole = reply(12, HELLO);
    let cuts = [
        ("nothing", 0),
        ("half the size", 12),
        ("the size alone", 16),
        ("the header of a block", 24),
        ("half a block", 30),
    ];
    for (i, (what, length)) in cuts.into_iter().enumerate() {
        let name = format!("out{i}");
        let out = Some(files.argument(&name));
        let (mut client, mut server) = asked_for_all(lab, &listening, "hello.txt", out)?;
        lab.step(format!("the server sent {what}, and closed"));
        server.send_while_it_reads(&whole[..length])?;
        server.close();
        gives_up(lab, &mut client)?;
        files.expect_none(lab, &name)?;
    }
    Ok(())
}

pub fn client_notices_bytes_that_are_missing(lab: &mut Lab) -> Outcome {
    let files = Files::new(lab);
    let listening = scripted(lab)?;
    for length in [5, 11] {
        let name = format!("out{length}");
        let out = Some(files.argument(&name));
        let (mut client, mut server) = asked_for_all(lab, &listening, "hello.txt", out)?;
        lab.step(format!(
            "the server sent the size 12, {length} bytes, and the empty block"
        ));
        server.send_while_it_reads(&reply(12, &HELLO[..length]))?;
        server.close();
        gives_up(lab, &mut client)?;
        files.expect_none(lab, &name)?;
    }
    // In its last 32 bits this size is 12.
    let out = Some(files.argument("more"));
    let (mut client, mut server) = asked_for_all(lab, &listening, "hello.txt", out)?;
    lab.step("the server sent the size 4,294,967,308, 12 bytes, and the empty block");
    server.send_while_it_reads(&reply((1 << 32) + 12, HELLO))?;
    server.close();
    gives_up(lab, &mut client)?;
    files.expect_none(lab, "more")
}

pub fn client_takes_no_other_bytes_for_a_reply(lab: &mut Lab) -> Outcome {
    let files = Files::new(lab);
    let listening = scripted(lab)?;
    let whole = reply(12, HELLO);
    for (what, at) in [("size", 0), ("block", 16)] {
        let mut bytes = whole.clone();
        bytes.swap(at, at + 1);
        let out = Some(files.argument(what));
        let (mut client, mut server) = asked_for_all(lab, &listening, "hello.txt", out)?;
        lab.step(format!(
            "the magic of the {what} that the server sent was 4353"
        ));
        server.send_while_it_reads(&bytes)?;
        server.close();
        gives_up(lab, &mut client)?;
        files.expect_none(lab, what)?;
    }
    Ok(())
}

pub fn client_does_not_believe_a_huge_block(lab: &mut Lab) -> Outcome {
    let files = Files::new(lab);
    let listening = scripted(lab)?;
    let out = Some(files.argument("out"));
    let (mut client, mut server) = asked_for_all(lab, &listening, "hello.txt", out)?;
    let before = peak(&client)?;
    lab.step("the server sent the size, and the header of a block of 100,000,000 bytes");
    server.send(&[size(100_000_000), header(145, 100_000_000)].concat())?;
    lab.step("the server sent 24 MiB of this block");
    server.send_while_it_reads(&vec![b'.'; 24 << 20])?;
    server.let_it_read();
    // One that has given up by now holds nothing.
    let now = if client.is_alive() {
        peak(&client)
    } else {
        Ok(0)
    };
    let more = now.map_or(0, |now| now.saturating_sub(before));
    lab.require(
        more < LITTLE,
        "it takes less than 16 MiB of memory, whatever a header says",
        "It took more.",
    )?;
    server.close();
    gives_up(lab, &mut client)?;
    files.expect_none(lab, "out")
}

pub fn out_is_there_when_it_is_whole(lab: &mut Lab) -> Outcome {
    let files = Files::new(lab);
    let listening = scripted(lab)?;
    let content = lab.bytes(200_000);
    let out = Some(files.argument("out"));
    let (mut client, mut server) = asked_for_all(lab, &listening, "noise", out)?;
    let whole = reply(200_000, &content);
    let (all_but_the_empty_block, last) = whole.split_at(whole.len() - 8);
    let (half, rest) = all_but_the_empty_block.split_at(100_000);
    server.send(half)?;
    server.let_it_read();
    lab.step("half of the file had come");
    files.expect_none(lab, "out")?;
    server.send(rest)?;
    server.let_it_read();
    lab.step("all of it but the empty block had come");
    files.expect_none(lab, "out")?;
    server.send(last)?;
    client.expect_exit(0)?;
    files.expect(lab, "out", &content)?;
    client_cannot_rename(lab, &files, &listening)
}

/// Where OUT cannot be had in the end, all that came is of no use.
fn client_cannot_rename(lab: &Lab, files: &Files, listening: &Server) -> Outcome {
    lab.begin_anew("a second program, whose OUT is a folder: no file can be renamed to that");
    files.folder(lab, "folder")?;
    let client = fetching(&["hello.txt", &files.argument("folder")]).of(lab, listening);
    let mut client = client.start()?;
    // One that looks first need not even connect.
    let mut server = listening.accept().ok();
    if let Some(server) = &mut server {
        expect_get(server, "hello.txt")?;
        server.send_while_it_reads(&reply(12, HELLO))?;
    }
    gives_up(lab, &mut client)
}

pub fn client_writes_name_into_this_folder(lab: &mut Lab) -> Outcome {
    let files = Files::new(lab);
    if !files.are_here() {
        return Err(lab.ungraded("programs have no folder of their own here"));
    }
    let listening = scripted(lab)?;
    let (mut client, mut server) = asked_for_all(lab, &listening, "hello.txt", None)?;
    let whole = reply(12, HELLO);
    let (all_but_the_empty_block, last) = whole.split_at(whole.len() - 8);
    server.send(all_but_the_empty_block)?;
    server.let_it_read();
    lab.step("all of it but the empty block had come");
    files.expect_none(lab, "hello.txt")?;
    server.send(last)?;
    client.expect_exit(0)?;
    files.expect(lab, "hello.txt", HELLO)
}

pub fn an_old_out_stays_until_the_new_one_is_whole(lab: &mut Lab) -> Outcome {
    let files = Files::new(lab);
    let listening = scripted(lab)?;
    let content = lab.bytes(100_000);
    let out = || Some(files.argument("out"));
    let (mut client, mut server) = asked_for_all(lab, &listening, "hello.txt", out())?;
    server.send(&reply(12, HELLO))?;
    client.expect_exit(0)?;
    files.expect(lab, "out", HELLO)?;
    lab.step("a reader opened OUT, and read nothing yet");
    let mut reader = std::fs::File::open(files.path("out"))
        .map_err(|error| lab.ungraded(&format!("open OUT: {error}")))?;
    let (mut client, mut server) = asked_for_all(lab, &listening, "noise", out())?;
    let whole = reply(100_000, &content);
    server.send(&whole[..50_000])?;
    server.close();
    gives_up(lab, &mut client)?;
    lab.step("the transfer was interrupted, and OUT was from another one");
    files.expect(lab, "out", HELLO)?;
    let (mut client, mut server, offset) = asked(lab, &listening, "noise", out())?;
    let offset = usize::try_from(offset).unwrap_or(usize::MAX);
    let rest = content.get(offset..).unwrap_or_default();
    server.send(&reply(100_000, rest))?;
    client.expect_exit(0)?;
    files.expect(lab, "out", &content)?;
    lab.step("the reader read what it had opened");
    let mut read = Vec::new();
    let whole = reader.read_to_end(&mut read);
    lab.require(
        whole.is_ok() && read == HELLO,
        "it reads the old OUT, whole: the new one is another file, renamed in one step",
        "The old file was written to, so that OUT was half of the new one for a while.",
    )
}

/// The client asks for what OUT, of this name, lacks of `content`, of which it was
/// sent `sent` bytes, and gets it.
fn goes_on(
    lab: &Lab,
    (files, name): (&Files, &str),
    listening: &Server,
    content: &[u8],
    sent: usize,
) -> Outcome {
    let out = Some(files.argument(name));
    let (mut client, mut server, offset) = asked(lab, listening, "noise", out)?;
    let offset = usize::try_from(offset).unwrap_or(usize::MAX);
    let expected = "it goes on from what it has";
    lab.require(
        offset > 0,
        expected,
        "It asked for the file from byte 0 on.",
    )?;
    let beyond = "It asked for what lies behind a byte that it never got.";
    lab.require(offset <= sent, expected, beyond)?;
    server.send(&reply(content.len() as u64, &content[offset..]))?;
    client.expect_exit(0)?;
    files.expect(lab, name, content)
}

pub fn client_goes_on_from_what_it_has(lab: &mut Lab) -> Outcome {
    let files = Files::new(lab);
    let listening = scripted(lab)?;
    let content = lab.bytes(300_000);
    let two_blocks = 16 + 2 * (8 + 65_536);
    let cuts = [
        ("two blocks of 65,536 bytes", two_blocks, 2 * 65_536),
        (
            "two blocks of 65,536 bytes, a part of a third",
            two_blocks + 8 + 30_000,
            2 * 65_536 + 30_000,
        ),
    ];
    for (i, (what, length, sent)) in cuts.into_iter().enumerate() {
        let name = format!("out{i}");
        let out = Some(files.argument(&name));
        let (mut client, mut server) = asked_for_all(lab, &listening, "noise", out)?;
        lab.step(format!("the server sent the size, {what}, and closed"));
        server.send(&reply(300_000, &content)[..length])?;
        server.close();
        gives_up(lab, &mut client)?;
        files.expect_none(lab, &name)?;
        goes_on(lab, (&files, &name), &listening, &content, sent)?;
    }
    Ok(())
}

pub fn a_killed_client_goes_on_when_it_is_run_again(lab: &mut Lab) -> Outcome {
    let files = Files::new(lab);
    let listening = scripted(lab)?;
    let content = lab.bytes(5_000_000);
    files.folder(lab, "there")?;
    let out = Some(files.argument("there/out"));
    let (mut client, mut server) = asked_for_all(lab, &listening, "noise", out)?;
    lab.step("the server sent 4,000,000 bytes of the file, in blocks");
    let whole = reply(5_000_000, &content);
    let blocks = 4_000_000 / 65_536 + 1;
    server.send(&whole[..16 + 8 * blocks + 4_000_000])?;
    server.let_it_read();
    client.kill()?;
    server.close();
    files.expect_none(lab, "there/out")?;
    let beside = std::fs::read_dir(files.path("there"));
    // From another folder, which may be on another file system, nothing can be renamed.
    lab.require(
        beside.is_ok_and(|mut there| there.next().is_some()),
        "what had come lies beside OUT, in the folder `there`",
        "There is nothing in this folder.",
    )?;
    let out = (&files, "there/out");
    goes_on(lab, out, &listening, &content, 4_000_000)
}

pub fn client_starts_anew_for_another_file(lab: &mut Lab) -> Outcome {
    let files = Files::new(lab);
    let listening = scripted(lab)?;
    let content = lab.bytes(150_000);
    let out = |name| Some(files.argument(name));
    let (mut client, mut server) = asked_for_all(lab, &listening, "noise", out("out"))?;
    lab.step("the server sent the size, a block of 65,536 bytes, and closed");
    server.send(&reply(150_000, &content)[..16 + 8 + 65_536])?;
    server.close();
    gives_up(lab, &mut client)?;
    lab.step("now another file was wanted, for the same OUT");
    let other = lab.bytes(90_000);
    let (mut client, mut server) = asked_for_all(lab, &listening, "other", out("out"))?;
    server.send(&reply(90_000, &other))?;
    client.expect_exit(0)?;
    files.expect(lab, "out", &other)
}

pub fn client_names_a_refused_connection(lab: &mut Lab) -> Outcome {
    let out = Files::new(lab).argument("out");
    fetching(&["hello.txt", &out]).names_a_refused_connection(lab)
}

pub fn client_tells_an_unknown_host_from_a_refusal(lab: &mut Lab) -> Outcome {
    let out = Files::new(lab).argument("out");
    fetching(&["hello.txt", &out]).tells_an_unknown_host_from_a_refusal(lab)
}

pub fn client_refuses_wrong_usage(lab: &mut Lab) -> Outcome {
    let wrong: [&[&str]; 9] = [
        &["127.0.0.1", "0", "hello.txt"],
        &["127.0.0.1", "65536", "hello.txt"],
        &["127.0.0.1", "-1", "hello.txt"],
        &["127.0.0.1", "port", "hello.txt"],
        &["127.0.0.1", "", "hello.txt"],
        &["127.0.0.1", "4321x", "hello.txt"],
        &["127.0.0.1", "4294971617", "hello.txt"],
        &["127.0.0.1", "4321"],
        &[],
    ];
    fetching(&[]).refuses_wrong_usage(lab, &wrong)
}
