//! `cargo xtask handout`: the lab as students get it.

pub mod contents;
mod readme;

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use grader::catalogue::Catalogue;

use crate::cli::Handout;
use crate::output::Output;
use crate::setup::Usage;
use contents::{Item, contents};

/// Writes it beside its place and renames it: it is whole, or not there.
pub fn run(catalogue: &Catalogue, asked: &Handout) -> Result<ExitCode> {
    let (parent, name) = place(catalogue, &asked.out)?;
    let items = contents(catalogue)?;
    let beside = tempfile::Builder::new()
        .prefix(".handout-")
        .tempdir_in(&parent)
        .with_context(|| format!("make a folder in {}", parent.display()))?;
    for item in &items {
        write(beside.path(), item)?;
    }
    let shown = asked.out.display();
    // A temporary folder is its owner's alone.
    fs::set_permissions(beside.path(), fs::Permissions::from_mode(0o755))
        .and_then(|()| fs::rename(beside.path(), parent.join(name)))
        .with_context(|| format!("make {shown}"))?;
    let mut output = Output::new();
    output.line(format!(
        "written: {shown} ({} exercises, {} files)",
        catalogue.entries.len(),
        items.len()
    ))?;
    output.line(format!("try it: cd {shown} && cargo xtask check 01"))?;
    output.finish()?;
    Ok(ExitCode::SUCCESS)
}

/// The folder in which it is made, and its name there.
fn place(catalogue: &Catalogue, out: &Path) -> Result<(PathBuf, std::ffi::OsString)> {
    let shown = out.display();
    let usage = |what: String| Usage(format!("--out {shown}: {what}"));
    match fs::read_dir(out) {
        Ok(mut entries) => {
            if entries.next().is_some() {
                bail!(usage(
                    "is not empty; name a folder that does not exist".into()
                ));
            }
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            bail!(usage("is no folder".into()))
        }
        Err(error) => bail!(usage(error.to_string())),
    }
    // `.` and `a/..` have no name of their own, what they lead to has one.
    let whole = out.canonicalize().unwrap_or_else(|_| out.to_owned());
    let Some(name) = whole.file_name() else {
        bail!(usage("is no name for a folder".into()));
    };
    let parent = match whole.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let parent = parent.canonicalize().map_err(|error| {
        let parent = parent.display();
        usage(match error.kind() {
            io::ErrorKind::NotFound => format!("there is no folder {parent}"),
            _ => format!("{parent}: {error}"),
        })
    })?;
    let root = catalogue.root.canonicalize().context("the lab's folder")?;
    if contents::takes(&root, &parent) {
        bail!(usage("lies among the lab's own sources".into()));
    }
    Ok((parent, name.to_owned()))
}

fn write(folder: &Path, item: &Item) -> Result<()> {
    let to = folder.join(&item.path);
    let bytes = item.bytes()?;
    to.parent()
        .map_or(Ok(()), fs::create_dir_all)
        .and_then(|()| fs::write(&to, bytes))
        .and_then(|()| {
            if item.executable {
                fs::set_permissions(&to, fs::Permissions::from_mode(0o755))
            } else {
                Ok(())
            }
        })
        .with_context(|| format!("write {}", item.path))
}
