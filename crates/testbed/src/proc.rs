//! What `/proc` says of processes (`man 5 proc`). Linux only: elsewhere
//! everything is empty, and what needs it is `ungraded`.

use std::fs;
use std::time::Duration;

use crate::clock::{self, Deadline};

/// Whether this system has what the module reads.
pub fn available() -> bool {
    cfg!(target_os = "linux") && fs::metadata("/proc/self/stat").is_ok()
}

/// A line of `/proc/PID/stat`, as far as the lab needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stat {
    /// The process number.
    pub pid: i32,
    /// One letter: `R` running, `S` sleeping, `Z` zombie, `T` stopped …
    pub state: char,
    /// The parent's process number.
    pub parent: i32,
    /// The session's number.
    pub session: i32,
}

/// Parses from the last `)`: a program may call itself anything.
pub(crate) fn parse_stat(text: &str) -> Option<Stat> {
    let pid = text.split(' ').next()?.parse().ok()?;
    let rest = &text[text.rfind(')')? + 1..];
    let mut fields = rest.split_ascii_whitespace();
    Some(Stat {
        pid,
        state: fields.next()?.chars().next()?,
        parent: fields.next()?.parse().ok()?,
        session: fields.nth(1)?.parse().ok()?,
    })
}

/// The state of a process, none when there is no such process. One whose first thread has
/// ended while others go on is no zombie: it has the state of another.
pub fn stat(pid: i32) -> Option<Stat> {
    let bytes = fs::read(format!("/proc/{pid}/stat")).ok()?;
    let mut stat = parse_stat(&String::from_utf8_lossy(&bytes))?;
    if stat.state == 'Z' {
        if let Some((_, state)) = other_threads(pid).next() {
            stat.state = state;
        }
    }
    Some(stat)
}

/// The threads of a process that live, but for its first, each with its state.
fn other_threads(pid: i32) -> impl Iterator<Item = (i32, char)> {
    let others = threads(pid)
        .into_iter()
        .filter(move |&thread| thread != pid);
    others
        .filter_map(move |thread| Some((thread, thread_state(pid, thread)?)))
        .filter(|(_, state)| !matches!(state, 'Z' | 'X'))
}

/// Whether one of a process's threads runs, is ready to run, or waits for a
/// disk.
pub(crate) fn is_at_work(pid: i32) -> bool {
    thread_states(pid)
        .iter()
        .any(|state| matches!(state, 'R' | 'D'))
}

/// Whether a process has ended, though nobody may have waited for it yet. One whose
/// first thread has ended lives as long as another does.
pub(crate) fn has_ended(pid: i32) -> bool {
    let mut states = thread_states(pid).into_iter();
    available() && states.all(|state| matches!(state, 'Z' | 'X'))
}

/// Whether each of a process's threads sits in a call that waits. A call that only
/// looks (`waitpid` with WNOHANG) makes a thread seem asleep while it may be taken off
/// its processor; of one that has not given it up, the kernel says that it is running
/// (`/proc/PID/syscall`, `man 5 proc`). Where it says nothing, it is as it seems.
pub(crate) fn is_blocked(pid: i32) -> bool {
    threads(pid).into_iter().all(|thread| {
        let call = fs::read_to_string(format!("/proc/{pid}/task/{thread}/syscall"));
        !call.is_ok_and(|call| call.starts_with("running"))
    })
}

/// How many of a process's threads run or are ready to.
pub(crate) fn running_threads(pid: i32) -> usize {
    let states = thread_states(pid).into_iter();
    states.filter(|&state| state == 'R').count()
}

fn thread_states(pid: i32) -> Vec<char> {
    let Ok(bytes) = fs::read(format!("/proc/{pid}/stat")) else {
        return Vec::new();
    };
    let text = String::from_utf8_lossy(&bytes);
    // The process's own line tells of its first thread alone.
    if has_one_thread(&text) {
        return parse_stat(&text)
            .map(|stat| stat.state)
            .into_iter()
            .collect();
    }
    threads(pid)
        .into_iter()
        .filter_map(|thread| thread_state(pid, thread))
        .collect()
}

