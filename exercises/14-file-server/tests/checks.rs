//! The checks of exercise 14: the server alone, spoken to byte by byte; the
//! client alone, against a scripted server; then both together. The bytes are
//! those of the specification, so a mistake that both programs share is seen.

use predicates::prelude::{PredicateBooleanExt, predicate};
use testbed::messages::files::{
    Files, Large, block, expect_block, expect_blocks, expect_file, expect_get, get, reply, size,
};
use testbed::messages::{self, Service, comes, expect_error, header, message};
use testbed::prelude::*;

const EXERCISE: &str = include_str!("../exercise.toml");
const SERVER: &str = "file-server";
const CLIENT: &str = "file-client";

const NO_SUCH_FILE: &[u16] = &[16];
const NOT_ALLOWED: &[u16] = &[17];
const NEITHER: &[u16] = &[16, 17];
const BAD_OFFSET: &[u16] = &[18];

/// What is in `hello.txt`, which every server here has.
const HELLO: &[u8] = b"hello, file\n";
/// The request for it, as it travels.
const GET_HELLO: &[u8] = b"SC\x01\x10\0\0\0\x11\0\0\0\0\0\0\0\0hello.txt";

/// More memory than this a transfer shall not take, in bytes.
const LITTLE: u64 = 16 << 20;
/// 256 MiB.
const CHUNKS: u64 = 4096;

/// Makes the folder that the server is to serve.
fn folder(lab: &Lab) -> Outcome<Files> {
    let files = Files::new(lab);
    files.folder(lab, "files")?;
    files.file(lab, "files/hello.txt", HELLO)?;
    Ok(files)
}

/// A server of this folder.
fn serving(lab: &mut Lab, files: &Files) -> Outcome<Program> {
    let port = lab.port();
    let server = lab.program(SERVER).arg(port).arg(files.argument("files"));
    server.start_listening(port)
}

