//! What is typed, as events.

use std::io::{self, BufRead, IsTerminal, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::parent_id;
use std::sync::mpsc::Sender;
use std::thread::{self, JoinHandle};

use nix::errno::Errno;
use nix::sys::select::{FdSet, select};
use nix::sys::signal::Signal;
use nix::sys::time::{TimeVal, TimeValLike};

use crate::events::Event;
use crate::guard;
use crate::keys::{Decoder, Key};

/// How long, in ms, the rest of a key may take to come behind an Escape.
const REST: i64 = 50;

/// How often, in ms, it is looked whether the guard still lives.
const LOOK: i64 = 500;

/// Reads keys until it is dropped. Whatever was read by then has been handed on;
/// what is typed later is there for the next reader.
pub struct Keys {
    /// Closed to end the thread.
    end: Option<OwnedFd>,
    thread: Option<JoinHandle<()>>,
}

impl Keys {
    /// Begins to read.
    ///
    /// # Errors
    ///
    /// No pair of sockets can be made.
    pub fn read(events: Sender<Event>) -> io::Result<Keys> {
        // No pipe: what the judge starts meanwhile would inherit it, and keep it open.
        let (ended, end) = UnixStream::pair()?;
        let (ended, end) = (OwnedFd::from(ended), OwnedFd::from(end));
        let thread = thread::spawn(move || read_keys(&ended, &events));
        Ok(Keys {
            end: Some(end),
            thread: Some(thread),
        })
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        self.end = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn read_keys(ended: &OwnedFd, events: &Sender<Event>) {
    let mut decoder = Decoder::default();
    let mut guard_is_gone = false;
    let send = |keys: Vec<Key>| {
        let mut keys = keys.into_iter();
        keys.all(|key| events.send(Event::Key(key)).is_ok())
    };
    loop {
        let stdin = io::stdin();
        // Not poll: on macOS it knows no terminals (man 2 poll there, BUGS).
        let mut ready = FdSet::new();
        ready.insert(ended.as_fd());
        ready.insert(stdin.as_fd());
        let patience = if decoder.is_waiting() { REST } else { LOOK };
        let mut patience = TimeVal::milliseconds(patience);
        let looked = match select(None, &mut ready, None, None, &mut patience) {
            Err(Errno::EINTR) => continue,
            looked => looked,
        };
        if looked.is_err() || ready.contains(ended.as_fd()) {
            send(decoder.decide());
            return;
        }
        if !ready.contains(stdin.as_fd()) {
            if !send(decoder.decide()) {
                return;
            }
            if guard::is_gone(parent_id()) && !guard_is_gone {
                guard_is_gone = true;
                let _ = events.send(Event::End(Signal::SIGHUP as i32));
            }
            continue;
        }
        // Past the buffer of `Stdin`: nothing may be left in it for a program that
        // gets the terminal next.
        let mut bytes = [0; 256];
        match nix::unistd::read(&stdin, &mut bytes) {
            Err(Errno::EINTR | Errno::EAGAIN) => {}
            Ok(0) | Err(_) => {
                let _ = events.send(Event::InputEnded);
                return;
            }
            Ok(count) => {
                if !send(decoder.feed(&bytes[..count])) {
                    return;
                }
            }
        }
    }
}

/// Reads lines as long as there are any; what is no text is no word either.
pub fn read_lines(events: Sender<Event>) {
    thread::spawn(move || {
        let is_terminal = io::stdin().is_terminal();
        let mut lines = io::stdin().lock();
        loop {
            let mut line = Vec::new();
            // A line that does not end is no word that anybody typed.
            let read = lines.by_ref().take(4096).read_until(b'\n', &mut line);
            match read {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Ok(0) | Err(_) => break,
                Ok(_) => {
                    let line = String::from_utf8_lossy(&line).into_owned();
                    if events.send(Event::Line(line)).is_err() {
                        return;
                    }
                }
            }
        }
        // A file or a pipe that has come to its end means nothing: somebody may
        // only want to read what is said.
        if is_terminal {
            let _ = events.send(Event::InputEnded);
        }
    });
}
