//! Verdicts that are kept: the same files under the same lab are not judged
//! again, and a run that was killed goes on where it stopped.
//!
//! A verdict is a function of the submitted files, of the lab's own sources, of
//! the compiler, of the tier and of where the random data come from. What all of
//! these are is the [`Key`] of a record; a record is a file, written beside its
//! place and renamed into it, so that it is whole or not there.
//!
//! The records of one version of the lab lie in a folder of their own, which is
//! [forgotten](Records::sweep) when nobody uses that version any more.

mod version;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use hmac_sha256::Hash as Sha256;
use jail::Tier;
use serde::{Deserialize, Serialize};

use crate::brief::{ExerciseBrief, Settled};
use crate::catalogue::Entry;
use crate::in_place::Tree;
use crate::report::{ExerciseResult, Status};
use crate::stage::{Given, hex};
use version::InUse;

/// What a verdict depends on, in hex.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key(String);

/// The crates on which no verdict depends: what tests the judge is none, what makes
/// formats of verdicts gives none, nor does what a learner keeps, nor what only tests use.
const NO_JUDGE: [&str; 6] = [
    "bank",
    "class",
    "server-tests",
    "small-lab",
    "study",
    "watch",
];

/// How long the name of a version is, in hex digits.
const VERSION: usize = 16;

/// By the exercise's id, the digest of all that its verdicts depend on but the files of
/// its programs.
type Digests = BTreeMap<String, [u8; 32]>;

/// Makes keys for one lab on one machine.
#[derive(Debug)]
pub struct Keys {
    /// The digest of the lab's own sources, those of the exercises left out.
    version: String,
    lab: Digests,
    /// By the same, the code that the lab gives.
    given: BTreeMap<String, Given>,
}

impl Keys {
    /// Reads the lab's own sources. `random` is where the random data come from,
    /// `repeats` how often a check that failed is judged again.
    ///
    /// # Errors
    ///
    /// They cannot be read.
    pub fn new(
        root: &Path,
        entries: &[&Entry],
        rustc: &str,
        tier: Tier,
        (random, repeats): (u32, u32),
    ) -> io::Result<Keys> {
        let mut judge = Sha256::new();
        for name in names(&root.join("crates"))? {
            if !NO_JUDGE.iter().any(|other| name == *other) {
                add(&mut judge, &name.to_string_lossy(), b"/");
                add_folder(&mut judge, &root.join("crates").join(name))?;
            }
        }
        add(
            &mut judge,
            "Cargo.lock",
            &fs::read(root.join("Cargo.lock"))?,
        );
        let version = hex(&judge.finalize())[..VERSION].to_owned();
        add(&mut judge, "rustc", rustc.as_bytes());
        add(&mut judge, "tier", tier.to_string().as_bytes());
        add(&mut judge, "seed", &random.to_be_bytes());
        add(&mut judge, "repeats", &repeats.to_be_bytes());
        let mut lab = BTreeMap::new();
        let mut given = BTreeMap::new();
        for entry in entries {
            let mut digest = judge;
            add_folder(&mut digest, &entry.folder.join("tests"))?;
            for name in ["exercise.toml", "Cargo.toml"] {
                add(&mut digest, name, &fs::read(entry.folder.join(name))?);
            }
            lab.insert(entry.id.clone(), digest.finalize());
            given.insert(entry.id.clone(), Given::of(entry)?);
        }
        Ok(Keys {
            version,
            lab,
            given,
        })
    }

    /// The key of one exercise of a submission; none for an exercise that was
    /// not named when the keys were made.
    pub fn of(&self, entry: &Entry, files: &BTreeMap<String, String>) -> Option<Key> {
        let mut digest = Sha256::new();
        add(&mut digest, "lab", self.lab.get(&entry.id)?);
        let sources = self.given.get(&entry.id)?.digest_with(files);
        add(&mut digest, &entry.id, sources.as_bytes());
        Some(Key(hex(&digest.finalize())))
    }

    /// The key of an exercise's programs as cargo builds them in the working tree, with
    /// deadlines stretched by `patience`.
    pub fn in_place(&self, entry: &Entry, tree: &Tree, patience: f64) -> Option<Key> {
        let mut digest = Sha256::new();
        add(&mut digest, "lab", self.lab.get(&entry.id)?);
        add(&mut digest, "in place", entry.id.as_bytes());
        add(&mut digest, "tree", &tree.digest);
        add(&mut digest, "patience", &patience.to_be_bytes());
        Some(Key(hex(&digest.finalize())))
    }
}

