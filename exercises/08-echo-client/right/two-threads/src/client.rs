//! One thread for each direction for the whole run: the receiving one prints
//! whatever comes, when it comes, and tells the sending one of each `\n` in it.
//! Standard input is read far ahead, in pieces of 64 KiB.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::fd::OwnedFd;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::{io, thread};

use sockets::{Error, Result};

/// Sends on this thread while another receives.
pub fn run(host: &str, port: u16) -> Result<()> {
    let server = TcpStream::from(OwnedFd::from(sockets::connect(host, port)?));
    let (newline, answered) = channel();
    let receiving = {
        let server = server
            .try_clone()
            .map_err(|cause| Error::call("dup", "the connection", cause))?;
        thread::spawn(move || receive(&server, &newline))
    };
    let sent = send(&server, &answered);
    if sent.is_err() {
        let _ = server.shutdown(Shutdown::Both);
    }
    let received = receiving
        .join()
        .unwrap_or_else(|_| Err(io::Error::other("the thread that receives has panicked")));
    received.map_err(|cause| Error::call("read", format!("{host}:{port}"), cause))?;
    sent.map_err(|cause| Error::call("talk with", format!("{host}:{port}"), cause))
}

/// Copies the server's bytes to stdout, up to end of file.
fn receive(mut server: &TcpStream, newline: &Sender<()>) -> io::Result<()> {
    let mut buffer = [0; 3000];
    loop {
        let count = server.read(&mut buffer)?;
        if count == 0 {
            return Ok(());
        }
        let mut stdout = io::stdout();
        stdout.write_all(&buffer[..count])?;
        stdout.flush()?;
        for _ in buffer[..count].iter().filter(|&&byte| byte == b'\n') {
            // Nobody listens any more once the input has ended.
            let _ = newline.send(());
        }
    }
}

/// Sends line after line, each when the one before it has its answer.
fn send(mut server: &TcpStream, answered: &Receiver<()>) -> io::Result<()> {
    let mut input = BufReader::with_capacity(65536, io::stdin());
    let mut line = Vec::new();
    loop {
        line.clear();
        input.read_until(b'\n', &mut line)?;
        server.write_all(&line)?;
        if !line.ends_with(b"\n") {
            return server.shutdown(Shutdown::Write);
        }
        if answered.recv().is_err() {
            return Err(io::Error::other("the server has left"));
        }
    }
}
