//! What the lab itself has to build before it can judge: the cell, the jail,
//! the checks, and the crates that a student's program may use.
//!
//! One call of cargo builds it all. What comes out is given a second name in
//! the run's own folder, so that a later build (a student saves a file while
//! a class is graded) does not change what is judged with.

mod artifacts;
mod profile;
mod toolchain;

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use jail::{Found, Promises, Tier};

use crate::catalogue::{Catalogue, Entry};
use crate::process;
use crate::stop::{Stop, Stopped};
use crate::work::{Work, link_or_copy, set_mode};
use artifacts::Artifacts;
pub use profile::profile;
pub use toolchain::Toolchain;

/// What is to be built.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The exercises whose checks are to be run.
    pub entries: &'a [&'a Entry],
    /// Whether cargo also builds the programs in the working tree, as a
    /// student would. Otherwise it builds only what they depend on.
    pub programs: bool,
    /// The tier to use; the best there is if none is given.
    pub tier: Option<Tier>,
}

/// Everything that judging needs.
#[derive(Debug)]
pub struct Seed {
    /// The run's own folder.
    pub work: Work,
    /// The tier in use.
    pub tier: Tier,
    /// What this machine can do.
    pub found: Found,
    /// What holds on this machine in the tier in use.
    pub promises: Promises,
    /// The compiler.
    pub toolchain: Toolchain,
    /// Folders that no program may see, wherever they lie: the lab, with its
    /// solutions, and what is built of it.
    pub hidden: Vec<PathBuf>,
    /// Where records of verdicts are kept from run to run.
    pub records: PathBuf,
    /// The program that makes a cell.
    pub cell: PathBuf,
    /// The program that jails.
    pub jail: PathBuf,
    /// By the exercise's id.
    pub checks: BTreeMap<String, CheckBinary>,
    /// The folder with the libraries that programs link with.
    pub libraries: PathBuf,
    /// By the exercise's id: each crate's name and its file in `libraries`.
    pub externs: BTreeMap<String, Vec<(String, String)>>,
    /// By the exercise's id and the program's name, what cargo built in the
    /// working tree. One that does not compile is not there.
    pub programs: BTreeMap<(String, String), PathBuf>,
    /// The same where cargo left it.
    pub built: BTreeMap<(String, String), PathBuf>,
    /// By the exercise's id, what the compiler said of the programs in the working tree,
    /// as it would have printed it.
    pub words: BTreeMap<String, String>,
}

/// The test binary of one exercise.
#[derive(Debug, Clone)]
pub struct CheckBinary {
    /// Where it is.
    pub path: PathBuf,
    /// The tests that it lists.
    pub listed: Vec<String>,
}

/// How long a list of tests may take.
const LISTING: Duration = Duration::from_secs(30);

impl Seed {
    /// Builds it. `progress` is told the name of each crate that had to be
    /// compiled; what the compiler says goes to standard error as it wrote it, but for
    /// what is kept in [`Seed::words`].
    ///
    /// # Errors
    ///
    /// Cargo or the compiler is not to be had, the lab does not build, or the
    /// tier that was asked for cannot be had here. [`Stopped`] on request.
    pub fn make(
        catalogue: &Catalogue,
        wanted: Wanted<'_>,
        stop: &Stop,
        progress: &mut dyn FnMut(&str),
    ) -> Result<Seed> {
        let toolchain = thread::spawn(Toolchain::find);
        let own = match wanted.programs {
            true => wanted.entries.iter().map(|entry| entry.package()).collect(),
            false => Vec::new(),
        };
        let artifacts = Artifacts::build(&mut cargo(catalogue, wanted), &own, stop, progress)?;
        let toolchain = toolchain
            .join()
            .map_err(|_| anyhow!("looking for the compiler failed"))??;
        let (Some(jail), Some(cell)) = (artifacts.program("jail"), artifacts.program("cell"))
        else {
            bail!("the lab itself does not build; see above");
        };
        let found = Tier::detect(&jail, &cell);
        let tier = choose(wanted.tier, &found)?;
        let promises = match tier == found.tier {
            true => found.promises,
            false => tier
                .attempt(&jail, &cell)
                .map_err(|why| anyhow!("tier {tier} cannot be had here: {why}"))?,
        };
        let target = jail
            .parent()
            .and_then(Path::parent)
            .ok_or_else(|| anyhow!("{} is no place for a target", jail.display()))?;
        let work = Work::new(target, tier)
            .with_context(|| format!("make a folder for this run in {}", target.display()))?;
        let tools = work.folder("lab")?;
        let keep = |from: &Path, name: &str| -> Result<PathBuf> {
            let to = tools.join(name);
            link_or_copy(from, &to).with_context(|| format!("keep {}", from.display()))?;
            Ok(to)
        };
        let mut seed = Seed {
            tier,
            found,
            promises,
            toolchain,
            hidden: hidden(catalogue, target)?,
            records: target.join("lab/records"),
            cell: keep(&cell, "cell")?,
            jail: keep(&jail, "jail")?,
            checks: BTreeMap::new(),
            libraries: work.folder("libraries")?,
            externs: BTreeMap::new(),
            programs: BTreeMap::new(),
            built: BTreeMap::new(),
            words: BTreeMap::new(),
            work,
        };
        for entry in wanted.entries {
            let Some(built) = artifacts.test(&entry.package()) else {
                bail!("the checks of {} do not build; see above", entry.id);
            };
            let path = keep(&built, &entry.package())?;
            let listed = list(&path, stop)?;
            seed.checks
                .insert(entry.id.clone(), CheckBinary { path, listed });
            for name in entry.programs.iter().map(|program| &program.name) {
                if let Some(built) = artifacts.program_of(&entry.package(), name) {
                    let kept = keep(&built, &format!("{}-{name}", entry.number()))?;
                    let place = (entry.id.clone(), name.clone());
                    seed.programs.insert(place.clone(), kept);
                    seed.built.insert(place, built);
                }
            }
            if let Some(words) = artifacts.words(&entry.package()) {
                seed.words.insert(entry.id.clone(), words.to_owned());
            }
        }
        if !wanted.programs {
            seed.keep_libraries(&artifacts, wanted.entries)?;
        }
        Ok(seed)
    }

