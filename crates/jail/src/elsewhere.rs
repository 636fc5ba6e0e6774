//! Where there is no Linux: resource limits and a process group, nothing else.

use std::ffi::OsStr;
use std::io;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::Command;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::{Pid, setsid};

use crate::command::{CellOptions, JailOptions, Probe};
use crate::fault::{During, Fault};
use crate::{Promises, Tier, environment, rlimits};

/// Runs the program in a process group of its own, and ends that with it.
pub(crate) fn cell(options: CellOptions) -> Result<i32, Fault> {
    if options.tier != Tier::None {
        return Err(unavailable("make a cell"));
    }
    let mut command = Command::new(&options.program[0]);
    command.args(&options.program[1..]).process_group(0);
    if let Some(folder) = &options.chdir {
        command.current_dir(folder);
    }
    let name = || options.program[0].to_string_lossy().into_owned();
    let mut child = command.spawn().during(name)?;
    let status = child.wait().during(name)?;
    let _ = killpg(Pid::from_raw(child.id() as i32), Signal::SIGKILL);
    Ok(status
        .code()
        .unwrap_or_else(|| 128 + status.signal().unwrap_or(0)))
}

/// There is no cell with users of its own.
pub(crate) fn is_root_with_students() -> bool {
    false
}

/// There is no cell to join.
pub(crate) fn join(_: i32, _: &CellOptions) -> Result<i32, Fault> {
    Err(unavailable("join a cell"))
}

/// Becomes the program. Returns only with what went wrong.
pub(crate) fn confine(options: &JailOptions) -> Fault {
    if options.tier != Tier::None {
        return unavailable("make a jail");
    }
    // A group leader cannot leave its session, and need not.
    let _ = setsid();
    if let Err(fault) = rlimits::set(options, 0) {
        return fault;
    }
    let variables = environment::of(options);
    let file = environment::find(&options.program[0], &variables);
    let mut command = Command::new(&file);
    command.args(&options.program[1..]).env_clear();
    for variable in &variables {
        if let Some((key, value)) = variable.to_str().and_then(|text| text.split_once('=')) {
            command.env(OsStr::new(key), OsStr::new(value));
        }
    }
    Fault::new(format!("start {}", file.display()), command.exec())
}

/// There is nothing to try.
pub(crate) fn try_tier(_: Tier, _: &Path, _: &Path) -> Result<Promises, String> {
    Err("this is not Linux".to_owned())
}

/// There is nothing to try.
pub(crate) fn probe(_: Probe, _: Tier) -> io::Result<i32> {
    Err(io::Error::from(io::ErrorKind::Unsupported))
}

/// There is one tier only.
pub(crate) fn circumstances() -> Option<String> {
    None
}

fn unavailable(operation: &str) -> Fault {
    Fault::said(operation, "only Linux can; use tier none")
}
