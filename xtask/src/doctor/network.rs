//! The machine's own network: every connection is made.

use std::env;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::time::Duration;

use super::Patient;
use super::finding::Finding;

/// How long a connection within the machine may take.
const DEADLINE: Duration = Duration::from_secs(5);

/// The port of the handouts.
const PORT: u16 = 4321;

const PROXIES: [&str; 6] = [
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
];

pub fn findings(_: &Patient) -> Vec<Finding> {
    let mut findings = vec![loopback(), loopback_six(), further_addresses()];
    findings.push(localhost());
    findings.extend([the_port(), low_ports()]);
    findings.extend(proxies());
    findings
}

fn loopback() -> Finding {
    match there_and_back(IpAddr::from([127, 0, 0, 1])) {
        Ok(()) => Finding::good("loopback", "127.0.0.1: a connection carries bytes"),
        Err(error) => Finding::mend("loopback", format!("127.0.0.1: {error}"))
            .todo("raise the loopback (Linux: sudo ip link set lo up), or let go of the firewall's rule for it"),
    }
}

fn loopback_six() -> Finding {
    match there_and_back(IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1])) {
        Ok(()) => Finding::good("loopback", "::1: a connection carries bytes"),
        Err(error) => Finding::note(
            "loopback",
            format!("::1: {error}: IPv6 is off; what an exercise asks of it cannot be seen here"),
        )
        .todo("Linux: sudo sysctl net.ipv6.conf.lo.disable_ipv6=0 (a container: docker run --sysctl ...)"),
    }
}

/// Linux has all of 127.0.0.0/8; others have to be told.
fn further_addresses() -> Finding {
    match there_and_back(IpAddr::from([127, 0, 0, 9])) {
        Ok(()) => Finding::good(
            "loopback",
            "127.0.0.9: this machine too, as the handouts say",
        ),
        Err(error) => Finding::note("loopback", format!("127.0.0.9: {error}"))
            .todo("macOS: sudo ifconfig lo0 alias 127.0.0.9"),
    }
}

/// A connection to oneself, and a byte in each direction.
fn there_and_back(ip: IpAddr) -> io::Result<()> {
    let listener = TcpListener::bind(SocketAddr::new(ip, 0))?;
    let mut client = TcpStream::connect_timeout(&listener.local_addr()?, DEADLINE)?;
    let (mut server, _) = listener.accept()?;
    for end in [&client, &server] {
        end.set_read_timeout(Some(DEADLINE))?;
    }
    let mut byte = [0];
    client.write_all(b"?")?;
    server.read_exact(&mut byte)?;
    server.write_all(b"!")?;
    client.read_exact(&mut byte)?;
    Ok(())
}

fn localhost() -> Finding {
    let found: Vec<IpAddr> = ("localhost", 0)
        .to_socket_addrs()
        .into_iter()
        .flatten()
        .map(|address| address.ip())
        .collect();
    let shown: Vec<String> = found.iter().map(IpAddr::to_string).collect();
    if found.contains(&IpAddr::from([127, 0, 0, 1])) {
        Finding::good("names", format!("localhost is {}", shown.join(" and ")))
    } else {
        Finding::note("names", "localhost is not 127.0.0.1 here")
            .todo("add a line to /etc/hosts: 127.0.0.1 localhost")
    }
}

fn the_port() -> Finding {
    match TcpListener::bind(("0.0.0.0", PORT)) {
        Ok(_) => Finding::good("port", format!("{PORT}, the handouts' own, is free")),
        Err(error) if error.kind() == ErrorKind::AddrInUse => Finding::note(
            "port",
            format!("{PORT}, the handouts' own, is in use: a server of yours that still runs?"),
        )
        .todo(format!("ss -tlnp 'sport = :{PORT}' shows whose it is")),
        Err(error) => Finding::mend("port", format!("{PORT} cannot be had: {error}")),
    }
}

/// A machine refuses ports below 1024 to those who are not root, and a handout shows it.
fn low_ports() -> Finding {
    match TcpListener::bind(("127.0.0.1", 1)) {
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            Finding::good("port", "those below 1024 are refused, as they should be")
        }
        Ok(_) => Finding::note(
            "port",
            "those below 1024 are open to you: `Permission denied` of a handout does not show",
        ),
        Err(error) => Finding::note("port", format!("1: {error}")),
    }
}

fn proxies() -> Vec<Finding> {
    PROXIES
        .into_iter()
        .filter(|name| env::var_os(name).is_some_and(|value| !value.is_empty()))
        .map(|name| {
            Finding::note(
                "proxy",
                format!("{name} is set: cargo downloads through it, the lab's programs do not"),
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::State;

    #[test]
    fn the_loopback_that_the_tests_stand_on_is_good() {
        assert_eq!(loopback().state, State::Good);
    }

    #[test]
    fn an_address_of_another_machine_is_refused() {
        assert!(there_and_back(IpAddr::from([192, 0, 2, 1])).is_err());
    }
}
