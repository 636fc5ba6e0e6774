//! A right server that takes its time with each line: each step is within its
//! deadline, a thousand of them last for ever.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::Duration;

pub fn run(port: u16) -> sockets::Result<()> {
    mark();
    let listener = sockets::Listener::bind((std::net::Ipv4Addr::UNSPECIFIED, port), 16)?;
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
        if line == b"hello\n" {
            std::thread::sleep(Duration::from_millis(40));
        }
        println!("server received {} bytes", line.len());
        (&client).write_all(&line)?;
        line.clear();
    }
    Ok(())
}
