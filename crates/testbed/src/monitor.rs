//! The kernel's socket monitoring (`man 7 sock_diag`), where `ss` has its lines
//! from: it tells of one socket without walking the whole table, and how
//! long the queue of a listening one may become, which `/proc/net/tcp` does not.
//! Linux only; elsewhere, and where it does not answer, what is asked is `None`.

#[cfg(target_os = "linux")]
pub(crate) use linux::{connection, listening};

#[cfg(target_os = "linux")]
mod linux {
    use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
    use std::os::fd::{AsRawFd, OwnedFd};
    use std::sync::OnceLock;

    use nix::errno::Errno;
    use nix::sys::socket::{
        AddressFamily, MsgFlags, NetlinkAddr, SockFlag, SockProtocol, SockType, recv, sendto,
        socket,
    };

    use crate::table::{Socket, State};

    // linux/netlink.h, linux/sock_diag.h, linux/inet_diag.h.
    const SOCK_DIAG_BY_FAMILY: u16 = 20;
    const NLMSG_ERROR: u16 = 2;
    const NLMSG_DONE: u16 = 3;
    const HEADER: usize = 16;
    /// Only those in this state; its number in the kernel is 10.
    const LISTEN: u32 = 1 << 10;
    const ALL_STATES: u32 = u32::MAX;
    /// `inet_diag_sockid`: two ports, two addresses, an interface, a cookie.
    const SOCKET_ID: usize = 48;
    /// `INET_DIAG_NOCOOKIE`: whichever socket it is.
    const ANY_COOKIE: [u8; 8] = [0xff; 8];

    /// The socket that listens on a port, if there is one.
    pub(crate) fn listening(port: u16) -> Option<Option<Socket>> {
        let flags = libc::NLM_F_REQUEST | libc::NLM_F_DUMP;
        for family in [libc::AF_INET, libc::AF_INET6] {
            let request = request(family, flags, LISTEN, &[0; SOCKET_ID]);
            let found = ask(&request, |socket| socket.local.port() == port)?;
            if found.is_some() {
                return Some(found);
            }
        }
        Some(None)
    }

    /// The socket of this end of a connection, if there is one.
    pub(crate) fn connection(local: SocketAddr, remote: SocketAddr) -> Option<Option<Socket>> {
        let family = match local {
            SocketAddr::V4(_) => libc::AF_INET,
            SocketAddr::V6(_) => libc::AF_INET6,
        };
        let mut id = Vec::with_capacity(SOCKET_ID);
        id.extend(local.port().to_be_bytes());
        id.extend(remote.port().to_be_bytes());
        id.extend(words(local.ip()));
        id.extend(words(remote.ip()));
        id.extend([0; 4]);
        id.extend(ANY_COOKIE);
        let request = request(family, libc::NLM_F_REQUEST, ALL_STATES, &id);
        // The kernel also gives the listener that a segment would come to.
        let found = ask(&request, |socket| {
            socket.local == local && socket.remote == remote
        });
        // No such socket, and no monitoring at all, are the same error to it.
        found.or_else(|| is_available().then_some(None))
    }

    fn is_available() -> bool {
        static AVAILABLE: OnceLock<bool> = OnceLock::new();
        *AVAILABLE.get_or_init(|| listening(0).is_some())
    }

    /// An address as four words, of which an IPv4 one is the first.
    fn words(ip: IpAddr) -> [u8; 16] {
        let mut words = [0; 16];
        match ip {
            IpAddr::V4(ip) => words[..4].copy_from_slice(&ip.octets()),
            IpAddr::V6(ip) => words = ip.octets(),
        }
        words
    }

    /// A `nlmsghdr` and an `inet_diag_req_v2`.
    fn request(family: i32, flags: i32, states: u32, id: &[u8]) -> Vec<u8> {
        const BODY: usize = 8 + SOCKET_ID;
        let mut bytes = Vec::with_capacity(HEADER + BODY);
        bytes.extend(u32::try_from(HEADER + BODY).unwrap_or(0).to_ne_bytes());
        bytes.extend(SOCK_DIAG_BY_FAMILY.to_ne_bytes());
        bytes.extend(u16::try_from(flags).unwrap_or(0).to_ne_bytes());
        bytes.extend([0; 8]); // sequence and sender
        let family = u8::try_from(family).unwrap_or(0);
        bytes.extend([family, libc::IPPROTO_TCP as u8, 0, 0]);
        bytes.extend(states.to_ne_bytes());
        bytes.extend(id);
        bytes
    }

