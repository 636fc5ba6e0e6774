//! What is to be graded, as the command line names it.

use std::fs::DirEntry;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use grader::catalogue::Catalogue;
use grader::submission::Submission;

use crate::instructor::is_archive;
use crate::setup::Usage;

/// The submissions at some paths. Archives among them are unpacked into a folder.
pub fn at(
    catalogue: &Catalogue,
    paths: &[PathBuf],
    #[cfg_attr(not(feature = "instructor"), expect(unused_variables))] unpacked: &Path,
) -> Result<Vec<Submission>> {
    let mut submissions = Vec::new();
    #[cfg(feature = "instructor")]
    let mut opener = class::input::Opener::new(catalogue, unpacked);
    for path in paths {
        #[cfg(feature = "instructor")]
        let found = opener.open(path);
        #[cfg(not(feature = "instructor"))]
        let found = Submission::discover(path, catalogue);
        let found = found.map_err(wrong_path)?;
        tell_strays(path, &found)?;
        submissions.extend(found);
    }
    Ok(submissions)
}

/// How many files are named that are no submissions.
const NAMED: usize = 5;

/// Refuses a folder with nothing in it, and says which files among submissions are none: one
/// of them may be what somebody handed in.
fn tell_strays(path: &Path, found: &[Submission]) -> Result<()> {
    let Ok(entries) = path.read_dir() else {
        // An archive; or what is wrong with it was said.
        return Ok(());
    };
    let entries = entries.flatten();
    let mut entries = entries
        .filter(|entry| !entry.file_name().as_encoded_bytes().starts_with(b"."))
        .peekable();
    if entries.peek().is_none() {
        let shown = path.display();
        bail!(Usage(format!(
            "{shown} is empty: there is no submission in it"
        )));
    }
    let is_below = |one: &Submission| {
        let folder = one.folder();
        let below = folder.strip_prefix(path).ok();
        below.is_some_and(|below| below.starts_with(&one.name) && below != Path::new(""))
    };
    if !found.iter().any(is_below) {
        return Ok(());
    }
    let is_file = |entry: &DirEntry| entry.file_type().is_ok_and(|kind| kind.is_file());
    let files = entries.filter(|entry| is_file(entry) && !is_archive(&entry.path()));
    let mut names: Vec<String> = files
        .map(|entry| {
            entry
                .file_name()
                .to_string_lossy()
                .escape_debug()
                .to_string()
        })
        .collect();
    names.sort();
    let more = names.len().saturating_sub(NAMED);
    if more > 0 {
        names.truncate(NAMED);
        names.push(format!("{more} more"));
    }
    if !names.is_empty() {
        let (shown, names) = (path.display(), names.join(", "));
        anstream::eprintln!("in {shown}, but no folder and no archive that is read: {names}");
    }
    Ok(())
}

/// All that lies at a path as one submission. Archives there are unpacked into a
/// folder.
pub fn whole(
    catalogue: &Catalogue,
    path: &Path,
    #[cfg_attr(not(feature = "instructor"), expect(unused_variables))] unpacked: &Path,
) -> Result<Submission> {
    #[cfg(feature = "instructor")]
    let found = class::input::Opener::new(catalogue, unpacked).open_whole(path);
    #[cfg(not(feature = "instructor"))]
    let found = Submission::whole(path, catalogue);
    found.map_err(wrong_path)
}

/// A path that is wrong is wrong usage; one that cannot be read is trouble.
fn wrong_path(error: impl Into<anyhow::Error>) -> anyhow::Error {
    use grader::submission::Error;

    let error = error.into();
    #[cfg(feature = "instructor")]
    if error.is::<class::input::Damaged>() {
        return Usage(error.to_string()).into();
    }
    match error.downcast_ref() {
        Some(Error::NoSuchPath(_) | Error::NoFolder(_)) => Usage(error.to_string()).into(),
        Some(Error::Unreadable(..)) | None => error,
    }
}
