//! Ends as soon as it listens; an orphan serves, and rightly.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;

pub fn run(port: u16) -> sockets::Result<()> {
    mark();
    let listener = sockets::Listener::bind((std::net::Ipv4Addr::UNSPECIFIED, port), 16)?;
    // SAFETY: this process has one thread.
    unsafe {
        if c::fork() != 0 {
            c::_exit(0);
        }
        c::setsid();
        if c::fork() != 0 {
            c::_exit(0);
        }
    }
    loop {
        let client = std::os::fd::OwnedFd::from(listener.accept()?);
        let _ = serve(client.into());
    }
}

fn serve(client: TcpStream) -> std::io::Result<()> {
    let ip = client.peer_addr()?.ip();
    println!(
        "server connected to {} ({ip})",
        sockets::resolve::name_of(ip)
    );
    let mut reader = BufReader::new(&client);
    let mut line = vec![];
    while reader.read_until(b'\n', &mut line)? > 0 {
        println!("server received {} bytes", line.len());
        (&client).write_all(&line)?;
        line.clear();
    }
    Ok(())
}
