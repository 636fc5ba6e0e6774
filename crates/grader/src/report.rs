//! The one model of results, from which every format is made.
//!
//! Serialised as JSON it is what `cargo xtask grade --format json` prints;
//! `schema/report.schema.json` documents it. Two runs over the same files give
//! the same report, except for [`CheckResult::seconds`].

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::process::Command;

use exercise::{Check, Level};
use jail::{Promises, Tier};
use serde::{Deserialize, Serialize};

use crate::catalogue::Entry;
use crate::score;
use crate::spool::Spool;

/// The results of a run, and what is needed to repeat it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The lab that judged.
    pub lab: Lab,
    /// How strongly it was isolated from what it judged.
    pub tier: Tier,
    /// What held on the machine that judged; nothing, in a report that does not say.
    #[serde(default)]
    pub promises: Promises,
    /// Where the random data came from.
    pub seed: u32,
    /// In the order in which they were named, or by name within a folder.
    pub submissions: Vec<SubmissionResult>,
}

/// What is needed to repeat a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The lab that judged.
    pub lab: Lab,
    /// How strongly it was isolated from what it judged.
    pub tier: Tier,
    /// What held on the machine that judged.
    pub promises: Promises,
    /// Where the random data came from.
    pub seed: u32,
}

impl Head {
    /// Whether reports with these heads can be put together: the same lab judged in
    /// the same tier with the same random data. What its machines promised may differ.
    pub fn fits(&self, other: &Head) -> bool {
        self.lab == other.lab && self.tier == other.tier && self.seed == other.seed
    }

    /// What is needed to repeat the run, in one line.
    pub fn line(&self) -> String {
        let lab = &self.lab;
        let commit = lab.commit.as_deref().map(|id| format!(" ({id})"));
        format!(
            "lab {}{}, {}, tier {}, seed {}",
            lab.version,
            commit.unwrap_or_default(),
            lab.rustc,
            self.tier,
            self.seed
        )
    }

    /// What the machine that judged does not prevent, in one line; none where it
    /// prevents everything.
    pub fn not_prevented(&self) -> Option<String> {
        let broken = self.promises.broken();
        (!broken.is_empty()).then(|| broken.join("; "))
    }
}

/// Which lab gave a verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lab {
    /// The version of its packages.
    pub version: String,
    /// The commit, with `+changes` when the judge's own files differ from it;
    /// none outside of a git checkout.
    pub commit: Option<String>,
    /// What `rustc --version` says.
    pub rustc: String,
}

impl Lab {
    /// The lab in a folder, with the compiler that it uses.
    pub fn find(root: &Path, rustc: &str) -> Lab {
        let git = |arguments: &[&str]| {
            let output = Command::new("git")
                .arg("-C")
                .arg(root)
                .args(arguments)
                .output()
                .ok()?;
            let text = String::from_utf8(output.stdout).ok()?;
            output.status.success().then(|| text.trim().to_owned())
        };
        let judge = [
            "status",
            "--porcelain",
            "--",
            "crates",
            "xtask",
            "Cargo.lock",
        ];
        let changed = git(&judge).is_some_and(|changes| !changes.is_empty());
        let commit = git(&["rev-parse", "--short=12", "HEAD"]);
        Lab {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            commit: commit.map(|id| if changed { format!("{id}+changes") } else { id }),
            rustc: rustc.to_owned(),
        }
    }
}

/// What one submission earned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SubmissionResult {
    /// The folder's name, or `bin`.
    pub name: String,
    /// The sum over its exercises.
    pub score: u32,
    /// The most that the exercises can earn together.
    pub max_score: u32,
    /// In the order of the catalogue.
    pub exercises: Vec<ExerciseResult>,
}

/// What one exercise of one submission earned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExerciseResult {
    /// The exercise's folder, e.g. `09-echo-iterative`.
    pub id: String,
    /// Points of the core checks that passed.
    pub score: u32,
    /// Points of all core checks.
    pub max_score: u32,
    /// How far judging came.
    pub status: Status,
    /// Why it did not come further; none when all was judged.
    pub message: Option<String>,
    /// In the order of `exercise.toml`; empty if nothing was run.
    pub checks: Vec<CheckResult>,
}

/// How far judging an exercise came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Every check has its verdict.
    Graded,
    /// Nothing, or not everything, was handed in.
    Missing,
    /// What was handed in is not taken: a link, a device, too large, no text.
    Refused,
    /// The compiler refused it.
    BuildFailed,
    /// The lab itself could not judge a part of it.
    Ungraded,
}

