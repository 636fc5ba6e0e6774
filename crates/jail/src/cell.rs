//! The command line of the `cell` program.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::{HOSTS, Tier};

/// The writable folder inside a cell: a tmpfs of a fixed size, mode 1777.
pub const SCRATCH: &str = "/scratch";

/// Exit status of `cell` when the deadline passed and everything was killed.
pub const DEADLINE_PASSED: i32 = 124;

/// Exit status of `cell` when the cell itself could not be made or the
/// program could not be started; the reason is one line on standard error.
pub const UNAVAILABLE: i32 = 125;

/// One cell: what exists in it, and how much it may use.
///
/// The `cell` program passes on the exit status of what ran in it, 128 + N
/// if signal N ended it. When it ends, for whatever reason (SIGKILL too), or
/// when its holder, the process that started it, ends, every process in the
/// cell is killed.
///
/// ```no_run
/// use std::time::Duration;
/// use jail::{Cell, Tier};
///
/// let status = Cell::new(Tier::Cell, "/lab/bin/cell")
///     .read_only("/lab/checks")
///     .scratch_size(64 << 20)
///     .deadline(Duration::from_secs(20))
///     .command("/lab/checks/ex09", ["--exact", "echoes_a_line"])
///     .status()?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Cell {
    tier: Tier,
    cell_bin: PathBuf,
    binds: Vec<Bind>,
    hidden: Vec<PathBuf>,
    scratch_size: u64,
    scratch_folder: Option<PathBuf>,
    hosts: String,
    env: Vec<(OsString, OsString)>,
    slot: u32,
    processes: Option<u64>,
    memory: Option<u64>,
    deadline: Option<Duration>,
    chdir: Option<PathBuf>,
}

#[derive(Clone, Debug)]
struct Bind {
    option: &'static str,
    from: PathBuf,
    at: PathBuf,
}

impl Cell {
    /// A cell of this tier, made by the `cell` program at `cell_bin`. It holds
    /// the system's folders and an empty scratch folder of 64 MiB.
    pub fn new(tier: Tier, cell_bin: impl Into<PathBuf>) -> Self {
        Cell {
            tier,
            cell_bin: cell_bin.into(),
            binds: Vec::new(),
            hidden: Vec::new(),
            scratch_size: 64 << 20,
            scratch_folder: None,
            hosts: HOSTS.to_owned(),
            env: Vec::new(),
            slot: 0,
            processes: None,
            memory: None,
            deadline: None,
            chdir: None,
        }
    }

    /// A file or folder of the machine that exists in the cell, at the same
    /// path, and may be read. Tiers without a cell ignore it: there, all exists.
    pub fn read_only(self, path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        self.read_only_at(path.clone(), path)
    }

    /// As [`Cell::read_only`], at another path.
    pub fn read_only_at(mut self, path: impl Into<PathBuf>, at: impl Into<PathBuf>) -> Self {
        self.binds.push(Bind {
            option: "--read-only",
            from: path.into(),
            at: at.into(),
        });
        self
    }

    /// A file or folder of the machine that may be written from within the cell.
    pub fn writable(self, path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        self.writable_at(path.clone(), path)
    }

    /// As [`Cell::writable`], at another path.
    pub fn writable_at(mut self, path: impl Into<PathBuf>, at: impl Into<PathBuf>) -> Self {
        self.binds.push(Bind {
            option: "--writable",
            from: path.into(),
            at: at.into(),
        });
        self
    }

    /// A folder of the machine that is not to be seen, should it lie within one
    /// of the system's (`/usr/src/lab`, `/opt/class`). What is named by
    /// [`Cell::read_only`] or [`Cell::writable`] is there all the same.
    pub fn hide(mut self, folder: impl Into<PathBuf>) -> Self {
        self.hidden.push(folder.into());
        self
    }

    /// Size of `/scratch` in bytes.
    pub fn scratch_size(mut self, bytes: u64) -> Self {
        self.scratch_size = bytes;
        self
    }

