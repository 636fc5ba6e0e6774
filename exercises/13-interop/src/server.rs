//! The server: a request in, a reply out, for as long as the client asks.

use std::error::Error;
use std::net::Ipv4Addr;
use std::thread;

use sockets::rio::{self, Reader};
use sockets::{Connection, Listener};

use crate::message::{Message, VERSION, kind};

/// How many clients may wait in the queue.
const BACKLOG: i32 = 64;

/// Serves each client in a thread of its own, for ever. Returns only when a
/// system call that concerns all clients has failed.
pub fn run(port: u16) -> sockets::Result<()> {
    let listener = Listener::bind((Ipv4Addr::UNSPECIFIED, port), BACKLOG)?;
    loop {
        let client = listener.accept()?;
        let worker = thread::Builder::new().spawn(move || {
            if let Err(error) = serve(&client) {
                eprintln!("calc-server: a connection ended: {error}");
            }
        });
        if let Err(error) = worker {
            eprintln!("calc-server: no thread for a client: {error}");
        }
    }
}

/// Answers every request of one client, in order, until it has no more.
fn serve(client: &Connection) -> Result<(), Box<dyn Error>> {
    todo!("a reply to each request, until the client has no more")
}

/// Why a request gets no result; the number is the code that travels.
#[derive(Debug, Clone, Copy)]
enum Refusal {
    UnknownType = 1,
    WrongLength = 2,
    DivisionByZero = 3,
    UnknownVersion = 4,
}

impl Refusal {
    fn text(self) -> &'static str {
        match self {
            Refusal::UnknownType => "unknown type",
            Refusal::WrongLength => "wrong length",
            Refusal::DivisionByZero => "division by zero",
            Refusal::UnknownVersion => "unknown version",
        }
    }
}

/// The reply to a request: 128 with the result, or 129 with the reason.
fn reply(request: &Message) -> Message {
    todo!("message 128 with the result as an i64, or 129 with the code as a u16 and the text")
}

/// The result, or the first reason why there is none.
fn calculate(request: &Message) -> Result<i64, Refusal> {
    todo!("the version, then the type, then the length are what they must be; then calculate")
}
