//! `cargo xtask completions`: what makes a shell complete the lab's commands.
//!
//! clap_complete writes a script for a program named `xtask`, which nobody types. A
//! few lines for each shell (`completions/`) put it behind `cargo xtask`, and leave
//! everything else that begins with `cargo` to what the shell has for that.

use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Command, CommandFactory};
use clap_complete::generate;
use clap_complete::shells::{Bash, Fish, Zsh};
use grader::catalogue::Catalogue;

use crate::cli::{Cli, Shell};
use crate::output::Output;

/// The program that the scripts are written for.
const PROGRAM: &str = "xtask";

/// Arguments that name exercises.
const OF_EXERCISES: [&str; 2] = ["exercise", "only"];

/// Prints the script.
pub fn print(catalogue: &Catalogue, shell: Shell) -> Result<ExitCode> {
    let mut output = Output::new();
    output.text(&script(catalogue, shell)?)?;
    output.finish()?;
    Ok(ExitCode::SUCCESS)
}

fn script(catalogue: &Catalogue, shell: Shell) -> Result<String> {
    let mut command = with_exercises(Cli::command(), catalogue).bin_name(PROGRAM);
    let mut bytes = Vec::new();
    match shell {
        Shell::Bash => generate(Bash, &mut command, PROGRAM, &mut bytes),
        Shell::Zsh => generate(Zsh, &mut command, PROGRAM, &mut bytes),
        Shell::Fish => generate(Fish, &mut command, PROGRAM, &mut bytes),
    }
    let made = String::from_utf8(bytes).context("the script is no text")?;
    Ok(match shell {
        Shell::Bash => without_placeholders(&made) + include_str!("completions/cargo.bash"),
        // A file with this first line is for a folder of functions, one a program.
        Shell::Zsh => made.replace("#compdef xtask\n", "") + include_str!("completions/cargo.zsh"),
        Shell::Fish => {
            made + &exercises_for_fish(&command, catalogue) + include_str!("completions/cargo.fish")
        }
    })
}

/// The command line, with the exercises that there are as the values of each argument
/// that names some.
fn with_exercises(command: Command, catalogue: &Catalogue) -> Command {
    let values = || {
        PossibleValuesParser::new(catalogue.entries.iter().map(|entry| {
            // clap takes names that live as long as the program, and this one prints once.
            let name: &'static str = entry.id.clone().leak();
            PossibleValue::new(name).help(entry.data.title.replace(['\'', '"'], ""))
        }))
    };
    let names: Vec<String> = command
        .get_subcommands()
        .map(|one| one.get_name().to_owned())
        .collect();
    names
        .into_iter()
        .fold(command.name(PROGRAM), |command, name| {
            command.mut_subcommand(name, |mut one| {
                for id in OF_EXERCISES {
                    if one.get_arguments().any(|argument| argument.get_id() == id) {
                        one = one.mut_arg(id, |argument| argument.value_parser(values()));
                    }
                }
                one
            })
        })
}

/// For fish clap_complete knows no values but those of options.
fn exercises_for_fish(command: &Command, catalogue: &Catalogue) -> String {
    let of_an_exercise: Vec<&str> = command
        .get_subcommands()
        .filter(|one| {
            one.get_positionals()
                .any(|argument| argument.get_id() == "exercise")
        })
        .map(Command::get_name)
        .collect();
    let condition = format!("__fish_xtask_using_subcommand {}", of_an_exercise.join(" "));
    let lines = catalogue.entries.iter().map(|entry| {
        let title = entry.data.title.replace(['\'', '"', '\\'], "");
        format!(
            "complete -c xtask -n '{condition}' -f -a {} -d '{title}'\n",
            entry.id
        )
    });
    lines.collect()
}

/// Bash would offer `[PATH]...` as a word to type.
fn without_placeholders(script: &str) -> String {
    let mut kept = String::new();
    for line in script.lines() {
        match line.trim_start().strip_prefix("opts=\"") {
            Some(words) => {
                let indent = &line[..line.len() - line.trim_start().len()];
                let words: Vec<&str> = words
                    .trim_end_matches('"')
                    .split_whitespace()
                    .filter(|word| !word.starts_with(['[', '<']))
                    .collect();
                kept.push_str(&format!("{indent}opts=\"{}\"", words.join(" ")));
            }
            None => kept.push_str(line),
        }
        kept.push('\n');
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bash_is_offered_no_placeholder() {
        let script = "  opts=\"-h --help [PATH]... <DIR> 01-one\"\n  x\n";
        assert_eq!(
            without_placeholders(script),
            "  opts=\"-h --help 01-one\"\n  x\n"
        );
    }
}
