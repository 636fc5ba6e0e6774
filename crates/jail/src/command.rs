//! What the programs `cell` and `jail` do. Not meant for other crates.

use std::ffi::OsString;
use std::io::Write;
use std::os::fd::FromRawFd;
use std::path::PathBuf;

use lexopt::prelude::*;

use crate::fault::Fault;
use crate::{Tier, UNAVAILABLE, platform};

const HELP_JAIL: &str = "\
jail [OPTIONS] -- PROGRAM [ARGUMENT]...
Limits itself and becomes PROGRAM, in the same process.

  --tier vm|cell|jail|none  what to rely on (none: resource limits alone)
  --uid N                   the user to become, where root starts it
  --scratch DIR             the folder that may be written: HOME, TMPDIR
  --read PATH, --write PATH further files or folders (repeatable)
  --env KEY=VALUE           added to a clean environment (repeatable)
  --processes N  --memory BYTES  --cpu SECONDS  --file-size BYTES  --open-files N
  --terminal                standard input is to be the controlling terminal
  --status-fd N             told why PROGRAM could not start, else closed empty
Exit status: that of PROGRAM; 125 if it could not start; 2 wrong usage.
";

const HELP_CELL: &str = "\
cell [OPTIONS] -- PROGRAM [ARGUMENT]...
Runs PROGRAM in namespaces of its own and leaves nothing behind.

  --tier vm|cell|jail|none  vm needs root; jail and none make no namespaces
  --read-only FROM AT, --writable FROM AT
                            what exists besides the system (repeatable)
  --scratch-size BYTES      the size of /scratch
  --hosts TEXT              the text of /etc/hosts
  --uid N                   the user of the jail within, where root starts it
  --processes N, --memory BYTES
                            totals, where control groups are to be had
  --deadline SECONDS        then everything is killed
  --chdir DIR               the working directory
  --holder PID              the parent, with whose end everything ends
  --join PID                no cell is made: PROGRAM runs in that of this `cell`
Exit status: that of PROGRAM, 128 + N for signal N; 124 at the deadline; 125 if
the cell could not be made; 2 wrong usage.
";

/// The part of a process in the attempt of a forgery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Probe {
    /// It starts the forger in a jail, as a test process does.
    Victim,
    /// It attempts the forgery.
    Attack,
}

/// The options of `jail`.
#[derive(Debug)]
pub struct JailOptions {
    /// `--tier`
    pub tier: Tier,
    /// `--uid`: the user to become where that is possible.
    pub uid: Option<u32>,
    /// `--scratch`
    pub scratch: PathBuf,
    /// `--read`
    pub read: Vec<PathBuf>,
    /// `--write`
    pub write: Vec<PathBuf>,
    /// `--hide`
    pub hide: Vec<PathBuf>,
    /// `--env`
    pub env: Vec<OsString>,
    /// `--processes`, `--memory`, `--cpu`, `--file-size`, `--open-files`
    pub processes: Option<u64>,
    /// See `processes`.
    pub memory: Option<u64>,
    /// See `processes`.
    pub cpu: Option<u64>,
    /// See `processes`.
    pub file_size: Option<u64>,
    /// See `processes`.
    pub open_files: Option<u64>,
    /// `--status-fd`
    pub status_fd: Option<i32>,
    /// `--terminal`
    pub terminal: bool,
    /// `--no-landlock`: as on a kernel without it, for the lab's own tests.
    pub no_landlock: bool,
    /// `--probe`, `--attack`: the two halves of [`Tier::detect`](crate::Tier::detect).
    pub probe: Option<Probe>,
    /// The program and its arguments.
    pub program: Vec<OsString>,
}

impl JailOptions {
    /// Parses what follows the program's name.
    pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Self, lexopt::Error> {
        let mut options = JailOptions {
            tier: Tier::None,
            uid: None,
            scratch: PathBuf::from(crate::SCRATCH),
            read: Vec::new(),
            write: Vec::new(),
            hide: Vec::new(),
            env: Vec::new(),
            processes: None,
            memory: None,
            cpu: None,
            file_size: None,
            open_files: None,
            status_fd: None,
            terminal: false,
            no_landlock: false,
            probe: None,
            program: Vec::new(),
        };
        let mut parser = lexopt::Parser::from_args(arguments);
        while let Some(argument) = parser.next()? {
            match argument {
                Long("tier") => options.tier = parser.value()?.parse()?,
                Long("uid") => options.uid = Some(parser.value()?.parse()?),
                Long("scratch") => options.scratch = parser.value()?.into(),
                Long("read") => options.read.push(parser.value()?.into()),
                Long("write") => options.write.push(parser.value()?.into()),
                Long("hide") => options.hide.push(parser.value()?.into()),
                Long("env") => options.env.push(parser.value()?),
                Long("processes") => options.processes = Some(parser.value()?.parse()?),
                Long("memory") => options.memory = Some(parser.value()?.parse()?),
                Long("cpu") => options.cpu = Some(parser.value()?.parse()?),
                Long("file-size") => options.file_size = Some(parser.value()?.parse()?),
                Long("open-files") => options.open_files = Some(parser.value()?.parse()?),
                Long("status-fd") => options.status_fd = Some(parser.value()?.parse()?),
                Long("terminal") => options.terminal = true,
                Long("no-landlock") => options.no_landlock = true,
                Long("probe") => options.probe = Some(Probe::Victim),
                Long("attack") => options.probe = Some(Probe::Attack),
                Value(program) => {
                    options.program.push(program);
                    options.program.extend(parser.raw_args()?);
                }
                _ => return Err(argument.unexpected()),
            }
        }
        if options.probe.is_none() {
            program_given(&options.program)?;
        }
        Ok(options)
    }
}

