//! Unusual and right: waits in poll with a time limit, accepts without
//! blocking, greets each client on a thread of its own in single bytes, and
//! talks on standard error all the time.

use std::net::SocketAddrV4;
use std::os::fd::{AsFd, OwnedFd};
use std::thread;
use std::time::Duration;

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::unistd::write;

use crate::call;
use crate::failure::Failure;

/// Accepts COUNT clients one after another, and greets each.
pub fn run(listener: &OwnedFd, count: u32) -> Result<(), Failure> {
    fcntl(listener, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))
        .map_err(|cause| Failure::new("fcntl", "the listening socket", cause))?;
    for turn in 1..=count {
        eprintln!("client {turn} of {count}, please");
        let (client, address) = next(listener)
            .map_err(|cause| Failure::new("accept", "the listening socket", cause))?;
        let line = format!("accepted {} ({address})", call::name_of(*address.ip()));
        println!("{line}");
        let greeter = thread::spawn(move || greet(&client, address));
        let _ = greeter.join();
    }
    Ok(())
}

fn next(listener: &OwnedFd) -> Result<(OwnedFd, SocketAddrV4), Errno> {
    loop {
        match call::accept(listener) {
            Err(Errno::EINTR | Errno::EAGAIN) => {}
            accepted => return accepted,
        }
        let mut wait = [PollFd::new(listener.as_fd(), PollFlags::POLLIN)];
        let _ = poll(&mut wait, PollTimeout::from(500_u16));
    }
}

fn greet(client: &OwnedFd, address: SocketAddrV4) {
    for byte in b"hello\n" {
        #[allow(clippy::disallowed_methods)]
        thread::sleep(Duration::from_micros(200));
        if let Err(cause) = write(client, &[*byte]) {
            eprintln!("{address}: {}", cause.desc());
            return;
        }
    }
}
