//! What can be typed.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use grader::verify::Shard;
use jail::Tier;

/// The socket lab: learn TCP sockets by writing programs that are judged.
#[derive(Debug, Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    version,
    after_help = "Exit status: 0 done, 1 the lab failed (`check`: a check failed), 2 wrong usage.\n\n\
                  Example: cargo xtask check 09"
)]
pub struct Cli {
    /// Without one: where you are, and what to type next.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What the lab can be asked to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show the map: the seven parts, their exercises, and how far you are.
    #[command(after_help = "Example: cargo xtask list")]
    List,
    /// Judge your own program, and tell what the first failure looked like.
    #[command(
        after_help = "EXERCISE is 9, 09, 09-echo-iterative or echo-iterative. Without one: the \
                            exercise whose folder you are in, or else those that you have begun. What \
                            was judged before is told at once, as long as nothing has changed.\n\n\
                            Examples:\n  cargo xtask check 09\n  cargo xtask check 09 --bin ./my-server"
    )]
    Check(Check),
    /// Judge your program each time you save it, on one screen.
    #[command(
        after_help = "EXERCISE is as for `check`. Without one: the exercise whose folder you are in, \
                            or else the one in progress, or else the next.\n\n\
                            On the screen, ? says what the keys do. In plain mode (also where standard \
                            input or output is no terminal) sentences are appended, and a key is typed \
                            as a line.\n\n\
                            Examples:\n  cargo xtask watch\n  cargo xtask watch 09 --plain"
    )]
    Watch(Watch),
    /// Get a hint for the check that fails: one at a time, from vague to concrete.
    #[command(
        after_help = "Without EXERCISE: the one whose folder you are in, or else the one that \
                            `cargo xtask` says you are at. What has changed is judged first. Hints \
                            that you have seen are shown again; they cost no points.\n\n\
                            Examples:\n  cargo xtask hint\n  cargo xtask hint 09\n  \
                            cargo xtask hint 09 --check survives_a_reset"
    )]
    Hint(Hint),
    /// Show how far you have come.
    #[command(
        after_help = "It is kept in .lab/progress.toml, which belongs into your repository, and \
                            decides nothing: it may be thrown away.\n\n\
                            Examples:\n  cargo xtask progress\n  cargo xtask progress --rebuild"
    )]
    Progress(Progress),
    /// Begin an exercise anew; what you wrote is kept in .lab/backups.
    #[command(after_help = "Example: cargo xtask reset 09")]
    Reset(Reset),
    /// Show the solution of an exercise that you have passed.
    #[command(after_help = "Example: cargo xtask solution 09")]
    Solution(Solution),
    /// Show what leads from your program to the solution.
    #[command(
        after_help = "Lines with - are yours, those with + the solution's.\n\n\
                            Example: cargo xtask diff 09"
    )]
    Diff(Solution),
    /// Run your program by hand, where the lab would judge it, with a peer beside it.
    #[command(
        after_help = "EXERCISE as for `check`. Everything runs in one terminal: the peer has it, and \
                            what your program prints stands behind its name. `--join` in a second \
                            terminal gives a shell in the same place, with your programs in its \
                            search path. ^C ends everything. Where there are no cells (`cargo xtask \
                            doctor`), it runs on this machine's own network, on a free port.\n\n\
                            Examples:\n  cargo xtask try 09\n  cargo xtask try 09 --join\n  \
                            cargo xtask try 10 --shell --strace\n  \
                            printf 'one\\ntwo\\n' | cargo xtask try 09"
    )]
    Try(Try),
    /// Look whether the lab can work on this machine, and say what to do.
    #[command(
        after_help = "Everything is tried, nothing is changed: a program is compiled and linked, \
                            connections are made, a cell is built. `mend` is what keeps the lab from \
                            working, `note` what it can do without.\n\n\
                            Exit status: 0 the lab can work here, 1 it cannot.\n\n\
                            Example: cargo xtask doctor"
    )]
    Doctor,
    /// Print what makes a shell complete `cargo xtask`, exercises included.
    #[command(
        after_help = "What your shell completes for cargo itself goes on working. To install, once:\n\n  \
                            bash  cargo xtask completions bash > ~/.cargo-xtask.bash\n        \
                            echo '. ~/.cargo-xtask.bash' >> ~/.bashrc\n  \
                            zsh   cargo xtask completions zsh > ~/.cargo-xtask.zsh\n        \
                            echo '. ~/.cargo-xtask.zsh' >> ~/.zshrc      (after compinit)\n  \
                            fish  cargo xtask completions fish > ~/.config/fish/conf.d/cargo-xtask.fish\n\n\
                            Then open a new shell. After an update of the lab, do the first line again.\n\n\
                            Example: cargo xtask completions bash"
    )]
    Completions {
        /// Which shell.
        shell: Shell,
    },
    /// Grade submissions, and print a table or write a report.
    #[command(
        after_help = "PATH is one submission (a folder with folders named as exercises) or a \
                            folder of submissions. Without any: your own exercises/. What was graded \
                            before, the same files under the same lab, is not judged again; so a \
                            run that was killed goes on where it stopped.\n\n\
                            Examples:\n  cargo xtask grade --demo\n  \
                            cargo xtask grade class/ --only 09,10 --format json --out report.json\n  \
                            cargo xtask grade class.zip --roster class.csv --policy grading.toml \
                            --html pages\n  \
                            cargo xtask grade --bin 09=./my-server"
    )]
    Grade(Grade),
    /// Put reports of parts of a class together; nothing is judged.
    #[command(after_help = "Examples:\n  cargo xtask merge part-*.json\n  \
                            cargo xtask merge part-*.json --format json --out class.json")]
    Merge(Merge),
    /// Bring a new version of the lab into your own, and keep what you wrote.
    #[command(
        after_help = "Without SOURCE the new version is fetched: from the remote `upstream` if there is \
                            one, else from what your branch follows, else from `origin`.\n\n\
                            A file to hand in that you have written stays; where the lab has changed \
                            its skeleton, both changes are merged. If both changed the same place, \
                            your file stays as it is, and the new one lies beside it under \
                            .lab/updates/, with a third that shows both. Every other file of the \
                            lab becomes the new one; if you had changed it, yours is kept there too. \
                            Files that you have added stay. Nothing is committed, staged or stashed.\n\n\
                            If it is interrupted, `cargo xtask update` goes on where it stopped, and \
                            `cargo xtask update --undo` takes it back.\n\n\
                            Exit status: 0 the new version is in place (also with conflicts: they are \
                            for you to decide), 1 it could not be fetched or written, 2 something is \
                            to be done first; then nothing was changed.\n\n\
                            Examples:\n  cargo xtask update\n  \
                            cargo xtask update --dry-run\n  \
                            cargo xtask update ../socket-lab-2\n  \
                            cargo xtask update --git https://example.org/socket-lab.git"
    )]
    Update(Update),
    /// Write the lab as students get it: without solutions, and without what
    /// the judge is tested with.
    #[command(
        after_help = "DIR must not exist, or be empty. The files to hand in are the skeletons, \
                            whatever lies in their places here.\n\n\
                            Example: cargo xtask handout --out ../socket-lab"
    )]
    Handout(Handout),
    /// Write what another system needs to judge with this lab.
    #[command(
        after_help = "The lab in the archive is the one that students get: no solution is in it.\n\n\
                            Example: cargo xtask package gradescope --only 08,09 --out autograder.zip"
    )]
    Package(Package),
    /// Hand submissions to a tool that finds those that are alike.
    #[command(
        after_help = "DIR must not exist, or be empty. The tool is none of the lab's: the command \
                            that is to be run next is printed.\n\n\
                            Examples:\n  cargo xtask similarity class/ --out alike --for jplag\n  \
                            cargo xtask similarity class/ --only 10 --out alike --for dolos"
    )]
    Similarity(Similarity),
    /// Write the skeletons, made from the solutions.
    #[command(
        after_help = "A file that you have changed is left alone, unless --force is given: then \
                            a copy of it is kept.\n\n\
                            Examples:\n  cargo xtask skeletons --check\n  \
                            cargo xtask skeletons 09 --force"
    )]
    Skeletons(Skeletons),
    /// Hold the judge against known mistakes and unusual right programs.
    #[command(
        after_help = "Examples:\n  cargo xtask verify 09\n  cargo xtask verify --repeat 3\n  \
                      cargo xtask verify --shard 2/4\n  \
                            cargo xtask verify 09 --bless"
    )]
    Verify(Verify),
    /// Change the solutions in one small place after another: a check must see it.
    #[command(
        after_help = "The changes are those of cargo-mutants (`cargo install cargo-mutants`); they \
                            are judged as any submission is. A change that no check sees is a hole in \
                            the checks, or it is explained in exercises/NN-name/mutants.toml.\n\n\
                            Exit status: 0 every survivor is explained, 1 one is not, or one that is \
                            does not survive.\n\n\
                            Examples:\n  cargo xtask mutants 09\n  cargo xtask mutants --verbose"
    )]
    Mutants(Mutants),
    /// Measure the lab, as ratios with the bounds that they should keep.
    #[command(
        after_help = "What is compared is measured in turns (A B A B ...), so that a busy machine \
                            hits both alike. A ratio is the median; 19 times out of 20 the true one \
                            is within what stands beside it. No figure is a failure.\n\n\
                            Examples:\n  cargo xtask bench\n  cargo xtask bench servers\n  \
                            cargo xtask bench judge edit --repetitions 3"
    )]
    Bench(Bench),
}

