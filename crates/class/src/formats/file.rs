//! Files that are named after submissions, whatever these are called.

use std::collections::BTreeSet;

/// One file of a format that has a file for each submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// A relative path of harmless names with `/` between them.
    pub name: String,
    /// The whole content.
    pub bytes: Vec<u8>,
}

/// Gives out names for files. None is given twice, also where upper and lower case
/// are one.
#[derive(Debug, Default)]
pub struct Names {
    given: BTreeSet<String>,
}

/// The longest name, in bytes; file systems take 255.
const LONGEST: usize = 80;

impl Names {
    /// A name for somebody: ASCII letters, digits, `-`, `_` and `.`, with neither `.`
    /// nor `-` at its beginning.
    pub fn give(&mut self, who: &str) -> String {
        let harmless = |c: char| match c {
            c if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') => c,
            _ => '_',
        };
        let name: String = who.trim().chars().map(harmless).take(LONGEST).collect();
        let name = name.trim_start_matches(['.', '-']).trim_end_matches('.');
        let name = if name.is_empty() { "_" } else { name };
        let mut given = name.to_owned();
        let mut number = 1;
        while !self.given.insert(given.to_lowercase()) {
            number += 1;
            given = format!("{name}-{number}");
        }
        given
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn no_name_leads_elsewhere_and_none_is_given_twice() {
        let mut names = Names::default();
        let given: Vec<String> = ["ada", "ADA", "../../etc", "-rf", "", "é", "a/b\nc"]
            .map(|who| names.give(who))
            .to_vec();
        assert_eq!(
            given,
            ["ada", "ADA-2", "_.._etc", "rf", "_", "_-2", "a_b_c"]
        );
    }

    proptest! {
        #[test]
        fn names_are_harmless_and_differ(who in proptest::collection::vec("(?s).{0,99}", 0..20)) {
            let mut names = Names::default();
            let given: Vec<String> = who.iter().map(|who| names.give(who)).collect();
            for name in &given {
                prop_assert!(!name.is_empty() && name.len() < 100);
                prop_assert!(!name.starts_with(['.', '-']));
                prop_assert!(name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)));
            }
            let apart: BTreeSet<String> = given.iter().map(|name| name.to_lowercase()).collect();
            prop_assert_eq!(apart.len(), given.len());
        }
    }
}
