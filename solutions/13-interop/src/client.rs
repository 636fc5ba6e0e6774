//! The client: one request out, one reply in.

use std::error::Error;

use sockets::rio::{self, Reader};

use crate::message::{Message, VERSION, kind};

/// What is to be calculated.
pub struct Task {
    /// The type of the request, e.g. [`kind::ADD`].
    pub kind: u8,
    pub a: i32,
    pub b: i32,
}

/// Has the server calculate, and gives the result.
///
/// # Errors
///
/// A call failed, the server refused (the error is its text), or what came is
/// no reply.
pub fn run(host: &str, port: u16, task: &Task) -> Result<i64, Box<dyn Error>> {
    // <student: connect, send the request, read the reply>
    let server = sockets::connect(host, port)?;
    rio::writen(&server, &request(task).to_bytes())?;
    match Message::read(&mut Reader::new(&server))? {
        Some(reply) => result(&reply),
        None => Err("the server closed the connection and gave no reply".into()),
    }
    // </student>
}

/// The message that asks for it.
fn request(task: &Task) -> Message {
    // <student: the payload is A, then B>
    let payload = [task.a.to_be_bytes(), task.b.to_be_bytes()].concat();
    Message::new(task.kind, payload)
    // </student>
}

/// What a reply says.
fn result(reply: &Message) -> Result<i64, Box<dyn Error>> {
    // <student: the result of a message 128, the text of a 129; anything else is no reply>
    match (reply.version, reply.kind, &reply.payload[..]) {
        (VERSION, kind::RESULT, payload) => {
            let bytes = <[u8; 8]>::try_from(payload)
                .map_err(|_| format!("a result of {} bytes", payload.len()))?;
            Ok(i64::from_be_bytes(bytes))
        }
        (VERSION, kind::ERROR, [_, _, text @ ..]) => Err(String::from_utf8_lossy(text).into()),
        (version, kind, _) => Err(format!("a message of version {version}, type {kind}").into()),
    }
    // </student>
}
