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
    todo!("connect, send the request, read the reply")
}

/// The message that asks for it.
fn request(task: &Task) -> Message {
    todo!("the payload is A, then B")
}

/// What a reply says.
fn result(reply: &Message) -> Result<i64, Box<dyn Error>> {
    todo!("the result of a message 128, the text of a 129; anything else is no reply")
}
