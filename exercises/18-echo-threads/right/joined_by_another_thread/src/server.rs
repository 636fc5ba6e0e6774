//! Unusual and right: a second thread joins those that serve, the socket is
//! one for both versions of IP, lines are echoed piece by piece, and standard
//! error is full of noise.

use std::convert::Infallible;
use std::error::Error;
use std::io::{self, Write};
use std::net::Ipv6Addr;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};

use sockets::{Connection, Listener, resolve, rio};

const STACK: usize = 256 << 10;

pub fn run(port: u16) -> Result<Infallible, Box<dyn Error>> {
    let listener = Listener::bind((Ipv6Addr::UNSPECIFIED, port), 64)?;
    let (ended, join) = mpsc::channel::<JoinHandle<()>>();
    thread::spawn(move || {
        let mut threads: Vec<JoinHandle<()>> = Vec::new();
        while let Ok(thread) = join.recv() {
            threads.push(thread);
            let mut i = 0;
            while i < threads.len() {
                if threads[i].is_finished() {
                    let _ = threads.swap_remove(i).join();
                } else {
                    i += 1;
                }
            }
        }
    });
    loop {
        let connection = listener.accept()?;
        eprintln!("a client, so a thread");
        let thread = thread::Builder::new()
            .stack_size(STACK)
            .name("a client's".into())
            .spawn(move || {
                if let Err(error) = echo(&connection) {
                    eprintln!("{error}");
                }
            })?;
        ended.send(thread)?;
    }
}

fn echo(connection: &Connection) -> Result<(), Box<dyn Error>> {
    let ip = connection.peer_addr()?.ip();
    println!("server connected to {} ({ip})", resolve::name_of(ip));
    let mut line = 0;
    let mut piece = [0; 300];
    loop {
        let count = rio::read(connection, &mut piece)?;
        for part in piece[..count].split_inclusive(|&byte| byte == b'\n') {
            line += part.len();
            if part.ends_with(b"\n") {
                say(line)?;
                line = 0;
            }
            rio::writen(connection, part)?;
        }
        if count == 0 {
            if line > 0 {
                say(line)?;
            }
            return Ok(());
        }
    }
}

fn say(length: usize) -> io::Result<()> {
    writeln!(io::stdout().lock(), "server received {length} bytes")
}
