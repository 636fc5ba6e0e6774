//! The explained survivors, as far as they can be held against the solutions
//! without making any mutant.

// The lint's exemption for tests does not reach the functions beside them.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use bank::mutants::explained::Explained;
use grader::catalogue::Catalogue;

#[test]
fn every_explained_survivor_is_a_change_of_a_file_that_is_there() {
    let catalogue = Catalogue::find(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
    for entry in &catalogue.entries {
        for one in Explained::of(entry).unwrap() {
            let (file, _) = one.mutant.split_once(": ").unwrap();
            assert!(
                entry.folder.join(file).is_file(),
                "{}: `{}`",
                entry.id,
                one.mutant
            );
            assert!(one.why.ends_with('.'), "{}: `{}`", entry.id, one.why);
        }
    }
}
