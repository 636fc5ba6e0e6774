//! What somebody who works on the lab types.

use clap::{Args, ValueEnum};
use grader::shard::Shard;

use super::{How, shard};

/// `cargo xtask skeletons`
#[derive(Debug, Args)]
pub struct Skeletons {
    /// Only this exercise.
    pub exercise: Option<String>,
    /// Write nothing; fail if a skeleton is not what its solution gives.
    #[arg(long, conflicts_with = "force")]
    pub check: bool,
    /// Also replace what you have changed; a copy of it is kept beside it.
    #[arg(long)]
    pub force: bool,
}

/// `cargo xtask verify`
#[derive(Debug, Args)]
pub struct Verify {
    /// Only this exercise.
    pub exercise: Option<String>,
    /// Write the stories that bugs are told as the golden ones.
    #[arg(long)]
    pub bless: bool,
    /// Judge nothing: only hold the solutions, mistakes and variants against
    /// the formatter and the linter.
    #[arg(long, conflicts_with_all = ["bless", "repeat"])]
    pub lint: bool,
    /// How many times over.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub repeat: u32,
    /// Of the right programs and of the mistakes of each exercise only every
    /// N-th, from the K-th on.
    #[arg(long, value_name = "K/N", default_value = "1/1", value_parser = shard)]
    pub shard: Shard,
    #[command(flatten)]
    pub how: How,
}

/// `cargo xtask mutants`
#[derive(Debug, Args)]
pub struct Mutants {
    /// Only this exercise.
    pub exercise: Option<String>,
    /// Name every mutant, and the check that fails for it.
    #[arg(long, short)]
    pub verbose: bool,
    #[command(flatten)]
    pub how: How,
}

/// `cargo xtask bench`
#[derive(Debug, Args)]
pub struct Bench {
    /// What to measure [default: everything].
    #[arg(value_name = "PART")]
    pub parts: Vec<Part>,
    /// How often, whatever the part [default: as often as the part needs]; of `class`,
    /// how many submissions.
    #[arg(long, visible_alias = "submissions", value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub repetitions: Option<u16>,
    #[command(flatten)]
    pub how: How,
}

/// What can be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// The lab's servers against plain C programs, ncat and socat.
    Servers,
    /// How long judging takes: right programs, wrong ones, those that hang.
    Judge,
    /// `check 09` after an edit, against building and running the tests by hand.
    Edit,
    /// `watch 09` from a save to the verdict, against `check 09`.
    Watch,
    /// A fresh clone up to the first verdict, split into its parts.
    Cold,
    /// What judging a class costs, and resuming it; --submissions 100 for one of a hundred.
    Class,
    /// All solutions, and the whole bank.
    Course,
    /// Every right program, again and again, while all processors are busy.
    Steady,
}
