//! What cargo-mutants would change in a solution.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, anyhow, bail};
use diffy::Patch;
use grader::catalogue::Entry;
use grader::stage::Stage;
use serde::Deserialize;

/// A solution with one small change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mutant {
    /// The file and the change as the tool names it, without the line, which
    /// drifts: `src/server.rs: replace == with != in echo`. A change that the
    /// same function has twice is numbered, `… in echo (2)`.
    pub name: String,
    /// Where it is now, e.g. `src/server.rs:80:18`.
    pub place: String,
    /// The change as a unified difference, without its heading.
    pub difference: String,
    /// The submission: the solution's files, one of them changed, or a changed
    /// file of the given code beside them.
    pub files: BTreeMap<String, String>,
}

/// There is no cargo-mutants on this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotInstalled;

impl fmt::Display for NotInstalled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("cargo-mutants is not installed; `cargo install cargo-mutants` does it")
    }
}

impl std::error::Error for NotInstalled {}

/// What `cargo mutants --list --json` says of one mutant, as far as it matters.
#[derive(Debug, Deserialize)]
struct Listed {
    /// With line and column.
    name: String,
    file: String,
    span: Span,
    diff: String,
}

#[derive(Debug, Deserialize)]
struct Span {
    start: Position,
}

#[derive(Debug, Deserialize)]
struct Position {
    line: u32,
    column: u32,
}

