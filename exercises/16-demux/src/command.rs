//! The commands, and how they are written. This file is given.

use std::net::SocketAddrV4;

/// One line of the input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// `listen IP:PORT NAME`
    Listen { local: SocketAddrV4, name: String },
    /// `connection LOCALIP:PORT REMOTEIP:PORT NAME`
    Connection {
        local: SocketAddrV4,
        remote: SocketAddrV4,
        name: String,
    },
    /// `close NAME`
    Close { name: String },
    /// `segment SRC:PORT > DST:PORT [syn]`
    Segment {
        source: SocketAddrV4,
        destination: SocketAddrV4,
        syn: bool,
    },
}

impl Command {
    /// The command that stands in a line, or why there is none.
    pub fn parse(line: &str) -> Result<Command, String> {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        match words[..] {
            ["listen", local, name] => Ok(Command::Listen {
                local: socket_address(local)?,
                name: name.into(),
            }),
            ["connection", local, remote, name] => Ok(Command::Connection {
                local: socket_address(local)?,
                remote: socket_address(remote)?,
                name: name.into(),
            }),
            ["close", name] => Ok(Command::Close { name: name.into() }),
            ["segment", source, ">", destination] => segment(source, destination, false),
            ["segment", source, ">", destination, "syn"] => segment(source, destination, true),
            _ => Err("this line makes no sense".into()),
        }
    }
}

fn segment(source: &str, destination: &str, syn: bool) -> Result<Command, String> {
    Ok(Command::Segment {
        source: socket_address(source)?,
        destination: socket_address(destination)?,
        syn,
    })
}

fn socket_address(text: &str) -> Result<SocketAddrV4, String> {
    let address: Option<SocketAddrV4> = text.parse().ok();
    address
        .filter(|address| address.port() != 0)
        .ok_or_else(|| format!("{text} is no address with a port"))
}
