//! What only an instructor needs is built only when it is asked for: a learner does
//! not wait for it.

use std::path::{Path, PathBuf};

use crate::cli::{self, Deliver, Format};

/// Whether this program has it.
pub const HERE: bool = cfg!(feature = "instructor");

/// Whether a command needs it.
pub fn is_asked(command: &cli::Command) -> bool {
    match command {
        cli::Command::Grade(asked) => holds_any(&asked.path) || is_of_a_class(&asked.deliver),
        cli::Command::Merge(asked) => is_of_a_class(&asked.deliver),
        cli::Command::Similarity(asked) => holds_any(&asked.path),
        cli::Command::Package(_) => true,
        _ => false,
    }
}

/// Whether grades, pages or other systems' formats are wanted.
pub fn is_of_a_class(asked: &Deliver) -> bool {
    let files = [&asked.html, &asked.roster, &asked.policy, &asked.what_if];
    !matches!(asked.format, Format::Text | Format::Json) || files.iter().any(|file| file.is_some())
}

/// Whether a path is an archive, or holds some.
fn holds_any(paths: &[PathBuf]) -> bool {
    paths
        .iter()
        .any(|path| is_archive(path) || holds_archives(path))
}

/// Whether a file is an archive, by its name.
pub fn is_archive(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name = name.to_lowercase();
    let kinds = [".zip", ".tar", ".tar.gz", ".tgz"];
    path.is_file() && kinds.iter().any(|kind| name.ends_with(kind))
}

/// Archives in a folder or in its folders, as learning platforms make them.
fn holds_archives(folder: &Path) -> bool {
    let entries = |folder: &Path| {
        let entries = folder.read_dir().into_iter().flatten().flatten();
        entries.map(|entry| entry.path())
    };
    entries(folder).any(|path| is_archive(&path) || entries(&path).any(|path| is_archive(&path)))
}
