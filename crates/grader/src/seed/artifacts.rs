//! What one call of cargo has built.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, ErrorKind, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{ChildStderr, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use serde::Deserialize;

use crate::stop::{Stop, Stopped};

/// How often the wait for cargo looks whether it was asked to stop.
const LOOK: Duration = Duration::from_millis(50);

/// What cargo named on its standard output.
#[derive(Debug, Default)]
pub struct Artifacts {
    all: Vec<Artifact>,
    /// By the package's name, what the compiler said of its programs.
    words: BTreeMap<String, String>,
}

/// One line of `cargo build --message-format=json`.
#[derive(Debug, Deserialize)]
struct Artifact {
    reason: String,
    #[serde(default)]
    message: Message,
    #[serde(default)]
    package_id: String,
    #[serde(default)]
    target: Target,
    #[serde(default)]
    filenames: Vec<PathBuf>,
    #[serde(default)]
    executable: Option<PathBuf>,
    #[serde(default)]
    fresh: bool,
}

/// What the compiler said, as it would have printed it.
#[derive(Debug, Default, Deserialize)]
struct Message {
    #[serde(default)]
    rendered: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
struct Target {
    #[serde(default)]
    name: String,
    #[serde(default)]
    kind: Vec<String>,
}

impl Artifacts {
    /// Runs cargo to its end, whether it succeeds or not: what did not build
    /// is not among the artifacts. What the compiler says of the programs of the
    /// packages named in `own` is kept; all other words go to standard error at once.
    ///
    /// # Errors
    ///
    /// There is no cargo, it failed before it built anything, or [`Stopped`].
    pub fn build(
        cargo: &mut Command,
        own: &[String],
        stop: &Stop,
        progress: &mut dyn FnMut(&str),
    ) -> Result<Artifacts> {
        let mut child = cargo
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
            .map_err(|error| no_cargo(cargo, error))?;
        let stdout = child
            .stdout
            .take()
            .ok_or_else(|| anyhow!("cargo has no output"))?;
        let stderr = child.stderr.take();
        let packages = own.to_vec();
        let passed_on = thread::spawn(move || pass_on(stderr, &packages));
        let (tell, told) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                // What is no such line (a build script's own) says nothing.
                if let Ok(artifact) = serde_json::from_str::<Artifact>(&line) {
                    if tell.send(artifact).is_err() {
                        break;
                    }
                }
            }
        });
        let mut artifacts = Artifacts::default();
        loop {
            match told.recv_timeout(LOOK) {
                Ok(artifact) if artifact.reason == "compiler-artifact" => {
                    if !artifact.fresh {
                        progress(&artifact.target.name);
                    }
                    artifacts.all.push(artifact);
                }
                Ok(artifact) => artifacts.hear(artifact, own),
                Err(RecvTimeoutError::Timeout) if stop.asked() => {
                    // The group: cargo and the compilers that it has started.
                    let _ = killpg(Pid::from_raw(child.id() as i32), Signal::SIGINT);
                    child.wait().context("wait for cargo")?;
                    bail!(Stopped);
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        let status = child.wait().context("wait for cargo")?;
        // All that it said stands there before anybody else says something.
        let _ = passed_on.join();
        if stop.asked() {
            bail!(Stopped);
        }
        if !status.success() && artifacts.all.is_empty() {
            bail!("cargo did not build the lab ({status}); see above");
        }
        Ok(artifacts)
    }

    /// Takes what the compiler said.
    fn hear(&mut self, artifact: Artifact, own: &[String]) {
        let Some(words) = artifact.message.rendered else {
            return;
        };
        let package = package_name(&artifact.package_id);
        let of_a_program = artifact.target.kind.iter().any(|kind| kind == "bin");
        if of_a_program && own.iter().any(|one| one == package) {
            self.words
                .entry(package.to_owned())
                .or_default()
                .push_str(&words);
        } else {
            eprint!("{words}");
        }
    }

    /// What the compiler said of the programs of a package that was named when cargo
    /// was run, in its own words.
    pub fn words(&self, package: &str) -> Option<&str> {
        self.words.get(package).map(String::as_str)
    }

    /// The lab's own program of that name.
    pub fn program(&self, name: &str) -> Option<PathBuf> {
        self.executable("bin", name, |_| true)
    }

    /// The program of that name that belongs to a package.
    pub fn program_of(&self, package: &str, name: &str) -> Option<PathBuf> {
        self.executable("bin", name, |id| package_name(id) == package)
    }

    /// The test binary of that name.
    pub fn test(&self, name: &str) -> Option<PathBuf> {
        self.executable("test", name, |id| package_name(id) == "checks")
    }

    fn executable(&self, kind: &str, name: &str, of: impl Fn(&str) -> bool) -> Option<PathBuf> {
        self.all
            .iter()
            .filter(|one| one.target.name == name && of(&one.package_id))
            .filter(|one| one.target.kind.iter().any(|other| other == kind))
            .find_map(|one| one.executable.clone())
    }

    /// Every library that something could be linked with.
    pub fn libraries(&self) -> impl Iterator<Item = &Path> {
        self.all
            .iter()
            .flat_map(|one| &one.filenames)
            .map(PathBuf::as_path)
            .filter(|path| {
                let name = path.file_name().map(|name| name.to_string_lossy());
                path.extension()
                    .is_some_and(|it| it == "rlib" || it == "so" || it == "dylib")
                    && name.is_some_and(|name| name.starts_with("lib"))
            })
    }

    /// The file name of a package's library.
    ///
    /// # Errors
    ///
    /// There is none, or more than one that could be meant.
    pub fn library_of(&self, package: &str) -> Result<String> {
        let mut files: Vec<&Path> = self
            .all
            .iter()
            .filter(|one| package_name(&one.package_id) == package)
            .flat_map(|one| &one.filenames)
            .map(PathBuf::as_path)
            .filter(|path| path.extension().is_some_and(|it| it == "rlib"))
            .collect();
        files.sort();
        files.dedup();
        match files[..] {
            [file] => Ok(file
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned()),
            [] => bail!("`{package}` was not built; see above"),
            _ => bail!("`{package}` was built in {} ways", files.len()),
        }
    }
}

/// Passes on what cargo itself says. That a package in `own` could not be compiled is
/// left out: the compiler says it better, and is shown later.
fn pass_on(stderr: Option<ChildStderr>, own: &[String]) {
    let Some(stderr) = stderr else {
        return;
    };
    let of_own = |line: &str| {
        let says = |what: &str| line.contains(what);
        let names = |package: &String| line.contains(&format!("`{package}` "));
        (says(": could not compile ") || says(" generated ")) && own.iter().any(names)
            || !own.is_empty() && says(": build failed, waiting for other jobs")
    };
    let mut lines = BufReader::new(stderr);
    let mut line = Vec::new();
    while lines
        .read_until(b'\n', &mut line)
        .is_ok_and(|read| read > 0)
    {
        if !of_own(&String::from_utf8_lossy(&line)) {
            // Nobody who reads it: then nobody misses it.
            let _ = io::stderr().write_all(&line);
        }
        line.clear();
    }
}

/// The name in a package id: `path+file:///lab/crates/jail#0.1.0`,
/// `path+file:///lab/exercises/09-echo#ex09-echo@0.1.0`, `registry+…#nix@0.31.3`.
fn package_name(id: &str) -> &str {
    let (place, rest) = id.rsplit_once('#').unwrap_or(("", id));
    match rest.split_once('@') {
        Some((name, _)) => name,
        None => place.rsplit('/').next().unwrap_or(rest),
    }
}

fn no_cargo(cargo: &Command, error: io::Error) -> anyhow::Error {
    let name = cargo.get_program().to_string_lossy();
    if error.kind() == ErrorKind::NotFound {
        anyhow!(
            "`{name}` was not found: the lab needs Rust's cargo and rustc in PATH \
             (https://rustup.rs installs them)"
        )
    } else {
        anyhow!("start {name}: {error}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_is_known_by_its_id_in_every_form() {
        assert_eq!(package_name("path+file:///lab/crates/jail#0.1.0"), "jail");
        assert_eq!(
            package_name("path+file:///x/09-echo#ex09-echo@0.1.0"),
            "ex09-echo"
        );
        assert_eq!(
            package_name("registry+https://github.com/x#nix@0.31.3"),
            "nix"
        );
    }

    #[test]
    fn a_missing_cargo_is_named_with_what_to_do() {
        let mut command = Command::new("/no/such/cargo");
        let error = Artifacts::build(&mut command, &[], &Stop::default(), &mut |_| {})
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("/no/such/cargo") && error.contains("rustup.rs"),
            "{error}"
        );
    }
}
