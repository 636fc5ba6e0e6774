//! How long the queue of a listening socket may become.
//!
//! `/proc/net/tcp` does not tell it. The kernel's socket monitoring does (`man 7
//! sock_diag`), which is where `ss -ltn` has its Send-Q from; no tool needs
//! to be installed to ask for it.

use crate::monitor;

/// The length that the program asked for in `listen`, after the kernel cut it
/// at its own limit. None where no IPv4 or IPv6 socket listens on the port, or
/// where the system does not tell.
pub fn of(port: u16) -> Option<u32> {
    let length = monitor::listening(port)??.send_queue;
    u32::try_from(length).ok()
}

/// The largest length that this network has (`net.core.somaxconn`); what the
/// program asks for beyond it is cut silently.
pub fn largest() -> u32 {
    std::fs::read_to_string("/proc/sys/net/core/somaxconn")
        .ok()
        .and_then(|text| text.trim().parse().ok())
        .unwrap_or(128)
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