/// `cargo xtask check`
#[derive(Debug, Args)]
pub struct Check {
    /// Which exercise.
    pub exercise: Option<String>,
    /// Judge this executable, in whatever language it was written.
    #[arg(long, value_name = "PATH")]
    pub bin: Option<PathBuf>,
    /// Judge again what was judged before, although nothing has changed.
    #[arg(long)]
    pub fresh: bool,
    #[command(flatten)]
    pub how: How,
}

/// `cargo xtask watch`
#[derive(Debug, Args)]
pub struct Watch {
    /// Which exercise to begin with.
    pub exercise: Option<String>,
    /// Tell it in sentences, one below the other: for screen readers, files and pipes.
    #[arg(long)]
    pub plain: bool,
    #[command(flatten)]
    pub how: How,
}

/// `cargo xtask hint`
#[derive(Debug, Args)]
pub struct Hint {
    /// Which exercise.
    pub exercise: Option<String>,
    /// For this check; nothing is judged.
    #[arg(long, value_name = "NAME")]
    pub check: Option<String>,
    #[command(flatten)]
    pub how: How,
}

/// `cargo xtask progress`
#[derive(Debug, Args)]
pub struct Progress {
    /// Make it anew: judge every program that is no longer its skeleton.
    #[arg(long)]
    pub rebuild: bool,
    #[command(flatten)]
    pub how: How,
}