/// Plays a scene with a server of which one request and its reply are known.
fn scene(lab: &mut Lab, play: impl FnOnce(&Service<'_>, &mut Lab) -> Outcome) -> Outcome {
    let files = folder(lab)?;
    let service = Service {
        program: SERVER,
        arguments: &[&files.argument("files")],
        request: GET_HELLO,
        asks: "asked for hello.txt",
        reply: |lab, peer| expect_file(lab, peer, HELLO.len() as u64, HELLO),
    };
    play(&service, lab)
}

/// The peer asks for `hello.txt`, and gets it.
fn gets_hello(lab: &Lab, peer: &mut Peer) -> Outcome {
    lab.step(format!("{} asked for hello.txt", peer.name()));
    peer.send(GET_HELLO)?;
    expect_file(lab, peer, HELLO.len() as u64, HELLO)
}

/// The peer asks for a file from this byte on, and gets what is there.
fn gets(lab: &Lab, peer: &mut Peer, name: &str, content: &[u8], offset: usize) -> Outcome {
    lab.step(format!(
        "{} asked for {name} from byte {offset} on",
        peer.name()
    ));
    peer.send(&get(offset as u64, name))?;
    expect_file(lab, peer, content.len() as u64, &content[offset..])
}

/// The peer asks for a file, and is refused.
fn is_refused(lab: &Lab, peer: &mut Peer, name: &str, codes: &[u16]) -> Outcome {
    lab.step(format!("{} asked for `{name}`", peer.name()));
    peer.send(&get(0, name))?;
    expect_error(lab, peer, codes)
}

/// The most memory that the program, or one of its processes, has had.
fn peak(program: &Program) -> Outcome<u64> {
    let observer = program.observe();
    let mut most = observer.memory_peak()?;
    for process in observer.descendants()? {
        // One that has ended meanwhile is not looked at.
        if let Ok(peak) = observer.of(process).memory_peak() {
            most = most.max(peak);
        }
    }
    Ok(most)
}

/// It took little more memory than before.
fn took_little(lab: &Lab, program: &Program, before: u64) -> Outcome {
    lab.step("the most memory that it had had (VmHWM) was compared with that before");
    lab.settle();
    let more = peak(program)?.saturating_sub(before);
    lab.require(
        more < LITTLE,
        "it takes less than 16 MiB for a file of 256 MiB",
        "It took more.",
    )
}

// The server: files.

#[test]
fn server_sends_a_file() {
    check(EXERCISE, |lab| {
        let files = folder(lab)?;
        let _server = serving(lab, &files)?;
        let mut ada = comes(lab, "ada")?;
        lab.step("ada asked for hello.txt, which holds \"hello, file\\n\"");
        ada.send(GET_HELLO)?;
        expect_file(lab, &mut ada, 12, HELLO)
    });
}

#[test]
fn server_sends_every_byte() {
    check(EXERCISE, |lab| {
        let files = folder(lab)?;
        let content = lab.bytes(300_007);
        files.file(lab, "files/noise", &content)?;
        files.file(lab, "files/nothing", b"")?;
        files.file(lab, "files/exact", &content[..65_536])?;
        let _server = serving(lab, &files)?;
        for (name, content) in [
            ("noise", &content[..]),
            ("exact", &content[..65_536]),
            ("nothing", b""),
        ] {
            let mut ada = comes(lab, "ada")?;
            gets(lab, &mut ada, name, content, 0)?;
        }
        Ok(())
    });
}

#[test]
fn server_sends_from_an_offset() {
    check(EXERCISE, |lab| {
        let files = folder(lab)?;
        let content = lab.bytes(150_000);
        files.file(lab, "files/noise", &content)?;
        let _server = serving(lab, &files)?;
        for offset in [1, 70_000, 149_999, 150_000] {
            let mut ada = comes(lab, "ada")?;
            gets(lab, &mut ada, "noise", &content, offset)?;
        }
        Ok(())
    });
}

#[test]
fn server_answers_one_request_after_another() {
    check(EXERCISE, |lab| {
        let files = folder(lab)?;
        let content = lab.bytes(100_000);
        files.file(lab, "files/noise", &content)?;
        let _server = serving(lab, &files)?;
        let mut ada = comes(lab, "ada")?;
        gets_hello(lab, &mut ada)?;
        lab.settle();
        gets(lab, &mut ada, "noise", &content, 99_000)?;
        gets(lab, &mut ada, "noise", &content, 0)?;
        gets_hello(lab, &mut ada)?;
        ada.half_close()?;
        ada.expect_eof()
    });
}

#[test]
fn server_puts_a_request_together() {
    check(EXERCISE, |lab| {
        let files = folder(lab)?;
        let _server = serving(lab, &files)?;
        let mut ada = comes(lab, "ada")?;
        ada.send_in_pieces(GET_HELLO, &[3, 9, 7])?;
        expect_file(lab, &mut ada, 12, HELLO)?;
        ada.send_bytewise(GET_HELLO)?;
        expect_file(lab, &mut ada, 12, HELLO)
    });
}

#[test]
fn server_takes_requests_apart() {
    check(EXERCISE, |lab| {
        let files = folder(lab)?;
        files.file(lab, "files/other", b"another file")?;
        let _server = serving(lab, &files)?;
        let mut ada = comes(lab, "ada")?;
        lab.step("ada asked for hello.txt, for `other`, and for hello.txt from byte 7 on, at once");
        let all = [GET_HELLO, &get(0, "other"), &get(7, "hello.txt")].concat();
        ada.send(&all)?;
        expect_file(lab, &mut ada, 12, HELLO)?;
        expect_file(lab, &mut ada, 12, b"another file")?;
        expect_file(lab, &mut ada, 12, &HELLO[7..])
    });
}

#[test]
fn server_knows_every_name() {
    check(EXERCISE, |lab| {
        let files = folder(lab)?;
        let long = "n".repeat(255);
        let names = ["...", "a b.txt", "-rf", "été.txt", "..hidden", &long];
        for name in names {
            files.file(lab, &format!("files/{name}"), name.as_bytes())?;
        }
        let _server = serving(lab, &files)?;
        for name in names {
            let mut ada = comes(lab, "ada")?;
            gets(lab, &mut ada, name, name.as_bytes(), 0)?;
        }
        Ok(())
    });
}

// The server: refusals.

#[test]
fn server_names_a_missing_file() {
    check(EXERCISE, |lab| {
        let files = folder(lab)?;
        let _server = serving(lab, &files)?;
        let mut ada = comes(lab, "ada")?;
        for name in ["missing.txt", "hello.tx", "hello.txt "] {
            is_refused(lab, &mut ada, name, NO_SUCH_FILE)?;
        }
        gets_hello(lab, &mut ada)
    });
}

#[test]
fn server_refuses_a_bad_offset() {
    check(EXERCISE, |lab| {
        let files = folder(lab)?;
        let _server = serving(lab, &files)?;
        let mut ada = comes(lab, "ada")?;
        for offset in [13, 1 << 40, 1 << 63, u64::MAX] {
            lab.step(format!(
                "ada asked for hello.txt (12 bytes) from byte {offset} on"
            ));
            ada.send(&get(offset, "hello.txt"))?;
            expect_error(lab, &mut ada, BAD_OFFSET)?;
        }
        gets_hello(lab, &mut ada)
    });
}

/// Files that nobody may get: beside the folder, and in a folder inside it.
fn secrets(lab: &Lab, files: &Files) -> Outcome {
    files.file(lab, "secret.txt", b"a secret\n")?;
    files.folder(lab, "files-not")?;
    files.file(lab, "files-not/key.txt", b"a key\n")?;
    files.folder(lab, "files/sub")?;
    files.file(lab, "files/sub/inner.txt", b"inner\n")
}

#[test]
fn server_refuses_paths() {
    check(EXERCISE, |lab| {
        let files = folder(lab)?;
        secrets(lab, &files)?;
        let _server = serving(lab, &files)?;
        let mut ada = comes(lab, "ada")?;
        let names = [
            "..",
            "../secret.txt",
            "sub/inner.txt",
            "sub/../../secret.txt",
            "../files-not/key.txt",
            "/etc/passwd",
        ];
        for name in names {
            is_refused(lab, &mut ada, name, NOT_ALLOWED)?;
        }
        gets_hello(lab, &mut ada)
    });
}

#[test]
fn server_refuses_links_that_lead_out() {
    check(EXERCISE, |lab| {
        let files = folder(lab)?;
        secrets(lab, &files)?;
        files.fifo(lab, "pipe")?;
        let links = [
            ("out", "../secret.txt"),
            ("absolute", "/etc/passwd"),
            ("twice", "out"),
            ("sibling", "../files-not/key.txt"),
            ("parent", ".."),
            ("waits", "../pipe"),
        ];
        for (name, target) in links {
            files.link(lab, &format!("files/{name}"), target)?;
        }
        let _server = serving(lab, &files)?;
        let mut ada = comes(lab, "ada")?;
        for (name, target) in links {
            lab.step(format!(
                "in the folder, `{name}` is a symbolic link to {target}"
            ));
            is_refused(lab, &mut ada, name, NOT_ALLOWED)?;
        }
        gets_hello(lab, &mut ada)
    });
}

#[test]
fn server_refuses_what_is_no_plain_file() {
    check(EXERCISE, |lab| {
        let files = folder(lab)?;
        secrets(lab, &files)?;
        files.fifo(lab, "files/pipe")?;
        let _server = serving(lab, &files)?;
        let mut ada = comes(lab, "ada")?;
        for name in ["sub", "."] {
            is_refused(lab, &mut ada, name, NOT_ALLOWED)?;
        }
        is_refused(lab, &mut ada, "", NEITHER)?;
        lab.step("in the folder, `pipe` is a FIFO that nobody writes to");
        is_refused(lab, &mut ada, "pipe", NEITHER)?;
        gets_hello(lab, &mut ada)
    });
}

#[test]
fn server_ends_a_connection_with_too_long_a_request() {
    check(EXERCISE, |lab| {
        let files = folder(lab)?;
        let _server = serving(lab, &files)?;
        for (name, length) in [("ada", 264), ("bob", u32::MAX)] {
            let mut client = comes(lab, name)?;
            gets_hello(lab, &mut client)?;
            lab.step(format!(
                "the header of {name}'s next request announced {length} bytes; nothing followed"
            ));
            client.send(&header(16, length))?;
            client.expect_eof_or_reset()?;
        }
        let mut cleo = comes(lab, "cleo")?;
        gets_hello(lab, &mut cleo)
    });
}

#[test]
fn server_survives_odd_requests() {
    check(EXERCISE, |lab| {
        let files = folder(lab)?;
        let _server = serving(lab, &files)?;
        let odd: [(&str, Vec<u8>); 5] = [
            ("with 3 bytes of payload", message(16, b"abc")),
            (
                "with a name that is no UTF-8",
                get(0, [0xff, 0xfe, b'/', 0xc3]),
            ),
            ("with a NUL in its name", get(0, b"hello.txt\0x")),
            ("of type 77", message(77, &[0; 20])),
            (
                "of another protocol",
                b"GET /hello.txt HTTP/1.0\r\n\r\n".to_vec(),
            ),
        ];
        for (what, bytes) in odd {
            let mut ada = comes(lab, "ada")?;
            lab.step(format!("ada sent a request {what}"));
            ada.send(&bytes)?;
            ada.close();
            lab.settle();
            let mut bob = comes(lab, "bob")?;
            gets_hello(lab, &mut bob)?;
        }
        Ok(())
    });
}

// The server: its clients.

#[test]
fn server_serves_several_clients_at_once() {
    check(EXERCISE, |lab| {
        scene(lab, |it, lab| it.serves_several_at_once(lab))
    });
}

#[test]
fn a_client_that_stalls_delays_no_other() {
    check(EXERCISE, |lab| {
        let files = folder(lab)?;
        let mut large = Large::new(lab, 128);
        large.make(lab, &files, "files/large")?;
        let _server = serving(lab, &files)?;
        let port = lab.port();
        let mut ada = lab.peer("ada").receive_buffer(4096).connect(port)?;
        lab.step("ada asked for a file of 8 MiB, and did not read it yet");
        ada.send(&get(0, "large"))?;
        ada.wait_for_unread()?;
        lab.settle();
        for name in ["bob", "cleo"] {
            let mut client = comes(lab, name)?;
            gets_hello(lab, &mut client)?;
        }
        lab.step("ada read her file");
        ada.expect(&size(large.size))?;
        expect_blocks(lab, &mut ada, large.size, |at, piece| {
            large.compare(at, piece)
        })
    });
}

#[test]
fn a_slow_reader_gets_every_byte() {
    check(EXERCISE, |lab| {
        let files = folder(lab)?;
        let content = lab.bytes(700_000);
        files.file(lab, "files/noise", &content)?;
        let server = serving(lab, &files)?;
        let port = lab.port();
        let ada = lab.peer("ada").receive_buffer(8 << 10).segment(1_000);
        let mut ada = ada.connect(port)?;
        lab.step("ada asked for a file of 700,000 bytes, and read it slowly");
        ada.send(&get(0, "noise"))?;
        lab.step("whenever it waited for room, it was stopped and continued (SIGSTOP, SIGCONT)");
        ada.expect(&size(700_000))?;
        let mut came = Vec::new();
        let mut stops = 0;
        loop {
            if came.len() >= stops * 100_000 && stops < 4 {
                lab.stop_and_continue(&server)?;
                stops += 1;
            }
            let next = expect_block(lab, &mut ada).and_then(|length| {
                ada.take_stream(length, |piece| {
                    came.extend_from_slice(piece);
                    Ok(())
                })?;
                Ok(length)
            });
            match next {
                Ok(0) => break,
                Ok(_) => {}
                // Where a write was cut short differs from run to run.
                Err(Wrong::Failed(_)) => {
                    came.clear();
                    while ada.take_stream(4096, |_| Ok(())).is_ok() {}
                    break;
                }
                Err(other) => return Err(other),
            }
        }
        lab.require(
            came == content,
            "the blocks hold the bytes of the file",
            "Bytes are missing: what a write had not taken was never sent.",
        )
    });
}

#[test]
fn server_survives_a_reset() {
    check(EXERCISE, |lab| {
        let files = folder(lab)?;
        let mut large = Large::new(lab, 64);
        large.make(lab, &files, "files/large")?;
        let _server = serving(lab, &files)?;
        let port = lab.port();
        let mut ada = comes(lab, "ada")?;
        ada.send(&GET_HELLO[..20])?;
        ada.reset()?;
        for name in ["bob", "cleo"] {
            let mut client = lab.peer(name).receive_buffer(4096).connect(port)?;
            lab.step(format!(
                "{name} asked for a file of 4 MiB, and read none of it"
            ));
            client.send(&get(0, "large"))?;
            client.wait_for_unread()?;
            match name {
                "bob" => client.reset()?,
                _ => client.close(),
            }
            lab.settle();
        }
        let mut dora = comes(lab, "dora")?;
        gets_hello(lab, &mut dora)
    });
}

#[test]
fn clients_leave_nothing_behind() {
    check(EXERCISE, |lab| {
        scene(lab, |it, lab| {
            it.clients_leave_nothing_behind(lab, 120, |lab, port| {
                let mut bob = lab.connect("bob", port)?;
                bob.send(&get(0, "missing.txt"))?;
                expect_error(lab, &mut bob, NO_SUCH_FILE)?;
                bob.send(&get(99, "hello.txt"))?;
                expect_error(lab, &mut bob, BAD_OFFSET)?;
                bob.send(&get(0, "."))?;
                expect_error(lab, &mut bob, NOT_ALLOWED)?;
                bob.send(&header(16, 1000))?;
                bob.expect_eof_or_reset()
            })
        })
    });
}

#[test]
fn one_client_leaves_no_file_open() {
    check(EXERCISE, |lab| {
        let files = folder(lab)?;
        let server = serving(lab, &files)?;
        let mut ada = comes(lab, "ada")?;
        gets_hello(lab, &mut ada)?;
        let processes = |server: &Program| -> Outcome<usize> {
            let observer = server.observe();
            let mut open = observer.descriptors()?;
            for process in observer.descendants()? {
                open += observer.of(process).descriptors().unwrap_or(0);
            }
            Ok(open)
        };
        lab.settle();
        let before = processes(&server)?;
        lab.repeat(
            40,
            "ada asked 40 times, for this and that",
            |lab, i| match i % 4 {
                0 => gets_hello(lab, &mut ada),
                1 => gets(lab, &mut ada, "hello.txt", HELLO, 12),
                2 => is_refused(lab, &mut ada, ".", NOT_ALLOWED),
                _ => {
                    ada.send(&get(99, "hello.txt"))?;
                    expect_error(lab, &mut ada, BAD_OFFSET)
                }
            },
        )?;
        lab.eventually(
            "it has as few descriptors open as before",
            || match processes(&server) {
                Ok(now) if now <= before => Ok(()),
                Ok(now) => Err(format!("It has {} more.", now - before)),
                Err(_) => Err("It has ended.".into()),
            },
        )
    });
}

#[test]
fn server_sends_256_mib_in_little_memory() {
    check(EXERCISE, |lab| {
        let files = folder(lab)?;
        let mut large = Large::new(lab, CHUNKS);
        large.make(lab, &files, "files/large")?;
        let server = serving(lab, &files)?;
        let mut ada = comes(lab, "ada")?;
        gets_hello(lab, &mut ada)?;
        let before = peak(&server)?;
        lab.step("ada asked for a file of 256 MiB");
        ada.send(&get(0, "large"))?;
        ada.expect(&size(large.size))?;
        expect_blocks(lab, &mut ada, large.size, |at, piece| {
            large.compare(at, piece)
        })?;
        took_little(lab, &server, before)
    });
}

#[test]
fn server_waits_without_spinning() {
    check(EXERCISE, |lab| {
        scene(lab, |it, lab| it.waits_without_spinning(lab))
    });
}

#[test]
fn a_taken_port_is_an_error() {
    check(EXERCISE, |lab| {
        scene(lab, |it, lab| it.a_taken_port_is_an_error(lab))
    });
}

#[test]
fn server_listens_on_all_addresses() {
    check(EXERCISE, |lab| {
        scene(lab, |it, lab| it.listens_on_all_addresses(lab))
    });
}

#[test]
fn server_refuses_wrong_usage() {
    check(EXERCISE, |lab| {
        scene(lab, |it, lab| {
            it.refuses_wrong_usage(lab, &[&[], &["4321"]])
        })
    });
}

#[test]
fn server_prints_nothing() {
    check(EXERCISE, |lab| scene(lab, |it, lab| it.prints_nothing(lab)));
}

// The client.

/// A scripted server. Outside a cell its port is one that the kernel finds to
/// be free.
fn scripted(lab: &mut Lab) -> Outcome<Server> {
    let port = if lab.in_cell() { lab.port() } else { 0 };
    lab.server("the server").port(port).listen()
}

/// A client that has connected to it and asked for this file; from which byte
/// on.
fn asked(
    lab: &Lab,
    listening: &Server,
    name: &str,
    out: Option<String>,
) -> Outcome<(Program, Peer, u64)> {
    let client = lab
        .program(CLIENT)
        .args(["127.0.0.1".to_string(), listening.port().to_string()])
        .arg(name)
        .args(out)
        .stdin(Stdin::Null)
        .start()?;
    let mut server = listening.accept()?;
    let offset = expect_get(&mut server, name)?;
    lab.settle();
    Ok((client, server, offset))
}

/// The same, where it has nothing yet of the file.
fn asked_for_all(
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

/// It ends with status 1 and says why.
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
        let files = Files::new(lab);
        let listening = scripted(lab)?;
        let client = lab
            .program(CLIENT)
            .args(["127.0.0.1".to_string(), listening.port().to_string()])
            .args(["hello.txt".to_string(), files.argument("out")]);
        let _client = client.stdin(Stdin::Null).start()?;
        let mut server = listening.accept()?;
        server.expect(GET_HELLO)?;
        server.expect_no_more()
    });
}