    /// The folder that takes the place of `/scratch` in tiers without a cell.
    pub fn scratch_folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.scratch_folder = Some(folder.into());
        self
    }

    /// Where the scratch folder is for the processes in the cell.
    pub fn scratch(&self) -> &Path {
        match &self.scratch_folder {
            Some(folder) if !self.tier.has_cell() => folder,
            _ => Path::new(SCRATCH),
        }
    }

    /// The text of `/etc/hosts` instead of [`HOSTS`].
    pub fn hosts(mut self, text: impl Into<String>) -> Self {
        self.hosts = text.into();
        self
    }

    /// A variable added to the environment of the program in the cell.
    pub fn env(mut self, key: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.env.push((key.into(), value.into()));
        self
    }

    /// Which of the checks that run at once this is. Give the jail the same.
    pub fn slot(mut self, slot: u32) -> Self {
        self.slot = slot;
        self
    }

    /// Processes and threads of the whole cell, where they can be counted
    /// together ([`Promises::processes_counted`](crate::Promises)).
    pub fn processes(mut self, total: u64) -> Self {
        self.processes = Some(total);
        self
    }

    /// Bytes of memory of the whole cell, where it can be counted together
    /// ([`Promises::memory_counted`](crate::Promises)).
    pub fn memory(mut self, total: u64) -> Self {
        self.memory = Some(total);
        self
    }

    /// After this time everything in the cell is killed, and the status is
    /// [`DEADLINE_PASSED`].
    pub fn deadline(mut self, after: Duration) -> Self {
        self.deadline = Some(after);
        self
    }

    /// The working directory, instead of the scratch folder.
    pub fn current_dir(mut self, folder: impl Into<PathBuf>) -> Self {
        self.chdir = Some(folder.into());
        self
    }

    /// The command that runs `program` in a cell that exists already: that of the
    /// process `holder`, which a [`Cell::command`] has started. It ends with the
    /// cell, and the cell does not end with it. Only for tiers that
    /// [have one](Tier::has_cell).
    pub fn join<A>(&self, holder: u32, program: impl AsRef<OsStr>, arguments: A) -> Command
    where
        A: IntoIterator,
        A::Item: AsRef<OsStr>,
    {
        let mut command = Command::new(&self.cell_bin);
        command.args(["--join", &holder.to_string()]);
        command.arg("--chdir").arg(self.scratch());
        command.arg("--").arg(program).args(arguments);
        command
    }

    /// The command that runs `program` in the cell. Start it from a thread
    /// that lives as long as the cell: on old kernels the cell dies with the thread.
    pub fn command<A>(&self, program: impl AsRef<OsStr>, arguments: A) -> Command
    where
        A: IntoIterator,
        A::Item: AsRef<OsStr>,
    {
        let mut command = Command::new(&self.cell_bin);
        command.args(["--tier", self.tier.name()]);
        command.args(["--holder", &std::process::id().to_string()]);
        command
            .arg("--uid")
            .arg(crate::slot_uid(self.slot).to_string());
        command
            .arg("--scratch-size")
            .arg(self.scratch_size.to_string());
        if self.tier.has_cell() {
            for bind in &self.binds {
                command.arg(bind.option).arg(&bind.from).arg(&bind.at);
            }
            for folder in &self.hidden {
                command.arg("--hide").arg(folder);
            }
            if self.hosts != HOSTS {
                command.arg("--hosts").arg(&self.hosts);
            }
        }
        if let Some(total) = self.processes {
            command.arg("--processes").arg(total.to_string());
        }
        if let Some(total) = self.memory {
            command.arg("--memory").arg(total.to_string());
        }
        if let Some(after) = self.deadline {
            command
                .arg("--deadline")
                .arg(after.as_secs_f64().to_string());
        }
        command
            .arg("--chdir")
            .arg(self.chdir.as_deref().unwrap_or(self.scratch()));
        command.arg("--").arg(program).args(arguments);
        command.env("LAB_TIER", self.tier.name());
        command.env("LAB_SCRATCH", self.scratch());
        if self.tier.has_cell() {
            command.env("LAB_CELL", "1");
        } else {
            command.env_remove("LAB_CELL");
        }
        command.envs(self.env.iter().map(|(key, value)| (key, value)));
        command
    }
}