/// The verdict of one check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CheckResult {
    /// The `#[test]` function's name.
    pub name: String,
    /// A number of the handout, or a rule.
    pub requirement: String,
    /// What a pass earns.
    pub points: u32,
    /// What it earned.
    pub earned: u32,
    /// Whether it counts in the score.
    pub level: Level,
    /// What a failure points to.
    pub concepts: Vec<String>,
    /// The verdict.
    pub verdict: Verdict,
    /// How long it took.
    pub seconds: f64,
    /// What was done, expected and seen; none when it passed.
    pub story: Option<String>,
    /// What came of judging again after a failure; none where nobody did. The
    /// verdict stays failed however many of the repetitions pass: a lucky pass
    /// is no pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeats: Option<Repeats>,
}

/// How often a check passed that was run again because it had failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repeats {
    /// Runs that passed.
    pub passed: u32,
    /// All runs, the first, which failed, among them.
    pub runs: u32,
}

/// What is said of a program by one check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The program keeps the requirement.
    Passed,
    /// It does not.
    Failed,
    /// A check that it builds on did not pass.
    NotRun,
    /// The lab could not judge; never the program's fault.
    Ungraded,
}

impl CheckResult {
    /// The result of a check with this verdict.
    pub fn new(check: &Check, verdict: Verdict, seconds: f64, story: Option<String>) -> Self {
        CheckResult {
            name: check.name.clone(),
            requirement: check.requirement.clone(),
            points: check.points,
            earned: score::earned(check, verdict),
            level: check.level,
            concepts: check.concepts.clone(),
            verdict,
            seconds: (seconds * 1000.0).round() / 1000.0,
            story,
            repeats: None,
        }
    }

    /// Whether it failed and passed on the same files: the `k` and the `n` of
    /// `flaky k/n`.
    pub fn flaky(&self) -> Option<Repeats> {
        self.repeats
            .filter(|repeats| self.verdict == Verdict::Failed && repeats.passed > 0)
    }
}

impl ExerciseResult {
    /// The first check, in order, of that verdict.
    pub fn first(&self, verdict: Verdict) -> Option<&CheckResult> {
        self.checks.iter().find(|check| check.verdict == verdict)
    }

    /// The result of an exercise, with one of each of its checks.
    pub fn judged(entry: &Entry, checks: Vec<CheckResult>) -> ExerciseResult {
        let mut of = checks.iter();
        let ungraded = of.find(|check| check.verdict == Verdict::Ungraded);
        ExerciseResult {
            id: entry.id.clone(),
            score: score::score(&checks),
            max_score: entry.max_score(),
            status: score::status(&checks),
            message: ungraded
                .map(|check| format!("the lab could not judge {}; run it again", check.name)),
            checks,
        }
    }

    /// The result of an exercise of which nothing was run.
    pub fn without(entry: &Entry, status: Status, message: &str) -> ExerciseResult {
        ExerciseResult {
            id: entry.id.clone(),
            score: 0,
            max_score: entry.max_score(),
            status,
            message: Some(message.trim_end().to_owned()),
            checks: Vec::new(),
        }
    }

    /// One line that says why the score is what it is; none for a full score.
    pub fn why(&self) -> Option<String> {
        let message = self.message.as_deref().map(|message| {
            let line = match self.status {
                Status::BuildFailed => message.lines().find(|line| line.starts_with("error")),
                _ => None,
            };
            line.or_else(|| message.lines().next())
                .unwrap_or_default()
                .to_owned()
        });
        match self.status {
            Status::Graded => {
                let failed = self.first(Verdict::Failed)?;
                let seen = failed.story.as_deref().and_then(seen).unwrap_or_default();
                let flaky = failed.flaky().map(|repeats| {
                    let Repeats { passed, runs } = repeats;
                    format!(" (flaky: {passed} of {runs} runs passed)")
                });
                let flaky = flaky.unwrap_or_default();
                Some(if seen.is_empty() {
                    format!("fails {}{flaky}", failed.name)
                } else {
                    format!("fails {}{flaky}: {seen}", failed.name)
                })
            }
            Status::Missing => message.or_else(|| Some("not handed in".into())),
            Status::BuildFailed => {
                Some(format!("does not compile: {}", message.unwrap_or_default()))
            }
            Status::Refused | Status::Ungraded => message,
        }
    }
}