#[test]
fn client_writes_the_file() {
    check(EXERCISE, |lab| {
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
    });
}

#[test]
fn client_puts_blocks_together() {
    check(EXERCISE, |lab| {
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
    });
}

#[test]
fn client_waits_without_spinning() {
    check(EXERCISE, |lab| {
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
    });
}

#[test]
fn client_writes_name_into_this_folder() {
    check(EXERCISE, |lab| {
        let files = Files::new(lab);
        if !files.are_here() {
            return Err(lab.ungraded("programs have no folder of their own here"));
        }
        let listening = scripted(lab)?;
        let (mut client, mut server) = asked_for_all(lab, &listening, "hello.txt", None)?;
        server.send(&reply(12, HELLO))?;
        client.expect_exit(0)?;
        files.expect(lab, "hello.txt", HELLO)
    });
}

#[test]
fn client_tells_a_refusal() {
    check(EXERCISE, |lab| {
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
    });
}

#[test]
fn client_notices_an_end_that_comes_too_soon() {
    check(EXERCISE, |lab| {
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
    });
}

#[test]
fn client_notices_bytes_that_are_missing() {
    check(EXERCISE, |lab| {
        let files = Files::new(lab);
        let listening = scripted(lab)?;
        let out = Some(files.argument("out"));
        let (mut client, mut server) = asked_for_all(lab, &listening, "hello.txt", out)?;
        lab.step("the server sent the size 12, 5 bytes, and the empty block");
        server.send_while_it_reads(&reply(12, &HELLO[..5]))?;
        server.close();
        gives_up(lab, &mut client)?;
        files.expect_none(lab, "out")
    });
}

