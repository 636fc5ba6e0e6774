//! What the resolver of this machine, or of this cell, knows: what programs are
//! measured against.

use std::net::IpAddr;

use dns_lookup::{AddrInfoHints, SockType, getaddrinfo};

use crate::lab::Lab;

/// The addresses of a name in the resolver's order, each once; none if it is
/// unknown.
pub fn addresses(name: &str) -> Vec<IpAddr> {
    let mut addresses = Vec::new();
    for entry in getaddrinfo(Some(name), None, Some(for_tcp()))
        .into_iter()
        .flatten()
        .flatten()
    {
        let ip = entry.sockaddr.ip();
        if !addresses.contains(&ip) {
            addresses.push(ip);
        }
    }
    addresses
}

/// The port of a TCP service (`man 5 services`), where it is known.
pub fn port(service: &str) -> Option<u16> {
    let mut found = getaddrinfo(None, Some(service), Some(for_tcp())).ok()?;
    let entry = found.next()?.ok()?;
    Some(entry.sockaddr.port())
}

/// A name that nobody has. Outside a cell a name might be asked of the network;
/// nobody asks for one with blanks.
pub fn nobody(lab: &Lab) -> &'static str {
    match lab.in_cell() {
        true => "nobody.lab",
        false => "no host has this name",
    }
}

fn for_tcp() -> AddrInfoHints {
    AddrInfoHints {
        socktype: SockType::Stream.into(),
        ..AddrInfoHints::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_its_own_and_only_one() {
        let one: IpAddr = [127, 0, 0, 9].into();
        assert_eq!(addresses("127.0.0.9"), [one]);
        assert!(addresses("no host has this name").is_empty());
        assert_eq!(port("no-such-service"), None);
    }
}
