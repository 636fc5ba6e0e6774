//! What is not taken of an archive, and whose it is.

use std::collections::{BTreeMap, BTreeSet};

/// Reasons, by the first two parts of the paths that they are about.
#[derive(Debug, Default)]
pub(super) struct Refused(BTreeMap<Vec<String>, String>);

impl Refused {
    /// Takes down why the entry of that name is not taken. The first reason counts.
    pub fn add(&mut self, name: &str, why: String) {
        let parts = name.split('/');
        let parts = parts.filter(|part| !matches!(*part, "" | "." | ".."));
        let mut owner: Vec<String> = parts.take(2).map(str::to_owned).collect();
        if owner.is_empty() {
            owner.push(name.to_owned());
        }
        self.0.entry(owner).or_insert(why);
    }

    /// Whether everything was taken.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// One of the reasons.
    pub fn first(self) -> Option<String> {
        self.0.into_values().next()
    }

    /// What stands at the beginning of paths.
    pub fn tops(&self) -> BTreeSet<&str> {
        self.0.keys().map(|owner| owner[0].as_str()).collect()
    }

    /// What stands behind that.
    pub fn below(&self) -> BTreeSet<&str> {
        let second = self.0.keys().filter_map(|owner| owner.get(1));
        second.map(String::as_str).collect()
    }

    /// The reasons by submission, as far as names can be printed. These are folders in
    /// the outer one, where there is one.
    pub fn by_submission(self, outer: Option<&str>) -> BTreeMap<String, String> {
        let mut submissions = BTreeMap::new();
        for (owner, why) in self.0 {
            let is_below = outer == Some(owner[0].as_str());
            let name = owner.get(1).filter(|_| is_below).unwrap_or(&owner[0]);
            submissions.entry(printable(name)).or_insert(why);
        }
        submissions
    }
}

/// A name with escapes for what cannot be printed; an apostrophe can.
pub(super) fn printable(name: &str) -> String {
    name.escape_debug().to_string().replace("\\'", "'")
}
