//! What somebody with a class types.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use grader::shard::Shard;

use super::{How, shard};

/// `cargo xtask grade`
#[derive(Debug, Args)]
pub struct Grade {
    /// A submission, or a folder of submissions.
    pub path: Vec<PathBuf>,
    /// Take all that lies at PATH as one submission: its exercises may lie in
    /// several folders.
    #[arg(long, requires = "path")]
    pub as_one: bool,
    /// Grade a small class that comes with the lab.
    #[arg(long)]
    pub demo: bool,
    /// Grade the model solutions.
    #[arg(long)]
    pub solutions: bool,
    /// Judge an executable against an exercise; may be repeated.
    #[arg(long, value_name = "NN[/PROGRAM]=PATH")]
    pub bin: Vec<OsString>,
    /// Only these exercises.
    #[arg(long, value_name = "NN,…", value_delimiter = ',')]
    pub only: Vec<String>,
    /// Of the submissions only every N-th, from the K-th on; the reports of all
    /// parts are put together by `merge`. With fewer than N submissions the last
    /// parts are empty.
    #[arg(long, value_name = "K/N", default_value = "1/1", value_parser = shard)]
    pub shard: Shard,
    /// Judge again what was judged before: the same files under the same lab.
    #[arg(long)]
    pub fresh: bool,
    /// Judge each check that failed K times more. A pass then is no pass: it is
    /// reported as flaky.
    #[arg(long, value_name = "K", default_value_t = 0)]
    #[arg(value_parser = clap::value_parser!(u8).range(0..=20))]
    pub repeat_failed: u8,
    #[command(flatten)]
    pub deliver: Deliver,
    #[command(flatten)]
    pub how: How,
}

/// `cargo xtask merge`
#[derive(Debug, Args)]
pub struct Merge {
    /// Reports that `grade --format json` has written.
    #[arg(required = true)]
    pub report: Vec<PathBuf>,
    #[command(flatten)]
    pub deliver: Deliver,
}

/// What becomes of a report.
#[derive(Debug, Args)]
pub struct Deliver {
    /// What to write.
    #[arg(long, default_value = "text")]
    pub format: Format,
    /// Where to write it, instead of to standard output; a folder for a format
    /// that is a file a student.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Write pages for a browser: the class at a glance, and one a student.
    #[arg(long, value_name = "DIR")]
    pub html: Option<PathBuf>,
    /// Who is in the class: a CSV with the columns id, name, email, group,
    /// extension, submitted. Times count where --policy names deadlines; those without
    /// an offset are times of its time-zone.
    #[arg(long, value_name = "FILE")]
    pub roster: Option<PathBuf>,
    /// What counts, until when, and what students are shown
    /// (crates/class/grading.toml explains it).
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    /// List whose grade would be another under this policy.
    #[arg(long, value_name = "FILE")]
    pub what_if: Option<PathBuf>,
    /// What Moodle calls the assignment.
    #[arg(long, value_name = "NAME", default_value = "Socket lab")]
    pub assignment: String,
    /// By what Moodle finds a user: their ID number or their e-mail address.
    #[arg(long, value_name = "KEY", default_value = "id")]
    pub moodle_key: MoodleKey,
}

/// The formats of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A table for people.
    Text,
    /// The whole report, as crates/grader/schema/report.schema.json describes it.
    Json,
    /// A row a student, a column an exercise.
    Csv,
    /// What Moodle imports as grades.
    Moodle,
    /// Gradescope's results.json.
    Gradescope,
    /// Classroom 50's result/v1, of one submission in its runner.
    Classroom50,
    /// JUnit's XML: a failure is the student's, an error the lab's.
    Junit,
    /// Annotations of a GitHub workflow.
    Github,
}

/// By what Moodle finds a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum MoodleKey {
    /// The roster's id, which Moodle calls the ID number.
    Id,
    /// The roster's e-mail address.
    Email,
}

/// `cargo xtask handout`
#[derive(Debug, Args)]
pub struct Handout {
    /// The folder to make.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
}

/// `cargo xtask package`
#[derive(Debug, Args)]
pub struct Package {
    /// Which system.
    pub system: System,
    /// The archive to write.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Only these exercises are judged there.
    #[arg(long, value_name = "NN,…", value_delimiter = ',')]
    pub only: Vec<String>,
}

/// Systems that take an archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum System {
    /// An autograder of Gradescope.
    Gradescope,
}

/// `cargo xtask similarity`
#[derive(Debug, Args)]
pub struct Similarity {
    /// A folder of submissions.
    #[arg(required = true)]
    pub path: Vec<PathBuf>,
    /// The folder to make.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Which tool.
    #[arg(long = "for", value_name = "TOOL", default_value = "jplag")]
    pub tool: Tool,
    /// Only these exercises.
    #[arg(long, value_name = "NN,…", value_delimiter = ',')]
    pub only: Vec<String>,
}

/// Tools that find what is alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Tool {
    /// JPlag: a folder a submission.
    Jplag,
    /// Dolos: a file a submission, and a list of them.
    Dolos,
}
