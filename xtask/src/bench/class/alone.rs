//! The compiler and the programs as they are without a judge around them.
//!
//! - **The compiler's own work**: the `rustc` of the toolchain, called directly, with the flags and
//!   the libraries that the judge gives it: the student's files and the given code are compiled
//!   and linked, nothing that they depend on.
//! - **The programs' own time**: the checks, each a process of its own, with the programs that they
//!   start as ordinary processes, without a jail. The checks are counted with the programs, since
//!   no program here runs without the peer that it talks to.
//!
//! The checks of an exercise run in *one* cell, which costs what making it costs, and that is not
//! counted. Outside of any, a check looks at the processes and sockets of the whole machine, and
//! what it needs depends on what else runs there: on a busy one, more than in a cell.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use grader::build::rustc;
use grader::catalogue::Entry;
use grader::grade::{Candidate, Options, Slot};
use grader::process::{self, End};
use grader::run::clean_environment;
use grader::seed::Seed;
use grader::stage::Stage;
use grader::stop::Stopped;
use grader::submission::Intake;
use jail::Cell;

use crate::bench::cargo::DEADLINE;
use crate::bench::processor;

/// Runs the checks whose names are its arguments, one after another, each with a folder of
/// its own; prints how many did not pass. The ports are free ones: that of the check before is
/// taken for a while (`man 7 tcp`, TIME_WAIT). The names of the programs' variables may hold a
/// `-`, and no shell passes such ones on: `@VARIABLES@` are given to each check.
const EACH: &str = r#"
unset LAB_CELL
all=$LAB_SCRATCH failed=0
for name do
    LAB_SCRATCH=$all/$name HOME=$LAB_SCRATCH TMPDIR=$LAB_SCRATCH
    export LAB_SCRATCH HOME TMPDIR
    mkdir "$LAB_SCRATCH"
    cd "$LAB_SCRATCH" || exit
    env @VARIABLES@ "$LAB_CHECKS" --exact "$name" --test-threads 1 >/dev/null 2>&1 || failed=$((failed + 1))
    cd / && rm -rf "$LAB_SCRATCH"
done
echo $failed
"#;

/// How much of an output is kept, in bytes.
const OUTPUT: usize = 64 * 1024;

/// What runs alone.
pub struct Alone<'a> {
    seed: &'a Seed,
    options: &'a Options,
    slot: Slot,
    /// How many folders were made.
    made: usize,
    /// Checks that did not pass so; the judge knows better.
    pub not_passed: usize,
}

/// Processor time, in seconds.
#[derive(Debug, Default, Clone, Copy)]
pub struct Cost {
    /// Of the compiler.
    pub compiler: f64,
    /// Of the checks with the programs.
    pub programs: f64,
}

impl<'a> Alone<'a> {
    /// With what a seed has built.
    pub fn new(seed: &'a Seed, options: &'a Options) -> Alone<'a> {
        Alone {
            seed,
            options,
            slot: Slot::take(),
            made: 0,
            not_passed: 0,
        }
    }

    /// Compiles and runs a submission.
    pub fn submission(&mut self, candidate: &Candidate<'_>) -> Result<Cost> {
        let mut cost = Cost::default();
        for attempt in &candidate.attempts {
            let Intake::Taken(files) = &attempt.intake else {
                bail!("{} has no files", attempt.entry.id);
            };
            self.made += 1;
            let folder = self.seed.work.folder(format!("alone-{}", self.made))?;
            let start = processor();
            let programs = self.compile(attempt.entry, files, &folder)?;
            cost.compiler += processor() - start;
            let names = attempt.entry.data.checks.iter().map(|one| &*one.name);
            let names: Vec<&str> = names.collect();
            // What a cell costs in which nothing is done.
            let start = processor();
            self.run(attempt.entry, &programs, &[], &folder)?;
            let empty = processor();
            self.not_passed += self.run(attempt.entry, &programs, &names, &folder)?;
            cost.programs += (processor() - empty) - (empty - start);
            grader::work::remove(&folder);
        }
        Ok(cost)
    }

    fn compile(
        &self,
        entry: &Entry,
        files: &BTreeMap<String, String>,
        folder: &Path,
    ) -> Result<BTreeMap<String, PathBuf>> {
        let stage = folder.join("stage");
        fs::create_dir(&stage).with_context(|| format!("make {}", stage.display()))?;
        let stage = Stage::fill(&stage, entry, files)
            .with_context(|| format!("fill the stage of {}", entry.id))?;
        let mut programs = BTreeMap::new();
        for program in &entry.programs {
            let output = folder.join(&program.name);
            let mut command = rustc::alone(self.seed, entry, program, &stage, &output);
            let stop = &self.options.stop;
            let ended = process::run(&mut command, DEADLINE, OUTPUT, stop).context("run rustc")?;
            match ended.end {
                End::Own(status) if status.success() => {}
                End::Stopped => bail!(Stopped),
                _ => bail!("{} does not compile: {}", program.name, ended.stderr.text()),
            }
            programs.insert(program.name.clone(), output);
        }
        Ok(programs)
    }

    /// Runs the named checks in one cell, and gives how many did not pass.
    fn run(
        &self,
        entry: &Entry,
        programs: &BTreeMap<String, PathBuf>,
        names: &[&str],
        folder: &Path,
    ) -> Result<usize> {
        let seed = self.seed;
        let checks = seed.checks.get(&entry.id);
        let checks = checks.with_context(|| format!("the checks of {}", entry.id))?;
        let scratch = folder.join("scratch");
        fs::create_dir_all(&scratch).context("make a scratch folder")?;
        let place = seed.place(&checks.path, "/lab/checks");
        let mut cell = Cell::new(seed.tier, &seed.cell)
            .slot(self.slot.number())
            .scratch_folder(&scratch)
            .scratch_size(entry.data.scratch << 20)
            .read_only_at(&checks.path, &place)
            .env("LAB_CHECKS", &place)
            .env("LAB_SEED", self.options.random.to_string())
            .env("LAB_PATIENCE", self.options.patience.to_string());
        let mut variables = Vec::new();
        for (name, real) in programs {
            let program = seed.place(real, &format!("/lab/bin/{name}"));
            cell = cell.read_only_at(real, &program);
            let value = program.display().to_string().replace('\'', r"'\''");
            variables.push(format!("'CARGO_BIN_EXE_{name}={value}'"));
        }
        let each = EACH.replace("@VARIABLES@", &variables.join(" "));
        let script = ["-c", &each, "checks"];
        let mut command = cell.command("/bin/sh", script.iter().chain(names));
        clean_environment(&mut command, cell.scratch());
        let stop = &self.options.stop;
        let ended = process::run(&mut command, DEADLINE, OUTPUT, stop).context("start a cell")?;
        match ended.end {
            End::Stopped => bail!(Stopped),
            End::Own(status) if status.success() => {}
            _ => bail!(
                "the checks of {} did not run alone: {}",
                entry.id,
                ended.stderr.text()
            ),
        }
        let said = ended.stdout.text();
        said.trim()
            .parse()
            .with_context(|| format!("the checks of {} said {said:?}", entry.id))
    }
}
