//! Each check in a cell of its own, and its verdict.
//!
//! A check is one test of a trusted test binary. It runs inside the cell and
//! outside the jail; the program under judgement runs inside both. The verdict
//! is the test process's exit status and the file that it writes, never
//! anything that was printed.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use exercise::Check;
use jail::{Cell, Jail, Limits, UNAVAILABLE};
use serde::Deserialize;

use crate::build::hand_over;
use crate::catalogue::Entry;
use crate::process::{self, End};
use crate::report::{CheckResult, Repeats, Verdict};
use crate::seed::{CheckBinary, Seed};
use crate::stop::{Stop, Stopped};
use crate::work::remove;

/// How long one check may take. The checks themselves notice a program that
/// hangs within seconds; this is for a check that hangs itself.
pub const DEADLINE: Duration = Duration::from_secs(60);

/// How much of what a test process prints is kept, in bytes.
const OUTPUT: usize = 16 * 1024;

/// The exit status of a test process whose check could not judge.
const UNGRADED: i32 = 70;

/// The exit status of a test process whose test failed.
const FAILED: i32 = 101;

/// How often a check is run that cannot judge: what it lacked (a process, a
/// port) may be there a moment later. A verdict is never asked for twice.
const TRIES: u32 = 2;

/// How one check is to be run.
#[derive(Debug)]
pub struct Runner<'a> {
    /// What the lab has built.
    pub seed: &'a Seed,
    /// Which of the cells that exist at once this one is.
    pub slot: u32,
    /// Where the check's random data come from.
    pub random: u32,
    /// The factor by which deadlines are stretched.
    pub patience: f64,
    /// How often a check that failed is judged again.
    pub repeats: u32,
    /// When to give up.
    pub stop: &'a Stop,
}

/// What a test process leaves behind when its check did not pass.
#[derive(Deserialize)]
struct Told {
    verdict: Verdict,
    story: String,
}

impl Runner<'_> {
    /// Runs one check against the programs of an exercise. Everything that it
    /// leaves behind lies under `folder`, which must be empty.
    ///
    /// # Errors
    ///
    /// [`Stopped`]; every other trouble is a verdict: ungraded.
    pub fn run(
        &self,
        entry: &Entry,
        programs: &BTreeMap<String, PathBuf>,
        check: &Check,
        folder: &Path,
    ) -> Result<CheckResult, Stopped> {
        let mut result = self.once(entry, programs, check, folder)?;
        if result.verdict != Verdict::Failed || self.repeats == 0 {
            return Ok(result);
        }
        let mut repeats = Repeats { passed: 0, runs: 1 };
        for _ in 0..self.repeats {
            let again = self.once(entry, programs, check, folder)?;
            result.seconds += again.seconds;
            repeats.runs += 1;
            repeats.passed += u32::from(again.verdict == Verdict::Passed);
        }
        result.repeats = Some(repeats);
        Ok(result)
    }

    fn once(
        &self,
        entry: &Entry,
        programs: &BTreeMap<String, PathBuf>,
        check: &Check,
        folder: &Path,
    ) -> Result<CheckResult, Stopped> {
        let mut tries = TRIES;
        loop {
            tries -= 1;
            match self.judge(entry, programs, check, folder) {
                Ok((Verdict::Ungraded, ..)) if tries > 0 => {}
                Ok((verdict, seconds, story)) => {
                    let story = (verdict != Verdict::Passed).then_some(story);
                    return Ok(CheckResult::new(check, verdict, seconds, story));
                }
                Err(error) if error.is::<Stopped>() => return Err(Stopped),
                Err(error) => {
                    let story = ungraded(&format!("{error:#}"));
                    return Ok(CheckResult::new(check, Verdict::Ungraded, 0.0, Some(story)));
                }
            }
        }
    }

    fn judge(
        &self,
        entry: &Entry,
        programs: &BTreeMap<String, PathBuf>,
        check: &Check,
        folder: &Path,
    ) -> Result<(Verdict, f64, String)> {
        let binary = self
            .seed
            .checks
            .get(&entry.id)
            .ok_or_else(|| anyhow!("the checks of {} were not built", entry.id))?;
        if !binary.listed.contains(&check.name) {
            bail!(
                "the checks of {} have no test named {}",
                entry.id,
                check.name
            );
        }
        let told = folder.join("story");
        fs::create_dir_all(&told).context("make a folder for the story")?;
        let story = told.join("story.json");
        // What an earlier try has told.
        let _ = fs::remove_file(&story);
        let mut command = self.command(entry, binary, programs, check, folder, &told)?;
        let deadline = DEADLINE.mul_f64(self.patience);
        let ended = process::run(&mut command, deadline, OUTPUT, self.stop)
            .with_context(|| format!("start {}", self.seed.cell.display()))?;
        let status = match ended.end {
            End::Stopped => bail!(Stopped),
            End::Deadline => bail!(
                "{} did not end within {} seconds and was killed",
                check.name,
                deadline.as_secs()
            ),
            End::Own(status) => status,
        };
        let printed = || format!("{}{}", ended.stdout.text(), ended.stderr.text());
        let (verdict, story) = verdict(status, &story, printed);
        Ok((verdict, ended.took.as_secs_f64(), story))
    }

    fn command(
        &self,
        entry: &Entry,
        binary: &CheckBinary,
        programs: &BTreeMap<String, PathBuf>,
        check: &Check,
        folder: &Path,
        told: &Path,
    ) -> Result<Command> {
        let seed = self.seed;
        let scratch = folder.join("scratch");
        let test = seed.place(&binary.path, "/lab/checks");
        let tool = seed.place(&seed.jail, "/lab/jail");
        let story = seed.place(told, "/lab/story");
        let mut cell = Cell::new(seed.tier, &seed.cell)
            .slot(self.slot)
            .scratch_folder(&scratch)
            .scratch_size(entry.data.scratch << 20)
            .processes(2000)
            .memory(4 << 30)
            .read_only_at(&binary.path, &test)
            .read_only_at(&seed.jail, &tool)
            .writable_at(told, &story)
            .env("LAB_STORY", story.join("story.json"))
            .env("LAB_SEED", self.random.to_string())
            .env("LAB_PATIENCE", self.patience.to_string());
        if !seed.tier.has_cell() {
            // What an earlier try has left there would tell this one how often it ran.
            remove(&scratch);
            fs::create_dir_all(&scratch).context("make a scratch folder")?;
            hand_over(&scratch, seed.tier, self.slot).context("prepare the scratch folder")?;
        }
        let mut jail = Jail::new(seed.tier)
            .slot(self.slot)
            .scratch(cell.scratch())
            .limits(Limits {
                processes: entry.data.processes,
                ..Limits::default()
            });
        for folder in &seed.hidden {
            cell = cell.hide(folder);
            jail = jail.hide(folder);
        }
        for (name, real) in programs {
            let program = seed.place(real, &format!("/lab/bin/{name}"));
            cell = cell
                .read_only_at(real, &program)
                .env(format!("CARGO_BIN_EXE_{name}"), &program);
            jail = jail.read(program);
        }
        let runner = jail.runner(&tool).ok_or_else(|| {
            anyhow!(
                "the path {} holds a blank, which no runner can have",
                tool.display()
            )
        })?;
        let cell = cell.env(seed.toolchain.runner_variable(), runner);
        let mut command = cell.command(
            &test,
            ["--exact", &check.name, "--test-threads", "1"].map(OsString::from),
        );
        clean_environment(&mut command, cell.scratch());
        Ok(command)
    }
}