/// The line of a story that says what was seen.
fn seen(story: &str) -> Option<&str> {
    let mut lines = story.lines();
    let told = lines
        .by_ref()
        .any(|line| line.starts_with("What happened instead"));
    let mut lines = if told { lines } else { story.lines() };
    lines.find(|line| !line.trim().is_empty()).map(str::trim)
}

impl SubmissionResult {
    /// Adds up the exercises.
    pub fn new(name: String, exercises: Vec<ExerciseResult>) -> Self {
        SubmissionResult {
            name,
            score: exercises.iter().map(|exercise| exercise.score).sum(),
            max_score: exercises.iter().map(|exercise| exercise.max_score).sum(),
            exercises,
        }
    }
}

impl Report {
    /// What is needed to repeat the run.
    pub fn head(&self) -> Head {
        Head {
            lab: self.lab.clone(),
            tier: self.tier,
            promises: self.promises,
            seed: self.seed,
        }
    }
}

/// Writes a report as the JSON that the schema describes, with a final newline,
/// one submission after another.
///
/// # Errors
///
/// It cannot be written, or the results not be read.
pub fn write_json(head: &Head, results: &Spool, to: impl Write) -> io::Result<()> {
    let mut to = BufWriter::new(to);
    let mut head = serde_json::to_string_pretty(head)?;
    // Without its last line: what follows is one thing more.
    head.truncate(head.rfind("\n}").unwrap_or(head.len()));
    write!(to, "{head},\n  \"submissions\": [")?;
    for (number, text) in results.texts().enumerate() {
        to.write_all(if number == 0 { b"\n    " } else { b",\n    " })?;
        to.write_all(&text?)?;
    }
    to.write_all(if results.is_empty() { b"]" } else { b"\n  ]" })?;
    to.write_all(b"\n}\n")?;
    to.flush()
}

/// Writes a file where it was asked for: whole, or not at all.
///
/// A plain file is written beside its place and renamed into it. What is no
/// plain file (a pipe, `/dev/full`) is written to as it is, since renaming
/// would replace it.
///
/// # Errors
///
/// What the system or `fill` says; nothing half-written stays behind.
pub fn write_atomically<E: From<io::Error>>(
    path: &Path,
    fill: impl FnOnce(&mut dyn Write) -> Result<(), E>,
) -> Result<(), E> {
    if fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        let mut file = File::options().write(true).open(path)?;
        fill(&mut file)?;
        return Ok(file.flush()?);
    }
    // Through a link, so that the link stays one.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".report-");
    #[cfg(unix)]
    {
        // As any other new file: what the umask leaves of rw-rw-rw-.
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(folder)?;
    fill(&mut file)?;
    file.as_file().sync_all()?;
    file.persist(&path).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_the_report_as_json() {
        for count in 0..3 {
            let exercise = ExerciseResult {
                id: "09-echo-iterative".into(),
                score: 0,
                max_score: 100,
                status: Status::Missing,
                message: Some("no\nfolder".into()),
                checks: Vec::new(),
            };
            let report = Report {
                lab: Lab {
                    version: "1".into(),
                    commit: None,
                    rustc: "rustc".into(),
                },
                tier: Tier::Cell,
                promises: Promises {
                    files_closed: true,
                    ..Promises::default()
                },
                seed: 7,
                submissions: ["ada", "ben"]
                    .iter()
                    .take(count)
                    .map(|name| SubmissionResult::new((*name).into(), vec![exercise.clone()]))
                    .collect(),
            };
            let spool = Spool::new().unwrap();
            for (number, result) in report.submissions.iter().enumerate() {
                spool.add(number, result).unwrap();
            }
            let mut bytes = Vec::new();
            write_json(&report.head(), &spool, &mut bytes).unwrap();
            let whole = serde_json::to_string_pretty(&report).unwrap() + "\n";
            assert_eq!(String::from_utf8(bytes).unwrap(), whole);
        }
    }

    #[test]
    fn a_file_is_replaced_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.json");
        fs::write(&path, "old").unwrap();
        write_atomically(&path, |file| file.write_all(b"new\n")).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new\n");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_full_device_is_reported_and_stays_a_device() {
        let error =
            write_atomically(Path::new("/dev/full"), |file| file.write_all(b"x")).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        assert!(!fs::metadata("/dev/full").unwrap().is_file());
    }

    #[test]
    fn a_folder_that_does_not_exist_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        assert!(
            write_atomically(
                &folder.path().join("no/report.json"),
                |_| io::Result::Ok(())
            )
            .is_err()
        );
    }
}
