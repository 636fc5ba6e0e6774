//! The command line of the compiler.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use crate::catalogue::{Entry, Program};
use crate::seed::Seed;
use crate::stage::Stage;

/// The flags that cargo gives for this workspace's dev profile, without what only
/// a debugger reads: it is most of such a program, and of the time to link it.
/// Warnings are left out, so that a refusal shows its errors.
pub fn flags(entry: &Entry, program: &Program) -> Vec<String> {
    let mut flags: Vec<String> = [
        "--edition=2024",
        "--crate-type=bin",
        "--emit=link",
        "-Cdebuginfo=0",
        "-Cstrip=debuginfo",
        "-Cembed-bitcode=no",
        "-Awarnings",
        "--crate-name",
    ]
    .map(str::to_owned)
    .to_vec();
    flags.push(crate_name(program));
    flags.extend(entry.allowed_lints.iter().map(|lint| format!("-A{lint}")));
    flags.push(program.path.clone());
    flags
}

/// Where the crates of an exercise are, for a compiler that has all libraries in `folder`.
pub fn libraries(seed: &Seed, entry: &Entry, folder: &Path) -> Vec<OsString> {
    let mut arguments = Vec::new();
    for (name, file) in seed.externs.get(&entry.id).into_iter().flatten() {
        arguments.push("--extern".into());
        arguments.push(format!("{name}={}", folder.join(file).display()).into());
    }
    arguments.push("-L".into());
    arguments.push(format!("dependency={}", folder.display()).into());
    arguments
}

/// What cargo tells of a program while it is compiled.
pub(crate) fn variables(entry: &Entry, program: &Program) -> [(&'static str, String); 4] {
    [
        ("CARGO_CRATE_NAME", crate_name(program)),
        ("CARGO_BIN_NAME", program.name.clone()),
        ("CARGO_PKG_NAME", entry.package()),
        ("CARGO_PKG_VERSION", env!("CARGO_PKG_VERSION").to_owned()),
    ]
}

/// The compiler as an ordinary process that does the same without a cell and a jail: what
/// these two cost is measured against it. Only for sources that are trusted.
pub fn alone(
    seed: &Seed,
    entry: &Entry,
    program: &Program,
    stage: &Stage,
    output: &Path,
) -> Command {
    let mut command = Command::new(seed.toolchain.sysroot.join("bin/rustc"));
    command
        .current_dir(&stage.folder)
        .args(flags(entry, program))
        .args(libraries(seed, entry, &seed.libraries))
        .arg("-o")
        .arg(output)
        .envs(variables(entry, program));
    command
}

fn crate_name(program: &Program) -> String {
    program.name.replace('-', "_")
}
