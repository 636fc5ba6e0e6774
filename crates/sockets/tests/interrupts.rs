//! Signals without SA_RESTART in the middle of a call.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]
#![cfg(target_os = "linux")] // a thread's state is in /proc

mod support;

use nix::sys::pthread::{Pthread, pthread_kill, pthread_self};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use sockets::rio::{self, Reader};
use sockets::{Listener, connect_to};
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::sync::{Once, mpsc};
use std::thread::{self, JoinHandle};
use support::{any_port, connection, eventually, listener, narrow_pair};

static HANDLED: AtomicU32 = AtomicU32::new(0);

extern "C" fn count(_: libc::c_int) {
    HANDLED.fetch_add(1, SeqCst);
}

fn catch_signals() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let action = SigAction::new(
            SigHandler::Handler(count),
            SaFlags::empty(),
            SigSet::empty(),
        );
        // SAFETY: the handler touches an atomic alone.
        unsafe { sigaction(Signal::SIGUSR1, &action) }.unwrap();
    });
}

/// A thread in the middle of a call.
struct Victim<T> {
    thread: JoinHandle<T>,
    pthread: Pthread,
    tid: i32,
}

impl<T: Send + 'static> Victim<T> {
    fn spawn(body: impl FnOnce() -> T + Send + 'static) -> Self {
        catch_signals();
        let (tell, told) = mpsc::channel();
        let thread = thread::spawn(move || {
            tell.send((pthread_self(), nix::unistd::gettid().as_raw()))
                .unwrap();
            body()
        });
        let (pthread, tid) = told.recv().unwrap();
        Victim {
            thread,
            pthread,
            tid,
        }
    }

    /// Sleeps in a call, as its state says.
    fn is_blocked(&self) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/self/task/{}/stat", self.tid));
        stat.is_ok_and(|stat| {
            let state = stat
                .rsplit(')')
                .next()
                .and_then(|rest| rest.trim().chars().next());
            state == Some('S')
        })
    }

    /// A signal into its call, once it waits there.
    fn interrupt(&self) {
        eventually("the thread waits", || self.is_blocked());
        let before = HANDLED.load(SeqCst);
        pthread_kill(self.pthread, Signal::SIGUSR1).unwrap();
        eventually("the signal is handled", || HANDLED.load(SeqCst) > before);
    }

    fn join(self) -> T {
        self.thread.join().unwrap()
    }
}

#[test]
fn readn_goes_on_after_a_signal() {
    let (client, server) = connection();
    let reader = Victim::spawn(move || {
        let mut bytes = [0; 20];
        let count = rio::readn(&server, &mut bytes).unwrap();
        bytes[..count].to_vec()
    });
    for byte in b"signals everywhere" {
        reader.interrupt();
        rio::writen(&client, &[*byte]).unwrap();
    }
    reader.interrupt();
    drop(client);
    assert_eq!(reader.join(), b"signals everywhere");
}

#[test]
fn read_line_goes_on_after_a_signal() {
    let (client, server) = connection();
    let reader = Victim::spawn(move || {
        let mut line = Vec::new();
        Reader::new(&server).read_line(100, &mut line).unwrap();
        line
    });
    for byte in b"hello\n" {
        reader.interrupt();
        rio::writen(&client, &[*byte]).unwrap();
    }
    assert_eq!(reader.join(), b"hello\n");
}

#[test]
fn writen_goes_on_after_a_signal() {
    let (reading, writing) = narrow_pair();
    let sent: Vec<u8> = (0..200_000).map(|at| (at % 251) as u8).collect();
    let expected = sent.clone();
    let writer = Victim::spawn(move || rio::writen(&writing, &sent));
    let mut received = Vec::new();
    let mut bytes = vec![0; 7_001];
    for _ in 0..20 {
        // Full: nobody reads.
        writer.interrupt();
        let count = rio::readn(&reading, &mut bytes).unwrap();
        received.extend_from_slice(&bytes[..count]);
    }
    loop {
        match rio::readn(&reading, &mut bytes).unwrap() {
            0 => break,
            count => received.extend_from_slice(&bytes[..count]),
        }
    }
    writer.join().unwrap();
    assert!(received == expected);
}

#[test]
fn accept_waits_on_after_a_signal() {
    let listener = listener();
    let address = listener.local_addr().unwrap();
    let server = Victim::spawn(move || listener.accept().unwrap().peer_addr().unwrap());
    server.interrupt();
    server.interrupt();
    let client = connect_to(address).unwrap();
    assert_eq!(server.join(), client.local_addr().unwrap());
}

#[test]
fn accept_interruptible_says_that_it_was_interrupted() {
    let listener = listener();
    let server = Victim::spawn(move || listener.accept_interruptible().map(drop).unwrap_err());
    server.interrupt();
    let error = server.join();
    assert!(error.is_interrupted(), "{error}");
    assert!(error.to_string().starts_with("accept 127.0.0.1:"));
}

#[test]
fn an_interrupted_connect_is_made_all_the_same() {
    // A queue of one, and full: the next client's SYN is not answered.
    let listener = Listener::bind(any_port(), 0).unwrap();
    let address = listener.local_addr().unwrap();
    let _first = connect_to(address).unwrap();
    let client = Victim::spawn(move || connect_to(address));
    client.interrupt(); // in connect
    client.interrupt(); // and in the wait for what it began
    // Room. The client's SYN is sent again after a second (RFC 6298).
    drop(listener.accept().unwrap());
    let accepted = listener.accept().unwrap();
    let client = client.join().unwrap();
    assert_eq!(accepted.peer_addr().unwrap(), client.local_addr().unwrap());
}