/// Field 20 of a line of `/proc/PID/stat`; field 3 follows the last `)`.
fn has_one_thread(stat: &str) -> bool {
    let fields = stat.rfind(')').map(|end| &stat[end + 1..]);
    fields.and_then(|fields| fields.split_ascii_whitespace().nth(17)) == Some("1")
}

/// Every process that can be seen.
pub fn all() -> Vec<Stat> {
    let Ok(folder) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    folder
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter_map(stat)
        .collect()
}

/// The children of a process, zombies included, in order of their numbers.
pub fn children(pid: i32) -> Vec<Stat> {
    let mut children: Vec<Stat> = all()
        .into_iter()
        .filter(|process| process.parent == pid)
        .collect();
    children.sort_by_key(|process| process.pid);
    children
}

/// A process and all that descends from it, the process first; zombies are
/// left out.
pub fn tree(pid: i32) -> Vec<i32> {
    let direct = format!("/proc/{pid}/task/{pid}/children");
    // The kernel's own list of children spares a look at every process of the
    // machine; a process without children is the common case.
    if let (Ok(text), Ok(mut tasks)) = (
        fs::read_to_string(direct),
        fs::read_dir(format!("/proc/{pid}/task")),
    ) {
        if text.trim().is_empty() && tasks.nth(1).is_none() {
            return vec![pid];
        }
    }
    let all = all();
    let mut tree = vec![pid];
    let mut next = 0;
    while let Some(&parent) = tree.get(next) {
        let mut children: Vec<i32> = all
            .iter()
            .filter(|process| process.parent == parent && process.state != 'Z')
            .map(|process| process.pid)
            .collect();
        children.sort_unstable();
        tree.extend(children);
        next += 1;
    }
    tree
}

/// The members of a session, zombies included.
pub fn session(session: i32) -> Vec<Stat> {
    all()
        .into_iter()
        .filter(|process| process.session == session)
        .collect()
}

/// The threads of a process, in order of their numbers.
pub fn threads(pid: i32) -> Vec<i32> {
    let Ok(folder) = fs::read_dir(format!("/proc/{pid}/task")) else {
        return Vec::new();
    };
    let mut threads: Vec<i32> = folder
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect();
    threads.sort_unstable();
    threads
}

/// The state of one thread, as [`Stat::state`].
pub(crate) fn thread_state(pid: i32, thread: i32) -> Option<char> {
    let bytes = fs::read(format!("/proc/{pid}/task/{thread}/stat")).ok()?;
    Some(parse_stat(&String::from_utf8_lossy(&bytes))?.state)
}

/// The processor time of one thread, zero when it has ended.
pub(crate) fn thread_time(pid: i32, thread: i32) -> Duration {
    schedstat(&format!("/proc/{pid}/task/{thread}/schedstat"))
        .map_or(Duration::ZERO, |(run, _)| Duration::from_nanos(run))
}

/// How many pieces of memory a process has, each a line of `/proc/PID/maps`.
pub fn mappings(pid: i32) -> Option<usize> {
    let lines = |folder: &str| {
        let text = fs::read(format!("{folder}/maps")).ok()?;
        Some(text.iter().filter(|&&byte| byte == b'\n').count())
    };
    of_all_threads(pid, |folder| lines(folder).filter(|&lines| lines > 0))
        .or_else(|| lines(&format!("/proc/{pid}")))
}

/// Nanoseconds on a processor, and ready to run without one.
fn schedstat(path: &str) -> Option<(u64, u64)> {
    let text = fs::read_to_string(path).ok()?;
    let mut fields = text.split_ascii_whitespace();
    Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
}

/// How long the threads of a process stood ready to run without a processor.
pub fn run_delay(pid: i32) -> Duration {
    let nanoseconds = threads(pid)
        .into_iter()
        .filter_map(|thread| schedstat(&format!("/proc/{pid}/task/{thread}/schedstat")))
        .map(|(_, delay)| delay)
        .sum();
    Duration::from_nanos(nanoseconds)
}

