//! A command that runs beside the one that the user types to.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::pty::{OpenptyResult, openpty};
use nix::sys::signal::{Signal, killpg};
use nix::sys::termios::{SetArg, cfmakeraw, tcgetattr, tcsetattr};
use nix::unistd::{Pid, setsid};
use testbed::table;

use super::plan::Line;
use crate::output::{DIM, styled};

/// How long a server may take until it listens.
const UNTIL_IT_LISTENS: Duration = Duration::from_secs(5);

/// How often the table of sockets is looked at.
const LOOK: Duration = Duration::from_millis(10);

/// A command that runs, with a terminal of its own that nobody types at. Each line
/// that it prints is shown behind its name.
pub struct Beside {
    label: String,
    pid: Pid,
    ended: Receiver<ExitStatus>,
    /// Whether its end is no news any more.
    over: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

/// What became of the wait for a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Server {
    /// It listens.
    Listens,
    /// It has ended instead.
    Ended(ExitStatus),
    /// It does neither.
    Late,
}

impl Beside {
    /// Starts it in a shell.
    ///
    /// # Errors
    ///
    /// There is no terminal to be had, or no shell.
    pub fn start(line: &Line) -> Result<Beside> {
        let OpenptyResult { master, slave } = openpty(None, None).context("make a terminal")?;
        // A program that is started must not find the ends of others' terminals.
        for end in [&master, &slave] {
            fcntl(end, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC)).context("keep the terminal")?;
        }
        let mut mode = tcgetattr(&slave).context("ask for the terminal's mode")?;
        cfmakeraw(&mut mode);
        tcsetattr(&slave, SetArg::TCSANOW, &mode).context("set the terminal's mode")?;
        let copy = || slave.try_clone().map(Stdio::from);
        let mut command = Command::new("/bin/sh");
        command
            .args(["-c", &line.text])
            .stdin(copy()?)
            .stdout(copy()?)
            .stderr(copy()?);
        // SAFETY: both calls are async-signal-safe system calls on the child's own
        // descriptor 0.
        unsafe {
            command.pre_exec(|| {
                setsid()?;
                // Its controlling terminal: when the other end closes, it is hung up.
                if nix::libc::ioctl(0, nix::libc::TIOCSCTTY as _, 0) < 0 {
                    return Err(std::io::Error::last_os_error());
                }
                Ok(())
            });
        }
        let child = command.spawn().context("start /bin/sh")?;
        // The command has the descriptors too, and would keep the terminal open.
        drop((command, slave));
        let pid = Pid::from_raw(child.id() as i32);
        let over = Arc::new(AtomicBool::new(false));
        let (tell, ended) = mpsc::channel();
        let reader = {
            let label = line.label.clone();
            thread::spawn(move || show(File::from(master), &label))
        };
        let waiter = {
            let (label, over) = (line.label.clone(), Arc::clone(&over));
            thread::spawn(move || wait(child, &label, &over, &tell))
        };
        Ok(Beside {
            label: line.label.clone(),
            pid,
            ended,
            over,
            threads: vec![reader, waiter],
        })
    }

    /// Waits until a port is listened on.
    pub fn listens(&self, port: u16) -> Server {
        until(port, |wait| self.ended_within(wait))
    }

    /// Its name in what is shown.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// Its end, if that comes soon enough.
    pub fn ended_within(&self, wait: Duration) -> Option<ExitStatus> {
        match self.ended.recv_timeout(wait) {
            Ok(status) => Some(status),
            Err(RecvTimeoutError::Timeout) => None,
            // It was asked before, and had ended.
            Err(RecvTimeoutError::Disconnected) => Some(ExitStatus::from_raw(0)),
        }
    }

    /// Ends it, and everything that it has started in its session's first group.
    pub fn end(self) {
        self.over.store(true, Ordering::SeqCst);
        let _ = killpg(self.pid, Signal::SIGKILL);
        // A daemon that got away may hold the terminal open: the reader is not waited
        // for if that goes on. In a cell its end comes with the cell's.
        let deadline = Instant::now() + Duration::from_millis(500);
        for thread in self.threads {
            while !thread.is_finished() && Instant::now() < deadline {
                thread::park_timeout(LOOK);
            }
            if thread.is_finished() {
                let _ = thread.join();
            }
        }
    }
}

