//! `cargo xtask try`: a program, run by hand where the lab would judge it.
//!
//! ```text
//! cargo xtask try ── cell ── cargo xtask try-inside ─┬─ a program, its output marked
//!                                                    └─ its peer, at the user's terminal
//! cargo xtask try --join ── cell --join ── a shell in the same cell
//! ```
//!
//! One terminal is all that is asked of a student. What the exercise's `[try]` names
//! runs in it, in an order that makes sense; a second terminal can join. Everything
//! ends with the one in front, or with ^C: the cell's first process is killed, and
//! with it whatever a program has left behind.

mod beside;
mod inside;
#[cfg(target_os = "linux")]
mod linux;
mod netcat;
mod plan;
mod running;
mod terminal;

use std::collections::BTreeMap;
use std::env;
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, ExitStatus};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use grader::catalogue::{Catalogue, Entry};
use grader::run::clean_environment;
use grader::seed::{Seed, profile};
use grader::stop::Stop;
use grader::work::link_or_copy;
use jail::Cell;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use study::map::Map;

use crate::check;
use crate::cli::{How, Try};
use crate::output::{Output, STRONG, styled};
use crate::own;
use crate::progress;
use crate::setup::{self, Usage};
use netcat::Netcat;
use plan::{Plan, Wishes};
use running::Running;
use terminal::Terminal;

pub use inside::{asked as is_inside, run as inside};

/// The port of a trial in a cell, which is the handouts'.
const PORT: u16 = 4321;

/// The lab's own programs, which stand in for `nc`.
const STAND_INS: [&str; 2] = ["client", "iterative-server"];

/// Of the environment what a terminal needs; the rest is that of a check.
const KEPT: [&str; 8] = [
    "TERM",
    "COLORTERM",
    "COLUMNS",
    "LINES",
    "NO_COLOR",
    "CLICOLOR",
    "LANG",
    "LC_ALL",
];

/// How often the wait for the end looks whether it was asked to stop.
const LOOK: Duration = Duration::from_millis(50);

/// Runs an exercise's programs by hand, or joins where that is done.
pub fn run(catalogue: &Catalogue, asked: &Try) -> Result<ExitCode> {
    let entry = match &asked.exercise {
        Some(name) => setup::exercise(catalogue, name)?,
        None => standing_in(catalogue)?,
    };
    if asked.join {
        return running::join(entry);
    }
    let Some(by_hand) = &entry.data.by_hand else {
        bail!(Usage(format!("{} has nothing to try", entry.id)));
    };
    needs("strace", asked.strace)?;
    needs("ss", asked.ss)?;
    let given = asked.bin.as_deref().map(setup::executable).transpose()?;
    let stop = setup::stop();
    let how = How {
        jobs: None,
        tier: asked.tier,
        seed: 1,
    };
    let seed = setup::seed(catalogue, &[entry], given.is_none(), &how, &stop)?;
    let mut programs = own::of_entry(&seed.programs, entry);
    if let (Some(path), Some(main)) = (&given, entry.programs.first()) {
        programs.insert(main.name.clone(), seed.adopt(path, &main.name)?);
    }
    let mut output = Output::new();
    output.line(format!(
        "{}  {}",
        styled(STRONG, &entry.id),
        entry.data.title
    ))?;
    let missing = |name: &&String| !programs.contains_key(*name);
    if let Some(name) = entry.data.programs.iter().find(missing) {
        if given.is_none() {
            let words = seed.words.get(&entry.id).map(String::as_str);
            anstream::eprint!("{}", words.unwrap_or_default());
            check::does_not_compile(&mut output, entry, name, words)?;
            return Ok(ExitCode::FAILURE);
        }
    }
    output.finish()?;
    let netcat = Netcat::find();
    if netcat == Netcat::Missing {
        programs.extend(stand_ins(catalogue)?);
    }
    let port = match seed.tier.has_cell() {
        true => PORT,
        false => free_port()?,
    };
    let wishes = Wishes {
        shell: asked.shell,
        strace: asked.strace,
        sockets: asked.ss,
    };
    let names = &entry.data.programs;
    let plan = Plan::of(by_hand, entry.number(), names, port, netcat, wishes);
    let status = hold(&seed, entry, &programs, plan, &stop)?;
    conclude(status, &stop)
}

