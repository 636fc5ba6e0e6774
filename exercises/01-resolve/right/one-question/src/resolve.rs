//! Unusual and right: one question for name and service together, all kinds of
//! sockets in the answer, and much to say on standard error.

use std::collections::HashSet;
use std::net::{IpAddr, SocketAddr};

use dns_lookup::{LookupErrorKind, getaddrinfo, getnameinfo};

use crate::error::Error;

/// What `resolve NAME [SERVICE]` prints.
pub fn lines(name: &str, service: Option<&str>) -> Result<Vec<String>, Error> {
    let number = service.and_then(|service| service.parse::<f64>().ok());
    if let Some(number) = number.filter(|number| !(1.0..=65535.0).contains(number)) {
        return Err(Error::WrongUsage(format!("{number} is no port")));
    }
    let found = getaddrinfo(Some(name), service, None).map_err(|error| {
        let what = match (error.kind(), service) {
            (LookupErrorKind::Service, Some(service)) => service,
            _ => name,
        };
        eprintln!("the resolver said {}", error.error_num());
        Error::unknown(what, error)
    })?;
    let mut seen = HashSet::new();
    let mut lines = Vec::new();
    for entry in found.flatten() {
        eprintln!("found {entry:?}");
        if seen.insert(entry.sockaddr.ip()) {
            lines.push(match (entry.sockaddr, service) {
                (socket, None) => socket.ip().to_string(),
                (SocketAddr::V4(socket), Some(_)) => format!("{}:{}", socket.ip(), socket.port()),
                (SocketAddr::V6(socket), Some(_)) => format!("[{}]:{}", socket.ip(), socket.port()),
            });
        }
    }
    Ok(lines)
}

/// The host name of an address, or the address itself where it has none.
pub fn name_of(ip: IpAddr) -> String {
    // Without NI_NAMEREQD the address comes back by itself.
    getnameinfo(&(ip, 9).into(), 0).map_or(ip.to_string(), |(name, _)| name)
}
