//! The lab as a test sees it: two identities, the tiers each of them has, and
//! programs that attack from within a jail.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::OnceLock;

use jail::{Cell, Found, Jail, Limits, Tier};
use tempfile::TempDir;

/// Who is `nobody` on most machines: owns nothing.
const NOBODY: u32 = 65534;

/// Who runs the lab in a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identity {
    /// Whoever runs the tests.
    Own,
    /// An ordinary user, where root runs the tests.
    Nobody,
}

/// An identity and a tier that works for it here.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    pub identity: Identity,
    pub tier: Tier,
}

/// The programs, at a place that every user may read.
pub struct Bench {
    folder: TempDir,
}

static BENCH: OnceLock<Bench> = OnceLock::new();

/// A static is never dropped, so its folder would stay.
extern "C" fn remove_bench() {
    if let Some(bench) = BENCH.get() {
        let _ = fs::remove_dir_all(bench.folder());
    }
}

/// The one bench of a test process.
pub fn bench() -> &'static Bench {
    BENCH.get_or_init(|| {
        let folder = tempfile::Builder::new().prefix("lab-").tempdir().unwrap();
        // SAFETY: the function lives as long as the program.
        unsafe { libc::atexit(remove_bench) };
        open_to_all(folder.path(), 0o755);
        let own = std::env::current_exe().unwrap();
        for (from, name) in [
            (Path::new(env!("CARGO_BIN_EXE_cell")), "cell"),
            (Path::new(env!("CARGO_BIN_EXE_jail")), "jail"),
            (own.as_path(), "attacker"),
        ] {
            let at = folder.path().join(name);
            fs::copy(from, &at).unwrap();
            open_to_all(&at, 0o755);
        }
        Bench { folder }
    })
}

pub fn open_to_all(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

pub fn is_root() -> bool {
    nix::unistd::Uid::effective().is_root()
}

impl Bench {
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A folder that anyone may write to.
    pub fn scratch(&self, name: &str) -> PathBuf {
        let folder = self.path(name);
        fs::create_dir_all(&folder).unwrap();
        open_to_all(&folder, 0o1777);
        folder
    }

    /// What this identity finds on this machine.
    pub fn found(&self, identity: Identity) -> Found {
        match identity {
            Identity::Own => Tier::detect(&self.path("jail"), &self.path("cell")),
            Identity::Nobody => {
                // A detection by another user needs another process.
                let mut detection = self.attacker("detect");
                detection.env("LAB_BENCH", self.folder());
                let output = output(detection.run_by(identity));
                serde_json::from_str(answer(&output.stdout)).unwrap()
            }
        }
    }

    /// This test program, as the attacker of this name.
    fn attacker(&self, name: &str) -> Command {
        let mut command = Command::new(self.path("attacker"));
        command.args(["--exact", "attacker", "--nocapture", "--test-threads=1"]);
        command.env("LAB_ATTACK", name);
        command
    }
}

/// Every place that there is on this machine. With a cell, or without one too.
pub fn places() -> Vec<Place> {
    static PLACES: OnceLock<Vec<Place>> = OnceLock::new();
    PLACES
        .get_or_init(|| {
            let mut places = Vec::new();
            let identities = [Identity::Own, Identity::Nobody];
            let count = if is_root() { 2 } else { 1 };
            for identity in identities.into_iter().take(count) {
                let found = bench().found(identity);
                println!("{identity:?}: {found:?}");
                if found.tier.has_cell() {
                    let tier = found.tier;
                    places.push(Place { identity, tier });
                }
                // Root's second best: a user namespace with a student in it.
                let (jail, cell) = (bench().path("jail"), bench().path("cell"));
                if found.tier == Tier::Vm && Tier::Cell.attempt(&jail, &cell).is_ok() {
                    let tier = Tier::Cell;
                    places.push(Place { identity, tier });
                }
                if found.tier != Tier::None {
                    let tier = Tier::Jail;
                    places.push(Place { identity, tier });
                }
            }
            places
        })
        .clone()
}

pub fn cells() -> Vec<Place> {
    let mut places = places();
    places.retain(|place| place.tier.has_cell());
    places
}

impl Place {
    /// A cell in which the bench exists.
    pub fn cell(self) -> Cell {
        Cell::new(self.tier, bench().path("cell"))
            .read_only(bench().folder())
            .scratch_folder(bench().scratch(&format!("scratch-{:?}", self.identity)))
    }

    /// A jail in which the bench may be read.
    pub fn jail(self) -> Jail {
        let scratch = self.cell().scratch().to_owned();
        Jail::new(self.tier).scratch(scratch).read(bench().folder())
    }

    /// Runs a command of the shell in a cell, as the judge.
    pub fn shell(self, cell: &Cell, script: &str) -> Command {
        self.owned(cell.command("/bin/sh", ["-c", script]))
    }

    /// The command that runs a program in a jail, for a script of the judge's.
    pub fn jailed(self, jail: Jail, program: &str) -> String {
        let runner = jail.runner(&bench().path("jail")).unwrap();
        format!("{runner} {program}")
    }

    /// The same for the attacker of this name.
    pub fn attack(self, jail: Jail, name: &str) -> String {
        let attacker = bench().path("attacker");
        let program = format!(
            "{} --exact attacker --nocapture --test-threads=1",
            attacker.display()
        );
        self.jailed(jail.env("LAB_ATTACK", name), &program)
    }

    /// What the attacker of this name answers from a default jail in a default cell.
    pub fn attacked(self, name: &str) -> String {
        let script = self.attack(self.jail(), name);
        let output = output(self.shell(&self.cell(), &script));
        answer(&output.stdout).to_owned()
    }

    fn owned(self, command: Command) -> Command {
        command.run_by(self.identity)
    }
}

/// A command as another user.
pub trait RunBy {
    fn run_by(self, identity: Identity) -> Command;
}

impl RunBy for Command {
    fn run_by(mut self, identity: Identity) -> Command {
        if identity == Identity::Nobody {
            self.uid(NOBODY).gid(NOBODY);
        }
        self
    }
}

/// What a command ended with.
#[derive(Debug)]
pub struct Output {
    pub status: ExitStatus,
    pub stdout: String,
    pub stderr: String,
}

pub fn output(mut command: Command) -> Output {
    let output = command.stdin(Stdio::null()).output().unwrap();
    Output {
        status: output.status,
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// The line in which an attacker says how it fared.
pub fn answer(stdout: &str) -> &str {
    stdout
        .lines()
        .find_map(|line| line.split_once("attack: ").map(|(_, answer)| answer))
        .unwrap_or_else(|| panic!("no answer in {stdout:?}"))
}

/// The processes whose command line holds this text.
pub fn processes_with(marker: &str) -> Vec<String> {
    fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter_map(|entry| fs::read(entry.path().join("cmdline")).ok())
        .map(|line| String::from_utf8_lossy(&line).replace('\0', " "))
        .filter(|line| line.contains(marker))
        .collect()
}

/// Limits so tight that an attack is over soon.
pub fn tight() -> Limits {
    Limits {
        processes: 24,
        memory: 64 << 20,
        cpu: 5,
        file_size: 1 << 20,
        open_files: 64,
    }
}

pub fn has(program: impl AsRef<OsStr>) -> bool {
    Path::new(program.as_ref()).exists()
}
