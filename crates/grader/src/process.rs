//! A process under a deadline, with its output bounded.

use std::io::{self, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use exercise::text::turns;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::crowd;
use crate::stop::Stop;

/// How often a wait looks whether it was asked to stop.
const LOOK: Duration = Duration::from_millis(50);

/// How long output may still come when its writer has ended: a process that
/// escaped may hold the pipe open, and nobody waits for that one.
const REST: Duration = Duration::from_secs(1);

/// How long a process may take to end when it is asked to.
const GRACE: Duration = Duration::from_secs(5);

/// How a process came to its end, and what it said.
#[derive(Debug)]
pub struct Ended {
    /// Its own end, or the one it was given.
    pub end: End,
    /// The beginning of its standard output.
    pub stdout: Output,
    /// The beginning of its standard error.
    pub stderr: Output,
    /// From start to end.
    pub took: Duration,
}

/// How a process came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// By itself.
    Own(ExitStatus),
    /// Killed at its deadline.
    Deadline,
    /// Killed because the whole run was asked to stop.
    Stopped,
}

/// The beginning of what a process wrote; the rest was read and dropped.
#[derive(Debug, Default, Clone)]
pub struct Output {
    /// At most as many bytes as were to be kept.
    pub kept: Vec<u8>,
    /// How many more there were.
    pub dropped: u64,
}

impl Output {
    /// As text that a terminal shows and does not obey, with a last line that
    /// says what was dropped.
    pub fn text(&self) -> String {
        let mut text = String::from_utf8_lossy(&self.kept).replace(obeyed, "\u{fffd}");
        if self.dropped > 0 {
            text.push_str(&format!("\n[{} more bytes are not shown]\n", self.dropped));
        }
        text
    }
}

/// Whether a terminal obeys a character: control characters, and those that turn
/// the direction of what follows.
fn obeyed(c: char) -> bool {
    turns(c) || c.is_control() && c != '\n' && c != '\t'
}

/// Runs a command to its end, or kills it at the deadline or on request. On a
/// crowded machine the deadline is [stretched](crate::crowd).
///
/// Its standard input is empty; of its output, `keep` bytes of each stream are
/// kept and the rest is read and dropped, so that it never waits for a reader.
/// It gets a process group of its own: a ^C at the terminal reaches the lab
/// alone, which then ends what it has started.
///
/// # Errors
///
/// The command cannot be started.
pub fn run(
    command: &mut Command,
    deadline: Duration,
    keep: usize,
    stop: &Stop,
) -> io::Result<Ended> {
    use std::os::unix::process::CommandExt;

    let start = Instant::now();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()?;
    let stdout = child.stdout.take().map(|stream| drain(stream, keep));
    let stderr = child.stderr.take().map(|stream| drain(stream, keep));
    let end = wait(&mut child, start, deadline, stop)?;
    let took = start.elapsed();
    let rest = |output: Option<Receiver<Output>>| {
        output
            .and_then(|output| output.recv_timeout(REST).ok())
            .unwrap_or_default()
    };
    Ok(Ended {
        end,
        stdout: rest(stdout),
        stderr: rest(stderr),
        took,
    })
}

fn wait(child: &mut Child, start: Instant, deadline: Duration, stop: &Stop) -> io::Result<End> {
    let ended = announce(child.id());
    let is_over = || {
        let took = start.elapsed();
        took >= deadline && took >= deadline.mul_f64(crowd::factor())
    };
    loop {
        let left = deadline.saturating_sub(start.elapsed());
        // Behind the deadline the crowd is looked at again and again.
        let slice = if left.is_zero() { LOOK } else { left.min(LOOK) };
        let given = match ended.recv_timeout(slice) {
            Ok(()) | Err(RecvTimeoutError::Disconnected) => return child.wait().map(End::Own),
            Err(RecvTimeoutError::Timeout) if stop.asked() => End::Stopped,
            Err(RecvTimeoutError::Timeout) if is_over() => End::Deadline,
            Err(RecvTimeoutError::Timeout) => continue,
        };
        // A cell that is asked to end leaves nothing behind; one that is killed
        // leaves its control groups to the next.
        let _ = kill(Pid::from_raw(child.id() as i32), Signal::SIGTERM);
        if ended.recv_timeout(GRACE) == Err(RecvTimeoutError::Timeout) {
            child.kill()?;
        }
        child.wait()?;
        return Ok(given);
    }
}

/// Tells when a child has ended, and leaves it to be waited for, so that its
/// number still means this process when it is killed.
fn announce(pid: u32) -> Receiver<()> {
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        loop {
            let mut info = std::mem::MaybeUninit::<libc::siginfo_t>::zeroed();
            // SAFETY: waitid writes one siginfo_t, and gets room for it. WNOWAIT
            // leaves the child waitable (man 2 waitid).
            let result = unsafe {
                libc::waitid(
                    libc::P_PID,
                    pid as libc::id_t,
                    info.as_mut_ptr(),
                    libc::WEXITED | libc::WNOWAIT,
                )
            };
            let interrupted =
                result == -1 && io::Error::last_os_error().kind() == io::ErrorKind::Interrupted;
            if !interrupted {
                break;
            }
        }
        // The receiver is gone when the child was killed meanwhile.
        let _ = tell.send(());
    });
    told
}

fn drain(mut stream: impl Read + Send + 'static, keep: usize) -> Receiver<Output> {
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        let mut output = Output::default();
        let mut buffer = [0; 16 * 1024];
        while let Ok(count) = stream.read(&mut buffer) {
            if count == 0 {
                break;
            }
            let kept = count.min(keep - output.kept.len());
            output.kept.extend_from_slice(&buffer[..kept]);
            output.dropped += (count - kept) as u64;
        }
        let _ = tell.send(output);
    });
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    fn shell(script: &str) -> Command {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn what_is_beyond_the_limit_is_counted_and_dropped() {
        let ended = run(
            &mut shell("printf 12345; printf 678 >&2"),
            LONG,
            3,
            &Stop::default(),
        )
        .unwrap();
        assert_eq!(ended.stdout.kept, b"123");
        assert_eq!(ended.stdout.dropped, 2);
        assert_eq!(ended.stderr.kept, b"678");
        assert!(ended.stdout.text().contains("[2 more bytes"));
    }

    #[test]
    fn a_terminal_obeys_nothing_of_what_was_said() {
        let kept = "a\tb\n\x1b[2J\u{9b}31m\u{202e}é".as_bytes().to_vec();
        let text = Output { kept, dropped: 0 }.text();
        assert_eq!(text, "a\tb\n\u{fffd}[2J\u{fffd}31m\u{fffd}é");
    }

    #[test]
    fn a_process_is_killed_at_its_deadline() {
        let ended = run(
            &mut shell("exec tail -f /dev/null"),
            Duration::from_millis(50),
            9,
            &Stop::default(),
        )
        .unwrap();
        assert_eq!(ended.end, End::Deadline);
    }

    #[test]
    fn a_process_is_killed_on_request() {
        let stop = Stop::default();
        stop.ask();
        let ended = run(&mut shell("exec tail -f /dev/null"), LONG, 9, &stop).unwrap();
        assert_eq!(ended.end, End::Stopped);
        assert!(ended.took < LONG);
    }
}
