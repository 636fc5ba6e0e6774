//! Programs that may or may not be installed.

use std::env;

/// Whether the search path has a program of this name.
pub fn exists(name: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| folder.join(name).is_file())
}