    /// Sends a request and gives the first socket of the answer that is the
    /// right one, if there is one.
    fn ask(request: &[u8], is_right: impl Fn(&Socket) -> bool) -> Option<Option<Socket>> {
        let monitor = socket(
            AddressFamily::Netlink,
            SockType::Datagram,
            SockFlag::SOCK_CLOEXEC,
            SockProtocol::NetlinkSockDiag,
        )
        .ok()?;
        let kernel = NetlinkAddr::new(0, 0);
        sendto(monitor.as_raw_fd(), request, &kernel, MsgFlags::empty()).ok()?;
        answer(&monitor, is_right)
    }

    fn answer(monitor: &OwnedFd, is_right: impl Fn(&Socket) -> bool) -> Option<Option<Socket>> {
        let mut buffer = vec![0; 32 << 10];
        loop {
            // The kernel has its answer ready: this does not wait.
            let n = match recv(monitor.as_raw_fd(), &mut buffer, MsgFlags::MSG_DONTWAIT) {
                Ok(n) => n,
                // Nothing follows an answer of one socket.
                Err(Errno::EAGAIN) => return Some(None),
                Err(_) => return None,
            };
            let mut rest = buffer.get(..n)?;
            while let Some(length) = number(rest, 0) {
                let length = usize::try_from(length).ok()?.clamp(HEADER, rest.len());
                let (message, after) = rest.split_at(length);
                match short(message, 4)? {
                    NLMSG_DONE => return Some(None),
                    NLMSG_ERROR => return None,
                    _ => {}
                }
                match parse(&message[HEADER..]) {
                    Some(socket) if is_right(&socket) => return Some(Some(socket)),
                    // Each begins at a multiple of four bytes.
                    _ => rest = after.get(length.next_multiple_of(4) - length..)?,
                }
            }
        }
    }

    /// An `inet_diag_msg`.
    fn parse(message: &[u8]) -> Option<Socket> {
        let family = i32::from(*message.first()?);
        Some(Socket {
            local: SocketAddr::new(ip(family, message.get(8..24)?)?, port(message, 4)?),
            remote: SocketAddr::new(ip(family, message.get(24..40)?)?, port(message, 6)?),
            state: State::of(*message.get(1)?),
            receive_queue: number(message, 56)?.into(),
            send_queue: number(message, 60)?.into(),
            inode: number(message, 68)?.into(),
        })
    }

    fn ip(family: i32, words: &[u8]) -> Option<IpAddr> {
        if family == libc::AF_INET {
            let first: [u8; 4] = words.get(..4)?.try_into().ok()?;
            return Some(Ipv4Addr::from(first).into());
        }
        let all: [u8; 16] = words.try_into().ok()?;
        Some(IpAddr::from(Ipv6Addr::from(all)).to_canonical())
    }

    fn port(bytes: &[u8], at: usize) -> Option<u16> {
        let bytes = bytes.get(at..at + 2)?.try_into().ok()?;
        Some(u16::from_be_bytes(bytes))
    }

    fn short(bytes: &[u8], at: usize) -> Option<u16> {
        let bytes = bytes.get(at..at + 2)?.try_into().ok()?;
        Some(u16::from_ne_bytes(bytes))
    }

    fn number(bytes: &[u8], at: usize) -> Option<u32> {
        let bytes = bytes.get(at..at + 4)?.try_into().ok()?;
        Some(u32::from_ne_bytes(bytes))
    }
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn listening(_: u16) -> Option<Option<crate::table::Socket>> {
    None
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn connection(
    _: std::net::SocketAddr,
    _: std::net::SocketAddr,
) -> Option<Option<crate::table::Socket>> {
    None
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::io::Write;
    use std::net::{TcpListener, TcpStream};

    use super::*;
    use crate::table::State;

    #[test]
    fn one_end_of_a_connection_is_found_and_not_its_listener() {
        for address in ["127.0.0.1:0", "[::1]:0"] {
            let listener = TcpListener::bind(address).unwrap();
            let at = listener.local_addr().unwrap();
            let mut client = TcpStream::connect(at).unwrap();
            let (_server, from) = listener.accept().unwrap();
            client.write_all(b"seven b").unwrap();
            let found = connection(at, from).unwrap().unwrap();
            assert_eq!((found.local, found.remote), (at, from));
            assert_eq!(found.state, State::Established);
            assert_eq!(found.receive_queue, 7);
            assert_eq!(listening(at.port()).unwrap().unwrap().local, at);
            let nobody = (from.ip(), 1).into();
            assert_eq!(connection(at, nobody), Some(None));
        }
    }

    #[test]
    fn a_v4_client_of_a_v6_socket_is_found_by_its_v4_address() {
        let listener = TcpListener::bind("[::]:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let client = TcpStream::connect(("127.0.0.1", port)).unwrap();
        let (_server, _) = listener.accept().unwrap();
        let (local, remote) = (client.peer_addr().unwrap(), client.local_addr().unwrap());
        let found = connection(local, remote).unwrap();
        assert_eq!(found.map(|socket| socket.local), Some(local));
    }
}
