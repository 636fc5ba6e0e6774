//! `cargo xtask doctor`: whether the lab can work on this machine, and what to do.
//!
//! Everything is found by trying it. What cannot be tried, because something else is
//! missing, is a finding too: the doctor is there for machines on which half of it
//! does not work.

mod compiler;
mod disk;
mod editor;
mod finding;
mod isolation;
#[cfg(target_os = "linux")]
mod linux;
mod network;
mod system;
mod tools;

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::Result;
use grader::catalogue::{Catalogue, Error};
use grader::process::{self, End};
use grader::stop::Stop;

use crate::output::{BAD, DIM, GOOD, Output, STRONG, styled};
use crate::setup;
use finding::{Finding, State};

/// How long any one program may take that is tried.
const DEADLINE: Duration = Duration::from_secs(60);

/// How much of what it prints is kept, in bytes.
const OUTPUT: usize = 64 << 10;

/// What the findings are about.
struct Patient {
    /// The lab's folder, if there is a lab.
    root: Option<PathBuf>,
    /// Where cargo puts what it builds.
    target: PathBuf,
    stop: Stop,
}

/// Tries everything and prints what was found.
pub fn run() -> Result<ExitCode> {
    let mut output = Output::new();
    output.line(styled(STRONG, "The socket lab on this machine"))?;
    let (patient, mut findings) = patient();
    for finding in &findings {
        print(&mut output, finding)?;
    }
    let parts: [fn(&Patient) -> Vec<Finding>; 7] = [
        compiler::findings,
        disk::findings,
        network::findings,
        isolation::findings,
        of_the_system,
        tools::findings,
        editor::findings,
    ];
    for part in parts {
        for finding in part(&patient) {
            print(&mut output, &finding)?;
            findings.push(finding);
        }
        if patient.stop.asked() {
            return Ok(ExitCode::FAILURE);
        }
    }
    let bad = findings
        .iter()
        .filter(|one| one.state == State::Mend)
        .count();
    output.line("")?;
    output.line(match bad {
        0 => "The lab can work here. Next: cargo xtask".to_owned(),
        1 => "The lab cannot work here before that one thing is mended.".to_owned(),
        _ => format!("The lab cannot work here before those {bad} things are mended."),
    })?;
    output.finish()?;
    Ok(ExitCode::from(u8::from(bad > 0)))
}

fn patient() -> (Patient, Vec<Finding>) {
    let mut findings = Vec::new();
    let here = env::current_dir().unwrap_or_else(|_| PathBuf::from("."));
    let root = match Catalogue::find(&here) {
        Ok(catalogue) => {
            let count = catalogue.entries.len();
            let text = format!("{count} exercises in {}", catalogue.root.display());
            findings.push(Finding::good("lab", text));
            Some(catalogue.root)
        }
        Err(Error::NoLab(_)) => {
            findings.push(
                Finding::note("lab", "there is none around the folder that you are in")
                    .todo("cd into the lab's folder for a look at all of it"),
            );
            None
        }
        Err(error) => {
            findings.push(
                Finding::mend("lab", error.to_string())
                    .todo("restore that file, e.g. by `git checkout`"),
            );
            here.ancestors()
                .find(|folder| folder.join("crates/checks").is_dir())
                .map(Path::to_owned)
        }
    };
    // target/judge/xtask
    let own = env::current_exe().ok();
    let target = own
        .as_deref()
        .and_then(Path::parent)
        .and_then(Path::parent)
        .map_or_else(|| here.join("target"), Path::to_owned);
    let patient = Patient {
        root,
        target,
        stop: setup::stop(),
    };
    (patient, findings)
}

#[cfg(target_os = "linux")]
fn of_the_system(patient: &Patient) -> Vec<Finding> {
    linux::findings(patient)
}

#[cfg(not(target_os = "linux"))]
fn of_the_system(_: &Patient) -> Vec<Finding> {
    Vec::new()
}

/// How wide the words before a finding's text are.
const MARGIN: usize = 18;

fn print(output: &mut Output, finding: &Finding) -> Result<()> {
    let (style, word) = match finding.state {
        State::Good => (GOOD, "good"),
        State::Note => (STRONG, "note"),
        State::Mend => (BAD, "mend"),
    };
    let topic = finding.topic;
    let mut lines = finding.text.lines();
    let first = lines.next().unwrap_or_default();
    output.line(format!("  {}  {topic:<10}  {first}", styled(style, word)))?;
    for line in lines {
        output.line(format!("{:MARGIN$}  {line}", ""))?;
    }
    for line in &finding.todo {
        output.line(format!(
            "{:MARGIN$}  {}",
            "",
            styled(DIM, format!("-> {line}"))
        ))?;
    }
    Ok(())
}

/// What became of a program that was tried.
enum Tried {
    /// It did what it should; what it printed.
    Worked(String),
    /// It did not; what it printed last.
    Failed(String),
    /// It is not there, or cannot be started.
    Missing(std::io::Error),
}

/// Runs a program to its end.
fn try_out(command: &mut Command, stop: &Stop) -> Tried {
    let ended = match process::run(command, DEADLINE, OUTPUT, stop) {
        Ok(ended) => ended,
        Err(error) => return Tried::Missing(error),
    };
    let text = format!("{}{}", ended.stdout.text(), ended.stderr.text());
    match ended.end {
        End::Own(status) if status.success() => Tried::Worked(text),
        End::Own(_) => Tried::Failed(text),
        End::Deadline => Tried::Failed(format!("it takes more than {} s", DEADLINE.as_secs())),
        End::Stopped => Tried::Failed("stopped".to_owned()),
    }
}

/// The first line of a text that says something.
fn first_line(text: &str) -> &str {
    let mut lines = text.lines().map(str::trim);
    lines.find(|line| !line.is_empty()).unwrap_or("it fails")
}
