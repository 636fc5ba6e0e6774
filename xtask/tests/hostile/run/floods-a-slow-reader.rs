//! A right server, until a client sends much at once: that one is sent bytes
//! without end, faster than anybody reads them.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;

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
    let (mut line, mut all) = (vec![], 0);
    while reader.read_until(b'\n', &mut line)? > 0 {
        all += line.len();
        println!("server received {} bytes", line.len());
        (&client).write_all(&line)?;
        while all > 400_000 {
            (&client).write_all(&[b'!'; 65536])?;
        }
        line.clear();
    }
    Ok(())
}
