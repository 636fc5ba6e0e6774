//! What is to be graded, as the command line names it.

use std::path::{Path, PathBuf};

use anyhow::Result;
use grader::catalogue::Catalogue;
use grader::submission::Submission;

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
        submissions.extend(found.map_err(wrong_path)?);
    }
    Ok(submissions)
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