/// How long one thread of a process was on a processor, or ready for one.
pub fn busy(pid: i32, thread: i32) -> Option<Duration> {
    let (run, delay) = schedstat(&format!("/proc/{pid}/task/{thread}/schedstat"))?;
    Some(Duration::from_nanos(run + delay))
}

/// How long the calling thread stood ready to run without a processor.
pub fn own_run_delay() -> Duration {
    schedstat("/proc/thread-self/schedstat")
        .map_or(Duration::ZERO, |(_, delay)| Duration::from_nanos(delay))
}

/// Waits until a child has ended, and leaves it to be waited for (`man 2 waitid`,
/// WNOWAIT): until then its account can be read. Only Linux has one to read.
pub(crate) fn await_end(child: i32) {
    #[cfg(target_os = "linux")]
    {
        use nix::sys::wait::{Id, WaitPidFlag, waitid};

        let unreaped = WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT;
        let child = || Id::Pid(nix::unistd::Pid::from_raw(child));
        while waitid(child(), unreaped) == Err(nix::Error::EINTR) {}
    }
    #[cfg(not(target_os = "linux"))]
    let _ = child;
}

/// The processor time of the living threads of a process.
pub fn processor_time(pid: i32) -> Duration {
    let nanoseconds = threads(pid)
        .into_iter()
        .filter_map(|thread| schedstat(&format!("/proc/{pid}/task/{thread}/schedstat")))
        .map(|(run, _)| run)
        .sum();
    Duration::from_nanos(nanoseconds)
}

/// What `look` finds in the folder of a process. Of one whose first thread has ended,
/// its folder shows nothing any more that all its threads share; that of a thread which
/// lives shows it.
fn of_all_threads<T>(pid: i32, look: impl Fn(&str) -> Option<T>) -> Option<T> {
    if let Some(found) = look(&format!("/proc/{pid}")) {
        return Some(found);
    }
    other_threads(pid).find_map(|(thread, _)| look(&format!("/proc/{pid}/task/{thread}")))
}

/// What `/proc/PID/status` has behind `field`, e.g. `1234 kB` behind `VmHWM`.
pub fn status(pid: i32, field: &str) -> Option<String> {
    of_all_threads(pid, |folder| {
        let bytes = fs::read(format!("{folder}/status")).ok()?;
        String::from_utf8_lossy(&bytes)
            .lines()
            .find_map(|line| line.strip_prefix(field)?.strip_prefix(':'))
            .map(|value| value.trim().to_string())
    })
}

/// How many calls that read it has made (`syscr` in `/proc/PID/io`).
pub fn read_calls(pid: i32) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/io")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("syscr:"))?;
    line.trim().parse().ok()
}

/// Whether a process catches a signal (`SigCgt`).
pub fn catches(pid: i32, signal: i32) -> bool {
    status(pid, "SigCgt")
        .and_then(|mask| u64::from_str_radix(&mask, 16).ok())
        .is_some_and(|mask| mask & (1 << (signal - 1)) != 0)
}

/// The descriptors of a process and what each leads to, in order.
pub fn descriptors(pid: i32) -> Option<Vec<(i32, String)>> {
    let listed = |folder: &str| {
        let listed = fs::read_dir(format!("{folder}/fd")).ok()?.flatten();
        let mut descriptors: Vec<(i32, String)> = listed
            .filter_map(|entry| {
                let number = entry.file_name().to_str()?.parse().ok()?;
                let target = fs::read_link(entry.path()).ok()?;
                Some((number, target.to_string_lossy().into_owned()))
            })
            .collect();
        descriptors.sort();
        Some(descriptors)
    };
    of_all_threads(pid, |folder| {
        listed(folder).filter(|descriptors| !descriptors.is_empty())
    })
    .or_else(|| listed(&format!("/proc/{pid}")))
}

/// What one descriptor of a process leads to.
pub(crate) fn descriptor(pid: i32, descriptor: i32) -> Option<String> {
    let target = of_all_threads(pid, |folder| {
        fs::read_link(format!("{folder}/fd/{descriptor}")).ok()
    });
    Some(target?.to_string_lossy().into_owned())
}

