//! What an editor needs, and the terminal.

use std::env;
use std::path::Path;
use std::process::{Command, Stdio};

use super::finding::Finding;
use super::{Patient, Tried, first_line, try_out};

/// Lines of the lab are written for this width, in columns.
const WIDTH: u32 = 80;

pub fn findings(patient: &Patient) -> Vec<Finding> {
    let mut findings = vec![analyzer(patient)];
    findings.extend(library_sources(patient));
    findings.extend(terminal());
    findings
}

fn analyzer(patient: &Patient) -> Finding {
    let mut command = Command::new("rust-analyzer");
    match try_out(command.arg("--version"), &patient.stop) {
        Tried::Worked(text) => Finding::good(
            "editor",
            format!("{}; the lab needs no configuration", first_line(&text)),
        ),
        // rustup leaves a program of that name that only says what is missing.
        Tried::Failed(_) | Tried::Missing(_) => Finding::note(
            "editor",
            "no rust-analyzer in the search path: your editor may bring its own",
        )
        .todo("rustup component add rust-analyzer, or VS Code's extension rust-lang.rust-analyzer"),
    }
}

/// Without them rust-analyzer knows nothing of the standard library.
fn library_sources(patient: &Patient) -> Option<Finding> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let mut command = Command::new(rustc);
    let Tried::Worked(text) = try_out(command.args(["--print", "sysroot"]), &patient.stop) else {
        return None;
    };
    let sources = Path::new(text.trim()).join("lib/rustlib/src/rust/library/std");
    Some(match sources.is_dir() {
        true => Finding::good("editor", "the standard library's sources are there"),
        false => Finding::note("editor", "the standard library's sources are missing")
            .todo("rustup component add rust-src (Debian: sudo apt install rust-src)"),
    })
}

fn terminal() -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(width) = width().filter(|width| *width < WIDTH) {
        findings.push(Finding::note(
            "terminal",
            format!("it is {width} columns wide; stories are written for {WIDTH}"),
        ));
    }
    if env::var_os("TERM").is_none_or(|term| term == "dumb") {
        findings.push(Finding::note(
            "terminal",
            "TERM names none that can do more than print lines",
        ));
    }
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .find_map(|name| env::var(name).ok().filter(|value| !value.is_empty()));
    let is_utf8 = locale.as_deref().is_some_and(|name| {
        let name = name.to_lowercase();
        name.contains("utf-8") || name.contains("utf8")
    });
    if !is_utf8 {
        let shown = locale.unwrap_or_else(|| "C".to_owned());
        findings.push(
            Finding::note("terminal", format!("the locale {shown} is not UTF-8"))
                .todo("export LANG=C.UTF-8"),
        );
    }
    findings
}

/// How many columns the terminal has, if standard input is one.
fn width() -> Option<u32> {
    let output = Command::new("stty")
        .arg("size")
        .stdin(Stdio::inherit())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.split_whitespace().nth(1)?.parse().ok()
}
