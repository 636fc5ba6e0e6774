//! A lab of two small exercises, for the tests of the crates that work on labs.
//!
//! It is nothing but files: what reads them is what is under test, so this crate
//! depends on none of the lab's. What a test is about it changes itself, with
//! [`Lab::edit`] or [`Lab::write`], or gives with the checks.
//!
//! ```
//! let lab = small_lab::Lab::new();
//! lab.edit("exercises/01-one/exercise.toml", "points = 60", "points = 50");
//! assert_eq!(lab.read("exercises/01-one/src/main.rs"), small_lab::SKELETON);
//! ```

// It is a part of tests: what goes wrong here is for whoever runs them.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// The checks of each exercise: two that count, and one beyond.
pub const CHECKS: &str = r#"
[[check]]
name = "zero"
requirement = "1"
points = 60
concepts = ["eof"]
shows = "It does."
hints = ["vague", "clearer", "plain"]

[[check]]
name = "one"
requirement = "2"
points = 40
concepts = ["eof"]
shows = "It does more."
hints = ["a vague one", "a clearer one", "a plain one"]

[[check]]
name = "beyond"
requirement = "3"
points = 5
level = "advanced"
concepts = ["eof"]
shows = "It does all."
hints = ["vague", "clearer", "plain"]
"#;

/// The solution of each exercise: it names what passes.
pub const SOLUTION: &str = "fn main() {\n    // <student: say so>\n    \
     println!(\"zero one beyond\");\n    // </student>\n}\n";

/// What the exercises are handed out as: made from [`SOLUTION`].
pub const SKELETON: &str = "fn main() {\n    todo!(\"say so\")\n}\n";

/// What of an exercise is given, and not handed in.
pub const GIVEN: &str = "//! Given.\n";

/// A lab with its solutions, in a folder that goes with it. Its exercises are `01-one`
/// and `02-two`, each in a part of its own; `src/main.rs` is handed in, nothing of it is
/// solved, and the program is called `one` or `two`.
#[derive(Debug)]
pub struct Lab(TempDir);

impl Lab {
    /// One with [`CHECKS`].
    #[allow(clippy::new_without_default)]
    pub fn new() -> Lab {
        Lab::with_checks(CHECKS)
    }

    /// One whose exercises have these checks.
    pub fn with_checks(checks: &str) -> Lab {
        Lab::fill(tempfile::tempdir().unwrap(), checks)
    }

    /// One with [`CHECKS`], in a folder below another: on the file system of what is to
    /// be linked into it.
    pub fn below(folder: &Path) -> Lab {
        Lab::fill(tempfile::tempdir_in(folder).unwrap(), CHECKS)
    }

    fn fill(folder: TempDir, checks: &str) -> Lab {
        let lab = Lab(folder);
        lab.write("Cargo.toml", "[workspace]\n");
        lab.write("Cargo.lock", "version = 4\n");
        lab.write("crates/checks/Cargo.toml", "");
        lab.write("crates/checks/src/lib.rs", "//! Nothing.\n");
        let parts = "1 = \"First things\"\n2 = \"More\"\n";
        lab.write("exercises/parts.toml", parts);
        lab.write("exercises/concepts.toml", "eof = \"End of file.\"\n");
        for (part, id, name) in [(1, "01-one", "one"), (2, "02-two", "two")] {
            let folder = format!("exercises/{id}");
            let data = format!(
                "title = \"Number {name}\"\nkey = \"{name}\"\npart = {part}\n\
                 concepts = [\"eof\"]\nfiles = [\"src/main.rs\"]\nprograms = [\"{name}\"]\n\
                 {checks}"
            );
            lab.write(&format!("{folder}/exercise.toml"), &data);
            let manifest = format!(
                "[package]\nname = \"ex{id}\"\n\n\
                 [[bin]]\nname = \"{name}\"\npath = \"src/main.rs\"\n"
            );
            lab.write(&format!("{folder}/Cargo.toml"), &manifest);
            lab.write(&format!("{folder}/src/given.rs"), GIVEN);
            lab.write(&format!("{folder}/src/main.rs"), SKELETON);
            lab.write(&format!("solutions/{id}/src/main.rs"), SOLUTION);
        }
        lab
    }

    /// Its folder.
    pub fn root(&self) -> &Path {
        self.0.path()
    }

    /// A place in it.
    pub fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        self.root().join(path)
    }

    /// Writes a file, and makes its folders.
    pub fn write(&self, path: &str, text: &str) {
        write(self.root(), path, text);
    }

    /// What is in a file.
    #[track_caller]
    pub fn read(&self, path: &str) -> String {
        let path = self.path(path);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// Puts one text in the first place of another in a file, which must hold it.
    #[track_caller]
    pub fn edit(&self, path: &str, from: &str, to: &str) {
        let text = self.read(path);
        assert!(text.contains(from), "{path} has no {from:?}: {text}");
        self.write(path, &text.replacen(from, to, 1));
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

/// Writes a file below a folder, and makes the folders between them.
pub fn write(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// All files below a folder, in order, by their paths from there. A link is a file.
pub fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut left = vec![folder.to_owned()];
    while let Some(inside) = left.pop() {
        for entry in fs::read_dir(inside).unwrap() {
            let entry = entry.unwrap();
            let path = entry.path();
            if entry.file_type().unwrap().is_dir() {
                left.push(path);
            } else {
                let path = path.strip_prefix(folder).unwrap();
                found.push(path.to_str().unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}
