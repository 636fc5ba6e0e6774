//! The programs of a solution that a mistake does not touch.
//!
//! An exercise may have two programs, and most mistakes are in one. The other is
//! the solution's, whatever else is wrong: it is compiled once for all of them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use grader::build::rustc;
use grader::catalogue::{Entry, Program};
use grader::seed::Seed;
use grader::stage::Stage;

/// The programs of a solution, with what each is made from.
#[derive(Debug, Default)]
pub struct Untouched(Vec<Made>);

#[derive(Debug)]
struct Made {
    name: String,
    program: PathBuf,
    /// The files that the compiler has read, by their paths within the exercise.
    sources: BTreeSet<String>,
}

impl Untouched {
    /// Compiles the programs of a solution; none where there is only one, which
    /// every mistake is in.
    ///
    /// # Errors
    ///
    /// The solution does not compile, or the lab's own folder cannot be written.
    pub fn of(
        seed: &Seed,
        entry: &Entry,
        solution: &BTreeMap<String, String>,
    ) -> Result<Untouched> {
        if entry.programs.len() < 2 {
            return Ok(Untouched::default());
        }
        let folder = seed.work.folder(format!("untouched-{}", entry.number()))?;
        let stage = folder.join("stage");
        fs::create_dir(&stage).with_context(|| format!("make {}", stage.display()))?;
        let stage = Stage::fill(&stage, entry, solution)
            .with_context(|| format!("fill the stage of {}", entry.id))?;
        let programs = entry.programs.iter();
        let made = programs.map(|program| make(seed, entry, program, &stage, &folder));
        made.collect::<Result<_>>().map(Untouched)
    }

    /// Those that are not made from any of the files in which a mistake differs from
    /// its solution.
    pub fn by(
        &self,
        wrong: &BTreeMap<String, String>,
        solution: &BTreeMap<String, String>,
    ) -> BTreeMap<String, PathBuf> {
        let touched: Vec<&String> = wrong
            .iter()
            .filter(|(path, text)| solution.get(*path) != Some(text))
            .map(|(path, _)| path)
            .collect();
        self.0
            .iter()
            .filter(|made| !touched.iter().any(|path| made.sources.contains(*path)))
            .map(|made| (made.name.clone(), made.program.clone()))
            .collect()
    }
}

fn make(
    seed: &Seed,
    entry: &Entry,
    program: &Program,
    stage: &Stage,
    folder: &Path,
) -> Result<Made> {
    let output = folder.join(&program.name);
    let read = folder.join(format!("{}.d", program.name));
    let compiled = rustc::alone(seed, entry, program, stage, &output)
        .arg(format!("--emit=dep-info={}", read.display()))
        .output()
        .context("run rustc")?;
    if !compiled.status.success() {
        bail!(
            "the solution's {} does not compile: {}",
            program.name,
            String::from_utf8_lossy(&compiled.stderr)
        );
    }
    let read = fs::read_to_string(&read).with_context(|| format!("read {}", read.display()))?;
    Ok(Made {
        name: program.name.clone(),
        program: output,
        sources: sources(&read),
    })
}

/// What a program depends on, from the rules for `make` that the compiler writes: each
/// file is there once more as a target that depends on nothing.
fn sources(rules: &str) -> BTreeSet<String> {
    let targets = rules.lines().filter_map(|line| line.strip_suffix(':'));
    targets.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        let pairs = pairs.iter();
        pairs
            .map(|&(path, text)| (path.to_owned(), text.to_owned()))
            .collect()
    }

    #[test]
    fn a_program_is_untouched_if_it_is_made_from_no_file_that_differs() {
        let server = "out/server: src/s.rs src/m.rs\n\nsrc/s.rs:\nsrc/m.rs:\n";
        let client = "out/client: src/c.rs src/m.rs\n\nsrc/c.rs:\nsrc/m.rs:\n";
        let untouched = Untouched(
            [("server", server), ("client", client)]
                .map(|(name, rules)| Made {
                    name: name.to_owned(),
                    program: name.into(),
                    sources: sources(rules),
                })
                .into(),
        );
        let solution = files(&[("src/s.rs", "s"), ("src/c.rs", "c"), ("src/m.rs", "m")]);
        for (path, expected) in [
            ("src/s.rs", &["client"][..]),
            ("src/c.rs", &["server"]),
            ("src/m.rs", &[]),
        ] {
            let mut wrong = solution.clone();
            wrong.insert(path.to_owned(), "other".to_owned());
            let left = untouched.by(&wrong, &solution);
            assert_eq!(left.keys().collect::<Vec<_>>(), expected, "{path}");
        }
    }
}
