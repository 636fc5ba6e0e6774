//! A trial, from where it takes place: in a cell, if there is one.

use std::env;
use std::io::{self, IsTerminal};
use std::path::Path;
use std::process::{Child, Command, ExitCode, ExitStatus};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::beside::{Beside, Server, how, until};
use super::plan::Plan;
use super::terminal;
use crate::output::{BAD, DIM, Output, STRONG, styled};

/// How long those beside may take to end by themselves when the one in front has.
const REST: Duration = Duration::from_millis(300);

/// How wide a line of advice may be, in columns.
const WIDTH: usize = 80;

/// What this program is started with in a cell, instead of a command. Nobody types it.
pub const WORD: &str = "try-inside";

/// The plan of a trial, if this program was started to carry one out.
pub fn asked() -> Option<String> {
    let mut arguments = env::args_os().skip(1);
    let is_asked = arguments.next().is_some_and(|word| word == WORD);
    is_asked.then(|| arguments.next()?.into_string().ok())?
}

/// Runs a trial to its end.
pub fn run(plan: &str) -> Result<ExitCode> {
    let plan: Plan = serde_json::from_str(plan).context("read the plan of a trial")?;
    #[cfg(target_os = "linux")]
    super::linux::refuse_low_ports();
    let mut running = Vec::new();
    let result = in_order(&plan, &mut running);
    for one in running {
        one.end();
    }
    result
}

fn in_order(plan: &Plan, running: &mut Vec<Beside>) -> Result<ExitCode> {
    for line in &plan.before {
        typed(&line.text)?;
        let status = shell(&line.text).status().context("start /bin/sh")?;
        if !status.success() {
            tell(format!("[{}]", how(status)))?;
        }
    }
    for line in &plan.beside {
        typed(&format!("{} &", line.text))?;
        let one = Beside::start(line)?;
        // What stands first is a server; the others are its clients.
        let server = match running.is_empty() {
            true => one.listens(plan.port),
            false => Server::Listens,
        };
        let label = one.label().to_owned();
        running.push(one);
        if !came_up(server, &label, plan.port)? {
            return Ok(ExitCode::FAILURE);
        }
    }
    advise(plan)?;
    let mut front = match &plan.front {
        Some(line) => {
            typed(&line.text)?;
            // In the shell's place, so that it can be ended.
            let text = format!("exec {}", line.text);
            shell(&text).spawn().context("start /bin/sh")?
        }
        None => interactive(plan).spawn().context("start a shell")?,
    };
    if !plan.after.is_empty() {
        let server = until(plan.port, |wait| ended_within(&mut front, wait));
        if server == Server::Listens {
            for line in &plan.after {
                typed(&format!("{} &", line.text))?;
                running.push(Beside::start(line)?);
            }
        }
    }
    let status = match plan.front {
        Some(_) if !plan.after.is_empty() && !running.is_empty() => ends(&mut front, running)?,
        _ => front.wait().context("wait for the one in front")?,
    };
    let until = Instant::now() + REST;
    for one in running.iter() {
        one.ended_within(until.saturating_duration_since(Instant::now()));
    }
    if let Some(line) = plan.front.as_ref().filter(|_| !status.success()) {
        let word = line.text.split_whitespace().next().unwrap_or_default();
        tell(format!("[{word} {}]", how(status)))?;
    }
    if let Some(line) = &plan.last {
        typed(&line.text)?;
        shell(&line.text).status().context("start /bin/sh")?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The end of the one in front, which serves those that came after it: when they have
/// ended and it still waits, nobody comes any more.
fn ends(front: &mut Child, clients: &[Beside]) -> Result<ExitStatus> {
    let left = |one: &Beside| one.ended_within(Duration::ZERO).is_none();
    let mut alone = None;
    loop {
        if let Some(status) = ended_within(front, REST / 10) {
            return Ok(status);
        }
        if clients.iter().any(left) {
            continue;
        }
        if alone.get_or_insert_with(Instant::now).elapsed() > REST * 5 {
            tell("[nobody is left who could connect]".to_owned())?;
            front.kill().context("end the one in front")?;
            return front.wait().context("wait for the one in front");
        }
    }
}

/// Says why a server does not serve; whether it does.
fn came_up(server: Server, label: &str, port: u16) -> Result<bool> {
    let mut output = Output::new();
    match server {
        Server::Listens => return Ok(true),
        Server::Ended(_) => output.line(styled(
            BAD,
            format!("{label} has ended before it listened on port {port}: there is nothing to try"),
        ))?,
        Server::Late => output.line(styled(
            BAD,
            format!("{label} does not listen on port {port}: there is nothing to try"),
        ))?,
    }
    output.finish()?;
    Ok(false)
}

/// What to do now.
fn advise(plan: &Plan) -> Result<()> {
    let mut output = Output::new();
    output.line("")?;
    for line in filled(&plan.say) {
        output.line(styled(STRONG, line))?;
    }
    let ends = match plan.front {
        Some(_) => "^C ends everything.",
        None => "This is a shell; `exit` ends it, and everything.",
    };
    let files = match plan.scratch.as_os_str().is_empty() {
        true => String::new(),
        false => format!(
            " Files go to {}, and are gone afterwards.",
            plan.scratch.display()
        ),
    };
    for line in filled(&format!("{ends}{files}")) {
        output.line(line)?;
    }
    if !plan.more.is_empty() {
        output.line(match (&plan.front, plan.joinable) {
            (None, _) => "To type here:".to_owned(),
            (Some(_), true) => format!(
                "In a second terminal, `cargo xtask try {} --join`, and there:",
                plan.number
            ),
            (Some(_), false) => "In a second terminal:".to_owned(),
        })?;
        for line in &plan.more {
            output.line(styled(DIM, format!("  {line}")))?;
        }
    }
    output.line("")?;
    output.finish()
}

/// A text in lines that fit into a terminal.
fn filled(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let last = lines.last_mut().filter(|line| {
            line.is_empty() || line.chars().count() + 1 + word.chars().count() <= WIDTH
        });
        match last {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) => line.push_str(&format!(" {word}")),
            None => lines.push(word.to_owned()),
        }
    }
    lines
}

