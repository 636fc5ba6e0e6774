//! A program from a stage, compiled where nothing can be stolen.
//!
//! Compiling is as untrusted as running: `include_str!` reads any file that
//! the compiler may read, a constant can take for ever to evaluate, and
//! diagnostics can be made to fill a disk. So one `rustc` runs in a cell in
//! which only the toolchain, the system, the crates that the exercise may use
//! and this stage exist. `solutions/` does not.

pub mod rustc;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use jail::{Cell, Jail, Limits, Tier, UNAVAILABLE};

use crate::catalogue::{Entry, Program};
use crate::process::{self, End};
use crate::seed::Seed;
use crate::stage::Stage;
use crate::stop::{Stop, Stopped};
use crate::work::{remove, set_mode};

/// How long one program may take to compile.
const DEADLINE: Duration = Duration::from_secs(60);

/// How much of the diagnostics is kept, in bytes.
const DIAGNOSTICS: usize = 64 * 1024;

/// How much memory the compiler may use, in bytes.
const MEMORY: u64 = 4 << 30;

/// How large a file the compiler may write, in bytes.
const LARGEST: u64 = 256 << 20;

/// What compiling came to.
#[derive(Debug)]
pub enum Outcome {
    /// Every program of the exercise.
    Built(Built),
    /// The compiler's own words, or why it was stopped.
    Failed(String),
}

/// The programs of one exercise of one submission.
#[derive(Debug, Clone, Default)]
pub struct Built {
    /// By name.
    pub programs: BTreeMap<String, PathBuf>,
    /// The hash of the sources that they were made from; none for a program
    /// that came as it is.
    pub digest: Option<String>,
}

/// How a build is to be done.
#[derive(Debug)]
pub struct Builder<'a> {
    /// What the lab has built.
    pub seed: &'a Seed,
    /// Which of the cells that exist at once this one is.
    pub slot: u32,
    /// The factor by which deadlines are stretched.
    pub patience: f64,
    /// When to give up.
    pub stop: &'a Stop,
}

