//! Unusual and right: accepts one client at a time, serves the list backwards,
//! takes both versions of IP, and says what it does on standard error.

use std::convert::Infallible;
use std::error::Error;
use std::net::Ipv6Addr;
use std::os::fd::AsFd;

use nix::poll::{PollFd, PollFlags, poll};
use sockets::Listener;

use crate::client::Client;

pub fn run(port: u16) -> Result<Infallible, Box<dyn Error>> {
    let listener = Listener::bind((Ipv6Addr::UNSPECIFIED, port), 20)?;
    listener.set_nonblocking(true)?;
    let mut clients: Vec<Client> = Vec::new();
    loop {
        let mut sockets: Vec<PollFd> = clients
            .iter()
            .map(|client| PollFd::new(client.as_fd(), client.interest()))
            .collect();
        sockets.push(PollFd::new(listener.as_fd(), PollFlags::POLLIN));
        poll(&mut sockets, 10_000u16)?;
        let ready: Vec<usize> = (0..sockets.len())
            .rev()
            .filter(|&i| sockets[i].any() == Some(true))
            .collect();
        eprintln!("{} of {} are ready", ready.len(), sockets.len());
        let all = clients.len();
        for i in ready {
            if i == all {
                if let Ok(connection) = listener.accept() {
                    clients.extend(Client::new(connection).ok());
                }
            } else if !matches!(clients[i].proceed(), Ok(true)) {
                drop(clients.remove(i));
            }
        }
    }
}
