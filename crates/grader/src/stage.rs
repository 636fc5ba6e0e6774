//! A fresh folder with the lab's files and the submitted ones.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use hmac_sha256::Hash as Sha256;

use crate::catalogue::Entry;
use crate::work::set_mode;

/// The sources of one exercise of one submission, ready to be compiled.
#[derive(Debug, Clone)]
pub struct Stage {
    /// The folder; the sources keep their paths within the exercise.
    pub folder: PathBuf,
    /// The SHA-256 of all sources with their paths, in hex: what a binary was
    /// made from.
    pub digest: String,
}

impl Stage {
    /// Writes the given code of an exercise and the submitted files into an
    /// empty folder, with the time of now.
    ///
    /// # Errors
    ///
    /// The lab's own files cannot be read, or the folder not be written.
    pub fn fill(
        folder: &Path,
        entry: &Entry,
        submitted: &BTreeMap<String, String>,
    ) -> io::Result<Stage> {
        let sources = sources(entry, submitted)?;
        for (path, bytes) in &sources {
            write(folder, path, bytes)?;
        }
        Ok(Stage {
            folder: folder.to_owned(),
            digest: digest(sources.iter().map(|(path, bytes)| (&**path, &**bytes))),
        })
    }
}

/// The given code of one exercise, read once for many submissions.
#[derive(Debug, PartialEq, Eq)]
pub struct Given(Sources);

impl Given {
    /// Reads it.
    ///
    /// # Errors
    ///
    /// It cannot be read.
    pub fn of(entry: &Entry) -> io::Result<Given> {
        let mut sources = Sources::new();
        given(&entry.folder.join("src"), "src", &mut sources)?;
        for file in &entry.data.files {
            sources.remove(file);
        }
        Ok(Given(sources))
    }

    /// The digest that a stage filled with these files would have.
    pub fn digest_with(&self, submitted: &BTreeMap<String, String>) -> String {
        let own = self.0.iter();
        let mut all: BTreeMap<&str, &[u8]> = own.map(|(path, bytes)| (&**path, &**bytes)).collect();
        let submitted = submitted.iter();
        all.extend(submitted.map(|(path, text)| (&**path, text.as_bytes())));
        digest(all)
    }
}

/// What a program is made from, by its path within the exercise.
type Sources = BTreeMap<String, Vec<u8>>;

fn sources(entry: &Entry, submitted: &BTreeMap<String, String>) -> io::Result<Sources> {
    let Given(mut sources) = Given::of(entry)?;
    for (path, text) in submitted {
        sources.insert(path.clone(), text.clone().into_bytes());
    }
    Ok(sources)
}

/// Paths in their order with what is in them.
fn digest<'a>(sources: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> String {
    let mut digest = Sha256::new();
    for (path, bytes) in sources {
        digest.update((path.len() as u64).to_be_bytes());
        digest.update(path);
        digest.update((bytes.len() as u64).to_be_bytes());
        digest.update(bytes);
    }
    hex(&digest.finalize())
}

/// Bytes as hex digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Collects the lab's own sources under a folder.
fn given(folder: &Path, at: &str, sources: &mut Sources) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        let path = format!("{at}/{name}");
        if entry.file_type()?.is_dir() {
            given(&entry.path(), &path, sources)?;
        } else if name.ends_with(".rs") {
            sources.insert(path, fs::read(entry.path())?);
        }
    }
    Ok(())
}

/// Writes one file, readable by whoever the compiler is made to be.
fn write(folder: &Path, path: &str, bytes: &[u8]) -> io::Result<()> {
    let file = folder.join(path);
    let mut parent = folder.to_owned();
    for part in Path::new(path)
        .parent()
        .into_iter()
        .flat_map(Path::components)
    {
        parent.push(part);
        if !parent.is_dir() {
            fs::create_dir(&parent)?;
            set_mode(&parent, 0o755)?;
        }
    }
    fs::write(&file, bytes)?;
    set_mode(&file, 0o644)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Catalogue;
    use crate::catalogue::tests::small_lab;

    #[test]
    fn the_submitted_file_takes_the_place_of_the_skeleton() {
        let lab = small_lab();
        let catalogue = Catalogue::load(lab.path()).unwrap();
        let entry = &catalogue.entries[0];
        let stage = |text: &str| {
            let folder = tempfile::tempdir().unwrap();
            let files = BTreeMap::from([("src/server.rs".to_owned(), text.to_owned())]);
            let stage = Stage::fill(folder.path(), entry, &files).unwrap();
            let read = |path: &str| fs::read_to_string(folder.path().join(path)).unwrap();
            assert_eq!(read("src/server.rs"), text);
            assert_eq!(read("src/main.rs"), "mod server;\n");
            assert!(!folder.path().join("Cargo.toml").exists());
            let given = Given::of(entry).unwrap();
            assert_eq!(given.digest_with(&files), stage.digest);
            stage.digest
        };
        assert_eq!(stage("one"), stage("one"));
        assert_ne!(stage("one"), stage("two"));
    }
}