/// The options of `cell`.
#[derive(Debug)]
pub struct CellOptions {
    /// `--tier`
    pub tier: Tier,
    /// `--holder`: the process that started the cell.
    pub holder: Option<i32>,
    /// `--join`: a process that has made a cell, to run the program in.
    pub join: Option<i32>,
    /// `--uid`: the user of the student's program, for `/etc/passwd`.
    pub uid: u32,
    /// `--scratch-size`, bytes.
    pub scratch_size: u64,
    /// `--read-only FROM AT` (false) and `--writable FROM AT` (true), in order.
    pub binds: Vec<(PathBuf, PathBuf, bool)>,
    /// `--hide`
    pub hide: Vec<PathBuf>,
    /// `--hosts`
    pub hosts: OsString,
    /// `--processes`
    pub processes: Option<u64>,
    /// `--memory`, bytes.
    pub memory: Option<u64>,
    /// `--deadline`, seconds.
    pub deadline: Option<f64>,
    /// `--chdir`
    pub chdir: Option<PathBuf>,
    /// The program and its arguments.
    pub program: Vec<OsString>,
}

impl CellOptions {
    /// Parses what follows the program's name.
    pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Self, lexopt::Error> {
        let mut options = CellOptions {
            tier: Tier::None,
            holder: None,
            join: None,
            uid: crate::slot_uid(0),
            scratch_size: 64 << 20,
            binds: Vec::new(),
            hide: Vec::new(),
            hosts: crate::HOSTS.into(),
            processes: None,
            memory: None,
            deadline: None,
            chdir: None,
            program: Vec::new(),
        };
        let mut parser = lexopt::Parser::from_args(arguments);
        while let Some(argument) = parser.next()? {
            match argument {
                Long("tier") => options.tier = parser.value()?.parse()?,
                Long("holder") => options.holder = Some(parser.value()?.parse()?),
                Long("join") => options.join = Some(parser.value()?.parse()?),
                Long("uid") => options.uid = parser.value()?.parse()?,
                Long("scratch-size") => options.scratch_size = parser.value()?.parse()?,
                Long("read-only") => {
                    let from = parser.value()?.into();
                    options.binds.push((from, parser.value()?.into(), false));
                }
                Long("writable") => {
                    let from = parser.value()?.into();
                    options.binds.push((from, parser.value()?.into(), true));
                }
                Long("hide") => options.hide.push(parser.value()?.into()),
                Long("hosts") => options.hosts = parser.value()?,
                Long("processes") => options.processes = Some(parser.value()?.parse()?),
                Long("memory") => options.memory = Some(parser.value()?.parse()?),
                Long("deadline") => options.deadline = Some(parser.value()?.parse()?),
                Long("chdir") => options.chdir = Some(parser.value()?.into()),
                Value(program) => {
                    options.program.push(program);
                    options.program.extend(parser.raw_args()?);
                }
                _ => return Err(argument.unexpected()),
            }
        }
        program_given(&options.program)?;
        Ok(options)
    }
}

fn program_given(program: &[OsString]) -> Result<(), lexopt::Error> {
    match program.first() {
        Some(_) => Ok(()),
        None => Err("no program to run".into()),
    }
}

/// The whole of the program `cell`: the status it ends with.
pub fn cell(arguments: impl IntoIterator<Item = OsString>) -> i32 {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    if arguments.first().is_some_and(|first| first == "--help") {
        print!("{HELP_CELL}");
        return 0;
    }
    match CellOptions::parse(arguments) {
        Ok(options) => match options.join {
            Some(other) => platform::join(other, &options),
            None => platform::cell(options),
        }
        .unwrap_or_else(|fault| {
            eprintln!("cell: {fault}");
            UNAVAILABLE
        }),
        Err(wrong) => wrong_usage("cell", &wrong),
    }
}

/// The whole of the program `jail`, unless it becomes another: the status it ends with.
pub fn jail(arguments: impl IntoIterator<Item = OsString>) -> i32 {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    if arguments.first().is_some_and(|first| first == "--help") {
        print!("{HELP_JAIL}");
        return 0;
    }
    let options = match JailOptions::parse(arguments) {
        Ok(options) => options,
        Err(wrong) => return wrong_usage("jail", &wrong),
    };
    let fault = match options.probe {
        None => platform::confine(&options),
        Some(probe) => match platform::probe(probe, options.tier) {
            Ok(status) => return status,
            Err(error) => Fault::new("probe", error),
        },
    };
    report(&fault, options.status_fd);
    UNAVAILABLE
}

/// Tells whoever waits for the program that there will be none.
fn report(fault: &Fault, status_fd: Option<i32>) {
    eprintln!("jail: {fault}");
    if let Some(fd) = status_fd.filter(|fd| *fd > 2) {
        // SAFETY: the caller handed this descriptor over for this purpose, and
        // the process ends right after.
        let mut status = unsafe { std::fs::File::from_raw_fd(fd) };
        let _ = write!(status, "{fault}");
    }
}

fn wrong_usage(who: &str, wrong: &lexopt::Error) -> i32 {
    eprintln!("{who}: {wrong}");
    2
}
