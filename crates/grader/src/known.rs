//! What is on record of one's own programs: judged before, with nothing changed since.
//!
//! Who judges in the working tree looks here first, and leaves here what they have
//! found; so `check` answers from what `watch` has judged, and the other way round.

use std::collections::BTreeMap;
use std::env;
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use jail::Tier;

use crate::catalogue::Entry;
use crate::grade::Options;
use crate::in_place::Tree;
use crate::record::{Keys, Records};
use crate::report::{ExerciseResult, write_atomically};
use crate::seed::{Toolchain, choose};

/// The records of one lab, for one way to judge. That they cannot be read or written
/// costs time, and no more.
#[derive(Debug)]
pub struct Known {
    root: PathBuf,
    /// Where they are.
    folder: PathBuf,
    /// The jail and the cell that an earlier run has built.
    tools: [PathBuf; 2],
    asked: Option<Tier>,
    /// The tier that would be judged in, once it was found.
    tier: Mutex<Option<Tier>>,
    /// Where random data come from, and how often a failed check is judged again.
    random: (u32, u32),
    patience: f64,
}

impl Known {
    /// The records beside what this program was built with. None where this program
    /// does not know its own place.
    pub fn here(root: &Path, asked: Option<Tier>, options: &Options) -> Option<Known> {
        let here = env::current_exe().ok()?;
        Some(Known {
            root: root.to_owned(),
            folder: here.parent()?.parent()?.join("lab/records"),
            tools: ["jail", "cell"].map(|name| here.with_file_name(name)),
            asked,
            tier: Mutex::new(None),
            random: (options.random, options.repeats),
            patience: options.patience,
        })
    }

    /// What is on record, by the exercise's id, of exercises that are now as these trees.
    pub fn recall<'a>(
        &self,
        entries: &[&'a Entry],
        trees: &BTreeMap<&str, Tree>,
    ) -> BTreeMap<&'a str, ExerciseResult> {
        self.look_up(entries, trees).unwrap_or_default()
    }

    fn look_up<'a>(
        &self,
        entries: &[&'a Entry],
        trees: &BTreeMap<&str, Tree>,
    ) -> Option<BTreeMap<&'a str, ExerciseResult>> {
        let compiler = Toolchain::fingerprint().ok()?;
        let keys = self.keys(entries, &compiler, self.tier()?)?;
        let records = Records::open(&self.folder, &keys).ok()?;
        let known = entries.iter().filter_map(|entry| {
            let tree = trees.get(entry.id.as_str())?;
            let key = keys.in_place(entry, tree, self.patience)?;
            let result = records.get(&key).filter(|result| result.id == entry.id)?;
            Some((entry.id.as_str(), result))
        });
        Some(known.collect())
    }

    /// Puts on record what an exercise has come to in a tier. Only who is certain that
    /// it was made from this tree may do so: [`Tree::is_all_of`], [`Tree::is_as_staged`].
    pub fn remember(&self, entry: &Entry, tree: &Tree, tier: Tier, result: &ExerciseResult) {
        let _ = self.put(entry, tree, tier, result);
    }

    fn put(&self, entry: &Entry, tree: &Tree, tier: Tier, result: &ExerciseResult) -> Option<()> {
        if let Some(remembered) = self.remembered() {
            if remembered.tier() != Some(tier) {
                remembered.write(tier);
            }
        }
        let compiler = Toolchain::fingerprint().ok()?;
        let keys = self.keys(&[entry], &compiler, tier)?;
        let key = keys.in_place(entry, tree, self.patience)?;
        let records = Records::open(&self.folder, &keys).ok()?;
        records.put(&key, result).ok()
    }

    fn keys(&self, entries: &[&Entry], compiler: &str, tier: Tier) -> Option<Keys> {
        Keys::new(&self.root, entries, compiler, tier, self.random).ok()
    }

    /// The tier that would be judged in. None while nothing was built to find it with.
    pub fn tier(&self) -> Option<Tier> {
        // Held while it is looked for: who asks meanwhile waits for the answer.
        let mut found = self.tier.lock().unwrap_or_else(PoisonError::into_inner);
        if found.is_none() {
            let [jail, cell] = &self.tools;
            let remembered = self.remembered();
            *found = remembered.as_ref().and_then(Remembered::tier);
            if found.is_none() && jail.is_file() && cell.is_file() {
                *found = choose(self.asked, &Tier::detect(jail, cell)).ok();
                if let (Some(remembered), Some(tier)) = (&remembered, *found) {
                    remembered.write(tier);
                }
            }
        }
        *found
    }

    /// The tier that was found in an earlier run. To try one takes longer than all else
    /// that an answer from the records needs.
    fn remembered(&self) -> Option<Remembered> {
        let mut under = Tier::circumstances()?;
        let asked = self.asked.map_or("the best", Tier::name);
        let _ = writeln!(under, "asked for {asked}");
        for tool in &self.tools {
            let about = fs::metadata(tool).ok()?;
            let (number, size) = (about.ino(), about.size());
            let changed = (about.ctime(), about.ctime_nsec());
            let _ = writeln!(under, "{}: {number} {size} {changed:?}", tool.display());
        }
        Some(Remembered {
            place: self.folder.with_file_name("tier"),
            under,
        })
    }
}

/// A tier in a file, with the circumstances that it was found under.
struct Remembered {
    place: PathBuf,
    /// The circumstances now.
    under: String,
}

impl Remembered {
    /// The tier, if it was found under these circumstances.
    fn tier(&self) -> Option<Tier> {
        let text = fs::read_to_string(&self.place).ok()?;
        let (tier, under) = text.split_once('\n')?;
        (under == self.under).then(|| tier.parse().ok())?
    }

    /// That it cannot be written costs time, and no more.
    fn write(&self, tier: Tier) {
        let text = format!("{tier}\n{}", self.under);
        let _ = write_atomically(&self.place, |file| file.write_all(text.as_bytes()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tier_is_remembered_until_anything_changes() {
        let folder = tempfile::tempdir().unwrap();
        let file = |under: &str| Remembered {
            place: folder.path().join("tier"),
            under: under.to_owned(),
        };
        assert_eq!(file("boot 1\n").tier(), None);
        file("boot 1\n").write(Tier::Cell);
        assert_eq!(file("boot 1\n").tier(), Some(Tier::Cell));
        assert_eq!(file("boot 2\n").tier(), None);
        // Half of it, as after a power failure.
        fs::write(folder.path().join("tier"), "cell\nboo").unwrap();
        assert_eq!(file("boot 1\n").tier(), None);
        fs::write(folder.path().join("tier"), "").unwrap();
        assert_eq!(file("").tier(), None);
        // No such folder: it is not remembered, and nobody is troubled.
        let nowhere = Remembered {
            place: folder.path().join("no/tier"),
            under: String::new(),
        };
        nowhere.write(Tier::None);
        assert_eq!(nowhere.tier(), None);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn the_circumstances_stay_as_they_are() {
        let now = Tier::circumstances().unwrap();
        assert!(now.contains("Uid:") && now.contains("boot "), "{now}");
        assert_eq!(Some(now), Tier::circumstances());
    }
}
