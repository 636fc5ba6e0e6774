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
    // <student: a reply to each request, until the client has no more>
    let mut requests = Reader::new(client);
    while let Some(request) = Message::read(&mut requests)? {
        rio::writen(client, &reply(&request).to_bytes())?;
    }
    Ok(())
    // </student>
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
    // <student: message 128 with the result as an i64, or 129 with the code as a u16 and the text>
    match calculate(request) {
        Ok(result) => Message::new(kind::RESULT, result.to_be_bytes().to_vec()),
        Err(refusal) => {
            let mut payload = (refusal as u16).to_be_bytes().to_vec();
            payload.extend(refusal.text().as_bytes());
            Message::new(kind::ERROR, payload)
        }
    }
    // </student>
}

/// The result, or the first reason why there is none.
fn calculate(request: &Message) -> Result<i64, Refusal> {
    // <student: the version, then the type, then the length are what they must be; then calculate>
    if request.version != VERSION {
        return Err(Refusal::UnknownVersion);
    }
    if !(kind::ADD..=kind::DIV).contains(&request.kind) {
        return Err(Refusal::UnknownType);
    }
    let Ok([a0, a1, a2, a3, b0, b1, b2, b3]) = <[u8; 8]>::try_from(&request.payload[..]) else {
        return Err(Refusal::WrongLength);
    };
    // As i64, so that no result of two i32 is too large.
    let a = i64::from(i32::from_be_bytes([a0, a1, a2, a3]));
    let b = i64::from(i32::from_be_bytes([b0, b1, b2, b3]));
    match request.kind {
        kind::ADD => Ok(a + b),
        kind::SUB => Ok(a - b),
        kind::MUL => Ok(a * b),
        _ => a.checked_div(b).ok_or(Refusal::DivisionByZero),
    }
    // </student>
}
