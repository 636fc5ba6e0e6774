//! Starts slowly, reads standard input a byte at a time and sends a line in
//! small pieces before it has the rest of it, receives with a small buffer,
//! chatters on stderr, and ends as soon as the server leaves, in the middle of
//! waiting for its input.

use std::fs::File;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;
use std::{process, thread};

use sockets::{Error, Result};

/// Bytes that travel together.
const PIECE: usize = 61;

/// Sends on this thread while another receives.
pub fn run(host: &str, port: u16) -> Result<()> {
    // A program that takes its time is what this one is there to show.
    #[allow(clippy::disallowed_methods)]
    thread::sleep(Duration::from_millis(150));
    eprintln!("[client] connecting");
    let connection = sockets::connect(host, port)?;
    connection.set_nodelay(true)?;
    let failed = |cause| Error::call("talk with", format!("{host}:{port}"), cause);
    let server = TcpStream::from(OwnedFd::from(connection));
    let receiving = server.try_clone().map_err(failed)?;
    let ended = Arc::new(AtomicBool::new(false));
    let (newline, answered) = channel();
    let receiver = thread::spawn({
        let ended = Arc::clone(&ended);
        move || {
            let received = receive(receiving, &newline);
            if !ended.load(Ordering::SeqCst) {
                eprintln!("[client] the server has left: {received:?}");
                process::exit(1);
            }
            received
        }
    });
    let wait = || answered.recv().unwrap_or(());
    send(&server, &ended, wait).map_err(failed)?;
    eprintln!("[client] the input has ended");
    let received = receiver
        .join()
        .unwrap_or_else(|_| Err(io::Error::other("a thread has panicked")));
    received.map_err(failed)
}

/// Copies the server's bytes to stdout, up to end of file.
fn receive(mut server: TcpStream, newline: &Sender<()>) -> io::Result<()> {
    let mut buffer = [0; PIECE];
    loop {
        let count = server.read(&mut buffer)?;
        let mut stdout = io::stdout();
        stdout.write_all(&buffer[..count])?;
        stdout.flush()?;
        if count == 0 {
            return Ok(());
        }
        for _ in buffer[..count].iter().filter(|&&byte| byte == b'\n') {
            // Nobody listens any more once the input has ended.
            let _ = newline.send(());
        }
    }
}

/// Sends the input, and waits at the end of each line.
fn send(mut server: &TcpStream, ended: &AtomicBool, wait: impl Fn()) -> io::Result<()> {
    let mut input = File::from(io::stdin().as_fd().try_clone_to_owned()?);
    let mut piece = Vec::new();
    let mut byte = [0];
    while input.read(&mut byte)? == 1 {
        piece.push(byte[0]);
        if byte == *b"\n" || piece.len() == PIECE {
            server.write_all(&piece)?;
            piece.clear();
        }
        if byte == *b"\n" {
            eprintln!("[client] a line is out");
            wait();
        }
    }
    server.write_all(&piece)?;
    ended.store(true, Ordering::SeqCst);
    server.shutdown(Shutdown::Write)
}
