//! Trying a tier: a cell is made, a judge stands in it, and a program in a
//! jail attempts what a forger would.
//!
//! ```text
//! Tier::detect ── cell ── jail --probe (the judge) ── jail … -- jail --attack (the forger)
//! ```
//!
//! The forger prints the name of each attempt that was refused; the judge
//! passes on what it printed, if it is still alive to do so.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::net::{TcpListener, UdpSocket};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Command, Stdio};

use nix::sys::signal::kill;
use nix::unistd::{Pid, getppid};

use crate::command::Probe;
use crate::{Cell, Jail, Promises, Tier};

/// Makes a cell of this tier and attempts the forgery in it. What is refused,
/// or why the tier does not work.
pub(crate) fn try_tier(tier: Tier, jail_bin: &Path, cell_bin: &Path) -> Result<Promises, String> {
    let folder = std::env::temp_dir();
    let output = Cell::new(tier, cell_bin)
        .read_only(jail_bin)
        .scratch_size(1 << 20)
        .scratch_folder(&folder)
        .processes(64)
        .memory(64 << 20)
        .current_dir("/")
        .command(jail_bin, ["--probe", "--tier", tier.name()])
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("{}: {error}", cell_bin.display()))?;
    let said = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr);
        let line = complaint.lines().next().unwrap_or("it ended");
        let reason = line.trim_start_matches("cell: ");
        return Err(reason.to_owned());
    }
    let refused = |name: &str| said.lines().any(|line| line == name);
    Ok(Promises {
        forging_refused: ["trace", "memory", "kill"].into_iter().all(refused),
        network_closed: tier.has_cell() && refused("network"),
        files_closed: refused("files"),
        scratch_bounded: tier.has_cell(),
        processes_counted: refused("processes"),
        memory_counted: refused("memory-total"),
        low_ports_refused: refused("low-port"),
    })
}

/// Plays one part of the attempt; the status to end with.
pub(crate) fn probe(part: Probe, tier: Tier) -> io::Result<i32> {
    match part {
        Probe::Victim => victim(tier),
        Probe::Attack => attack(tier).map(|()| 0),
    }
}

/// The judge of a probe: starts the forger in a jail and waits for it.
fn victim(tier: Tier) -> io::Result<i32> {
    let own = std::env::current_exe()?;
    // A folder that a forger wants to read, as the lab's own would be.
    let arguments = Jail::new(tier).scratch("/nonexistent").arguments();
    let output = Command::new(&own)
        .args(arguments)
        .arg(&own)
        .args(["--attack", "--tier", tier.name()])
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()?;
    let mut out = io::stdout();
    out.write_all(&output.stdout)?;
    for (counted, group) in [("processes", "pids"), ("memory-total", "memory")] {
        if is_counted(group) {
            writeln!(out, "{counted}")?;
        }
    }
    Ok(i32::from(!output.status.success()))
}

/// Whether this process is in a control group of the lab's with this controller.
fn is_counted(controller: &str) -> bool {
    let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    own.lines().any(|line| {
        let mut parts = line.splitn(3, ':').skip(1);
        let controllers = parts.next().unwrap_or_default();
        let ours = parts.next().is_some_and(|path| path.contains("/lab-cell-"));
        // Version 2 names no controllers.
        ours && (controllers.is_empty() || controllers.split(',').any(|name| name == controller))
    })
}

/// The forger: prints the name of each attempt that fails as it should.
fn attack(tier: Tier) -> io::Result<()> {
    let judge = getppid().as_raw();
    let mut refused = Vec::new();
    let mut attempt = |name: &'static str, succeeded: bool| {
        if !succeeded {
            refused.push(name);
        }
    };
    attempt("trace", traces(judge));
    let memory = format!("/proc/{judge}/mem");
    let opened = OpenOptions::new().read(true).write(true).open(memory);
    attempt("memory", opened.is_ok());
    // Signal 0 asks only whether a signal could be sent.
    attempt("kill", may_signal(judge));
    attempt("network", reaches_out());
    attempt("files", touches_files(tier));
    let low = TcpListener::bind(("127.0.0.1", 1));
    let denied = low.is_err_and(|error| error.raw_os_error() == Some(libc::EACCES));
    attempt("low-port", !denied);
    let mut out = io::stdout();
    for name in refused {
        writeln!(out, "{name}")?;
    }
    Ok(())
}

fn traces(judge: i32) -> bool {
    // SAFETY: PTRACE_SEIZE takes no pointers. If it succeeds, the end of this
    // process lets go of the judge.
    let answer = unsafe { libc::ptrace(libc::PTRACE_SEIZE, judge, 0, 0) };
    answer == 0
}

fn may_signal(whom: i32) -> bool {
    kill(Pid::from_raw(whom), None).is_ok()
}

/// Whether there is a way to another machine. Nothing is sent.
fn reaches_out() -> bool {
    UdpSocket::bind("0.0.0.0:0").is_ok_and(|socket| socket.connect("192.0.2.1:9").is_ok())
}

/// Whether a folder that nobody named can be read or written.
fn touches_files(tier: Tier) -> bool {
    // Root's home, or whatever is mounted where it would be.
    let reads = ["/root", "/home", "/var", "/tmp"]
        .into_iter()
        // A cell has one of its own.
        .filter(|folder| !(tier.has_cell() && *folder == "/tmp"))
        .filter(|folder| fs::metadata(folder).is_ok_and(|kind| kind.size() > 0))
        .any(|folder| fs::read_dir(folder).is_ok());
    let writes = OpenOptions::new().append(true).open("/etc/hosts").is_ok();
    reads || writes
}
