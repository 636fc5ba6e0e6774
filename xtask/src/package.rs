//! `cargo xtask package gradescope`: the archive that Gradescope takes for an
//! autograder.
//!
//! What Gradescope says of it (<https://gradescope-autograders.readthedocs.io/en/latest/specs/>):
//! the archive is unpacked into `/autograder/source`; `setup.sh` in it runs once,
//! as root, when the image is made; `run_autograder` runs for each submission,
//! which lies in `/autograder/submission`, and leaves
//! `/autograder/results/results.json`.
//!
//! The lab in it is the one that students get: no solution lies beside what they
//! hand in.

use std::fmt::Write as _;
use std::io::{BufWriter, Seek, Write};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};
use grader::catalogue::Catalogue;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::cli::{Package, System};
use crate::handout::contents::{Item, contents};
use crate::output::Output;
use crate::setup::{self, Usage};

const SETUP: &str = include_str!("package/setup.sh");
const RUN: &str = include_str!("package/run_autograder.sh");

/// Where the lab lies in the archive.
const LAB: &str = "lab";

/// Writes the archive.
pub fn run(catalogue: &Catalogue, asked: &Package) -> Result<ExitCode> {
    let System::Gradescope = asked.system;
    let shown = asked.out.display();
    if asked.out.is_dir() {
        bail!(Usage(format!("--out {shown}: is a folder; name a file")));
    }
    let mut only = Vec::new();
    if !asked.only.is_empty() {
        let entries = setup::exercises(catalogue, &asked.only)?;
        only.extend(entries.into_iter().map(grader::catalogue::Entry::number));
    }
    let mut items = vec![
        script("setup.sh", SETUP, &only),
        script("run_autograder", RUN, &only),
    ];
    for mut item in contents(catalogue)? {
        item.path = format!("{LAB}/{}", item.path);
        items.push(item);
    }
    // An archive is written backwards and forwards: first where that can be done.
    let mut whole = tempfile::tempfile().context("a file for the archive")?;
    write(&mut whole, &items)?;
    whole.rewind().context("read the archive")?;
    grader::report::write_atomically(&asked.out, |file: &mut dyn Write| {
        std::io::copy(&mut whole, file).map(|_| ())
    })
    .with_context(|| format!("write {shown}"))?;
    let mut output = Output::new();
    output.line(format!("written: {shown} ({} files)", items.len()))?;
    output.line("next: on Gradescope, the assignment's Configure Autograder, Zip file upload")?;
    output.finish()?;
    Ok(ExitCode::SUCCESS)
}

/// A script with what it has to know in the place of its marks.
fn script(name: &str, text: &str, only: &[&str]) -> Item {
    let mut option = String::new();
    if !only.is_empty() {
        let _ = write!(option, "--only {}", only.join(","));
    }
    let text = text
        .replace("@ONLY@", &option)
        .replace("@TOOLCHAIN@", &toolchain());
    let mut item = Item::text(name, text);
    item.executable = true;
    item
}

/// The compiler that is used here, so that it judges there as well: `1.91.0`, or
/// `stable` where that is none that rustup could fetch by its number.
fn toolchain() -> String {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let told = Command::new(rustc).arg("--version").output();
    let told = told.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    let told = told.unwrap_or_default();
    let version = told.split_whitespace().nth(1).unwrap_or_default();
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if version.split('.').count() == 3 && version.split('.').all(is_number) {
        version.to_owned()
    } else {
        "stable".to_owned()
    }
}

fn write(file: impl Write + Seek, items: &[Item]) -> Result<()> {
    let mut archive = ZipWriter::new(BufWriter::new(file));
    // No times: the same lab gives the same archive.
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(zip::DateTime::default());
    for item in items {
        let mode = if item.executable { 0o755 } else { 0o644 };
        archive
            .start_file(&*item.path, options.unix_permissions(mode))
            .with_context(|| item.path.clone())?;
        archive
            .write_all(&item.bytes()?)
            .with_context(|| item.path.clone())?;
    }
    let mut file = archive.finish().context("end the archive")?;
    file.flush().context("end the archive")
}
