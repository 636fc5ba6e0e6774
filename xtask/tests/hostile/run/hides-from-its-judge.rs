//! A right server that keeps each connection, and makes itself unreadable so
//! that nobody can count them; and calls itself what upsets a reader of /proc.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;

const SET_DUMPABLE: i32 = 4;

pub fn run(port: u16) -> sockets::Result<()> {
    // SAFETY: the calls take numbers and a text that ends with NUL.
    unsafe {
        c::prctl(c::NAME, c") Z 1 (\n) S 0 0".as_ptr());
        c::prctl(SET_DUMPABLE, 0 as c::Word, 0, 0, 0);
    }
    let listener = sockets::Listener::bind((std::net::Ipv4Addr::UNSPECIFIED, port), 16)?;
    loop {
        let client = std::os::fd::OwnedFd::from(listener.accept()?);
        let _ = serve(client.into());
    }
}

fn serve(client: TcpStream) -> std::io::Result<()> {
    let kept = client.try_clone()?;
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
    client.shutdown(std::net::Shutdown::Both)?;
    std::mem::forget(kept);
    Ok(())
}
