//! Unusual and right: one IPv6 socket that takes IPv4 clients too, the standard
//! library's types alone, and echoes that leave in pieces of seven bytes.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{Ipv4Addr, Ipv6Addr, TcpListener, TcpStream};

use sockets::{Error, Result, resolve};

/// Serves one client after another.
pub fn run(port: u16) -> Result<()> {
    let failed = |cause| Error::call("listen", port, cause);
    let listener = match TcpListener::bind((Ipv6Addr::UNSPECIFIED, port)) {
        // A machine without IPv6.
        Err(error) if error.kind() != io::ErrorKind::AddrInUse => {
            TcpListener::bind((Ipv4Addr::UNSPECIFIED, port))
        }
        other => other,
    }
    .map_err(failed)?;
    loop {
        let (stream, peer) = listener.accept().map_err(failed)?;
        let ip = peer.ip().to_canonical();
        println!("server connected to {} ({ip})", resolve::name_of(ip));
        match echo(&stream) {
            Ok(()) => eprintln!("{ip} has left"),
            Err(error) => eprintln!("{ip} has gone: {error}"),
        }
    }
}

fn echo(mut stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line)? != 0 {
        // Seven bytes a segment would take a long line for ever.
        let piece = if line.len() < 200 { 7 } else { 4096 };
        for piece in line.chunks(piece) {
            stream.write_all(piece)?;
        }
        println!("server received {} bytes", line.len());
        line.clear();
    }
    Ok(())
}
