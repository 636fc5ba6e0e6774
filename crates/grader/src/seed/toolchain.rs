//! The compiler that programs are built with.

use std::env;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, anyhow, bail};

/// The compiler that programs are built with.
#[derive(Debug, Clone)]
pub struct Toolchain {
    /// The folder that holds `bin/rustc` and the standard library.
    pub sysroot: PathBuf,
    /// What `rustc --version` says.
    pub version: String,
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
        let verbose = rustc(&["-vV"])?;
        let host = verbose
            .lines()
            .find_map(|line| line.strip_prefix("host: "))
            .ok_or_else(|| anyhow!("`rustc -vV` does not name a host"))?;
        Ok(Toolchain {
            sysroot: PathBuf::from(rustc(&["--print", "sysroot"])?.trim_end()),
            version: verbose.lines().next().unwrap_or_default().to_owned(),
            host: host.to_owned(),
        })
    }

    /// Tells the compiler that cargo would use from any other, by its files where that
    /// can be: to start it takes longer than all else that a look into the records needs.
    ///
    /// # Errors
    ///
    /// As [`Toolchain::find`].
    pub fn fingerprint() -> Result<String> {
        let Some(compiler) = compiler() else {
            return rustc(&["-vV"]);
        };
        let mut files = vec![compiler.clone()];
        // What `rustc` is a few lines around.
        let libraries = compiler.parent().and_then(Path::parent);
        let libraries = libraries.map(|folder| folder.join("lib"));
        for entry in libraries.iter().flat_map(fs::read_dir).flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with("librustc") {
                files.push(entry.path());
            }
        }
        files.sort();
        let mut text = String::new();
        for file in files {
            let about = fs::metadata(&file).with_context(|| file.display().to_string())?;
            let (size, inode) = (about.size(), about.ino());
            let changed = (about.mtime(), about.mtime_nsec());
            text.push_str(&format!("{} {size} {inode} {changed:?}\n", file.display()));
        }
        Ok(text)
    }

    /// The variable that names the program which programs are started through.
    pub fn runner_variable(&self) -> String {
        format!(
            "CARGO_TARGET_{}_RUNNER",
            self.host.to_uppercase().replace('-', "_")
        )
    }
}

/// The compiler's own file. None where a program stands before it that chooses one in a
/// way that cannot be seen from here.
fn compiler() -> Option<PathBuf> {
    let name = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let path = env::var_os("PATH").unwrap_or_default();
    let mut places = env::split_paths(&path).map(|folder| folder.join(&name));
    let found = places.find(|place| place.is_file())?.canonicalize().ok()?;
    if found.file_name()? != "rustup" {
        return Some(found);
    }
    // It has chosen when cargo was started, and all that cargo starts keeps to it.
    let cargo = PathBuf::from(env::var_os("CARGO")?);
    let beside = cargo.with_file_name("rustc").canonicalize().ok()?;
    let chosen = env::var_os("RUSTUP_TOOLCHAIN").is_some();
    (chosen && cargo.is_absolute() && beside.file_name()? != "rustup").then_some(beside)
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
