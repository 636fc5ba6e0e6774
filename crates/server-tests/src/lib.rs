//! A server under test and its clients. Used by the tests of both servers.
//!
//! Nothing here gives an error: a test that cannot go on panics.
#![cfg(target_os = "linux")] // the tests look at a server through /proc
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use nix::poll::{PollFd, PollFlags, poll};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use sockets::rio::{self, Reader};
use sockets::table::{self, State};
use sockets::{Connection, Listener, connect};
use std::io::{ErrorKind, Read};
use std::net::{Ipv4Addr, Shutdown, SocketAddr};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// Long enough for a loaded machine; nothing waits so long that goes well.
const PATIENCE: Duration = Duration::from_secs(20);

/// What a limit can be raised to again.
const MOST_DESCRIPTORS: u64 = 100;

/// Waits until `condition` gives something.
pub fn eventually<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = condition() {
            return found;
        }
        assert!(Instant::now() < deadline, "never happened: {what}");
        let _ = poll(&mut [], 2u8);
    }
}

/// A port that nobody listens on at the moment, and that the kernel gives to no client (they have
/// those from 32768 on).
pub fn free_port() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    // Tests that run at the same time begin at different places.
    let begin = std::process::id() * 97;
    let free = |port| {
        let any = SocketAddr::from((Ipv4Addr::UNSPECIFIED, port));
        Listener::bind(any, 1).is_ok().then_some(port)
    };
    eventually("a port is free", || {
        let number = begin.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed)) % 10_000;
        free(20_000 + number as u16)
    })
}

/// A server that was started; killed with this.
pub struct Server {
    /// The process.
    pub child: Child,
    /// Where it listens.
    pub port: u16,
}