/// Leaves of the environment only what the lab has put there, so that a
/// verdict depends on nothing else.
pub fn clean_environment(command: &mut Command, scratch: &Path) {
    let own: Vec<(OsString, OsString)> = command
        .get_envs()
        .filter_map(|(key, value)| Some((key.to_owned(), value?.to_owned())))
        .collect();
    command
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .env("HOME", scratch)
        .env("TMPDIR", scratch)
        .env("LANG", "C.UTF-8")
        .env("TERM", "dumb")
        .envs(own);
}

/// The verdict of a test process that has come to its end.
fn verdict(status: ExitStatus, told: &Path, printed: impl FnOnce() -> String) -> (Verdict, String) {
    let told: Option<Told> = fs::read(told)
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok());
    match (status.code(), told) {
        (Some(0), _) => (Verdict::Passed, String::new()),
        (
            Some(FAILED),
            Some(Told {
                verdict: Verdict::Failed,
                story,
            }),
        ) => (Verdict::Failed, story),
        (Some(UNGRADED), Some(told)) => (Verdict::Ungraded, told.story),
        (Some(UNAVAILABLE), _) => (
            Verdict::Ungraded,
            ungraded(&format!("no cell to run the check in: {}", printed())),
        ),
        (Some(code), _) => (
            Verdict::Ungraded,
            ungraded(&format!(
                "the check ended with status {code} and no story\n{}",
                printed()
            )),
        ),
        (None, _) => (
            Verdict::Ungraded,
            ungraded(&format!(
                "the check was ended by signal {}\n{}",
                status.signal().unwrap_or_default(),
                printed()
            )),
        ),
    }
}

fn ungraded(why: &str) -> String {
    format!(
        "The lab could not judge this; it says nothing about the program.\n{}",
        why.trim_end()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(code: i32) -> ExitStatus {
        ExitStatus::from_raw(code << 8)
    }

    fn told(verdict: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        let text = format!(r#"{{"verdict":"{verdict}","story":"what was seen"}}"#);
        fs::write(file.path(), text).unwrap();
        file
    }

    #[test]
    fn only_status_0_passes_whatever_was_printed() {
        let nowhere = Path::new("/nonexistent");
        let printed = || "test result: ok. 1 passed".to_owned();
        assert_eq!(verdict(ended(0), nowhere, printed).0, Verdict::Passed);
        assert_eq!(verdict(ended(101), nowhere, printed).0, Verdict::Ungraded);
        assert_eq!(verdict(ended(1), nowhere, printed).0, Verdict::Ungraded);
        assert_eq!(
            verdict(ExitStatus::from_raw(9), nowhere, printed).0,
            Verdict::Ungraded
        );
    }

    #[test]
    fn a_failure_needs_both_the_status_and_the_story() {
        let failed = told("failed");
        let (found, story) = verdict(ended(101), failed.path(), String::new);
        assert_eq!((found, story.as_str()), (Verdict::Failed, "what was seen"));
        assert_eq!(
            verdict(ended(2), failed.path(), String::new).0,
            Verdict::Ungraded
        );
        let ungraded = told("ungraded");
        assert_eq!(
            verdict(ended(101), ungraded.path(), String::new).0,
            Verdict::Ungraded
        );
        let (found, story) = verdict(ended(70), ungraded.path(), String::new);
        assert_eq!(
            (found, story.as_str()),
            (Verdict::Ungraded, "what was seen")
        );
    }

    #[test]
    fn a_cell_that_could_not_be_made_is_the_labs_fault() {
        let (found, story) = verdict(ended(125), Path::new("/nonexistent"), || {
            "unshare: no".to_owned()
        });
        assert_eq!(found, Verdict::Ungraded);
        assert!(story.contains("unshare: no"), "{story}");
    }
}