/// Whether a process is there and has not ended.
pub(crate) fn runs(pid: i32) -> bool {
    stat(pid).is_some_and(|stat| !matches!(stat.state, 'Z' | 'X'))
}

/// What a look at a process shows, none when it has ended or may not be looked
/// at. One that is about to end has given back its memory, and to all but root
/// the kernel shows nothing of it any more (`man 2 ptrace`, access mode
/// checking): its end is waited for then.
pub(crate) fn seen<T>(pid: i32, mut look: impl FnMut(i32) -> Option<T>) -> Option<T> {
    let deadline = Deadline::new(clock::STEP, &[pid]);
    deadline
        .wait(|| match look(pid) {
            None if runs(pid) => None,
            shown => Some(shown),
        })
        .flatten()
}

/// The inode of `socket:[123]`.
pub(crate) fn socket_inode(target: &str) -> Option<u64> {
    target
        .strip_prefix("socket:[")?
        .strip_suffix(']')?
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_a_parenthesis_does_not_shift_the_fields() {
        let stat = parse_stat("42 (a) Z 1 (b) S 7 42 41 34816 42 4194560").unwrap();
        assert_eq!(
            stat,
            Stat {
                pid: 42,
                state: 'S',
                parent: 7,
                session: 41
            }
        );
    }

    #[test]
    fn the_number_of_threads_is_field_20() {
        let line = |threads: &str| {
            format!("42 (a) Z) S 7 42 41 34816 42 4194560 1 2 3 4 5 6 7 8 20 0 {threads} 0 99")
        };
        assert!(has_one_thread(&line("1")));
        assert!(!has_one_thread(&line("7")));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn who_nobody_has_waited_for_yet_has_ended() {
        let mut child = std::process::Command::new("cat")
            .stdin(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let pid = i32::try_from(child.id()).unwrap();
        assert!(!has_ended(pid));
        drop(child.stdin.take());
        await_end(pid);
        assert!(has_ended(pid));
        assert!(busy(pid, pid).is_some());
        child.wait().unwrap();
        assert!(has_ended(pid));
    }

    /// The first thread of a program leaves, another goes on.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_process_whose_first_thread_has_left_shows_what_it_has() {
        use std::io::{Read, Write};
        use std::process::{Command, Stdio};

        let leaves = "import ctypes, threading\n\
                      threading.Thread(target=input).start()\n\
                      print(flush=True)\n\
                      ctypes.CDLL(None).pthread_exit(None)";
        let Ok(mut child) = Command::new("python3")
            .args(["-IS", "-c", leaves])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
        else {
            return;
        };
        let pid = i32::try_from(child.id()).unwrap();
        let mut said = [0];
        child
            .stdout
            .as_mut()
            .unwrap()
            .read_exact(&mut said)
            .unwrap();
        let left = Deadline::new(clock::STEP * 10, &[pid])
            .wait(|| (thread_state(pid, pid)? == 'Z').then_some(()));
        assert!(left.is_some());
        assert_eq!(stat(pid).unwrap().state, 'S');
        assert!(runs(pid) && !has_ended(pid));
        assert!(descriptors(pid).unwrap().len() >= 3);
        assert!(descriptor(pid, 0).unwrap().starts_with("pipe:"));
        assert!(mappings(pid).unwrap() > 3);
        assert!(status(pid, "VmHWM").is_some());
        child.stdin.take().unwrap().write_all(b"\n").unwrap();
        child.wait().unwrap();
        assert!(!runs(pid) && descriptors(pid).is_none());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_test_itself_is_a_process_with_threads_and_descriptors() {
        let me = i32::try_from(std::process::id()).unwrap();
        assert!(available());
        assert_eq!(stat(me).unwrap().pid, me);
        assert!(tree(me).contains(&me));
        assert!(!threads(me).is_empty());
        assert!(descriptors(me).unwrap().len() >= 3);
        assert!(processor_time(me) > Duration::ZERO);
        assert!(mappings(me).unwrap() > 3);
        assert!(is_at_work(me));
        assert!(status(me, "VmHWM").unwrap().ends_with("kB"));
    }
}
