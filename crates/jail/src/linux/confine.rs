//! The jail: this process limits itself, step by step, until nothing is left
//! but to become the student's program.

use std::ffi::{CString, OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use nix::unistd::{Pid, Uid, execve};

use super::seccomp::Others;
use super::{identity, landlock, seccomp, sys, terminal};
use crate::command::JailOptions;
use crate::fault::{During, Fault};
use crate::{Tier, environment, rlimits};

/// Becomes the program. Returns only with what went wrong.
pub(crate) fn confine(options: &JailOptions) -> Fault {
    match prepare(options) {
        Ok(ready) => ready.execute(),
        Err(fault) => fault,
    }
}

fn prepare(options: &JailOptions) -> Result<Ready, Fault> {
    sys::close_others_at_exec().during(|| "close descriptors".into())?;
    terminal::new_session(options.terminal)?;
    let ready = Ready::new(options)?;
    if options.tier != Tier::None {
        die_first();
        // The judge's priority is not for its program.
        let _ = sys::set_nice(Pid::this(), 0);
    }
    // Before the limits: the kernel counts the processes of who this becomes.
    let others = become_student(options)?;
    rlimits::set(options, others)?;
    if options.tier != Tier::None {
        identity::give_up_rights()?;
        let mut signals_scoped = false;
        if !options.no_landlock {
            landlock::restrict(options, Path::new(OsStr::from_bytes(ready.file.as_bytes())))?;
            signals_scoped = landlock::scopes_signals();
        }
        // Last: it would refuse some of the steps above.
        let others = Others {
            signals_scoped,
            // Only a compiler is given more than a scratch folder to write to.
            sets_modes: !options.write.is_empty(),
            makes_sessions: options.terminal || !shares_by_session(),
        };
        seccomp::restrict(options.tier, &others)?;
    }
    sys::reset_signals();
    Ok(ready)
}

/// Whether the scheduler shares out processors by session (`man 7 sched`, autogroup): a
/// program that makes a thousand takes them all.
fn shares_by_session() -> bool {
    let enabled = fs::read_to_string("/proc/sys/kernel/sched_autogroup_enabled");
    enabled.is_ok_and(|enabled| enabled.trim() != "0")
}

/// Gives how many processes count towards the student's limit already.
fn become_student(options: &JailOptions) -> Result<u64, Fault> {
    let is_root = Uid::effective().is_root();
    match (options.tier, options.uid) {
        (Tier::Cell, Some(uid)) if identity::is_root_with_students() => {
            identity::become_user(uid).map(|()| 0)
        }
        (Tier::Cell, _) => identity::become_student().map(|()| 0),
        (Tier::Vm | Tier::Jail, Some(uid)) if is_root => identity::become_user(uid).map(|()| 0),
        (Tier::Vm, _) => Err(Fault::said(
            "become another user",
            "tier vm needs root and --uid",
        )),
        // The user's own processes count too. All on the machine are not fewer.
        (Tier::Jail | Tier::None, _) => Ok(tasks_on_the_machine()),
    }
}

/// When memory runs out, the student's program goes before its judge.
fn die_first() {
    // Best effort: without it the kernel chooses by size.
    let _ = fs::write("/proc/self/oom_score_adj", "1000");
}

/// `man 5 proc_loadavg`: the fourth field is RUNNABLE/ALL.
fn tasks_on_the_machine() -> u64 {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_ascii_whitespace()
        .nth(3)
        .and_then(|field| field.split_once('/')?.1.parse().ok())
        .unwrap_or(10_000)
}

/// Everything that `execve` needs, made before memory and files are limited.
struct Ready {
    file: CString,
    arguments: Vec<CString>,
    variables: Vec<CString>,
}

impl Ready {
    fn new(options: &JailOptions) -> Result<Self, Fault> {
        let variables = environment::of(options);
        let file = environment::find(&options.program[0], &variables);
        Ok(Ready {
            file: text(file.as_os_str())?,
            arguments: texts(&options.program)?,
            variables: texts(&variables)?,
        })
    }

    fn execute(self) -> Fault {
        let file = self.file.to_string_lossy().into_owned();
        match execve(&self.file, &self.arguments, &self.variables) {
            Ok(never) => match never {},
            Err(error) => Fault::new(format!("start {file}"), error),
        }
    }
}

fn texts(words: &[OsString]) -> Result<Vec<CString>, Fault> {
    words.iter().map(|word| text(word)).collect()
}

fn text(word: &OsStr) -> Result<CString, Fault> {
    CString::new(word.as_bytes()).during(|| format!("read {}", word.to_string_lossy()))
}
