//! The compiler and the linker: a program is made and run.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use super::finding::Finding;
use super::system::Package;
use super::{Patient, Tried, first_line, try_out};

/// The oldest compiler that the lab builds with.
const NEEDED: &str = env!("CARGO_PKG_RUST_VERSION");

const RUSTUP: &str = "install Rust as https://rustup.rs says, then open a new terminal";

const LINKER: Package = Package {
    debian: "gcc libc6-dev",
    fedora: "gcc",
    macos: "xcode-select --install",
};

/// Variables that change what cargo builds, or where.
const VARIABLES: [&str; 6] = [
    "CARGO_BUILD_TARGET",
    "CARGO_TARGET_DIR",
    "RUSTC",
    "RUSTC_WRAPPER",
    "RUSTFLAGS",
    "CARGO_ENCODED_RUSTFLAGS",
];

pub fn findings(patient: &Patient) -> Vec<Finding> {
    let mut findings = vec![cargo(patient)];
    let (rustc, usable) = rustc(patient);
    findings.push(rustc);
    findings.push(match usable {
        true => linker(patient),
        false => Finding::note("linker", "not tried: there is no compiler"),
    });
    findings.extend(crates(patient));
    for name in VARIABLES {
        if let Some(value) = env::var_os(name) {
            findings.push(Finding::note(
                "variable",
                format!("{name} is set, to {:?}: cargo obeys it", value),
            ));
        }
    }
    findings
}

fn program(variable: &str, name: &str) -> OsString {
    env::var_os(variable).unwrap_or_else(|| name.into())
}

fn cargo(patient: &Patient) -> Finding {
    let program = program("CARGO", "cargo");
    match try_out(Command::new(&program).arg("--version"), &patient.stop) {
        Tried::Worked(text) => Finding::good("cargo", first_line(&text)),
        Tried::Failed(text) => {
            Finding::mend("cargo", format!("it fails: {}", first_line(&text))).todo(RUSTUP)
        }
        Tried::Missing(error) => Finding::mend(
            "cargo",
            format!("{} cannot be started: {error}", program.to_string_lossy()),
        )
        .todo(RUSTUP),
    }
}

/// Whether there is a compiler that is new enough, and whether there is any.
fn rustc(patient: &Patient) -> (Finding, bool) {
    let program = program("RUSTC", "rustc");
    let text = match try_out(Command::new(&program).arg("-vV"), &patient.stop) {
        Tried::Worked(text) => text,
        Tried::Failed(text) => {
            let text = format!("it fails: {}", first_line(&text));
            let finding = Finding::mend("compiler", text);
            return (finding.todo("rustup default stable"), false);
        }
        Tried::Missing(error) => {
            let text = format!("{} cannot be started: {error}", program.to_string_lossy());
            return (Finding::mend("compiler", text).todo(RUSTUP), false);
        }
    };
    let release = text
        .lines()
        .find_map(|line| line.strip_prefix("release: "))
        .unwrap_or_default();
    let text = format!("{}; the lab needs {NEEDED}", first_line(&text));
    match numbers(release) >= numbers(NEEDED) {
        true => (Finding::good("compiler", text), true),
        false => (
            Finding::mend("compiler", format!("{text} or newer"))
                .todo("rustup update stable (a system's own Rust: install https://rustup.rs)"),
            true,
        ),
    }
}

/// `1.85.0-nightly` as numbers that can be compared.
fn numbers(version: &str) -> Vec<u32> {
    let digits = version.split('-').next().unwrap_or_default();
    let mut numbers: Vec<u32> = digits.split('.').flat_map(str::parse).collect();
    numbers.resize(3, 0);
    numbers
}

/// Makes a program and runs it, where the lab would.
fn linker(patient: &Patient) -> Finding {
    let in_target = fs::create_dir_all(&patient.target)
        .and_then(|()| TempDir::new_in(&patient.target))
        .or_else(|_| TempDir::new());
    let folder = match in_target {
        Ok(folder) => folder,
        Err(error) => {
            return Finding::mend(
                "linker",
                format!("not tried: no folder to work in: {error}"),
            );
        }
    };
    let source = folder.path().join("main.rs");
    let made = folder.path().join("main");
    if let Err(error) = fs::write(&source, "fn main() { println!(\"works\") }\n") {
        return Finding::mend(
            "linker",
            format!("not tried: no file can be written: {error}"),
        );
    }
    let compile = |kind: &str, out: &Path| {
        let mut command = Command::new(program("RUSTC", "rustc"));
        command
            .current_dir(folder.path())
            .args(["--edition=2024", kind, "-o"])
            .arg(out)
            .arg(&source);
        try_out(&mut command, &patient.stop)
    };
    let why = match compile("--emit=link", &made) {
        Tried::Worked(_) => return runs(patient, &made),
        Tried::Failed(text) if text.contains("No space left") => {
            return Finding::mend(
                "linker",
                "a program cannot be made: no space left on the disk",
            )
            .todo("make room, and ask again");
        }
        Tried::Failed(text) => reason(&text),
        Tried::Missing(error) => error.to_string(),
    };
    match compile("--emit=metadata", &folder.path().join("main.rmeta")) {
        Tried::Worked(_) => Finding::mend(
            "linker",
            format!("a program compiles and does not link: {why}"),
        )
        .todo(LINKER.install()),
        _ => Finding::mend("compiler", format!("it does not compile a program: {why}"))
            .todo("rustup toolchain install stable"),
    }
}

fn runs(patient: &Patient, made: &Path) -> Finding {
    match try_out(&mut Command::new(made), &patient.stop) {
        Tried::Worked(_) => Finding::good("linker", "a program compiles, links and runs"),
        Tried::Failed(text) => Finding::mend(
            "linker",
            format!("a program links and fails: {}", first_line(&text)),
        ),
        Tried::Missing(error) => Finding::mend(
            "linker",
            format!(
                "no program may be run in {}: {error}",
                patient.target.display()
            ),
        )
        .todo(
            "that file system is mounted with noexec: set CARGO_TARGET_DIR to a folder on another",
        ),
    }
}

/// The first of a compiler's errors that says something.
fn reason(text: &str) -> String {
    let line = text.lines().find(|line| line.starts_with("error"));
    line.unwrap_or_else(|| first_line(text)).to_owned()
}

/// Whether what the checks are built from has been downloaded.
fn crates(patient: &Patient) -> Option<Finding> {
    let root = patient.root.as_deref()?;
    let mut command = Command::new(program("CARGO", "cargo"));
    command.current_dir(root).args([
        "tree",
        "--quiet",
        "--offline",
        "--locked",
        "--package",
        "checks",
        "--edges",
        "all",
    ]);
    match try_out(&mut command, &patient.stop) {
        Tried::Worked(_) => Some(Finding::good(
            "crates",
            "all are downloaded: no network is needed",
        )),
        Tried::Failed(text) => Some(
            Finding::note(
                "crates",
                format!(
                    "some are to be downloaded by the next build: {}",
                    reason(&text)
                ),
            )
            .todo("cargo fetch --locked (once, with a network)"),
        ),
        // Said above.
        Tried::Missing(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert!(numbers("1.100.0") > numbers("1.85"));
        assert!(numbers("1.85.0-nightly") >= numbers("1.85"));
        assert!(numbers("1.84.1") < numbers("1.85"));
        assert!(numbers("") < numbers("1.85"));
    }
}
