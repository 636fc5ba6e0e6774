//! A folder that is made whole, or not at all.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use grader::stop::{Stop, Stopped};
use tempfile::TempDir;

use crate::setup::{self, Usage};

/// A folder that is filled beside its place and renamed into it in the end.
/// Until then what was written goes with it, also when ^C is pressed.
pub struct NewFolder {
    beside: TempDir,
    parent: PathBuf,
    name: OsString,
    stop: Stop,
}

impl NewFolder {
    /// A folder for what `--out` names, which does not exist or is empty.
    ///
    /// # Errors
    ///
    /// [`Usage`] when something is there, or when there is no place for it;
    /// otherwise what the system says.
    pub fn at(out: &Path) -> Result<NewFolder> {
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
        // `.` and `a/..` have no name of their own; what they lead to has one.
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
        let beside = tempfile::Builder::new()
            .prefix(".new-")
            .tempdir_in(&parent)
            .with_context(|| format!("make a folder in {}", parent.display()))?;
        Ok(NewFolder {
            beside,
            parent,
            name: name.to_owned(),
            stop: setup::stop(),
        })
    }

    /// The folder that it will lie in.
    pub fn parent(&self) -> &Path {
        &self.parent
    }

    /// Writes a file in it, with the folders above it.
    ///
    /// # Errors
    ///
    /// What the system says, with the file's name. [`Stopped`] on request.
    pub fn write(&self, path: &str, bytes: &[u8], executable: bool) -> Result<()> {
        if self.stop.asked() {
            bail!(Stopped);
        }
        let to = self.beside.path().join(path);
        to.parent()
            .map_or(Ok(()), fs::create_dir_all)
            .and_then(|()| fs::write(&to, bytes))
            .and_then(|()| {
                if executable {
                    fs::set_permissions(&to, fs::Permissions::from_mode(0o755))
                } else {
                    Ok(())
                }
            })
            .with_context(|| format!("write {path}"))
    }

    /// Puts it into its place, readable for those who may read `mode`.
    ///
    /// # Errors
    ///
    /// What the system says; then nothing stays.
    pub fn finish(self, mode: u32) -> Result<()> {
        let to = self.parent.join(&self.name);
        fs::set_permissions(self.beside.path(), fs::Permissions::from_mode(mode))
            .and_then(|()| fs::rename(self.beside.path(), &to))
            .with_context(|| format!("make {}", to.display()))
    }
}