/// Which cargo-mutants there is, e.g. `cargo-mutants 27.1.0`.
///
/// # Errors
///
/// [`NotInstalled`], or cargo cannot be started.
pub fn version() -> Result<String> {
    let output = cargo()
        .arg("--version")
        .output()
        .context("start cargo mutants")?;
    if !output.status.success() {
        bail!(NotInstalled);
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The mutants of an exercise's programs: of the solution, and of the given code
/// too, since the contract is about the whole. In the order of the sources.
/// `folder` is where the package for the tool is made.
///
/// # Errors
///
/// [`NotInstalled`]; the tool does not understand the sources, or the lab does not
/// understand the tool.
pub fn list(
    entry: &Entry,
    solution: &BTreeMap<String, String>,
    folder: &Path,
) -> Result<Vec<Mutant>> {
    let version = version()?;
    Stage::fill(folder, entry, solution)
        .and_then(|_| fs::write(folder.join("Cargo.toml"), manifest(entry)))
        .with_context(|| format!("write a package for cargo-mutants in {}", folder.display()))?;
    let output = cargo()
        .args(["--list", "--json", "--no-config", "--colors=never", "--dir"])
        .arg(folder)
        .output()
        .context("start cargo mutants")?;
    if !output.status.success() {
        bail!(
            "{version} does not list the mutants of {}: {}",
            entry.id,
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let listed: Vec<Listed> = serde_json::from_slice(&output.stdout)
        .with_context(|| format!("{version} lists its mutants in an unknown form"))?;
    mutants(listed, solution, |file| {
        fs::read_to_string(folder.join(file)).with_context(|| format!("read {file}"))
    })
}

fn cargo() -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.arg("mutants").stdin(Stdio::null());
    command
}

/// A package of its own, with no dependencies: the tool reads sources, and
/// nothing is built.
fn manifest(entry: &Entry) -> String {
    let mut text = format!(
        "[package]\nname = \"{}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n",
        entry.package()
    );
    for program in &entry.programs {
        text.push_str(&format!(
            "\n[[bin]]\nname = \"{}\"\npath = \"{}\"\n",
            program.name, program.path
        ));
    }
    text
}

fn mutants(
    listed: Vec<Listed>,
    solution: &BTreeMap<String, String>,
    text: impl Fn(&str) -> Result<String>,
) -> Result<Vec<Mutant>> {
    let mut mutants: Vec<Mutant> = Vec::new();
    let mut times: BTreeMap<String, u32> = BTreeMap::new();
    for one in listed {
        let Position { line, column } = one.span.start;
        let place = format!("{}:{line}:{column}", one.file);
        let difference = hunks(&one.diff);
        // A file that two programs share is listed for each of them.
        let again = |mutant: &Mutant| mutant.place == place && mutant.difference == difference;
        if mutants.iter().any(again) {
            continue;
        }
        let change = one
            .name
            .strip_prefix(&place)
            .and_then(|rest| rest.strip_prefix(": "))
            .ok_or_else(|| anyhow!("a mutant of {place} is named `{}`", one.name))?;
        let mut name = format!("{}: {change}", one.file);
        let time = times.entry(name.clone()).or_default();
        *time += 1;
        if *time > 1 {
            name.push_str(&format!(" ({time})"));
        }
        let changed = Patch::from_str(difference)
            .map_err(anyhow::Error::from)
            .and_then(|patch| Ok(diffy::apply(&text(&one.file)?, &patch)?))
            .with_context(|| format!("the difference of `{name}` does not apply"))?;
        let mut files = solution.clone();
        files.insert(one.file, changed);
        mutants.push(Mutant {
            name,
            place,
            difference: difference.to_owned(),
            files,
        });
    }
    Ok(mutants)
}

/// A difference without the two lines that name the files: the tool writes
/// there what no reader of patches expects.
fn hunks(diff: &str) -> &str {
    diff.find("@@ ").map_or(diff, |at| &diff[at..])
}

#[cfg(test)]
mod tests {
    use small_lab::Lab;

    use super::*;
    use grader::catalogue::Catalogue;

    const SOURCE: &str = "fn a(n: u8) -> bool {\n    n == 0 && n == 1\n}\n";

    fn of(listed: Vec<Listed>) -> Result<Vec<Mutant>> {
        let solution = BTreeMap::from([("src/server.rs".to_owned(), SOURCE.to_owned())]);
        mutants(listed, &solution, |_| Ok(SOURCE.to_owned()))
    }

    fn listed(name: &str, line: u32, column: u32, after: &str) -> Listed {
        let patch = diffy::create_patch(SOURCE, after).to_string();
        let hunks = hunks(&patch);
        let json = serde_json::json!({
            "name": format!("src/server.rs:{line}:{column}: {name}"),
            "package": "ex",
            "file": "src/server.rs",
            "function": null,
            "span": { "start": { "line": line, "column": column }, "end": { "line": 9, "column": 9 } },
            "replacement": "!=",
            "genre": "BinaryOperator",
            "diff": format!("--- src/server.rs\n+++ replace \"a\" -> b with\tc\n{hunks}"),
        });
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn a_name_holds_no_line_and_the_same_change_twice_is_numbered() {
        let first = SOURCE.replace("n == 0", "n != 0");
        let second = SOURCE.replace("n == 1", "n != 1");
        let name = "replace == with != in a";
        let found = of(vec![
            listed(name, 2, 7, &first),
            listed(name, 2, 17, &second),
            // As another program of the same exercise has it.
            listed(name, 2, 7, &first),
        ])
        .unwrap();
        let names: Vec<&str> = found.iter().map(|mutant| mutant.name.as_str()).collect();
        assert_eq!(
            names,
            [
                "src/server.rs: replace == with != in a",
                "src/server.rs: replace == with != in a (2)"
            ]
        );
        assert_eq!(found[1].place, "src/server.rs:2:17");
        assert_eq!(found[1].files["src/server.rs"], second);
        assert!(found[1].difference.starts_with("@@ "));
    }

    #[test]
    fn several_changes_at_one_place_are_several_mutants() {
        let first = SOURCE.replace("n == 0 && n == 1", "true");
        let second = SOURCE.replace("n == 0 && n == 1", "false");
        let found = of(vec![
            listed("replace a -> bool with true", 2, 5, &first),
            listed("replace a -> bool with false", 2, 5, &second),
        ])
        .unwrap();
        assert_eq!(found.len(), 2);
    }

    #[test]
    fn given_code_is_changed_beside_the_solution_and_a_difference_must_apply() {
        let mut given = listed("replace == with != in a", 2, 7, "x\n");
        given.file = "src/main.rs".into();
        given.name = given.name.replace("server", "main");
        let found = of(vec![given]).unwrap();
        assert_eq!(found[0].name, "src/main.rs: replace == with != in a");
        assert_eq!(found[0].files["src/main.rs"], "x\n");
        assert_eq!(found[0].files["src/server.rs"], SOURCE);
        let mut lost = listed("replace == with != in a", 2, 7, "x\n");
        lost.diff = lost.diff.replace("-fn a", "-fn b");
        let error = of(vec![lost]).unwrap_err().to_string();
        assert!(error.contains("does not apply"), "{error}");
    }

    #[test]
    fn the_package_for_the_tool_has_every_program_and_no_dependency() {
        let lab = Lab::new();
        let (bin, dependency) = (
            "[[bin]]",
            "[dependencies]\nsockets.workspace = true\n\n[[bin]]",
        );
        lab.edit("exercises/01-one/Cargo.toml", bin, dependency);
        let catalogue = Catalogue::load(lab.root()).unwrap();
        let text = manifest(&catalogue.entries[0]);
        let parsed: toml::Value = toml::from_str(&text).unwrap();
        assert_eq!(parsed["bin"][0]["name"].as_str(), Some("one"));
        assert_eq!(parsed["bin"][0]["path"].as_str(), Some("src/main.rs"));
        assert!(parsed.get("dependencies").is_none());
        assert!(parsed.get("workspace").is_some());
    }
}