/// Runs the plan and waits for its end.
fn hold(
    seed: &Seed,
    entry: &Entry,
    programs: &BTreeMap<String, PathBuf>,
    plan: Plan,
    stop: &Stop,
) -> Result<ExitStatus> {
    let own = env::current_exe().context("find this program")?;
    let scratch = seed.work.folder("scratch")?;
    let folder = seed.work.folder("bin")?;
    let tool = seed.place(&own, "/lab/xtask");
    let mut cell = Cell::new(seed.tier, &seed.cell)
        .scratch_folder(&scratch)
        .scratch_size(256 << 20)
        .read_only_at(&own, &tool);
    for folder in &seed.hidden {
        cell = cell.hide(folder);
    }
    for (name, real) in programs {
        let kept = folder.join(name);
        link_or_copy(real, &kept).with_context(|| format!("keep {}", real.display()))?;
        cell = cell.read_only_at(kept, format!("/lab/bin/{name}"));
    }
    let plan = Plan {
        joinable: seed.tier.has_cell(),
        scratch: cell.scratch().to_owned(),
        ..plan
    };
    let text = serde_json::to_string(&plan).context("write the plan")?;
    let mut command = cell.command(&tool, [inside::WORD, &text]);
    prepare(&mut command, &cell, &seed.place(&folder, "/lab/bin"));
    let _terminal = Terminal::keep();
    let mut child = command
        .spawn()
        .with_context(|| format!("start {}", seed.cell.display()))?;
    let note = Running {
        exercise: entry.id.clone(),
        cell: child.id(),
        folder: seed.place(&folder, "/lab/bin"),
        plan,
    };
    let told = note.write(seed);
    let ended = wait(&mut child, stop);
    told?;
    ended
}

/// The environment of a trial: a check's, with the programs in the search path and
/// what a terminal needs.
fn prepare(command: &mut Command, cell: &Cell, programs: &Path) {
    clean_environment(command, cell.scratch());
    command.env(
        "PATH",
        format!(
            "{}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
            programs.display()
        ),
    );
    for name in KEPT {
        if let Some(value) = env::var_os(name) {
            command.env(name, value);
        }
    }
}

/// Waits for a cell, and has it end when that is asked for. A ^C has reached it
/// already; what ends only this program has not.
fn wait(child: &mut Child, stop: &Stop) -> Result<ExitStatus> {
    let mut told = false;
    loop {
        if let Some(status) = child.try_wait().context("wait for the cell")? {
            return Ok(status);
        }
        if stop.asked() && !told {
            told = true;
            let _ = kill(Pid::from_raw(child.id() as i32), Signal::SIGTERM);
        }
        thread::park_timeout(LOOK);
    }
}

fn conclude(status: ExitStatus, stop: &Stop) -> Result<ExitCode> {
    if stop.asked() {
        let mut output = Output::new();
        output.line("")?;
        output.line("ended: nothing is left running")?;
        output.finish()?;
        return Ok(ExitCode::SUCCESS);
    }
    match status.code() {
        Some(0) => Ok(ExitCode::SUCCESS),
        Some(1) => Ok(ExitCode::FAILURE),
        // The cell has said why it could not be made.
        Some(jail::UNAVAILABLE) => {
            bail!("there is no cell to try it in; `cargo xtask doctor` says more")
        }
        _ => bail!("the trial ended abnormally ({status})"),
    }
}

/// The exercise whose folder one is in, or the one that one is at.
fn standing_in(catalogue: &Catalogue) -> Result<&Entry> {
    if let Some(entry) = check::here(catalogue) {
        return Ok(entry);
    }
    let map = Map::of(catalogue, &progress::open(catalogue)?)?;
    let found = map.current().map(|place| place.entry);
    found.ok_or_else(|| anyhow!(Usage("which exercise? cargo xtask try 09".into())))
}

/// Refuses what was asked for if the program that does it is not there.
fn needs(program: &str, asked: bool) -> Result<()> {
    let missing = || {
        Command::new(program)
            .arg("-V")
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .status()
            .is_err()
    };
    if asked && missing() {
        bail!(Usage(format!(
            "--{program} needs {program}, and there is none here; `cargo xtask doctor` says how \
             to install it"
        )));
    }
    Ok(())
}

/// The lab's own client and server, built.
fn stand_ins(catalogue: &Catalogue) -> Result<BTreeMap<String, PathBuf>> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .current_dir(&catalogue.root)
        .args(["build", "--quiet"])
        .args(profile());
    for name in STAND_INS {
        command.args(["--package", name]);
    }
    let status = command.process_group(0).status().context("start cargo")?;
    if !status.success() {
        bail!("the lab's own client does not build; see above");
    }
    let own = env::current_exe().context("find this program")?;
    Ok(STAND_INS
        .map(|name| (name.to_owned(), own.with_file_name(name)))
        .into())
}

/// A port that nobody has at the moment.
fn free_port() -> Result<u16> {
    let taken = TcpListener::bind("127.0.0.1:0").context("find a free port")?;
    Ok(taken.local_addr().context("find a free port")?.port())
}
