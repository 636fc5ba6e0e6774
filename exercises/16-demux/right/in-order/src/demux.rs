//! Unusual and right: a list without keys, the best of all that match, a byte
//! read at a time, and the whole table on standard error.

use std::io::{self, Read, Write};
use std::net::SocketAddrV4;

use crate::command::Command;

struct Socket {
    name: String,
    local: SocketAddrV4,
    remote: Option<SocketAddrV4>,
}

impl Socket {
    /// How well a segment fits; nothing if it does not.
    fn fits(&self, from: SocketAddrV4, to: SocketAddrV4, syn: bool) -> Option<u8> {
        match self.remote {
            Some(remote) => (remote == from && self.local == to).then_some(3),
            None if !syn || self.local.port() != to.port() => None,
            None if self.local.ip() == to.ip() => Some(2),
            None => self.local.ip().is_unspecified().then_some(1),
        }
    }
}

/// Carries out the commands of standard input, until it ends.
pub fn run() -> io::Result<()> {
    let mut sockets = Vec::new();
    let mut line = Vec::new();
    let mut byte = [0];
    loop {
        let count = io::stdin().read(&mut byte)?;
        if count == 1 && byte[0] != b'\n' {
            line.push(byte[0]);
            continue;
        }
        if count == 1 || !line.is_empty() {
            answer(&mut sockets, &String::from_utf8_lossy(&line))?;
            line.clear();
        }
        if count == 0 {
            return Ok(());
        }
    }
}

fn answer(sockets: &mut Vec<Socket>, line: &str) -> io::Result<()> {
    let answer = match Command::parse(line) {
        Ok(Command::Segment {
            source,
            destination,
            syn,
        }) => {
            let fit = |socket: &&Socket| socket.fits(source, destination, syn);
            let best = sockets
                .iter()
                .filter(|socket| fit(socket).is_some())
                .max_by_key(fit);
            Some(best.map_or("reset".into(), |socket| socket.name.clone()))
        }
        Ok(Command::Close { name }) => {
            let at = sockets.iter().position(|socket| socket.name == name);
            at.map(|at| sockets.swap_remove(at))
                .is_none()
                .then(|| format!("error: who is {name}?"))
        }
        Ok(Command::Listen { local, name }) => add(
            sockets,
            Socket {
                name,
                local,
                remote: None,
            },
        ),
        Ok(Command::Connection {
            local,
            remote,
            name,
        }) => add(
            sockets,
            Socket {
                name,
                local,
                remote: Some(remote),
            },
        ),
        Err(error) => Some(format!("error: {error}")),
    };
    eprintln!("{} sockets after {line:?}", sockets.len());
    let mut output = io::stdout();
    for byte in answer.iter().flat_map(|answer| answer.bytes()) {
        output.write_all(&[byte])?;
        output.flush()?;
    }
    if answer.is_some() {
        output.write_all(b"\n")?;
    }
    output.flush()
}

fn add(sockets: &mut Vec<Socket>, new: Socket) -> Option<String> {
    let clash = sockets
        .iter()
        .find(|old| old.name == new.name || (old.local == new.local && old.remote == new.remote));
    if let Some(old) = clash {
        return Some(format!("error: there is {} already", old.name));
    }
    sockets.push(new);
    None
}
