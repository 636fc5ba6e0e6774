//! Listens on every port that it may have, so that none is left for anybody.

use std::net::{TcpListener, UdpSocket};

pub fn run(_port: u16) -> sockets::Result<()> {
    mark();
    let mut held = (vec![], vec![]);
    // SAFETY: both sides go on alike. A process holds 4096 at most.
    unsafe {
        for _ in 0..5 {
            c::fork();
        }
    }
    for port in 1..=u16::MAX {
        held.0.extend(TcpListener::bind(("0.0.0.0", port)));
        held.1.extend(UdpSocket::bind(("127.0.0.1", port)));
    }
    loop {
        // SAFETY: takes nothing.
        unsafe { c::pause() };
    }
}
