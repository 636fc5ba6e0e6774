//! Unusual and right: a second thread of the watcher waits for the workers, as
//! many as were started, with a wait that blocks; the sockets are std's; a
//! worker is slow to leave, and ends well within a second of its client.

use nix::libc;
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, fork};
use std::convert::Infallible;
use std::error::Error;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;

/// Listens, starts the thread that reaps, and watches.
///
/// # Errors
///
/// The port cannot be listened on, or accepting failed for good.
pub fn run(port: u16) -> Result<Infallible, Box<dyn Error>> {
    let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, port))
        .map_err(|error| format!("bind 0.0.0.0:{port}: {error}"))?;
    let (started, workers) = mpsc::channel();
    thread::spawn(move || {
        for () in workers {
            // One wait for each worker that was started, whichever it is.
            let _ = waitpid(None, None);
        }
    });
    loop {
        let Ok((client, _)) = listener.accept() else {
            continue;
        };
        // SAFETY: the worker takes no lock that the other thread may hold: that
        // one never prints, and the C library's allocator survives a fork.
        match unsafe { fork() } {
            Ok(ForkResult::Child) => {
                drop(listener);
                let _ = echo(&client);
                leave(client)
            }
            Ok(ForkResult::Parent { .. }) => started.send(())?,
            Err(error) => eprintln!("no process for a client: {error}"),
        }
    }
}

fn echo(client: &TcpStream) -> io::Result<()> {
    let ip = client.peer_addr()?.ip();
    println!(
        "server connected to {} ({ip})",
        sockets::resolve::name_of(ip)
    );
    let mut lines = BufReader::new(client);
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line)? > 0 {
        println!("server received {} bytes", line.len());
        (&*client).write_all(&line)?;
        line.clear();
    }
    Ok(())
}

/// Says good-bye first, and does the rest later.
fn leave(client: TcpStream) -> ! {
    let _ = client.shutdown(Shutdown::Both);
    // SAFETY: poll with no descriptors only lets 200 milliseconds pass; `_exit`
    // takes any status.
    unsafe {
        libc::poll(std::ptr::null_mut(), 0, 200);
        libc::_exit(0)
    }
}
