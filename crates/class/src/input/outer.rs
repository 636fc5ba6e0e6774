//! The folder around a whole class: whoever packs `class/` gets `class/ada`, `class/ben`.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use grader::catalogue::Catalogue;
use grader::submission::{holds_exercises, is_submission};

use super::refused::Refused;
use super::{archives_in, is_archive, names};

/// The folder around all submissions at `base`, unpacked or as it was: nothing else lies
/// beside it, it is no submission, and two or more are in it, refused ones among
/// them. A single submission that was packed with its folder is none of these.
pub(super) fn outer(
    base: &Path,
    refused: &Refused,
    catalogue: &Catalogue,
) -> io::Result<Option<String>> {
    let is_part = |name: &str| {
        let is_exercise = catalogue.entries.iter().any(|entry| entry.id == name);
        is_exercise || ["exercises", "solutions"].contains(&name)
    };
    let mut tops: BTreeSet<String> = refused.tops().into_iter().map(str::to_owned).collect();
    for name in names(base)? {
        tops.insert(name.to_string_lossy().into_owned());
    }
    let (Some(top), None) = (tops.pop_first(), tops.pop_first()) else {
        return Ok(None);
    };
    let folder = base.join(&top);
    // Through a link the class would come from elsewhere.
    if folder.is_symlink() {
        return Ok(None);
    }
    // A folder of Moodle's is somebody's, whatever it holds.
    let is_somebodys = top.contains("_assignsubmission_");
    let below = refused.below();
    let is_one = is_part(&top) || below.iter().any(|name| is_part(name));
    if is_somebodys || is_one || holds_exercises(&folder, catalogue) {
        return Ok(None);
    }
    let mut members: BTreeSet<String> = below.into_iter().map(str::to_owned).collect();
    for name in names(&folder).unwrap_or_default() {
        let path = folder.join(&name);
        if is_archive(&path) || is_submission(&path, catalogue) || !archives_in(&path).is_empty() {
            members.insert(name.to_string_lossy().into_owned());
        }
    }
    Ok((members.len() > 1).then_some(top))
}
