//! The server: a name in, a file out, and nothing but the files of one folder.

use std::error::Error;
use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom};
use std::net::Ipv4Addr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;
use std::thread;

use nix::fcntl::OFlag;
use sockets::rio::{self, Reader};
use sockets::{Connection, Listener};

use crate::message::{MAX_BLOCK, Message, VERSION, kind};

/// How many clients may wait in the queue.
const BACKLOG: i32 = 64;

/// A request is an offset of 8 bytes and a name: no longer than this, in bytes.
const MAX_REQUEST: u32 = 8 + 255;

/// Serves each client in a thread of its own, for ever. Returns only when a
/// system call that concerns all clients has failed.
pub fn run(port: u16, folder: &Path) -> sockets::Result<()> {
    let listener = Listener::bind((Ipv4Addr::UNSPECIFIED, port), BACKLOG)?;
    let folder: Arc<Path> = folder.into();
    todo!("serve all clients at once; an error of one ends that client's connection alone")
}

/// Answers every request of one client, in order, until it has no more.
fn serve(client: &Connection, folder: &Path) -> Result<(), Box<dyn Error>> {
    todo!("the file or the refusal for each request, until the client has no more")
}

/// Why a request gets no file; the number is the code that travels.
#[derive(Debug, Clone, Copy)]
enum Refusal {
    UnknownType = 1,
    WrongLength = 2,
    UnknownVersion = 4,
    NoSuchFile = 16,
    NotAllowed = 17,
    BadOffset = 18,
}

impl Refusal {
    fn message(self) -> Message {
        let text = match self {
            Refusal::UnknownType => "unknown type",
            Refusal::WrongLength => "wrong length",
            Refusal::UnknownVersion => "unknown version",
            Refusal::NoSuchFile => "no such file",
            Refusal::NotAllowed => "not allowed",
            Refusal::BadOffset => "bad offset",
        };
        let mut payload = (self as u16).to_be_bytes().to_vec();
        payload.extend(text.as_bytes());
        Message::new(kind::ERROR, payload)
    }
}

/// The offset and the name in a request.
fn wanted(request: &Message) -> Result<(u64, &[u8]), Refusal> {
    todo!("take the payload of a get apart")
}

/// What is to be sent of a file: all from its position on.
struct Part {
    file: File,
    /// The size of the whole file, in bytes.
    size: u64,
    /// How many bytes are to be sent.
    rest: u64,
}

/// Opens a file of the folder at an offset, if it is a plain file and really
/// in there.
fn open(folder: &Path, name: &[u8], offset: u64) -> Result<Part, Refusal> {
    todo!("refuse every name that leads anywhere else; see the handout on links and on FIFOs")
}

/// Sends the size, then the part in blocks, then an empty block.
///
/// # Errors
///
/// A call failed, or the file has become shorter: the client must not take
/// what it got for the whole.
fn send(client: &Connection, part: &Part) -> io::Result<()> {
    todo!("the size, then block after block, then the empty one; never more than a block in memory")
}
