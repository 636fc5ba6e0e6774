//! Clients that count how often a server serves them.

use std::fmt::{self, Display};
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use super::processors::Processors;

/// What a client sends, and has to get back.
const LINE: &[u8] = b"a line of sixty-four bytes, as a client at a terminal types it...\n";

/// A server that does not answer for this long is broken.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the clients do again and again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exchange {
    /// Connect, one line, its echo, close.
    Connection,
    /// A line and its echo on a connection that stays open.
    RoundTrip,
}

/// Some clients at once, each doing the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Load {
    /// What they do.
    pub exchange: Exchange,
    /// How many they are.
    pub clients: usize,
}

impl Load {
    /// What how many clients do.
    pub const fn new(exchange: Exchange, clients: usize) -> Load {
        Load { exchange, clients }
    }

    /// How many exchanges a second all clients have together.
    ///
    /// # Errors
    ///
    /// The server refuses, falls silent, or does not send back what it got.
    pub fn rate(self, port: u16, time: Duration, on: Processors) -> io::Result<f64> {
        let start = Barrier::new(self.clients);
        thread::scope(|scope| {
            let clients: Vec<_> = (0..self.clients)
                .map(|number| {
                    let start = &start;
                    let client = Client {
                        exchange: self.exchange,
                        port,
                        number,
                    };
                    scope.spawn(move || {
                        on.hold(0)?;
                        client.run(start, time)
                    })
                })
                .collect();
            let mut rate = 0.0;
            for client in clients {
                rate += client
                    .join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
            }
            Ok(rate)
        })
    }
}

impl Display for Load {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.exchange {
            Exchange::Connection => "connections",
            Exchange::RoundTrip => "round trips",
        })?;
        match self.clients {
            1 => Ok(()),
            clients => write!(f, ", {clients} clients"),
        }
    }
}

/// One line and its echo on a connection of its own.
///
/// # Errors
///
/// As [`Load::rate`].
pub fn try_once(port: u16) -> io::Result<()> {
    echo(&connect(0, port)?)
}

struct Client {
    exchange: Exchange,
    port: u16,
    /// Used up one after another, so that addresses of connections differ.
    number: usize,
}

impl Client {
    fn run(mut self, start: &Barrier, time: Duration) -> io::Result<f64> {
        let open = match self.exchange {
            Exchange::Connection => Ok(None),
            // The first echo shows that the server has got to this client.
            Exchange::RoundTrip => connect(self.number, self.port)
                .and_then(|stream| echo(&stream).map(|()| Some(stream))),
        };
        // Those who failed wait as well: the others would wait for them.
        start.wait();
        let open = open?;
        let begin = Instant::now();
        let mut count = 0_u32;
        loop {
            match &open {
                Some(stream) => echo(stream)?,
                None => {
                    self.number += 1;
                    echo(&connect(self.number, self.port)?)?;
                }
            }
            count += 1;
            let passed = begin.elapsed();
            if passed >= time {
                return Ok(f64::from(count) / passed.as_secs_f64());
            }
        }
    }
}

fn connect(number: usize, port: u16) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(SocketAddr::from((loopback(number), port)))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    Ok(stream)
}

/// An address of this machine. The side that closes first keeps each pair of addresses for a while
/// (TIME_WAIT); with one address alone, looking for a free port would become what is measured.
fn loopback(number: usize) -> Ipv4Addr {
    if cfg!(target_os = "linux") {
        Ipv4Addr::new(127, 0, 0, 1 + (number % 200) as u8)
    } else {
        Ipv4Addr::LOCALHOST
    }
}

fn echo(mut stream: &TcpStream) -> io::Result<()> {
    let mut answer = [0; LINE.len()];
    stream.write_all(LINE)?;
    stream.read_exact(&mut answer)?;
    if answer != LINE {
        return Err(io::Error::other("what came back is not what was sent"));
    }
    Ok(())
}