fn typed(text: &str) -> Result<()> {
    tell(format!("{} {text}", styled(STRONG, "$")))
}

fn tell(text: String) -> Result<()> {
    let mut output = Output::new();
    output.line(text)?;
    output.finish()
}

fn shell(text: &str) -> Command {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", text]);
    command
}

/// A shell for the user, or for the script on standard input.
pub fn interactive(plan: &Plan) -> Command {
    let bash = Path::new("/bin/bash");
    let is_terminal = io::stdin().is_terminal();
    let mut command = Command::new(match is_terminal && bash.exists() {
        true => bash,
        false => Path::new("/bin/sh"),
    });
    if is_terminal {
        if bash.exists() {
            command.args(["--norc", "--noprofile"]);
        }
        command
            .arg("-i")
            .env("PS1", format!("try {} $ ", plan.number))
            .env_remove("PROMPT_COMMAND")
            .env_remove("ENV");
        terminal::own_foreground(&mut command);
    } else {
        command.arg("-s");
    }
    // A prompt with a history file would leave it somewhere.
    command.env_remove("HISTFILE");
    if env::var_os("TERM").is_none() {
        command.env("TERM", "dumb");
    }
    command
}

fn ended_within(child: &mut Child, wait: Duration) -> Option<ExitStatus> {
    std::thread::park_timeout(wait);
    child.try_wait().ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_broken_between_words_alone() {
        let long = "x".repeat(WIDTH);
        let lines = filled(&format!("one two {long} three"));
        assert_eq!(lines, ["one two", &long, "three"]);
        assert_eq!(filled(""), [""]);
    }
}
