//! The folder that the server is to serve, and what is asked of it.

use testbed::messages::files::{Files, expect_file, get};
use testbed::messages::{Service, expect_error};
use testbed::prelude::*;

const SERVER: &str = "file-server";
pub const CLIENT: &str = "file-client";

pub const NO_SUCH_FILE: &[u16] = &[16];
pub const NOT_ALLOWED: &[u16] = &[17];
pub const NEITHER: &[u16] = &[16, 17];
pub const BAD_OFFSET: &[u16] = &[18];

/// What is in `hello.txt`, which every server here has.
pub const HELLO: &[u8] = b"hello, file\n";

/// The request for it, as it travels.
pub const GET_HELLO: &[u8] = b"SC\x01\x10\0\0\0\x11\0\0\0\0\0\0\0\0hello.txt";

/// Makes the folder that the server is to serve.
pub fn folder(lab: &Lab) -> Outcome<Files> {
    let files = Files::new(lab);
    files.folder(lab, "files")?;
    files.file(lab, "files/hello.txt", HELLO)?;
    Ok(files)
}

/// A server of this folder.
pub fn serving(lab: &mut Lab, files: &Files) -> Outcome<Program> {
    let port = lab.port();
    let server = lab.program(SERVER).arg(port).arg(files.argument("files"));
    server.start_listening(port)
}

/// Plays a scene with a server of which one request and its reply are known.
pub fn scene(lab: &mut Lab, play: impl FnOnce(&Service<'_>, &mut Lab) -> Outcome) -> Outcome {
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
pub fn gets_hello(lab: &Lab, peer: &mut Peer) -> Outcome {
    lab.step(format!("{} asked for hello.txt", peer.name()));
    peer.send(GET_HELLO)?;
    expect_file(lab, peer, HELLO.len() as u64, HELLO)
}

/// The peer asks for a file from this byte on, and gets what is there.
pub fn gets(lab: &Lab, peer: &mut Peer, name: &str, content: &[u8], offset: usize) -> Outcome {
    lab.step(format!(
        "{} asked for {name} from byte {offset} on",
        peer.name()
    ));
    peer.send(&get(offset as u64, name))?;
    expect_file(lab, peer, content.len() as u64, &content[offset..])
}

/// The peer asks for a file, and is refused.
pub fn is_refused(lab: &Lab, peer: &mut Peer, name: &str, codes: &[u16]) -> Outcome {
    lab.step(format!("{} asked for `{name}`", peer.name()));
    peer.send(&get(0, name))?;
    expect_error(lab, peer, codes)
}
