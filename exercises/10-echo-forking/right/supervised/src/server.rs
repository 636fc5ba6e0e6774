//! Unusual and right: the program's first process only waits for the watcher,
//! which is its child; SIGCHLD is ignored, so that no zombie is ever made; and
//! the watcher greets. When the watcher is killed, the first process ends too.

use nix::errno::Errno;
use nix::libc;
use nix::sys::signal::{SigHandler, Signal, signal};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork};
use sockets::{Connection, Listener, resolve, rio};
use std::convert::Infallible;
use std::error::Error;
use std::io::{self, Write};
use std::net::Ipv4Addr;
use std::process;

/// Listens, then has a child watch.
///
/// # Errors
///
/// The port cannot be listened on, or there is no process for the watcher.
pub fn run(port: u16) -> Result<Infallible, Box<dyn Error>> {
    let listener = Listener::bind((Ipv4Addr::UNSPECIFIED, port), 511)?;
    // SAFETY: this process has a single thread.
    match unsafe { fork() }? {
        ForkResult::Child => watch(&listener),
        ForkResult::Parent { child } => {
            drop(listener);
            supervise(child)
        }
    }
}

fn supervise(watcher: Pid) -> ! {
    loop {
        match waitpid(watcher, None) {
            Ok(WaitStatus::Exited(_, status)) => process::exit(status),
            Err(Errno::EINTR) => {}
            Ok(_) | Err(_) => process::exit(1),
        }
    }
}

fn watch(listener: &Listener) -> Result<Infallible, Box<dyn Error>> {
    // SAFETY: no handler is installed, so none can do what it may not.
    unsafe { signal(Signal::SIGCHLD, SigHandler::SigIgn) }?;
    loop {
        let client = listener.accept()?;
        let ip = client.peer_addr()?.ip();
        print(&format!(
            "server connected to {} ({ip})",
            resolve::name_of(ip)
        ));
        // SAFETY: this process has a single thread.
        match unsafe { fork() } {
            Ok(ForkResult::Child) => {
                // SAFETY: the worker never uses the listening socket again, and
                // ends without running the destructor that would close it twice.
                unsafe {
                    libc::close(std::os::fd::AsRawFd::as_raw_fd(&std::os::fd::AsFd::as_fd(
                        listener,
                    )))
                };
                work(&client)
            }
            Ok(ForkResult::Parent { .. }) => {}
            Err(error) => eprintln!("fork: {}", error.desc()),
        }
    }
}

fn work(client: &Connection) -> ! {
    let mut reader = rio::Reader::new(client);
    let mut line = Vec::new();
    while let Ok(1..) = reader.read_line(300, &mut line) {
        print(&format!("server received {} bytes", line.len()));
        if rio::writen(client, &line).is_err() {
            break;
        }
    }
    process::exit(0)
}

fn print(line: &str) {
    let _ = writeln!(io::stdout(), "{line}");
}