    /// A copy of an executable that somebody named, where everybody may run it
    /// and nobody changes it while it is judged.
    ///
    /// # Errors
    ///
    /// It cannot be copied.
    pub fn adopt(&self, program: &Path, name: &str) -> Result<PathBuf> {
        let copy = self.work.folder("given")?.join(name);
        std::fs::copy(program, &copy)
            .and_then(|_| set_mode(&copy, 0o755))
            .with_context(|| format!("copy {}", program.display()))?;
        Ok(copy)
    }

    /// The path of a thing for what runs in a cell: its place there, or where
    /// it really is when there is no cell.
    pub fn place(&self, real: &Path, inside: &str) -> PathBuf {
        if self.tier.has_cell() {
            PathBuf::from(inside)
        } else {
            real.to_owned()
        }
    }

    fn keep_libraries(&mut self, artifacts: &Artifacts, entries: &[&Entry]) -> Result<()> {
        for library in artifacts.libraries() {
            if let Some(name) = library.file_name() {
                link_or_copy(library, &self.libraries.join(name))
                    .with_context(|| format!("keep {}", library.display()))?;
            }
        }
        for entry in entries {
            let externs = entry
                .dependencies
                .iter()
                .map(|name| Ok((name.replace('-', "_"), artifacts.library_of(name)?)))
                .collect::<Result<_>>()
                .with_context(|| format!("the crates of {}", entry.id))?;
            self.externs.insert(entry.id.clone(), externs);
        }
        Ok(())
    }
}

fn hidden(catalogue: &Catalogue, target: &Path) -> Result<Vec<PathBuf>> {
    [catalogue.root.as_path(), target]
        .into_iter()
        .map(|folder| {
            folder
                .canonicalize()
                .with_context(|| folder.display().to_string())
        })
        .collect()
}

/// The one call of cargo.
///
/// More packages are named than are built: the exercises, so that their crates
/// have the features that they need, and xtask, so that whatever it shares
/// with the checks has the very features that it was built with a moment ago.
/// Otherwise cargo would build half of the lab a second time.
fn cargo(catalogue: &Catalogue, wanted: Wanted<'_>) -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .current_dir(&catalogue.root)
        .args(["build", "--quiet", "--keep-going"])
        .args(profile())
        .arg(format!("--message-format={}", format_of_words()))
        .args([
            "--package",
            "jail",
            "--package",
            "checks",
            "--package",
            "xtask",
        ])
        .args(["--bin", "jail", "--bin", "cell"])
        .stdin(Stdio::null());
    for entry in wanted.entries {
        command.args(["--package", &entry.package(), "--test", &entry.package()]);
    }
    if wanted.programs {
        for program in wanted.entries.iter().flat_map(|entry| &entry.programs) {
            command.args(["--bin", &program.name]);
        }
    } else {
        let mut crates: Vec<&String> = wanted
            .entries
            .iter()
            .flat_map(|entry| &entry.dependencies)
            .collect();
        crates.sort();
        crates.dedup();
        command.arg("--lib");
        for name in crates {
            command.args(["--package", name]);
        }
    }
    command
}

/// In colour where cargo would have printed it so.
fn format_of_words() -> &'static str {
    let plain = std::env::var_os("NO_COLOR").is_some_and(|it| !it.is_empty());
    if std::io::stderr().is_terminal() && !plain {
        "json-diagnostic-rendered-ansi"
    } else {
        "json"
    }
}

/// The tier that is used where this was found: the best, or the one that was asked for.
///
/// # Errors
///
/// It cannot be had here.
pub fn choose(asked: Option<Tier>, found: &Found) -> Result<Tier> {
    let rank = |tier: Tier| Tier::ALL.iter().position(|other| *other == tier);
    match asked {
        Some(asked) if rank(asked) < rank(found.tier) => {
            bail!("tier {asked} cannot be had here: {}", found.why.join("; "))
        }
        Some(asked) => Ok(asked),
        None => Ok(found.tier),
    }
}

/// The tests in a test binary: an unknown name would make it succeed.
fn list(binary: &Path, stop: &Stop) -> Result<Vec<String>> {
    let ended = process::run(
        Command::new(binary).args(["--list", "--format", "terse"]),
        LISTING,
        1 << 20,
        stop,
    )
    .with_context(|| format!("run {}", binary.display()))?;
    match ended.end {
        process::End::Stopped => bail!(Stopped),
        process::End::Own(status) if status.success() => Ok(ended
            .stdout
            .text()
            .lines()
            .filter_map(|line| line.strip_suffix(": test"))
            .map(str::to_owned)
            .collect()),
        _ => bail!(
            "{} does not list its tests: {}",
            binary.display(),
            ended.stderr.text()
        ),
    }
}
