//! `cargo xtask handout`: the lab as students get it.

pub mod contents;
mod readme;

use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use grader::catalogue::Catalogue;

use crate::cli::Handout;
use crate::new_folder::NewFolder;
use crate::output::Output;
use crate::setup::Usage;
use contents::contents;

/// Writes it into a folder.
pub fn run(catalogue: &Catalogue, asked: &Handout) -> Result<ExitCode> {
    let shown = asked.out.display();
    let folder = NewFolder::at(&asked.out)?;
    let root = catalogue.root.canonicalize().context("the lab's folder")?;
    if contents::takes(&root, folder.parent()) {
        bail!(Usage(format!(
            "--out {shown}: lies among the lab's own sources"
        )));
    }
    let items = contents(catalogue)?;
    for item in &items {
        folder.write(&item.path, &item.bytes()?, item.executable)?;
    }
    folder.finish(0o755)?;
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
