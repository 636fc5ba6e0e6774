//! The files of small labs.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use small_lab::write;

use crate::update::record::{FILE, Label, Record, digest};

/// One version of a lab, by the paths of its files. The skeletons are made of the
/// solutions, as they are at home.
#[derive(Clone)]
pub struct Files(BTreeMap<String, String>);

const SERVER: &str = "\
//! A server.

/// Listens.
pub fn listen() -> u8 {
    // <student: listen on the port>
    7
    // </student>
}

/// What is between them.
pub const BETWEEN: u8 = 1;

/// Serves a client.
pub fn serve() -> u8 {
    // <student: echo what comes>
    2
    // </student>
}
";

const FRAMES: &str = "\
//! Frames.

/// Puts one together.
pub fn frame() -> u8 {
    // <student: put the length before it>
    3
    // </student>
}
";

impl Files {
    /// Two exercises.
    pub fn first() -> Files {
        let mut files = Files(BTreeMap::new());
        files.set(
            "Cargo.toml",
            "[workspace]\n[workspace.package]\nversion = \"0.1.0\"\n",
        );
        files.set("README.md", "# The lab\n");
        files.set("crates/checks/src/lib.rs", "//! Checks.\n");
        files.set("xtask/src/main.rs", "fn main() {}\n");
        files.exercise("01-echo", "echo", "src/server.rs", SERVER);
        files.exercise("02-frames", "frames", "src/frames.rs", FRAMES);
        files
    }

    /// A new version, of the kind that comes every year: the first exercise has another
    /// handout, given code, a new check, and a changed place in the skeleton.
    pub fn second() -> Files {
        let mut files = Files::first();
        files.edit("exercises/01-echo/README.md", "Do it.", "Do it well.");
        files.edit("exercises/01-echo/src/main.rs", "{}", "{ serve() }");
        files.edit("exercises/01-echo/tests/checks.rs", "works", "works_well");
        files.edit("exercises/01-echo/exercise.toml", "works", "works_well");
        files.edit(
            "solutions/01-echo/src/server.rs",
            "BETWEEN: u8 = 1",
            "BETWEEN: u8 = 100",
        );
        files.edit("crates/checks/src/lib.rs", "Checks", "Better checks");
        files.set("crates/checks/src/new.rs", "//! New.\n");
        files
    }

    pub fn set(&mut self, path: &str, text: &str) {
        self.0.insert(path.to_owned(), text.to_owned());
    }

    pub fn edit(&mut self, path: &str, from: &str, to: &str) {
        let text = self.0.get_mut(path).unwrap();
        assert!(text.contains(from), "{path}: {text}");
        *text = text.replace(from, to);
    }

    pub fn remove(&mut self, path: &str) {
        self.0.remove(path).unwrap();
    }

    /// Everything below a folder gets another place.
    pub fn rename(&mut self, from: &str, to: &str) {
        let files = std::mem::take(&mut self.0).into_iter();
        self.0 = files
            .map(|(path, text)| match path.strip_prefix(from) {
                Some(rest) => (format!("{to}{rest}"), text),
                None => (path, text),
            })
            .collect();
    }

    pub fn exercise(&mut self, id: &str, key: &str, file: &str, solution: &str) {
        let folder = format!("exercises/{id}");
        self.set(
            &format!("{folder}/exercise.toml"),
            &format!("key = \"{key}\"\nfiles = [\"{file}\"]\n[[check]]\nname = \"works\"\n"),
        );
        self.set(
            &format!("{folder}/Cargo.toml"),
            &format!("[package]\nname = \"{id}\"\n"),
        );
        self.set(
            &format!("{folder}/README.md"),
            &format!("# {key}\n\nDo it.\n"),
        );
        self.set(&format!("{folder}/src/main.rs"), "fn main() {}\n");
        self.set(&format!("{folder}/tests/checks.rs"), "fn works() {}\n");
        self.set(&format!("solutions/{id}/{file}"), solution);
    }

    /// The skeletons, by their places within an exercise's folder and its name.
    fn skeletons(&self) -> BTreeMap<String, String> {
        let solutions = self.0.iter();
        solutions
            .filter_map(|(path, text)| {
                let inside = path.strip_prefix("solutions/")?;
                Some((inside.to_owned(), grader::skeleton::of(text).unwrap()))
            })
            .collect()
    }

    /// The whole lab.
    pub fn whole(&self) -> BTreeMap<String, String> {
        let skeletons = self.skeletons().into_iter();
        let skeletons = skeletons.map(|(inside, text)| (format!("exercises/{inside}"), text));
        self.0.clone().into_iter().chain(skeletons).collect()
    }

    /// The students' package.
    pub fn package(&self, name: &str) -> BTreeMap<String, String> {
        let mut files = self.whole();
        files.retain(|path, _| !path.starts_with("solutions/"));
        let skeletons = self.skeletons().into_iter();
        files.extend(skeletons.map(|(inside, text)| (format!("skeletons/{inside}"), text)));
        let record = Record {
            label: Label {
                version: Some("0.1.0".into()),
                commit: Some(name.to_owned()),
                date: None,
            },
            files: files
                .iter()
                .map(|(path, text)| (path.clone(), digest(text.as_bytes())))
                .collect(),
        };
        files.insert(FILE.to_owned(), record.text());
        files
    }

    /// Writes the whole lab into a folder.
    pub fn write(&self, root: &Path) {
        write_all(root, &self.whole());
    }

    /// Makes the files of a repository the whole lab.
    pub fn replace(&self, root: &Path) {
        for entry in fs::read_dir(root).unwrap() {
            let path = entry.unwrap().path();
            if path.ends_with(".git") {
                continue;
            }
            if path.is_dir() {
                fs::remove_dir_all(path).unwrap();
            } else {
                fs::remove_file(path).unwrap();
            }
        }
        self.write(root);
    }
}

pub fn write_all(root: &Path, files: &BTreeMap<String, String>) {
    for (path, text) in files {
        write(root, path, text);
    }
}

/// All files below a folder, without git's, and without what updates keep.
pub fn tree(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut all = everything(root);
    all.retain(|path, _| !path.starts_with(".git/") && !path.starts_with(".lab/updates/"));
    all
}

/// All files below a folder.
pub fn everything(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = small_lab::files(root).into_iter();
    files
        .map(|path| {
            let bytes = fs::read(root.join(&path)).unwrap_or_default();
            (path, bytes)
        })
        .collect()
}