impl Builder<'_> {
    /// Compiles the named programs of a stage into a folder.
    ///
    /// # Errors
    ///
    /// The lab could not make the cell, or was asked to stop.
    pub fn build(
        &self,
        entry: &Entry,
        stage: &Stage,
        wanted: impl Fn(&str) -> bool,
        folder: &Path,
    ) -> Result<Outcome> {
        let mut built = Built {
            digest: Some(stage.digest.clone()),
            ..Built::default()
        };
        for program in entry
            .programs
            .iter()
            .filter(|program| wanted(&program.name))
        {
            match self.compile(entry, program, stage, folder)? {
                Ok(path) => built.programs.insert(program.name.clone(), path),
                Err(diagnostics) => return Ok(Outcome::Failed(diagnostics)),
            };
        }
        Ok(Outcome::Built(built))
    }

    fn compile(
        &self,
        entry: &Entry,
        program: &Program,
        stage: &Stage,
        folder: &Path,
    ) -> Result<Result<PathBuf, String>> {
        let seed = self.seed;
        let scratch = self.folder(folder, "scratch")?;
        let output = self.folder(folder, "output")?;
        let sysroot = seed.place(&seed.toolchain.sysroot, "/lab/sysroot");
        let libraries = seed.place(&seed.libraries, "/lab/libraries");
        let sources = seed.place(&stage.folder, "/lab/stage");
        let target = seed.place(&output, "/lab/output");
        let tool = seed.place(&seed.jail, "/lab/jail");
        let mut cell = Cell::new(seed.tier, &seed.cell)
            .read_only_at(&seed.toolchain.sysroot, &sysroot)
            .read_only_at(&seed.libraries, &libraries)
            .read_only_at(&stage.folder, &sources)
            .read_only_at(&seed.jail, &tool)
            .writable_at(&output, &target)
            .scratch_size(512 << 20)
            .scratch_folder(&scratch)
            .current_dir(&sources)
            .slot(self.slot)
            .processes(256)
            .memory(6 << 30);
        let mut jail = Jail::new(seed.tier)
            .slot(self.slot)
            .scratch(cell.scratch())
            .read(&sysroot)
            .read(&libraries)
            .read(&sources)
            .write(&target)
            .limits(Limits {
                processes: 256,
                memory: MEMORY,
                cpu: (2.0 * DEADLINE.as_secs_f64() * self.patience) as u64,
                file_size: LARGEST,
                open_files: 1024,
            });
        for folder in &seed.hidden {
            cell = cell.hide(folder);
            jail = jail.hide(folder);
        }
        for (name, value) in rustc::variables(entry, program) {
            jail = jail.env(name, value);
        }
        let mut arguments = jail.arguments();
        if self.keeps_its_user() {
            if let Some(at) = arguments.iter().position(|word| word == "--uid") {
                arguments.drain(at..at + 2);
            }
        }
        arguments.push(sysroot.join("bin/rustc").into());
        arguments.extend(rustc::flags(entry, program).into_iter().map(Into::into));
        arguments.extend(rustc::libraries(seed, entry, &libraries));
        arguments.push("-o".into());
        arguments.push(target.join(&program.name).into());
        let mut command = cell.command(&tool, arguments);
        crate::run::clean_environment(&mut command, cell.scratch());
        let deadline = DEADLINE.mul_f64(self.patience);
        let ended = process::run(&mut command, deadline, DIAGNOSTICS, self.stop)
            .with_context(|| format!("start {}", seed.cell.display()))?;
        let diagnostics = ended.stderr.text();
        let kept = match ended.end {
            End::Own(status) if status.success() => {
                Some(self.keep(&output.join(&program.name), folder, program))
            }
            _ => None,
        };
        // What a compiler that was stopped left there can be large.
        remove(&output);
        let stopped = |why: String| Ok(Err(format!("error: {why}\n{diagnostics}")));
        let too_long = || format!("the compiler was stopped after {} s", DEADLINE.as_secs());
        let status = match ended.end {
            End::Stopped => bail!(Stopped),
            End::Deadline => return stopped(too_long()),
            End::Own(status) => status,
        };
        match status.code() {
            Some(0) => kept.transpose()?.map(Ok).context("the program is lost"),
            Some(1) => Ok(Err(diagnostics)),
            Some(UNAVAILABLE) => Err(anyhow!("no cell to compile in: {}", diagnostics.trim())),
            // Its limit of processor time, where the deadline is stretched.
            Some(code) if code == 128 + libc::SIGXCPU => stopped(too_long()),
            Some(code) if code == 128 + libc::SIGXFSZ => stopped(format!(
                "the compiler was ended: the program would have more than {} MiB",
                LARGEST >> 20
            )),
            Some(code) if code > 128 => stopped(format!(
                "the compiler was ended by signal {} (it may use {} GiB of memory)",
                code - 128,
                MEMORY >> 30
            )),
            _ => stopped(format!("the compiler ended abnormally ({status})")),
        }
    }

    /// Whether the compiler is run as the lab's own user, because no other can
    /// walk to it: a toolchain in root's home, and no cell to show it in. The
    /// jail's other walls stand.
    fn keeps_its_user(&self) -> bool {
        let seed = self.seed;
        let compiler = seed.toolchain.sysroot.join("bin/rustc");
        !seed.tier.has_cell() && seed.tier.has_another_user() && !is_for_all(&compiler)
    }

    /// A folder that the jailed compiler may write to.
    fn folder(&self, folder: &Path, name: &str) -> Result<PathBuf> {
        let path = folder.join(name);
        if !path.is_dir() {
            fs::create_dir(&path).with_context(|| format!("make {}", path.display()))?;
        }
        if self.keeps_its_user() {
            set_mode(&path, 0o700)
        } else {
            hand_over(&path, self.seed.tier, self.slot)
        }
        .with_context(|| format!("prepare {}", path.display()))?;
        Ok(path)
    }

    /// Takes the program out of the reach of what made it.
    fn keep(&self, made: &Path, folder: &Path, program: &Program) -> Result<PathBuf> {
        let kept = folder.join(&program.name);
        let found = fs::symlink_metadata(made)
            .with_context(|| format!("the compiler left no {}", program.name))?;
        if !found.is_file() {
            bail!(
                "the compiler left something that is no file: {}",
                program.name
            );
        }
        // Not copied: while this writes, a process that another worker is just
        // starting holds the file open too, and what is open for writing cannot
        // be executed (ETXTBSY, man 2 execve).
        fs::rename(made, &kept)
            .and_then(|()| take_back(&kept))
            .with_context(|| format!("keep {} as {}", made.display(), kept.display()))?;
        Ok(kept)
    }
}

/// Lets a jailed program write to a folder of the run.
///
/// # Errors
///
/// As `man 2 chown` and `man 2 chmod`.
pub fn hand_over(folder: &Path, tier: Tier, slot: u32) -> io::Result<()> {
    if tier.has_another_user() {
        let user = jail::slot_uid(slot);
        std::os::unix::fs::chown(folder, Some(user), Some(user))?;
    }
    set_mode(folder, 0o700)
}

/// Makes a program that a jailed compiler wrote the lab's own.
fn take_back(program: &Path) -> io::Result<()> {
    if nix::unistd::geteuid().is_root() {
        std::os::unix::fs::chown(program, Some(0), Some(0))?;
    }
    set_mode(program, 0o755)
}

/// Whether every user may walk to a file and execute it.
fn is_for_all(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;

    file.ancestors()
        .all(|path| fs::metadata(path).is_ok_and(|found| found.permissions().mode() & 0o1 != 0))
}
