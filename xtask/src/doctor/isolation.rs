//! The tier of isolation: a cell is made, and the forgery attempted.

use std::env;
use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use grader::seed::profile;
use jail::Tier;

use super::finding::Finding;
use super::{Patient, Tried, first_line, try_out};

pub fn findings(patient: &Patient) -> Vec<Finding> {
    let (jail, cell) = match programs(patient) {
        Ok(programs) => programs,
        Err(why) => return vec![Finding::note("isolation", format!("not tried: {why}"))],
    };
    let start = Instant::now();
    let found = Tier::detect(&jail, &cell);
    let took = start.elapsed().as_millis();
    let tier = found.tier;
    let mut findings = vec![match tier {
        Tier::Vm => Finding::good(
            "isolation",
            format!("tier vm: a cell and a user of its own for each check ({took} ms)"),
        ),
        Tier::Cell => Finding::good(
            "isolation",
            format!("tier cell: namespaces and a jail for each check ({took} ms)"),
        ),
        Tier::Jail => Finding::note(
            "isolation",
            "tier jail: no namespaces, so checks run one after another on free ports",
        ),
        Tier::None if cfg!(target_os = "linux") => Finding::note(
            "isolation",
            "tier none: nothing here isolates; check your own programs, and grade nobody's",
        ),
        Tier::None => Finding::note(
            "isolation",
            "tier none: this is not Linux; check your own programs, and grade nobody's",
        ),
    }];
    // Of vm the ordinary user is told nothing: it is root's.
    let why = found.why.iter().filter(|one| !one.starts_with("vm: "));
    findings.extend(why.map(|one| with_advice(Finding::note("isolation", format!("not {one}")))));
    if tier.has_cell() {
        let kept = found.promises.broken();
        if !kept.is_empty() {
            let text = format!("in this tier {}", kept.join("; "));
            findings.push(Finding::note("isolation", text));
        }
    }
    findings
}

#[cfg(target_os = "linux")]
fn with_advice(finding: Finding) -> Finding {
    super::linux::namespaces()
        .into_iter()
        .fold(finding, Finding::todo)
}

#[cfg(not(target_os = "linux"))]
fn with_advice(finding: Finding) -> Finding {
    finding
}

/// The programs that jail and make a cell: where the lab has built them, or built now.
fn programs(patient: &Patient) -> Result<(PathBuf, PathBuf), String> {
    let own = env::current_exe().map_err(|error| error.to_string())?;
    let (jail, cell) = (own.with_file_name("jail"), own.with_file_name("cell"));
    let root = patient.root.as_deref();
    if let Some(root) = root {
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        command
            .current_dir(root)
            // The packages that `check` names too: with others, what they share would
            // have other features, and be built once more.
            .args(["build", "--quiet", "--package", "jail"])
            .args(["--package", "checks", "--package", "xtask"])
            .args(["--bin", "jail", "--bin", "cell"])
            .args(profile());
        if !cell.exists() {
            anstream::eprintln!("  building the jail; the first time, this takes a while");
        }
        match try_out(&mut command, &patient.stop) {
            Tried::Worked(_) => {}
            // Those of an earlier build do as well.
            Tried::Failed(_) | Tried::Missing(_) if jail.exists() && cell.exists() => {}
            Tried::Failed(text) => {
                return Err(format!("the jail does not build: {}", first_line(&text)));
            }
            Tried::Missing(error) => return Err(format!("there is no cargo: {error}")),
        }
    }
    match jail.exists() && cell.exists() {
        true => Ok((jail, cell)),
        false => Err("the jail is not built".to_owned()),
    }
}