/// `cargo xtask reset`
#[derive(Debug, Args)]
pub struct Reset {
    /// Which exercise.
    pub exercise: String,
    /// Do not ask.
    #[arg(long, short)]
    pub yes: bool,
}

/// `cargo xtask solution` and `cargo xtask diff`
#[derive(Debug, Args)]
pub struct Solution {
    /// Which exercise.
    pub exercise: String,
    /// Also before it has passed.
    #[arg(long)]
    pub spoil: bool,
}

/// `cargo xtask try`
#[derive(Debug, Args)]
pub struct Try {
    /// Which exercise.
    pub exercise: Option<String>,
    /// Open a shell where it is being tried in another terminal.
    #[arg(long, conflicts_with_all = ["shell", "strace", "ss", "bin"])]
    pub join: bool,
    /// Have a shell in front instead of the peer.
    #[arg(long)]
    pub shell: bool,
    /// Run your programs under strace.
    #[arg(long)]
    pub strace: bool,
    /// At the end, show the sockets that there are.
    #[arg(long)]
    pub ss: bool,
    /// Try this executable instead, in whatever language it was written.
    #[arg(long, value_name = "PATH")]
    pub bin: Option<PathBuf>,
    /// How strongly to isolate: auto, vm, cell, jail or none.
    #[arg(long, default_value = "auto", value_parser = tier)]
    pub tier: AskedTier,
}

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
    /// extension, submitted.
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

/// What `check` and `grade` have in common.
#[derive(Debug, Args)]
pub struct How {
    /// How many checks may run at a time [default: one a processor; `verify`: two].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub jobs: Option<u16>,
    /// How strongly to isolate: auto, vm, cell, jail or none.
    #[arg(long, default_value = "auto", value_parser = tier)]
    pub tier: AskedTier,
    /// Where the checks' random data come from.
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub seed: u32,
}

/// `cargo xtask update`
#[derive(Debug, Args)]
pub struct Update {
    /// The folder that the new version was unpacked into.
    #[arg(conflicts_with = "git")]
    pub source: Option<PathBuf>,
    /// Fetch the new version from here: a remote, or the address of a repository.
    #[arg(long, value_name = "REMOTE[/BRANCH]")]
    pub git: Option<String>,
    /// Say what would be done, and change no file.
    #[arg(long)]
    pub dry_run: bool,
    /// Take the last update back: all is as it was before, but what you have
    /// edited since.
    #[arg(long, conflicts_with_all = ["source", "git", "dry_run"])]
    pub undo: bool,
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

/// Shells that can complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    /// The GNU shell.
    Bash,
    /// The Z shell.
    Zsh,
    /// The friendly interactive shell.
    Fish,
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

/// A tier, or the best that there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AskedTier {
    Auto,
    This(Tier),
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

/// `2/4`
fn shard(text: &str) -> Result<Shard, String> {
    Shard::parse(text).ok_or_else(|| "it is K/N, with K from 1 to N".to_owned())
}

fn tier(text: &str) -> Result<AskedTier, String> {
    if text == "auto" {
        return Ok(AskedTier::Auto);
    }
    text.parse()
        .map(AskedTier::This)
        .map_err(|error: jail::UnknownTier| error.to_string())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent_and_every_command_has_an_example() {
        let mut command = super::Cli::command();
        command.clone().debug_assert();
        for one in command.get_subcommands_mut() {
            let help = one.render_long_help().to_string();
            assert!(help.contains("Example"), "{help}");
        }
    }
}