#[test]
fn out_is_there_when_it_is_whole() {
    check(EXERCISE, |lab| {
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
        files.expect(lab, "out", &content)
    });
}

#[test]
fn an_old_out_stays_until_the_new_one_is_whole() {
    check(EXERCISE, |lab| {
        let files = Files::new(lab);
        let listening = scripted(lab)?;
        let content = lab.bytes(100_000);
        let out = || Some(files.argument("out"));
        let (mut client, mut server) = asked_for_all(lab, &listening, "hello.txt", out())?;
        server.send(&reply(12, HELLO))?;
        client.expect_exit(0)?;
        files.expect(lab, "out", HELLO)?;
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
        files.expect(lab, "out", &content)
    });
}

/// The client asks for what it lacks of `content`, of which it was sent
/// `sent` bytes, and gets it.
fn goes_on(lab: &Lab, files: &Files, listening: &Server, content: &[u8], sent: usize) -> Outcome {
    let out = Some(files.argument("out"));
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
    files.expect(lab, "out", content)
}

#[test]
fn client_goes_on_from_what_it_has() {
    check(EXERCISE, |lab| {
        let files = Files::new(lab);
        let listening = scripted(lab)?;
        let content = lab.bytes(300_000);
        let out = Some(files.argument("out"));
        let (mut client, mut server) = asked_for_all(lab, &listening, "noise", out)?;
        lab.step("the server sent the size, two blocks of 65,536 bytes, and closed");
        let whole = reply(300_000, &content);
        server.send(&whole[..16 + 2 * (8 + 65_536)])?;
        server.close();
        gives_up(lab, &mut client)?;
        files.expect_none(lab, "out")?;
        goes_on(lab, &files, &listening, &content, 2 * 65_536)
    });
}

