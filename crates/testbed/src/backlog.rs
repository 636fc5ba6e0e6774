//! How long the queue of a listening socket may become.
//!
//! `/proc/net/tcp` does not tell it. The kernel's socket monitoring does (`man 7
//! sock_diag`), which is where `ss -ltn` has its Send-Q from; no tool needs
//! to be installed to ask for it.

/// The length that the program asked for in `listen`, after the kernel cut it
/// at its own limit. None where no IPv4 or IPv6 socket listens on the port, or
/// where the system does not tell.
pub fn of(port: u16) -> Option<u32> {
    linux::of(port)
}

/// The largest length that this network has (`net.core.somaxconn`); what the
/// program asks for beyond it is cut silently.
pub fn largest() -> u32 {
    std::fs::read_to_string("/proc/sys/net/core/somaxconn")
        .ok()
        .and_then(|text| text.trim().parse().ok())
        .unwrap_or(128)
}

#[cfg(target_os = "linux")]
mod linux {
    use std::os::fd::{AsRawFd, OwnedFd};

    use nix::sys::socket::{
        AddressFamily, MsgFlags, NetlinkAddr, SockFlag, SockProtocol, SockType, recv, sendto,
        socket,
    };

    // linux/netlink.h, linux/sock_diag.h, linux/inet_diag.h.
    const SOCK_DIAG_BY_FAMILY: u16 = 20;
    const NLMSG_ERROR: u16 = 2;
    const NLMSG_DONE: u16 = 3;
    const HEADER: usize = 16;
    /// Only those in this state; its number in the kernel is 10.
    const LISTEN: u32 = 1 << 10;

    pub(super) fn of(port: u16) -> Option<u32> {
        [libc::AF_INET, libc::AF_INET6]
            .into_iter()
            .find_map(|family| ask(u8::try_from(family).ok()?, port))
    }

    fn ask(family: u8, port: u16) -> Option<u32> {
        let monitor = socket(
            AddressFamily::Netlink,
            SockType::Datagram,
            SockFlag::SOCK_CLOEXEC,
            SockProtocol::NetlinkSockDiag,
        )
        .ok()?;
        let kernel = NetlinkAddr::new(0, 0);
        sendto(
            monitor.as_raw_fd(),
            &request(family),
            &kernel,
            MsgFlags::empty(),
        )
        .ok()?;
        answer(&monitor, port)
    }

    /// A `nlmsghdr` and an `inet_diag_req_v2` that ask for all sockets in
    /// LISTEN.
    fn request(family: u8) -> Vec<u8> {
        const BODY: usize = 8 + 48;
        let flags = u16::try_from(libc::NLM_F_REQUEST | libc::NLM_F_DUMP).unwrap_or(0);
        let mut bytes = Vec::with_capacity(HEADER + BODY);
        bytes.extend(u32::try_from(HEADER + BODY).unwrap_or(0).to_ne_bytes());
        bytes.extend(SOCK_DIAG_BY_FAMILY.to_ne_bytes());
        bytes.extend(flags.to_ne_bytes());
        bytes.extend([0; 8]); // sequence and sender
        bytes.extend([family, libc::IPPROTO_TCP as u8, 0, 0]);
        bytes.extend(LISTEN.to_ne_bytes());
        bytes.extend([0; 48]); // any ports and addresses
        bytes
    }

    fn answer(monitor: &OwnedFd, port: u16) -> Option<u32> {
        let mut buffer = vec![0; 64 << 10];
        loop {
            // The kernel has its answer ready: this does not wait.
            let n = recv(monitor.as_raw_fd(), &mut buffer, MsgFlags::MSG_DONTWAIT).ok()?;
            let mut rest = buffer.get(..n)?;
            while let Some(length) = number(rest, 0) {
                let length = usize::try_from(length).ok()?.clamp(HEADER, rest.len());
                let (message, after) = rest.split_at(length);
                match kind(message)? {
                    NLMSG_DONE | NLMSG_ERROR => return None,
                    _ if port_of(message) == Some(port) => return number(message, HEADER + 60),
                    // Each begins at a multiple of four bytes.
                    _ => rest = after.get(length.next_multiple_of(4) - length..)?,
                }
            }
        }
    }

    fn kind(message: &[u8]) -> Option<u16> {
        let bytes = message.get(4..6)?.try_into().ok()?;
        Some(u16::from_ne_bytes(bytes))
    }

    /// `inet_diag_msg`: four bytes, then the local port in network order.
    fn port_of(message: &[u8]) -> Option<u16> {
        let bytes = message.get(HEADER + 4..HEADER + 6)?.try_into().ok()?;
        Some(u16::from_be_bytes(bytes))
    }

    fn number(bytes: &[u8], at: usize) -> Option<u32> {
        let bytes = bytes.get(at..at + 4)?.try_into().ok()?;
        Some(u32::from_ne_bytes(bytes))
    }
}

#[cfg(not(target_os = "linux"))]
mod linux {
    pub(super) fn of(_: u16) -> Option<u32> {
        None
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::net::Ipv4Addr;
    use std::os::fd::AsRawFd;

    use super::*;
    use nix::sys::socket::{self, Backlog, SockaddrIn};

    #[test]
    fn the_length_of_a_queue_is_what_was_asked_for() {
        let fd = crate::peer::tcp_socket(Ipv4Addr::LOCALHOST.into()).unwrap();
        socket::bind(fd.as_raw_fd(), &SockaddrIn::new(127, 0, 0, 1, 0)).unwrap();
        let port = socket::getsockname::<SockaddrIn>(fd.as_raw_fd())
            .unwrap()
            .port();
        assert_eq!(of(port), None);
        socket::listen(&fd, Backlog::new(37).unwrap()).unwrap();
        assert_eq!(of(port), Some(37.min(largest())));
    }
}
