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
    todo!("ask for what is missing, add it to the file beside OUT, rename this when it is whole")
}

/// The file beside OUT in which the bytes gather: the same in each run for
/// the same file and the same OUT, and another one for any other.
fn beside(wanted: &Wanted) -> PathBuf {
    todo!("a path in OUT's folder that depends on all of `wanted`, and fits whatever its names are")
}

/// The message that asks for a file from an offset on.
fn request(offset: u64, name: &str) -> Message {
    todo!("the offset, then the name")
}

/// What a server says when it does not refuse.
enum Reply {
    Size(u64),
    Block(Vec<u8>),
}

/// The next reply; a refusal is an error with the server's text.
fn next(replies: &mut Reader<&sockets::Connection>) -> Result<Reply> {
    todo!("read a message and tell what it is; the end of the stream is an error here")
}

/// Adds the blocks to the file, up to the empty one, and counts their bytes.
fn append(replies: &mut Reader<&sockets::Connection>, file: &File, path: &Path) -> Result<u64> {
    todo!("write each block before the next one is read, until the empty one")
}

/// The failure of a call on a file.
fn failed(operation: &'static str, path: &Path, cause: io::Error) -> Box<dyn Error> {
    sockets::Error::call(operation, path.display(), cause).into()
}
