//! What every command begins with.

use std::env;
use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use grader::catalogue::{Catalogue, Entry, Error};
use grader::grade::Options;
use grader::seed::{Seed, Wanted};
use grader::stop::Stop;
use jail::Tier;

use crate::cli::{AskedTier, How};

/// Somebody typed what makes no sense; the text says what.
#[derive(Debug)]
pub struct Usage(pub String);

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Usage {}

/// The lab around the current folder, or around this program's sources.
pub fn catalogue() -> Result<Catalogue> {
    Ok(Catalogue::load(&root()?)?)
}

/// The same, of which no more is read than the exercise that was named, if one was.
pub fn catalogue_for(asked: Option<&str>) -> Result<Catalogue> {
    match asked {
        Some(asked) => Ok(Catalogue::load_one(&root()?, asked)?),
        None => catalogue(),
    }
}

/// The folder of that lab.
pub fn root() -> Result<PathBuf> {
    let here = env::current_dir().context("the current folder")?;
    let found = match Catalogue::root_of(&here) {
        Ok(root) => Ok(root.to_owned()),
        Err(_) => match env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from) {
            Some(xtask) => Catalogue::root_of(&xtask).map(Path::to_owned),
            None => Err(Error::NoLab(here)),
        },
    };
    found.map_err(|error| Usage(error.to_string()).into())
}

/// The exercise that was asked for.
pub fn exercise<'a>(catalogue: &'a Catalogue, asked: &str) -> Result<&'a Entry> {
    catalogue
        .get(asked)
        .map_err(|error| Usage(error.to_string()).into())
}

/// All exercises, or those that were named.
#[cfg(feature = "whole")]
pub fn exercises<'a>(catalogue: &'a Catalogue, only: &[String]) -> Result<Vec<&'a Entry>> {
    if only.is_empty() {
        return Ok(catalogue.entries.iter().collect());
    }
    let mut entries = only
        .iter()
        .map(|asked| exercise(catalogue, asked))
        .collect::<Result<Vec<_>>>()?;
    entries.sort_by(|one, other| one.id.cmp(&other.id));
    entries.dedup_by(|one, other| one.id == other.id);
    Ok(entries)
}

/// How to grade, as the command line and the environment say.
pub fn options(how: &How) -> Result<Options> {
    Ok(Options {
        stop: stop(),
        ..without_handler(how)?
    })
}

/// The same for who sees to ^C and SIGTERM themselves.
pub fn without_handler(how: &How) -> Result<Options> {
    let mut options = Options {
        random: how.seed,
        patience: patience()?,
        ..Options::default()
    };
    if let Some(jobs) = how.jobs {
        options.jobs = jobs.into();
    }
    Ok(options)
}

/// The tier that was asked for.
pub fn tier(how: &How) -> Option<Tier> {
    match how.tier {
        AskedTier::Auto => None,
        AskedTier::This(tier) => Some(tier),
    }
}

/// Builds what judging needs.
pub fn seed(
    catalogue: &Catalogue,
    entries: &[&Entry],
    programs: bool,
    how: &How,
    stop: &Stop,
) -> Result<Seed> {
    let own: Vec<&str> = entries
        .iter()
        .flat_map(|entry| &entry.programs)
        .map(|program| program.name.as_str())
        .collect();
    let mut told = false;
    let mut progress = |name: &str| {
        if !told && !own.contains(&name) {
            told = true;
            match entries {
                [one] => anstream::eprintln!("building the checks of {}", one.id),
                _ => anstream::eprintln!(
                    "building the lab's own parts; the first time, this takes a minute"
                ),
            }
        }
    };
    Seed::make(
        catalogue,
        Wanted {
            entries,
            programs,
            tier: tier(how),
        },
        stop,
        &mut progress,
    )
}

/// A wish to stop that ^C and SIGTERM make known.
pub fn stop() -> Stop {
    let stop = Stop::default();
    let asked = stop.clone();
    // Fails only if a handler is there already, and this is the only place.
    let _ = ctrlc::set_handler(move || asked.ask());
    stop
}

/// `LAB_PATIENCE`: the factor by which every deadline is stretched.
fn patience() -> Result<f64> {
    let Ok(text) = env::var("LAB_PATIENCE") else {
        return Ok(1.0);
    };
    match text.parse::<f64>() {
        Ok(factor) if (0.1..=1000.0).contains(&factor) => Ok(factor),
        _ => bail!(Usage(format!(
            "LAB_PATIENCE is {text:?}, not a number from 0.1 to 1000"
        ))),
    }
}

/// An executable that somebody wants judged, if it can be run at all.
pub fn executable(path: &Path) -> Result<PathBuf> {
    use std::io::Read;
    use std::os::unix::fs::PermissionsExt;

    let shown = path.display();
    let real = path
        .canonicalize()
        .map_err(|error| anyhow!(Usage(format!("{shown}: {}", plain(&error)))))?;
    let found = real
        .metadata()
        .map_err(|error| anyhow!(Usage(format!("{shown}: {error}"))))?;
    if !found.is_file() {
        bail!(Usage(format!("{shown} is no file that could be run")));
    }
    if found.permissions().mode() & 0o111 == 0 {
        bail!(Usage(format!(
            "{shown} may not be executed (chmod +x {shown})"
        )));
    }
    let mut head = Vec::new();
    std::fs::File::open(&real)
        .and_then(|file| file.take(256).read_to_end(&mut head))
        .map_err(|error| anyhow!(Usage(format!("{shown}: {}", plain(&error)))))?;
    if head.starts_with(b"#!") {
        interpreter(&head).map_err(|why| anyhow!(Usage(format!("{shown}: {why}"))))?;
    } else if cfg!(target_os = "linux") && !head.starts_with(b"\x7fELF") {
        bail!(Usage(format!(
            "{shown} is neither a program nor a script that begins with #!"
        )));
    }
    Ok(real)
}

/// Whether the interpreter of a script exists where the lab will look.
fn interpreter(head: &[u8]) -> Result<(), String> {
    const FOLDERS: [&str; 3] = ["/usr/local/bin", "/usr/bin", "/bin"];
    let line = String::from_utf8_lossy(head);
    let mut words = line[2..]
        .lines()
        .next()
        .unwrap_or_default()
        .split_whitespace();
    let Some(first) = words.next() else {
        return Err("its #! names no interpreter".into());
    };
    if !Path::new(first).exists() {
        return Err(format!("its interpreter {first} does not exist"));
    }
    let named = words.find(|word| !word.starts_with('-'));
    if first.ends_with("/env") {
        let name = named.ok_or("its #! names no interpreter")?;
        if !FOLDERS
            .iter()
            .any(|folder| Path::new(folder).join(name).exists())
        {
            return Err(format!(
                "its interpreter {name} is in none of {}",
                FOLDERS.join(", ")
            ));
        }
    }
    Ok(())
}

fn plain(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "no such file".into(),
        _ => error.to_string(),
    }
}

/// Refuses to grade without any isolation, unless that was asked for.
#[cfg(feature = "whole")]
pub fn isolated(seed: &Seed, how: &How) -> Result<()> {
    if seed.tier == Tier::None && how.tier == AskedTier::Auto {
        bail!(
            "nothing here isolates programs from the lab ({}); `--tier none` grades all the same",
            seed.found.why.join("; ")
        );
    }
    Ok(())
}