/// The lab's own sources at one moment, to be compared with those at another: what was
/// built before is only as good as they are the same.
#[derive(Debug, PartialEq, Eq)]
pub struct LabSources(Digests);

impl LabSources {
    /// Reads what some exercises are judged with.
    ///
    /// # Errors
    ///
    /// It cannot be read.
    pub fn read(root: &Path, entries: &[&Entry]) -> io::Result<LabSources> {
        let keys = Keys::new(root, entries, "", Tier::None, (0, 0))?;
        Ok(LabSources(keys.lab))
    }
}

/// Whether a file of `crates/`, named from there on, is part of every key.
pub(crate) fn is_in_keys(inside: &Path) -> bool {
    let of_none = NO_JUDGE.iter().any(|name| inside.starts_with(name));
    !of_none && is_source(&inside.to_string_lossy())
}

fn is_source(name: &str) -> bool {
    name.ends_with(".rs") || name.ends_with(".toml")
}

/// Adds the sources of a folder in the order of their names.
fn add_folder(digest: &mut Sha256, folder: &Path) -> io::Result<()> {
    for name in names(folder)? {
        let path = folder.join(&name);
        let name = name.to_string_lossy();
        if path.is_dir() {
            add(digest, &name, b"/");
            add_folder(digest, &path)?;
        } else if is_source(&name) {
            add(digest, &name, &fs::read(path)?);
        }
    }
    Ok(())
}

fn names(folder: &Path) -> io::Result<Vec<OsString>> {
    let entries = fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name()));
    let mut names = entries.collect::<io::Result<Vec<_>>>()?;
    names.sort();
    Ok(names)
}

/// Lengths come first, so that no two lists of parts look alike.
pub(crate) fn add(digest: &mut Sha256, name: &str, bytes: &[u8]) {
    digest.update((name.len() as u64).to_be_bytes());
    digest.update(name);
    digest.update((bytes.len() as u64).to_be_bytes());
    digest.update(bytes);
}

/// The first line of a record; the result follows.
#[derive(Serialize, Deserialize)]
struct Head {
    /// How long the result is.
    bytes: usize,
    brief: ExerciseBrief,
}

/// The records of one version of the lab.
#[derive(Debug)]
pub struct Records {
    /// Where those of all versions are.
    all: PathBuf,
    /// What the version is called.
    version: String,
    /// As long as this lives, no other run forgets them.
    _in_use: InUse,
}

impl Records {
    /// Records in a folder, which is made if it is not there: those under keys of the
    /// same lab.
    ///
    /// # Errors
    ///
    /// It cannot be made.
    pub fn open(folder: &Path, keys: &Keys) -> io::Result<Records> {
        Ok(Records {
            all: folder.to_owned(),
            version: keys.version.clone(),
            _in_use: InUse::take(&folder.join(&keys.version))?,
        })
    }

    /// Forgets what was recorded under other versions of the lab, if nobody has used
    /// them for two weeks.
    pub fn sweep(&self) {
        version::sweep(&self.all, &self.version, SystemTime::now());
    }

    /// What was recorded under a key. A file that is no record, half of one that
    /// a power failure left, counts as none.
    pub fn get(&self, key: &Key) -> Option<ExerciseResult> {
        serde_json::from_str(&self.settled(key)?.json).ok()
    }

    /// The same, of which only the brief is looked at: the text of the result is as
    /// long as it was when it was written.
    pub fn settled(&self, key: &Key) -> Option<Settled> {
        let mut text = fs::read_to_string(self.place(key)).ok()?;
        let end = text.find('\n')?;
        let Head { bytes, brief } = serde_json::from_str(&text[..end]).ok()?;
        text.drain(..=end);
        (text.len() == bytes && text.ends_with('}')).then_some(Settled { brief, json: text })
    }

