//! Demultiplexing: the kernel's table of sockets, and who is handed a segment.

use std::collections::BTreeMap;
use std::io::{self, BufRead};
use std::net::{Ipv4Addr, SocketAddrV4};

use crate::command::Command;

/// Carries out the commands of standard input, until it ends.
pub fn run() -> io::Result<()> {
    // <student: for each line: its command carried out, its answer printed before you go on>
    let mut table = Table::default();
    // Bytes, not text: a line that is no UTF-8 makes no sense like any other.
    for line in io::stdin().lock().split(b'\n') {
        let line = line?;
        let command = Command::parse(&String::from_utf8_lossy(&line));
        match command.and_then(|command| table.execute(command)) {
            Ok(Some(answer)) => println!("{answer}"),
            Ok(None) => {}
            Err(error) => println!("error: {error}"),
        }
    }
    Ok(())
    // </student>
}

/// What tells one socket from every other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Identity {
    /// A socket that listens: where.
    Listener(SocketAddrV4),
    /// A connection: its four-tuple.
    Connection {
        local: SocketAddrV4,
        remote: SocketAddrV4,
    },
}

/// The sockets of one machine, each with its name.
#[derive(Debug, Default)]
struct Table {
    names: BTreeMap<Identity, String>,
}

impl Table {
    /// Carries out one command. A segment has an answer, the other commands
    /// have none.
    fn execute(&mut self, command: Command) -> Result<Option<String>, String> {
        match command {
            Command::Listen { local, name } => {
                self.open(Identity::Listener(local), name)?;
                Ok(None)
            }
            Command::Connection {
                local,
                remote,
                name,
            } => {
                self.open(Identity::Connection { local, remote }, name)?;
                Ok(None)
            }
            Command::Close { name } => {
                self.close(&name)?;
                Ok(None)
            }
            Command::Segment {
                source,
                destination,
                syn,
            } => {
                let receiver = self.receiver(source, destination, syn);
                Ok(Some(receiver.unwrap_or("reset").to_owned()))
            }
        }
    }

    /// A new socket.
    fn open(&mut self, identity: Identity, name: String) -> Result<(), String> {
        // <student: a new socket in the table; an error if there is one like it, or one of that name>
        if self.names.contains_key(&identity) {
            return Err(format!("{name} would be the same as another socket"));
        }
        if self.names.values().any(|taken| *taken == name) {
            return Err(format!("the name {name} is taken"));
        }
        self.names.insert(identity, name);
        Ok(())
        // </student>
    }

    /// The socket of that name exists no longer.
    fn close(&mut self, name: &str) -> Result<(), String> {
        // <student: the table without the socket of that name; an error if there is none>
        let count = self.names.len();
        self.names.retain(|_, other| other != name);
        if self.names.len() == count {
            return Err(format!("there is no {name}"));
        }
        Ok(())
        // </student>
    }

    /// The name of the socket that a segment is handed to. None: it is
    /// answered with a reset.
    fn receiver(&self, source: SocketAddrV4, destination: SocketAddrV4, syn: bool) -> Option<&str> {
        // <student: the connection that the segment belongs to; else, who may take it if it is a SYN?>
        let connection = Identity::Connection {
            local: destination,
            remote: source,
        };
        let here = Identity::Listener(destination);
        let anywhere = SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, destination.port());
        let anywhere = Identity::Listener(anywhere);
        let candidates = match syn {
            true => vec![connection, here, anywhere],
            false => vec![connection],
        };
        let mut found = candidates.iter().filter_map(|it| self.names.get(it));
        found.next().map(String::as_str)
        // </student>
    }
}