/// Waits until a port is listened on, or whoever was to do it has ended.
pub fn until(port: u16, mut ended_within: impl FnMut(Duration) -> Option<ExitStatus>) -> Server {
    let start = Instant::now();
    loop {
        if table::listening(port).is_some() {
            return Server::Listens;
        }
        if let Some(status) = ended_within(LOOK) {
            return Server::Ended(status);
        }
        // Elsewhere the kernel has no such table, and to connect would use up what a
        // server for one client has to give.
        if !cfg!(target_os = "linux") && start.elapsed() > 50 * LOOK {
            return Server::Listens;
        }
        if start.elapsed() > UNTIL_IT_LISTENS {
            return Server::Late;
        }
    }
}

/// Shows what comes out of a terminal, a line at a time.
fn show(terminal: File, label: &str) {
    let mut reader = BufReader::new(terminal);
    let mut line = Vec::new();
    // The end is an error: nobody holds the other end any more (EIO).
    while reader
        .read_until(b'\n', &mut line)
        .is_ok_and(|count| count > 0)
        || !line.is_empty()
    {
        while line.last().is_some_and(|last| b"\r\n".contains(last)) {
            line.pop();
        }
        let text = String::from_utf8_lossy(&line);
        say(label, &text);
        line.clear();
    }
}

fn wait(mut child: Child, label: &str, over: &AtomicBool, tell: &mpsc::Sender<ExitStatus>) {
    let Ok(status) = child.wait() else { return };
    if !over.load(Ordering::SeqCst) && !status.success() {
        say(label, &format!("[{}]", how(status)));
    }
    let _ = tell.send(status);
}

fn say(label: &str, text: &str) {
    let mut out = anstream::stdout().lock();
    // A reader that is gone is noticed by the one who writes the rest.
    let _ = writeln!(out, "{} {text}", styled(DIM, format!("{label} |")));
    let _ = out.flush();
}

/// How a command ended, in words.
pub fn how(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        // A shell's way to tell of a signal that ended its command.
        (Some(code), _) if code > 128 => format!("ended by signal {}", code - 128),
        (Some(code), _) => format!("ended with status {code}"),
        (None, signal) => format!("ended by signal {}", signal.unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(text: &str) -> Beside {
        let (text, label) = (text.to_owned(), "test".to_owned());
        Beside::start(&Line { text, label }).unwrap()
    }

    #[test]
    fn a_command_beside_has_a_terminal_and_ends_with_its_status() {
        let one = start("[ -t 0 ] && [ -t 1 ] && [ -t 2 ] && exit 7");
        let status = one.ended_within(Duration::from_secs(60)).unwrap();
        assert_eq!(status.code(), Some(7));
        assert_eq!(how(status), "ended with status 7");
        one.end();
    }

    #[test]
    fn a_server_that_ends_is_not_waited_for() {
        let one = start("exit 3");
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        assert!(matches!(one.listens(port), Server::Ended(status) if status.code() == Some(3)));
        one.end();
    }

    #[test]
    fn what_a_command_has_started_ends_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pid");
        let one = start(&format!(
            "tail -f /dev/null & echo $! > {f}.new; mv {f}.new {f}; wait",
            f = file.display()
        ));
        let deadline = Instant::now() + Duration::from_secs(60);
        while !file.exists() && Instant::now() < deadline {
            thread::park_timeout(LOOK);
        }
        let pid: i32 = std::fs::read_to_string(&file)
            .unwrap()
            .trim()
            .parse()
            .unwrap();
        one.end();
        let deadline = Instant::now() + Duration::from_secs(60);
        // What is killed is left to whoever adopts orphans: it may be a zombie for a while.
        let lives = || {
            std::fs::read_to_string(format!("/proc/{pid}/stat"))
                .is_ok_and(|stat| !stat.contains(") Z "))
        };
        while lives() && Instant::now() < deadline {
            thread::park_timeout(LOOK);
        }
        assert!(!lives());
    }
}