impl Server {
    /// Starts `program` on a free port and waits until it listens.
    pub fn start(program: &str, arguments: &[&str]) -> Self {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin(program));
        command.args(arguments);
        Self::start_command(command)
    }

    /// The same with a command that lacks the port.
    pub fn start_command(command: Command) -> Self {
        Self::start_on(free_port(), command)
    }

    /// The same on this port.
    pub fn start_on(port: u16, mut command: Command) -> Self {
        command.arg(port.to_string());
        command.stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = eventually("the program starts", || match command.spawn() {
            // A program that has just been copied: another thread's fork may still hold the copy open.
            Err(error) if error.kind() == ErrorKind::ExecutableFileBusy => None,
            spawned => Some(spawned.unwrap()),
        });
        let mut server = Server { child, port };
        eventually("the server listens", || {
            if let Some(status) = server.child.try_wait().unwrap() {
                panic!("it ended: {status}: {}", server.complaints());
            }
            server.is_listening().then_some(())
        });
        server
    }

    /// The kernel shows its port in LISTEN.
    pub fn is_listening(&self) -> bool {
        let listens =
            |row: &table::Row| row.state == State::Listen && row.local.port() == self.port;
        table::read().unwrap().iter().any(listens)
    }

    /// Its process number.
    pub fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id() as i32)
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        kill(self.pid(), signal).unwrap();
    }

    /// A new client of it.
    pub fn connect(&self) -> Client {
        Client::new(connect("127.0.0.1", self.port).unwrap())
    }

    /// The processes that it has made and not yet reaped.
    pub fn workers(&self) -> Vec<Pid> {
        let pid = self.child.id();
        let list = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap();
        let pids = list
            .split_ascii_whitespace()
            .map(|pid| pid.parse().unwrap());
        pids.map(Pid::from_raw).collect()
    }

    /// Processor time that it has used, in ticks of the system (10 ms).
    pub fn ticks(&self) -> u64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        let fields: Vec<_> = stat
            .rsplit(')')
            .next()
            .unwrap()
            .split_ascii_whitespace()
            .collect();
        fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
    }

    /// How many descriptors it has open.
    pub fn descriptors(&self) -> usize {
        let open = std::fs::read_dir(format!("/proc/{}/fd", self.child.id())).unwrap();
        open.count()
    }

    /// Waits for its end.
    pub fn wait(&mut self) -> ExitStatus {
        eventually("the server ends", || self.child.try_wait().unwrap())
    }

    /// All that it printed. Once it and its workers have ended, or are killed.
    pub fn output(&mut self) -> String {
        let mut text = String::new();
        let mut stdout = self.child.stdout.take().unwrap();
        stdout.read_to_string(&mut text).unwrap();
        text
    }

    /// The next line that it prints.
    pub fn line(&mut self) -> String {
        let stdout = self.child.stdout.as_ref().unwrap();
        let mut line = String::new();
        while !line.ends_with('\n') {
            let mut byte = [0];
            assert!(readable(stdout), "no line within the patience");
            assert_eq!(rio::readn(stdout, &mut byte).unwrap(), 1, "no more lines");
            line.push(byte[0].into());
        }
        line
    }

    /// All that it wrote on standard error. Once it has ended.
    pub fn complaints(&mut self) -> String {
        let mut text = String::new();
        let mut stderr = self.child.stderr.take().unwrap();
        stderr.read_to_string(&mut text).unwrap();
        text
    }

    /// Ends it, and gives all that it printed.
    pub fn kill(mut self) -> String {
        self.child.kill().unwrap();
        self.wait();
        self.output()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        for worker in self.workers_if_any() {
            let _ = kill(worker, Signal::SIGKILL);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    fn workers_if_any(&mut self) -> Vec<Pid> {
        match self.child.try_wait() {
            Ok(None) => self.workers(),
            _ => Vec::new(),
        }
    }
}

/// A client in a dialogue with a server.
pub struct Client {
    /// Its end of the connection.
    pub connection: Connection,
}

impl Client {
    /// One with this connection.
    pub fn new(connection: Connection) -> Self {
        Client { connection }
    }

    /// Sends all of this.
    pub fn says(&self, bytes: &[u8]) {
        rio::writen(&self.connection, bytes).unwrap();
    }

    /// Exactly these bytes come next.
    #[track_caller]
    pub fn hears(&self, expected: &[u8]) {
        let mut heard = Vec::new();
        while heard.len() < expected.len() {
            assert!(readable(&self.connection), "only {:?}", lossy(&heard));
            let mut bytes = vec![0; expected.len() - heard.len()];
            match rio::read(&self.connection, &mut bytes).unwrap() {
                0 => panic!("end after {:?}", lossy(&heard)),
                count => heard.extend_from_slice(&bytes[..count]),
            }
        }
        assert!(heard == expected, "{:?}", lossy(&heard));
    }

    /// The connection ends; nothing comes before that.
    #[track_caller]
    pub fn hears_the_end(&self) {
        assert!(readable(&self.connection), "the connection does not end");
        assert_eq!(rio::read(&self.connection, &mut [0]).unwrap(), 0);
    }

    /// Nothing comes. A short wait, as there is no event to wait for.
    #[track_caller]
    pub fn hears_nothing(&self) {
        let mut wait = [PollFd::new(self.connection.as_fd(), PollFlags::POLLIN)];
        assert_eq!(poll(&mut wait, 100u8), Ok(0), "something came");
    }

    /// Sends this and gets it back.
    pub fn says_and_hears(&self, bytes: &[u8]) {
        self.says(bytes);
        self.hears(bytes);
    }

    /// Sends nothing more.
    pub fn ends_its_side(&self) {
        self.connection.shutdown(Shutdown::Write).unwrap();
    }

    /// Leaves with a reset.
    pub fn resets(self) {
        self.connection.set_linger(Some(Duration::ZERO)).unwrap();
    }

    /// Reads line by line.
    pub fn reader(&self) -> Reader<&Connection> {
        Reader::new(&self.connection)
    }
}

/// Has `command` run with no more than `most` of a resource.
pub fn limit(command: &mut Command, resource: libc::__rlimit_resource_t, most: u64) {
    let limit = libc::rlimit {
        rlim_cur: most,
        rlim_max: most.max(MOST_DESCRIPTORS),
    };
    // SAFETY: `setrlimit` may be called between fork and exec.
    unsafe {
        command.pre_exec(move || match libc::setrlimit(resource, &limit) {
            0 => Ok(()),
            _ => Err(std::io::Error::last_os_error()),
        })
    };
}

/// Lets a server that was limited have descriptors again.
pub fn raise_descriptors(server: &Server) {
    let more = libc::rlimit {
        rlim_cur: MOST_DESCRIPTORS,
        rlim_max: MOST_DESCRIPTORS,
    };
    let pid = server.pid().as_raw();
    // SAFETY: the structure outlives the call; no old limit is asked for.
    let set = unsafe { libc::prlimit(pid, libc::RLIMIT_NOFILE, &more, std::ptr::null_mut()) };
    assert_eq!(set, 0);
}

fn readable(fd: impl AsFd) -> bool {
    let mut wait = [PollFd::new(fd.as_fd(), PollFlags::POLLIN)];
    let patience = u16::try_from(PATIENCE.as_millis()).unwrap();
    poll(&mut wait, patience) == Ok(1)
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(&bytes[..bytes.len().min(200)]).into_owned()
}