#[test]
fn a_killed_client_goes_on_when_it_is_run_again() {
    check(EXERCISE, |lab| {
        let files = Files::new(lab);
        let listening = scripted(lab)?;
        let content = lab.bytes(5_000_000);
        let out = Some(files.argument("out"));
        let (mut client, mut server) = asked_for_all(lab, &listening, "noise", out)?;
        lab.step("the server sent 4,000,000 bytes of the file, in blocks");
        let whole = reply(5_000_000, &content);
        let blocks = 4_000_000 / 65_536 + 1;
        server.send(&whole[..16 + 8 * blocks + 4_000_000])?;
        server.let_it_read();
        client.kill()?;
        server.close();
        files.expect_none(lab, "out")?;
        goes_on(lab, &files, &listening, &content, 4_000_000)
    });
}

#[test]
fn client_starts_anew_for_another_file() {
    check(EXERCISE, |lab| {
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
    });
}

#[test]
fn client_takes_256_mib_in_little_memory() {
    check(EXERCISE, |lab| {
        let files = Files::new(lab);
        let listening = scripted(lab)?;
        let mut large = Large::new(lab, CHUNKS);
        let out = Some(files.argument("out"));
        let (mut client, mut server) = asked_for_all(lab, &listening, "large", out)?;
        let before = peak(&client)?;
        lab.step("the server sent a file of 256 MiB, all but the empty block");
        server.send_piece(&size(large.size))?;
        let mut bytes = Vec::new();
        for index in 0..CHUNKS {
            bytes.clear();
            bytes.extend(header(145, Large::CHUNK as u32));
            bytes.extend_from_slice(large.chunk(index));
            server.send_piece(&bytes)?;
        }
        server.let_it_read();
        took_little(lab, &client, before)?;
        server.send(&block(b""))?;
        client.expect_exit(0)?;
        large.expect(lab, &files, "out")
    });
}

