//! Parts that are built only when they are first asked for: a learner does not wait
//! for what they do not use.

use std::env;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

/// What a verdict on one's own program can do without.
#[cfg(not(feature = "whole"))]
pub const MORE: Part = Part {
    program: "lab-more",
    feature: "whole",
    what: "what this command needs; the first time, this takes half a minute",
};

/// What only an instructor needs.
pub const INSTRUCTOR: Part = Part {
    program: "lab-class",
    feature: "instructor",
    what: "what a class needs; the first time, this takes a minute",
};

/// What only `watch` needs.
#[cfg(not(feature = "watch"))]
pub const WATCH: Part = Part {
    program: "lab-watch",
    feature: "watch",
    what: "what `watch` needs; the first time, this takes half a minute",
};

/// One of them.
pub struct Part {
    /// The program that has it: this one with a feature more.
    program: &'static str,
    feature: &'static str,
    /// What is said when it has to be built.
    what: &'static str,
}

impl Part {
    /// Becomes the program of the lab at `root` that has it, with the same arguments.
    ///
    /// # Errors
    ///
    /// There is no cargo. Whatever comes later is that program's own.
    pub fn hand_over(&self, root: &Path) -> Result<ExitCode> {
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let manifest = root.join("Cargo.toml");
        let built = env::current_exe().is_ok_and(|here| here.with_file_name(self.program).exists());
        if !built {
            anstream::eprintln!("building {}", self.what);
        }
        let error = Command::new(cargo)
            .args([
                "run",
                "--quiet",
                "--package",
                "xtask",
                "--bin",
                self.program,
            ])
            .args(grader::seed::profile())
            .args(["--features", self.feature, "--manifest-path"])
            .arg(manifest)
            .arg("--")
            .args(env::args_os().skip(1))
            .exec();
        Err(error).context("run cargo")
    }
}