    /// Records a result. What the lab could not judge is not recorded: it is
    /// judged again the next time.
    ///
    /// # Errors
    ///
    /// The record cannot be written; nothing half-written stays behind.
    pub fn put(&self, key: &Key, result: &ExerciseResult) -> io::Result<()> {
        if result.status == Status::Ungraded {
            return Ok(());
        }
        let place = self.place(key);
        let folder = place.parent().unwrap_or(&self.all);
        fs::create_dir_all(folder)?;
        let mut file = tempfile::Builder::new()
            .prefix(".record-")
            .tempfile_in(folder)?;
        let Settled { brief, json } = Settled::of(result)?;
        let head = Head {
            bytes: json.len(),
            brief,
        };
        let mut bytes = serde_json::to_vec(&head)?;
        bytes.push(b'\n');
        bytes.extend_from_slice(json.as_bytes());
        file.write_all(&bytes)?;
        file.persist(&place).map_err(|error| error.error)?;
        Ok(())
    }

    /// Forgets what was recorded under a key.
    ///
    /// # Errors
    ///
    /// There is a record, and it cannot be removed.
    pub fn remove(&self, key: &Key) -> io::Result<()> {
        match fs::remove_file(self.place(key)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Folders of 256, so that none becomes long.
    fn place(&self, key: &Key) -> PathBuf {
        let (first, rest) = key.0.split_at(2);
        let folder = self.all.join(&self.version);
        folder.join(first).join(format!("{rest}.record"))
    }
}

#[cfg(test)]
mod tests {
    use small_lab::Lab;

    use super::*;
    use crate::catalogue::Catalogue;

    fn result(status: Status) -> ExerciseResult {
        ExerciseResult {
            id: "01-one".into(),
            score: 0,
            max_score: 100,
            status,
            message: Some("no".into()),
            checks: Vec::new(),
        }
    }

    fn records() -> (tempfile::TempDir, Records) {
        let folder = tempfile::tempdir().unwrap();
        let keys = Keys {
            version: "0".repeat(VERSION),
            lab: BTreeMap::new(),
            given: BTreeMap::new(),
        };
        let records = Records::open(folder.path(), &keys).unwrap();
        (folder, records)
    }

    #[test]
    fn a_key_changes_with_everything_that_a_verdict_depends_on() {
        let lab = Lab::new();
        let root = lab.root();
        lab.write("crates/testbed/src/lib.rs", "one");
        lab.write("exercises/01-one/tests/checks.rs", "one");
        let catalogue = Catalogue::load(root).unwrap();
        let entry = &catalogue.entries[0];
        let key = |text: &str, rustc: &str, tier: Tier, random: u32| {
            let keys = Keys::new(root, &[entry], rustc, tier, (random, 0)).unwrap();
            let files = BTreeMap::from([("src/main.rs".to_owned(), text.to_owned())]);
            keys.of(entry, &files).unwrap()
        };
        let first = key("a", "1.95", Tier::Cell, 1);
        assert_eq!(first, key("a", "1.95", Tier::Cell, 1));
        let mut all = vec![
            first,
            key("b", "1.95", Tier::Cell, 1),
            key("a", "1.96", Tier::Cell, 1),
            key("a", "1.95", Tier::Vm, 1),
            key("a", "1.95", Tier::Cell, 2),
        ];
        lab.write("crates/testbed/src/lib.rs", "two");
        all.push(key("a", "1.95", Tier::Cell, 1));
        lab.write("exercises/01-one/tests/checks.rs", "three");
        all.push(key("a", "1.95", Tier::Cell, 1));
        let count = all.len();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), count);
    }

    #[test]
    fn a_record_is_whole_or_not_there() {
        let (folder, records) = records();
        let key = Key("ab12".into());
        assert_eq!(records.get(&key), None);
        records.put(&key, &result(Status::BuildFailed)).unwrap();
        assert_eq!(records.get(&key), Some(result(Status::BuildFailed)));
        let whole = fs::read(records.place(&key)).unwrap();
        for length in [0, 10, whole.len() / 2, whole.len() - 1] {
            fs::write(records.place(&key), &whole[..length]).unwrap();
            assert_eq!(records.get(&key), None, "{length}");
            assert_eq!(records.settled(&key), None, "{length}");
        }
        let place = folder.path().join(&records.version).join("ab");
        assert_eq!(fs::read_dir(place).unwrap().count(), 1);
    }

    #[test]
    fn what_the_lab_could_not_judge_is_judged_again() {
        let (_folder, records) = records();
        let key = Key("cd34".into());
        records.put(&key, &result(Status::Ungraded)).unwrap();
        assert_eq!(records.get(&key), None);
    }
}
