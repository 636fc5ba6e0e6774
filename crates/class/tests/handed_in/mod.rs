//! A class in a folder of its own, and what the lab takes of it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use class::input::Opener;
use grader::catalogue::Catalogue;
use grader::submission::{Intake, Submission};
use tempfile::TempDir;

pub const SERVER: &str = "09-echo-iterative/src/server.rs";

/// What an archive may unpack to here, in bytes.
pub const MOST: u64 = 3 << 20;

pub struct Class {
    pub folder: TempDir,
    pub catalogue: Catalogue,
}

impl Class {
    pub fn new() -> Class {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        Class {
            folder: TempDir::new().unwrap(),
            catalogue: Catalogue::load(&root.canonicalize().unwrap()).unwrap(),
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, bytes: &[u8]) -> &Class {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
        self
    }

    pub fn open(&self, name: &str) -> Vec<Submission> {
        let work = self.path("work");
        fs::create_dir_all(&work).unwrap();
        let mut opener = Opener::new(&self.catalogue, &work).most(MOST);
        opener.open(&self.path(name)).unwrap()
    }

    /// By the submission's name, what it handed in for 09, or why nothing is taken.
    pub fn taken(&self, name: &str) -> BTreeMap<String, String> {
        let entry = self.catalogue.get("09").unwrap();
        let all = self.open(name).into_iter().map(|one| {
            let taken = match one.take(entry).unwrap() {
                Intake::Taken(files) => files["src/server.rs"].clone(),
                Intake::Missing(what) => format!("missing: {what}"),
                Intake::Refused(why) => format!("refused: {why}"),
            };
            (one.name, taken)
        });
        all.collect()
    }
}
