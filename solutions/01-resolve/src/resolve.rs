//! Asking the resolver: `getaddrinfo` and `getnameinfo`.

use std::net::{IpAddr, SocketAddr};

use dns_lookup::{AddrInfoHints, SockType, getaddrinfo, lookup_addr};

use crate::error::Error;

/// What `resolve NAME [SERVICE]` prints.
pub fn lines(name: &str, service: Option<&str>) -> Result<Vec<String>, Error> {
    // <student: a line for each address of `name`, with the port if there is a service>
    let addresses = addresses(name)?;
    let Some(service) = service else {
        return Ok(addresses.iter().map(IpAddr::to_string).collect());
    };
    let port = port(service)?;
    let sockets = addresses.into_iter().map(|ip| SocketAddr::new(ip, port));
    Ok(sockets.map(|socket| socket.to_string()).collect())
    // </student>
}

/// The host name of an address, or the address itself where it has none.
pub fn name_of(ip: IpAddr) -> String {
    // <student: the host name of `ip`, or the address itself where it has none>
    lookup_addr(&ip).unwrap_or_else(|_| ip.to_string())
    // </student>
}

/// The addresses of a name, each once, in the order in which they should be tried.
fn addresses(name: &str) -> Result<Vec<IpAddr>, Error> {
    // <student: the IPv4 and IPv6 addresses of `name` in the resolver's order; none appears twice>
    let found = getaddrinfo(Some(name), None, Some(for_tcp()))
        .map_err(|error| Error::unknown(name, error))?;
    let mut addresses = Vec::new();
    for entry in found {
        let entry = entry.map_err(|error| Error::unknown(name, error.into()))?;
        let ip = entry.sockaddr.ip();
        if !addresses.contains(&ip) {
            addresses.push(ip);
        }
    }
    Ok(addresses)
    // </student>
}

/// The port of a service that is given by its name or by its number.
fn port(service: &str) -> Result<u16, Error> {
    if is_number(service) {
        // <student: the port, if the number is one from 1 to 65535>
        let port = service.parse().ok().filter(|&port| port != 0);
        return port.ok_or_else(|| Error::WrongUsage(format!("{service} is no port")));
        // </student>
    }
    // <student: the port of the service of this name; an error that names it if there is none>
    let mut found = getaddrinfo(None, Some(service), Some(for_tcp()))
        .map_err(|error| Error::unknown(service, error))?;
    match found.next() {
        Some(Ok(entry)) => Ok(entry.sockaddr.port()),
        Some(Err(error)) => Err(Error::unknown(service, error.into())),
        None => Err(Error::WrongUsage(format!("{service} has no port"))),
    }
    // </student>
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
