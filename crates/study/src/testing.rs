//! A small lab for the tests of this crate.

use std::fs;
use std::path::{Path, PathBuf};

use grader::catalogue::{Catalogue, Entry};
use grader::report::{CheckResult, ExerciseResult, Status, Verdict};
use tempfile::TempDir;

/// A lab of two exercises in two parts, as it is handed out.
pub struct Lab(TempDir);

const CHECKS: &str = r#"
[[check]]
name = "zero"
requirement = "1"
points = 60
concepts = []
shows = "It does."
hints = ["vague", "clearer", "plain"]

[[check]]
name = "one"
requirement = "2"
points = 40
concepts = []
shows = "It does more."
hints = ["vague", "clearer", "plain"]

[[check]]
name = "beyond"
requirement = "3"
points = 5
level = "advanced"
concepts = []
shows = "It does all."
hints = ["vague", "clearer", "plain"]
"#;

const SOLUTION: &str =
    "fn main() {\n    // <student: say so>\n    println!(\"so\");\n    // </student>\n}\n";

/// What the exercises are handed out as.
pub const SKELETON: &str = "fn main() {\n    todo!(\"say so\")\n}\n";

impl Lab {
    pub fn new() -> Lab {
        let lab = Lab(tempfile::tempdir().unwrap());
        lab.write("crates/checks/Cargo.toml", "");
        lab.write(
            "exercises/parts.toml",
            "1 = \"First things\"\n2 = \"More\"\n",
        );
        for (part, id, key) in [(1, "01-one", "one"), (2, "02-two", "two")] {
            let data = format!(
                "title = \"{key}\"\nkey = \"{key}\"\npart = {part}\nconcepts = []\n\
                 files = [\"src/main.rs\"]\nprograms = [\"{key}\"]\n{CHECKS}"
            );
            lab.write(&format!("exercises/{id}/exercise.toml"), &data);
            lab.write(
                &format!("exercises/{id}/Cargo.toml"),
                &format!("[[bin]]\nname = \"{key}\"\npath = \"src/main.rs\"\n"),
            );
            lab.write(&format!("solutions/{id}/src/main.rs"), SOLUTION);
            lab.write(&format!("exercises/{id}/src/main.rs"), SKELETON);
        }
        lab
    }

    pub fn root(&self) -> &Path {
        self.0.path()
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.root().join(path)
    }

    pub fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    pub fn catalogue(&self) -> Catalogue {
        Catalogue::load(self.root()).unwrap()
    }

    /// The folders of backups, in order.
    pub fn backups(&self) -> Vec<PathBuf> {
        let Ok(entries) = fs::read_dir(self.path(".lab/backups")) else {
            return Vec::new();
        };
        let mut found: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        found.retain(|path| path.is_dir());
        found.sort();
        found
    }
}

/// What an exercise came to, with these verdicts of its checks.
pub fn result(entry: &Entry, verdicts: [Verdict; 3]) -> ExerciseResult {
    let checks = entry.data.checks.iter().zip(verdicts);
    let checks: Vec<CheckResult> = checks
        .map(|(check, verdict)| CheckResult::new(check, verdict, 0.0, None))
        .collect();
    ExerciseResult {
        id: entry.id.clone(),
        score: grader::score::score(&checks),
        max_score: 100,
        status: Status::Graded,
        message: None,
        checks,
    }
}
