//! Unusual and right: the first process accepts, and hands each connection to
//! a worker that is free, as a message with a descriptor in it (`man 7 unix`,
//! SCM_RIGHTS). When nobody is free it leaves the queue alone.

use std::error::Error;
use std::io::{IoSlice, IoSliceMut, Read, Write};
use std::net::Ipv4Addr;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{Signal, kill};
use nix::sys::socket::{ControlMessage, ControlMessageOwned, MsgFlags, recvmsg, sendmsg};
use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::{ForkResult, Pid, fork};
use sockets::{Connection, Listener};

use crate::echo;
use crate::signals::Signals;

struct Worker {
    pid: Pid,
    channel: Option<UnixStream>,
    busy: bool,
}

/// Serves until told to stop; gives how many clients were accepted.
///
/// # Errors
///
/// The port cannot be listened on, or the first process cannot go on.
pub fn run(port: u16, children: usize) -> Result<u64, Box<dyn Error>> {
    let signals = Signals::catch()?;
    let listener = Listener::bind((Ipv4Addr::UNSPECIFIED, port), 200)?;
    listener.set_nonblocking(true)?;
    let mut workers: Vec<Worker> = Vec::new();
    let mut served = 0;
    while signals.stops() == 0 {
        reap(&mut workers);
        while workers.len() < children {
            match make_worker(&mut workers, &listener, &signals) {
                Ok(worker) => workers.push(worker),
                Err(error) => {
                    eprintln!("no worker: {error}");
                    break;
                }
            }
        }
        let news = wait(&listener, &mut workers);
        // Who has just died is no worker to hand a client to.
        reap(&mut workers);
        if news && workers.iter().any(|worker| !worker.busy) {
            match listener.accept() {
                Ok(connection) => {
                    served += 1;
                    hand_over(&connection, &mut workers);
                }
                Err(error) if error.is_would_block() => {}
                Err(error) => return Err(error.into()),
            }
        }
        signals.wait(Some(Duration::ZERO))?;
    }
    drop(listener);
    let end = Instant::now() + Duration::from_secs(5);
    for worker in &mut workers {
        // End of file for the idle ones now, for the others after their client.
        worker.channel = None;
    }
    reap(&mut workers);
    while !workers.is_empty() && signals.stops() < 2 && Instant::now() < end {
        signals.wait(Some(Duration::from_millis(100)))?;
        reap(&mut workers);
    }
    for worker in &workers {
        let _ = kill(worker.pid, Signal::SIGKILL);
    }
    for worker in workers {
        let _ = waitpid(worker.pid, None);
    }
    Ok(served)
}

/// Waits a moment for a client, where a worker is free, and for workers that
/// are free again. Tells whether there is a client.
fn wait(listener: &Listener, workers: &mut [Worker]) -> bool {
    let free = workers.iter().any(|worker| !worker.busy);
    let mut all: Vec<PollFd<'_>> = workers
        .iter()
        .filter_map(|worker| worker.channel.as_ref())
        .map(|channel| PollFd::new(channel.as_fd(), PollFlags::POLLIN))
        .collect();
    if free {
        all.push(PollFd::new(listener.as_fd(), PollFlags::POLLIN));
    }
    let _ = poll(&mut all, PollTimeout::from(50_u8));
    let said: Vec<bool> = all.iter().map(|fd| fd.any() == Some(true)).collect();
    let client = free && said.last() == Some(&true);
    for (worker, said) in workers.iter_mut().zip(said) {
        if said {
            let mut byte = [0];
            if let Some(mut channel) = worker.channel.as_ref() {
                worker.busy = !matches!(channel.read(&mut byte), Ok(1));
            }
        }
    }
    client
}

fn hand_over(connection: &Connection, workers: &mut [Worker]) {
    let descriptors = [connection.as_raw_fd()];
    let message = [ControlMessage::ScmRights(&descriptors)];
    for worker in workers.iter_mut().filter(|worker| !worker.busy) {
        let Some(channel) = &worker.channel else {
            continue;
        };
        let byte = [IoSlice::new(b"c")];
        worker.busy = true;
        let flags = MsgFlags::MSG_NOSIGNAL;
        if sendmsg::<()>(channel.as_raw_fd(), &byte, &message, flags, None).is_ok() {
            return;
        }
    }
}

fn make_worker(
    workers: &mut Vec<Worker>,
    listener: &Listener,
    signals: &Signals,
) -> std::io::Result<Worker> {
    let (ours, theirs) = UnixStream::pair()?;
    // SAFETY: this process has a single thread.
    match unsafe { fork() }? {
        ForkResult::Child => {
            signals.leave_to_the_first();
            // The other ends of the other channels too: else they never end.
            workers.clear();
            drop(ours);
            // SAFETY: nobody uses it here again, or drops it.
            unsafe { libc::close(listener.as_fd().as_raw_fd()) };
            work(theirs)
        }
        ForkResult::Parent { child } => Ok(Worker {
            pid: child,
            channel: Some(ours),
            busy: false,
        }),
    }
}

fn work(mut channel: UnixStream) -> ! {
    while let Some(connection) = receive(&channel) {
        if let Err(error) = echo::serve(&connection) {
            eprintln!("{error}");
        }
        drop(connection);
        let _ = channel.write(b"!");
    }
    // SAFETY: takes any status.
    unsafe { libc::_exit(0) }
}

fn receive(channel: &UnixStream) -> Option<Connection> {
    let mut byte = [0];
    let mut space = nix::cmsg_space!([i32; 1]);
    let mut bytes = [IoSliceMut::new(&mut byte)];
    let message = recvmsg::<()>(
        channel.as_raw_fd(),
        &mut bytes,
        Some(&mut space),
        MsgFlags::empty(),
    );
    for part in message.ok()?.cmsgs().ok()? {
        if let ControlMessageOwned::ScmRights(descriptors) = part {
            // SAFETY: the message has made it for this process.
            let fd = unsafe { OwnedFd::from_raw_fd(*descriptors.first()?) };
            return Some(Connection::from(fd));
        }
    }
    None
}

fn reap(workers: &mut Vec<Worker>) {
    while let Ok(Some(ended)) = waitpid(None, Some(WaitPidFlag::WNOHANG)).map(|status| status.pid())
    {
        workers.retain(|worker| worker.pid != ended);
    }
}
