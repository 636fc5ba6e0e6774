//! Room for what is built.

use std::env;
use std::fs;
use std::io::Write;
use std::path::Path;

use nix::sys::statvfs::statvfs;

use super::Patient;
use super::finding::Finding;

/// What a first `check` builds, in bytes, rounded up.
const FIRST_CHECK: u64 = 1 << 30;

/// What it takes to go on working, in bytes.
const LEAST: u64 = 200 << 20;

/// Files that there should be room for.
const FILES: u64 = 10_000;

pub fn findings(patient: &Patient) -> Vec<Finding> {
    let temporary = env::temp_dir();
    let mut findings = vec![writable("target", &patient.target)];
    findings.extend(room(&patient.target));
    findings.push(writable("temporary", &temporary));
    if let Some(root) = &patient.root {
        let exercises = root.join("exercises");
        // Not tried by writing: nothing of somebody's work is touched.
        if fs::metadata(&exercises).is_ok_and(|found| found.permissions().readonly()) {
            findings.push(Finding::note(
                "lab",
                format!("{} is read-only", exercises.display()),
            ));
        }
    }
    findings
}

/// Whether files can be written there.
fn writable(topic: &'static str, folder: &Path) -> Finding {
    let shown = folder.display();
    let tried = fs::create_dir_all(folder).and_then(|()| {
        let mut file = tempfile::tempfile_in(folder)?;
        // A full disk takes a name, and no bytes.
        file.write_all(&[0; 1 << 16])?;
        file.sync_all()
    });
    match tried {
        Ok(()) => Finding::good(topic, format!("{shown} can be written")),
        Err(error) => {
            let name = match topic {
                "target" => "CARGO_TARGET_DIR",
                _ => "TMPDIR",
            };
            Finding::mend(topic, format!("{shown} cannot be written: {error}")).todo(format!(
                "make room or take rights, or set {name} to another folder"
            ))
        }
    }
}

fn room(folder: &Path) -> Option<Finding> {
    let existing = folder.ancestors().find(|one| one.exists())?;
    let found = statvfs(existing).ok()?;
    // What the types are differs from system to system.
    #[allow(clippy::unnecessary_cast)]
    let bytes = found.blocks_available() as u64 * found.fragment_size() as u64;
    #[allow(clippy::unnecessary_cast)]
    let (files, all_files) = (found.files_available() as u64, found.files() as u64);
    let text = format!("{} MiB are free", bytes >> 20);
    Some(if bytes < LEAST {
        Finding::mend("disk", text).todo("make room: the lab needs 1 GiB for its first check")
    } else if all_files > 0 && files < FILES {
        Finding::mend("disk", format!("there is room for {files} more files only"))
            .todo("remove files: the file system has no room for their names")
    } else if bytes < FIRST_CHECK {
        Finding::note("disk", text).todo("the first check builds up to 1 GiB")
    } else {
        Finding::good("disk", text)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::State;

    #[test]
    fn a_folder_that_cannot_be_made_is_to_be_mended() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(writable("target", folder.path()).state, State::Good);
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let finding = writable("target", &file.join("target"));
        assert_eq!(finding.state, State::Mend);
        assert!(finding.todo[0].contains("CARGO_TARGET_DIR"), "{finding:?}");
    }
}
