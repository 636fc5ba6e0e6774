//! Unusual and right: resolves every path before it opens it, serves links that
//! stay inside, and sends small blocks, each in two writes.

use std::error::Error;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Seek, SeekFrom};
use std::net::Ipv4Addr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;
use std::thread;

use sockets::rio::{self, Reader};
use sockets::{Connection, Listener};

use crate::message::{Message, VERSION, kind};

/// How many clients may wait in the queue.
const BACKLOG: i32 = 64;

/// A request is an offset of 8 bytes and a name: no longer than this, in bytes.
const MAX_REQUEST: u32 = 8 + 255;

/// Serves each client in a thread of its own, for ever. Returns only when a
/// system call that concerns all clients has failed.
pub fn run(port: u16, folder: &Path) -> sockets::Result<()> {
    let listener = Listener::bind((Ipv4Addr::UNSPECIFIED, port), BACKLOG)?;
    let folder: Arc<Path> = folder.into();
    loop {
        let client = listener.accept()?;
        let folder = Arc::clone(&folder);
        let worker = thread::Builder::new().spawn(move || {
            if let Err(error) = serve(&client, &folder) {
                eprintln!("file-server: a connection ended: {error}");
            }
        });
        if let Err(error) = worker {
            eprintln!("file-server: no thread for a client: {error}");
        }
    }
}

/// Answers every request of one client, in order, until it has no more.
fn serve(client: &Connection, folder: &Path) -> Result<(), Box<dyn Error>> {
    let mut requests = Reader::new(client);
    while let Some(request) = Message::read(&mut requests, MAX_REQUEST)? {
        match wanted(&request).and_then(|(offset, name)| open(folder, name, offset)) {
            Ok(part) => send(client, &part)?,
            Err(refusal) => rio::writen(client, &refusal.message().to_bytes())?,
        }
    }
    Ok(())
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
    if request.version != VERSION {
        return Err(Refusal::UnknownVersion);
    }
    if request.kind != kind::GET {
        return Err(Refusal::UnknownType);
    }
    let (offset, name) = request
        .payload
        .split_first_chunk()
        .ok_or(Refusal::WrongLength)?;
    Ok((u64::from_be_bytes(*offset), name))
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
    let name = OsStr::from_bytes(name);
    if name == ".." || Path::new(name).components().count() != 1 || name.as_bytes().contains(&b'/')
    {
        return Err(Refusal::NotAllowed);
    }
    let inside = folder.canonicalize().map_err(|_| Refusal::NotAllowed)?;
    let real = match inside.join(name).canonicalize() {
        Ok(real) => real,
        Err(_) => return Err(Refusal::NoSuchFile),
    };
    let metadata = real.metadata().map_err(|_| Refusal::NotAllowed)?;
    if real.parent() != Some(&inside) || !metadata.is_file() {
        return Err(Refusal::NotAllowed);
    }
    let mut file = File::open(real).map_err(|_| Refusal::NotAllowed)?;
    let size = metadata.len();
    let rest = size.checked_sub(offset).ok_or(Refusal::BadOffset)?;
    file.seek(SeekFrom::Start(offset))
        .map_err(|_| Refusal::BadOffset)?;
    Ok(Part { file, size, rest })
}

/// Sends the size, then the part in blocks, then an empty block.
///
/// # Errors
///
/// A call failed, or the file has become shorter: the client must not take
/// what it got for the whole.
fn send(client: &Connection, part: &Part) -> io::Result<()> {
    let size = Message::new(kind::SIZE, part.size.to_be_bytes().to_vec());
    rio::writen(client, &size.to_bytes())?;
    let mut left = part.rest;
    while left > 0 {
        let length = left.min(4_093) as usize;
        let mut block = vec![0; length];
        if rio::readn(&part.file, &mut block)? < length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let bytes = Message::new(kind::BLOCK, block).to_bytes();
        let (header, content) = bytes.split_at(8);
        rio::writen(client, header)?;
        rio::writen(client, content)?;
        left -= length as u64;
    }
    rio::writen(client, &Message::new(kind::BLOCK, Vec::new()).to_bytes())
}
