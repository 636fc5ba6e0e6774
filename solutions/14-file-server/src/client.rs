//! The client: fetches a file, or the rest of it, and shows it only when it is
//! whole.

use std::error::Error;
use std::fs::{self, File, OpenOptions};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};

use sockets::rio::{self, Reader};

use crate::message::{MAX_BLOCK, Message, VERSION, kind};

/// What is wanted, and where it shall be.
#[derive(Hash)]
pub struct Wanted {
    pub host: String,
    pub port: u16,
    pub name: String,
    pub out: PathBuf,
}

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Fetches the file. OUT is there when all of it is, and not before.
pub fn run(wanted: &Wanted) -> Result<()> {
    let beside = beside(wanted);
    // <student: ask for what is missing, add it to the file beside OUT, rename this when it is whole>
    let had = match fs::metadata(&beside) {
        Ok(metadata) => metadata.len(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
        Err(error) => return Err(failed("stat", &beside, error)),
    };
    let server = sockets::connect(&wanted.host, wanted.port)?;
    rio::writen(&server, &request(had, &wanted.name).to_bytes())?;
    let mut replies = Reader::new(&server);
    let size = match next(&mut replies)? {
        Reply::Size(size) => size,
        Reply::Block(_) => return Err("the server sent a block before the size".into()),
    };
    let file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(&beside)
        .map_err(|error| failed("open", &beside, error))?;
    let has = had + append(&mut replies, &file, &beside)?;
    if has != size {
        // Nothing can be added to what does not fit.
        fs::remove_file(&beside)?;
        return Err(format!("{has} bytes came of a file of {size}").into());
    }
    fs::rename(&beside, &wanted.out).map_err(|error| failed("rename", &wanted.out, error))
    // </student>
}

/// The file beside OUT in which the bytes gather: the same in each run for
/// the same file and the same OUT, and another one for any other.
fn beside(wanted: &Wanted) -> PathBuf {
    // <student: a path in OUT's folder that depends on all of `wanted`, and fits whatever its names are>
    let mut hasher = DefaultHasher::new();
    wanted.hash(&mut hasher);
    let name = format!(".file-client-{:016x}.part", hasher.finish());
    wanted.out.with_file_name(name)
    // </student>
}

/// The message that asks for a file from an offset on.
fn request(offset: u64, name: &str) -> Message {
    // <student: the offset, then the name>
    let mut payload = offset.to_be_bytes().to_vec();
    payload.extend(name.as_bytes());
    Message::new(kind::GET, payload)
    // </student>
}

/// What a server says when it does not refuse.
enum Reply {
    Size(u64),
    Block(Vec<u8>),
}

/// The next reply; a refusal is an error with the server's text.
fn next(replies: &mut Reader<&sockets::Connection>) -> Result<Reply> {
    // <student: read a message and tell what it is; the end of the stream is an error here>
    let Some(reply) = Message::read(replies, MAX_BLOCK)? else {
        return Err("the server closed the connection before the file was whole".into());
    };
    match (reply.version, reply.kind, &reply.payload[..]) {
        (VERSION, kind::BLOCK, _) => Ok(Reply::Block(reply.payload)),
        (VERSION, kind::SIZE, size) => {
            let size = <[u8; 8]>::try_from(size)?;
            Ok(Reply::Size(u64::from_be_bytes(size)))
        }
        (VERSION, kind::ERROR, [_, _, text @ ..]) => Err(String::from_utf8_lossy(text).into()),
        (version, kind, _) => Err(format!("a message of version {version}, type {kind}").into()),
    }
    // </student>
}

/// Adds the blocks to the file, up to the empty one, and counts their bytes.
fn append(replies: &mut Reader<&sockets::Connection>, file: &File, path: &Path) -> Result<u64> {
    // <student: write each block before the next one is read, until the empty one>
    let mut count = 0;
    loop {
        match next(replies)? {
            Reply::Block(block) if block.is_empty() => return Ok(count),
            Reply::Block(block) => {
                rio::writen(file, &block).map_err(|error| failed("write", path, error))?;
                count += block.len() as u64;
            }
            Reply::Size(_) => return Err("the server sent the size twice".into()),
        }
    }
    // </student>
}

/// The failure of a call on a file.
fn failed(operation: &'static str, path: &Path, cause: io::Error) -> Box<dyn Error> {
    sockets::Error::call(operation, path.display(), cause).into()
}