#[test]
fn client_names_a_refused_connection() {
    check(EXERCISE, |lab| {
        let files = Files::new(lab);
        let port = lab.port().to_string();
        lab.step("nobody listened on the port");
        let client = lab.program(CLIENT).args(["127.0.0.1", &port, "hello.txt"]);
        let ended = client.arg(files.argument("out")).run()?;
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
        let files = Files::new(lab);
        let port = lab.port().to_string();
        // Outside a cell a name might be asked of the network; nobody asks for
        // one with blanks.
        let host = match lab.in_cell() {
            true => "nobody.lab",
            false => "no host has this name",
        };
        let client = lab.program(CLIENT).args([host, &port, "hello.txt"]);
        let ended = client.arg(files.argument("out")).run()?;
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
        let wrong: [&[&str]; 7] = [
            &["127.0.0.1", "0", "hello.txt"],
            &["127.0.0.1", "65536", "hello.txt"],
            &["127.0.0.1", "-1", "hello.txt"],
            &["127.0.0.1", "port", "hello.txt"],
            &["127.0.0.1", "", "hello.txt"],
            &["127.0.0.1", "4321"],
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
        let files = folder(lab)?;
        let mut large = Large::new(lab, 100);
        large.make(lab, &files, "files/large")?;
        let _server = serving(lab, &files)?;
        let port = lab.port().to_string();
        let client = |name: &str, out: &str| {
            let client = lab.program(CLIENT).args(["127.0.0.1", &port, name]);
            client.arg(files.argument(out)).run()
        };
        client("hello.txt", "out")?.exited(0)?;
        files.expect(lab, "out", HELLO)?;
        client("large", "large")?.exited(0)?;
        large.expect(lab, &files, "large")?;
        client("missing.txt", "missing")?.exited(1)?;
        files.expect_none(lab, "missing")
    });
}
