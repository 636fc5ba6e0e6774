//! The command line of the `jail` program.

use std::ffi::OsString;
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::{Limits, Tier};

/// Folders that any program needs to start and run: each may read them. /nix
/// and /gnu hold whole systems (NixOS, Guix).
pub(crate) const SYSTEM: [&str; 13] = [
    "/usr", "/bin", "/sbin", "/lib", "/lib64", "/lib32", "/libx32", "/libexec", "/opt", "/nix",
    "/gnu", "/etc", "/proc",
];

/// The user that a student's program is inside its own user namespace.
pub const STUDENT_UID: u32 = 1000;

/// What [`slot_uid`] gives.
pub(crate) const SLOT_UIDS: Range<u32> = 64_000..65_000;

/// The user that a student's program of this slot becomes where the lab runs
/// as root. No two checks that run at once may share a slot.
pub fn slot_uid(slot: u32) -> u32 {
    SLOT_UIDS.start + slot % (SLOT_UIDS.end - SLOT_UIDS.start)
}

/// How a student's program is jailed. [`Jail::runner`] gives the prefix that
/// is put before the program.
///
/// ```
/// use jail::{Jail, Tier};
///
/// let jail = Jail::new(Tier::Cell).scratch("/scratch").read("/lab/bin");
/// assert!(jail.runner("/lab/jail".as_ref()).unwrap().starts_with("/lab/jail --tier cell "));
/// ```
#[derive(Clone, Debug)]
pub struct Jail {
    tier: Tier,
    slot: u32,
    scratch: PathBuf,
    read: Vec<PathBuf>,
    write: Vec<PathBuf>,
    hidden: Vec<PathBuf>,
    env: Vec<(String, String)>,
    limits: Limits,
}

impl Jail {
    /// A jail of this tier with the default limits, whose one writable folder
    /// is `/scratch`.
    pub fn new(tier: Tier) -> Self {
        Jail {
            tier,
            slot: 0,
            scratch: PathBuf::from(crate::SCRATCH),
            read: Vec::new(),
            write: Vec::new(),
            hidden: Vec::new(),
            env: Vec::new(),
            limits: Limits::default(),
        }
    }

    /// Which of the checks that run at once this is: it chooses the user.
    pub fn slot(mut self, slot: u32) -> Self {
        self.slot = slot;
        self
    }

    /// The folder that the program may write to, its HOME and TMPDIR.
    pub fn scratch(mut self, folder: impl Into<PathBuf>) -> Self {
        self.scratch = folder.into();
        self
    }

    /// A file or folder that the program may read and execute. The system's
    /// folders and the program itself need not be named.
    pub fn read(mut self, path: impl Into<PathBuf>) -> Self {
        self.read.push(path.into());
        self
    }

    /// A further folder that the program may write to (a compiler's output).
    pub fn write(mut self, path: impl Into<PathBuf>) -> Self {
        self.write.push(path.into());
        self
    }

    /// A folder that the program may not read, should it lie within one of the
    /// system's; any other it may not read anyhow. In a cell, let that hide it
    /// ([`Cell::hide`](crate::Cell::hide)).
    pub fn hide(mut self, folder: impl Into<PathBuf>) -> Self {
        let folder = folder.into();
        if SYSTEM.iter().any(|one| folder.starts_with(one)) {
            self.hidden.push(folder);
        }
        self
    }

    /// A variable of the program's environment, which is otherwise clean.
    pub fn env(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.env.push((key.into(), value.into()));
        self
    }

    /// The resource limits.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The options of the `jail` program, up to and with `--`. The program and
    /// its arguments follow.
    pub fn arguments(&self) -> Vec<OsString> {
        let mut arguments: Vec<OsString> = Vec::new();
        let mut option = |name: &str, value: OsString| {
            arguments.push(name.into());
            arguments.push(value);
        };
        option("--tier", self.tier.name().into());
        if self.tier != Tier::None {
            option("--uid", slot_uid(self.slot).to_string().into());
        }
        option("--scratch", self.scratch.clone().into());
        for path in &self.read {
            option("--read", path.clone().into());
        }
        for path in &self.write {
            option("--write", path.clone().into());
        }
        if !self.tier.has_cell() {
            for path in &self.hidden {
                option("--hide", path.clone().into());
            }
        }
        for (key, value) in &self.env {
            option("--env", format!("{key}={value}").into());
        }
        let limits = &self.limits;
        for (name, value) in [
            ("--processes", limits.processes),
            ("--memory", limits.memory),
            ("--cpu", limits.cpu),
            ("--file-size", limits.file_size),
            ("--open-files", limits.open_files),
        ] {
            option(name, value.to_string().into());
        }
        arguments.push("--".into());
        arguments
    }

    /// The value of `CARGO_TARGET_<TRIPLE>_RUNNER`: the program and its options
    /// in one text, which the reader splits at blanks. `None` if a part of it
    /// holds a blank or is not UTF-8, and so could not be split again.
    pub fn runner(&self, jail_bin: &Path) -> Option<String> {
        let mut words = vec![jail_bin.to_str()?.to_owned()];
        for argument in self.arguments() {
            words.push(argument.into_string().ok()?);
        }
        let splits = words
            .iter()
            .any(|word| word.is_empty() || word.contains(char::is_whitespace));
        (!splits).then(|| words.join(" "))
    }
}
