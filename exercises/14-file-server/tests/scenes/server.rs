//! The server alone, spoken to byte by byte: its files and its refusals.

use super::folder::*;
use testbed::messages::files::{Files, expect_file, get};
use testbed::messages::{comes, expect_error, header, message};
use testbed::prelude::*;

// The server: files.

pub fn server_sends_a_file(lab: &mut Lab) -> Outcome {
    let files = folder(lab)?;
    let _server = serving(lab, &files)?;
    let mut ada = comes(lab, "ada")?;
    lab.step("ada asked for hello.txt, which holds \"hello, file\\n\"");
    ada.send(GET_HELLO)?;
    expect_file(lab, &mut ada, 12, HELLO)
}

pub fn server_sends_every_byte(lab: &mut Lab) -> Outcome {
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
}

pub fn server_sends_from_an_offset(lab: &mut Lab) -> Outcome {
    let files = folder(lab)?;
    let content = lab.bytes(150_000);
    files.file(lab, "files/noise", &content)?;
    let _server = serving(lab, &files)?;
    for offset in [1, 70_000, 149_999, 150_000] {
        let mut ada = comes(lab, "ada")?;
        gets(lab, &mut ada, "noise", &content, offset)?;
    }
    // It takes no room: where nothing was written there is nothing but zeros.
    const HUGE: u64 = 5 << 30;
    let made = std::fs::File::create(files.path("files/huge")).and_then(|it| it.set_len(HUGE));
    made.map_err(|error| lab.ungraded(&format!("make a file: {error}")))?;
    lab.step("files/huge was made, 5 GiB of zeros");
    let mut ada = comes(lab, "ada")?;
    ada.send(&get(HUGE - 10, "huge"))?;
    expect_file(lab, &mut ada, HUGE, &[0; 10])
}

pub fn server_answers_one_request_after_another(lab: &mut Lab) -> Outcome {
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
}

pub fn server_puts_a_request_together(lab: &mut Lab) -> Outcome {
    let files = folder(lab)?;
    let _server = serving(lab, &files)?;
    let mut ada = comes(lab, "ada")?;
    ada.send_in_pieces(GET_HELLO, &[9, 9])?;
    expect_file(lab, &mut ada, 12, HELLO)?;
    ada.send_bytewise(GET_HELLO)?;
    expect_file(lab, &mut ada, 12, HELLO)
}

pub fn server_takes_requests_apart(lab: &mut Lab) -> Outcome {
    let files = folder(lab)?;
    files.file(lab, "files/other", b"another file")?;
    let _server = serving(lab, &files)?;
    let mut ada = comes(lab, "ada")?;
    lab.step("ada asked for hello.txt, for `other`, and for hello.txt from byte 7 on, at once");
    let all = [GET_HELLO, &get(0, "other"), &get(7, "hello.txt")].concat();
    ada.send(&all)?;
    expect_file(lab, &mut ada, 12, HELLO)?;
    expect_file(lab, &mut ada, 12, b"another file")?;
    expect_file(lab, &mut ada, 12, &HELLO[7..])?;
    lab.step("ada asked for hello.txt once more, which was all");
    ada.send(GET_HELLO)?;
    ada.half_close()?;
    expect_file(lab, &mut ada, 12, HELLO)?;
    ada.expect_eof()
}

pub fn server_knows_every_name(lab: &mut Lab) -> Outcome {
    let files = folder(lab)?;
    let long = "n".repeat(255);
    let names = [
        "...",
        "a b.txt",
        "-rf",
        "été.txt",
        "a\\b.txt",
        "..hidden",
        &long,
    ];
    for name in names {
        files.file(lab, &format!("files/{name}"), name.as_bytes())?;
    }
    let _server = serving(lab, &files)?;
    for name in names {
        let mut ada = comes(lab, "ada")?;
        gets(lab, &mut ada, name, name.as_bytes(), 0)?;
    }
    Ok(())
}

// The server: refusals.

pub fn server_names_a_missing_file(lab: &mut Lab) -> Outcome {
    let files = folder(lab)?;
    let _server = serving(lab, &files)?;
    let mut ada = comes(lab, "ada")?;
    for name in ["missing.txt", "hello.tx", "hello.txt "] {
        is_refused(lab, &mut ada, name, NO_SUCH_FILE)?;
    }
    gets_hello(lab, &mut ada)
}

pub fn server_refuses_a_bad_offset(lab: &mut Lab) -> Outcome {
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
}

/// Files that nobody may get: beside the folder, and in a folder inside it.
fn secrets(lab: &Lab, files: &Files) -> Outcome {
    files.file(lab, "secret.txt", b"a secret\n")?;
    files.folder(lab, "files-not")?;
    files.file(lab, "files-not/key.txt", b"a key\n")?;
    files.folder(lab, "files/sub")?;
    files.file(lab, "files/sub/inner.txt", b"inner\n")
}

pub fn server_refuses_paths(lab: &mut Lab) -> Outcome {
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
}

pub fn server_refuses_links_that_lead_out(lab: &mut Lab) -> Outcome {
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
}

pub fn server_refuses_what_is_no_plain_file(lab: &mut Lab) -> Outcome {
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
}

pub fn server_ends_a_connection_with_too_long_a_request(lab: &mut Lab) -> Outcome {
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
}

pub fn server_survives_odd_requests(lab: &mut Lab) -> Outcome {
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
}
