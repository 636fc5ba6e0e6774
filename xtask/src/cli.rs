//! What can be typed.

mod instructor;
mod learner;
mod maintainer;

use clap::{Args, Parser, Subcommand};
use grader::shard::Shard;
use jail::Tier;

pub use instructor::*;
pub use learner::*;
pub use maintainer::*;

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
                            `cargo xtask update --undo` takes it back. What was replaced is kept until \
                            `cargo xtask update --forget`.\n\n\
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

/// What `check` and `grade` have in common.
#[derive(Debug, Args)]
pub struct How {
    /// How many checks may run at a time [default: one a processor; `verify`: four].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub jobs: Option<u16>,
    /// How strongly to isolate: auto, vm, cell, jail or none.
    #[arg(long, default_value = "auto", value_parser = tier)]
    pub tier: AskedTier,
    /// Where the checks' random data come from.
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub seed: u32,
}

/// A tier, or the best that there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AskedTier {
    Auto,
    This(Tier),
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
