//! The environment that a student's program starts with.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use crate::command::JailOptions;

/// Where programs are looked for.
const PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// The whole environment, `KEY=VALUE` each: the same wherever the lab runs,
/// then what `--env` gives.
pub(crate) fn of(options: &JailOptions) -> Vec<OsString> {
    let mut variables: Vec<OsString> = Vec::new();
    let scratch = options.scratch.as_os_str();
    for (key, value) in [
        ("PATH", OsStr::new(PATH)),
        ("HOME", scratch),
        ("TMPDIR", scratch),
        ("LANG", OsStr::new("C.UTF-8")),
        ("TERM", OsStr::new("dumb")),
    ] {
        set(&mut variables, joined(key, value));
    }
    for given in &options.env {
        set(&mut variables, given.clone());
    }
    variables
}

/// The file of a program: itself if it names a path, else the first in PATH.
pub(crate) fn find(program: &OsStr, variables: &[OsString]) -> PathBuf {
    if program.as_bytes().contains(&b'/') {
        return PathBuf::from(program);
    }
    variables
        .iter()
        .filter_map(|variable| variable.as_bytes().strip_prefix(b"PATH="))
        .flat_map(|path| path.split(|byte| *byte == b':'))
        .map(|folder| Path::new(OsStr::from_bytes(folder)).join(program))
        .find(|file| file.is_file())
        .unwrap_or_else(|| PathBuf::from(program))
}

fn set(variables: &mut Vec<OsString>, variable: OsString) {
    let bytes = variable.as_bytes();
    let key = bytes.iter().position(|byte| *byte == b'=');
    let prefix = bytes[..key.map_or(bytes.len(), |end| end + 1)].to_vec();
    variables.retain(|other| !other.as_bytes().starts_with(&prefix));
    variables.push(variable);
}

fn joined(key: &str, value: &OsStr) -> OsString {
    let mut bytes = key.as_bytes().to_vec();
    bytes.push(b'=');
    bytes.extend_from_slice(value.as_bytes());
    OsString::from_vec(bytes)
}
