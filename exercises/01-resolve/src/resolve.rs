//! Asking the resolver: `getaddrinfo` and `getnameinfo`.

use std::net::{IpAddr, SocketAddr};

use dns_lookup::{AddrInfoHints, SockType, getaddrinfo, lookup_addr};

use crate::error::Error;

/// What `resolve NAME [SERVICE]` prints.
pub fn lines(name: &str, service: Option<&str>) -> Result<Vec<String>, Error> {
    todo!("a line for each address of `name`, with the port if there is a service")
}

/// The host name of an address, or the address itself where it has none.
pub fn name_of(ip: IpAddr) -> String {
    todo!("the host name of `ip`, or the address itself where it has none")
}

/// The addresses of a name, each once, in the order in which they should be tried.
fn addresses(name: &str) -> Result<Vec<IpAddr>, Error> {
    todo!("the IPv4 and IPv6 addresses of `name` in the resolver's order; none appears twice")
}

/// The port of a service that is given by its name or by its number.
fn port(service: &str) -> Result<u16, Error> {
    if is_number(service) {
        todo!("the port, if the number is one from 1 to 65535")
    }
    todo!("the port of the service of this name; an error that names it if there is none")
}

/// Decimal digits, perhaps with a sign.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// What `getaddrinfo` is asked for: anything that TCP can use.
fn for_tcp() -> AddrInfoHints {
    AddrInfoHints {
        socktype: SockType::Stream.into(),
        ..AddrInfoHints::default()
    }
}
