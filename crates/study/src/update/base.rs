//! Which version of the lab a learner has.

use std::path::Path;

use anyhow::Result;
use grader::skeleton::SHIPPED;

use super::disk;
use super::git::Repository;
use super::record::Record;
use super::refusal::{Refusal, refuse};
use super::version::Version;

/// Finds it: by the list that the package brought, by the commit that the last update
/// came to, by what the learner's branch has in common with the new one. Where none of
/// these is there, the skeletons at least are known.
///
/// # Errors
///
/// A [`Refusal`]: nothing tells. Or a version cannot be read.
pub fn find(root: &Path, repository: Option<&Repository>, new: Option<&str>) -> Result<Version> {
    let record = Record::of(root);
    if let Some(record) = record.as_ref().filter(|record| !record.files.is_empty()) {
        return Version::of_record(record, root);
    }
    let mut found: Option<Version> = None;
    if let Some(repository) = repository {
        let noted = record.and_then(|record| record.label.commit);
        for commit in commits(repository, noted.as_deref(), new)? {
            let version = match Version::of_commit(repository, &commit) {
                Ok(version) => version,
                // Somebody's own history, from before the lab was put into it.
                Err(error) if error.is::<Refusal>() => continue,
                Err(error) => return Err(error),
            };
            found = match found {
                Some(other) if !is_nearer(root, &version, &other)? => Some(other),
                _ => Some(version),
            };
        }
    }
    if let Some(version) = found {
        return Ok(version);
    }
    if !["solutions", SHIPPED]
        .iter()
        .any(|name| root.join(name).is_dir())
    {
        refuse!(
            "nothing here tells which version of the lab this is: get the new version in a new \
             folder, and copy your files into it"
        );
    }
    Version::of_skeletons(root)
}

/// The commits that it may be.
fn commits(repository: &Repository, noted: Option<&str>, new: Option<&str>) -> Result<Vec<String>> {
    let mut commits = Vec::new();
    if let Some(noted) = noted {
        commits.extend(repository.commit(noted)?);
    }
    let in_common = repository.common("HEAD", new.unwrap_or("@{upstream}"))?;
    if let Some(common) = in_common.filter(|common| !commits.contains(common)) {
        commits.push(common);
    }
    Ok(commits)
}

/// Whether of the files in which two versions differ more are as the first has them.
/// What was noted and what git says need not be of the same state: a learner may have
/// stashed, pulled, or gone back to an older branch since.
fn is_nearer(root: &Path, version: &Version, other: &Version) -> Result<bool> {
    let mut nearer = 0;
    let paths = version.paths().filter(|path| other.holds(path));
    for path in paths {
        if version.agrees(path, other, path)? {
            continue;
        }
        if let Some(mine) = disk::read(root, path)? {
            nearer += i64::from(version.is(path, &mine.bytes)? == Some(true));
            nearer -= i64::from(other.is(path, &mine.bytes)? == Some(true));
        }
    }
    Ok(nearer > 0)
}
