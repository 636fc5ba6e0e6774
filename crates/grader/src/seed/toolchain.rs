//! The compiler that programs are built with.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, anyhow, bail};

/// The compiler that programs are built with.
#[derive(Debug, Clone)]
pub struct Toolchain {
    /// The folder that holds `bin/rustc` and the standard library.
    pub sysroot: PathBuf,
    /// What `rustc --version` says.
    pub version: String,
    /// All that `rustc -vV` says: which compiler it is, to the commit.
    pub identity: String,
    /// The triple of this machine, e.g. `x86_64-unknown-linux-gnu`.
    pub host: String,
}

impl Toolchain {
    /// Asks the compiler that cargo would use.
    ///
    /// # Errors
    ///
    /// There is no compiler, or it does not answer.
    pub fn find() -> Result<Toolchain> {
        let identity = Toolchain::identify()?;
        let host = identity
            .lines()
            .find_map(|line| line.strip_prefix("host: "))
            .ok_or_else(|| anyhow!("`rustc -vV` does not name a host"))?;
        Ok(Toolchain {
            sysroot: PathBuf::from(rustc(&["--print", "sysroot"])?.trim_end()),
            version: identity.lines().next().unwrap_or_default().to_owned(),
            host: host.to_owned(),
            identity,
        })
    }

    /// Asks the compiler only which one it is.
    ///
    /// # Errors
    ///
    /// As [`Toolchain::find`].
    pub fn identify() -> Result<String> {
        rustc(&["-vV"])
    }

    /// The variable that names the program which programs are started through.
    pub fn runner_variable(&self) -> String {
        format!(
            "CARGO_TARGET_{}_RUNNER",
            self.host.to_uppercase().replace('-', "_")
        )
    }
}

fn rustc(arguments: &[&str]) -> Result<String> {
    let program = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(&program).args(arguments).output().with_context(|| {
        format!(
            "start {}: the lab needs Rust's cargo and rustc in PATH (https://rustup.rs installs them)",
            program.to_string_lossy()
        )
    })?;
    if !output.status.success() {
        bail!(
            "rustc {}: {}",
            arguments.join(" "),
            String::from_utf8_lossy(&output.stderr)
        );
    }
    String::from_utf8(output.stdout).context("rustc does not answer in UTF-8")
}
