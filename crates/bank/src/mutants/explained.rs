//! Mutants that may survive, and why: `exercises/NN-name/mutants.toml`.
//!
//! ```toml
//! [[survivor]]
//! mutant = "src/server.rs: replace serve -> Result<()> with Ok(())"
//! why = "A sentence: nobody outside can tell, or the contract leaves it open."
//! sometimes = true # only where luck decides whether a check sees it
//! ```

use std::collections::BTreeMap;
use std::fs;
use std::io;

use anyhow::{Context, Result, bail};
use grader::catalogue::Entry;
use serde::Deserialize;

use super::Fate;

/// One mutant that may survive.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Explained {
    /// Its name, see [`super::Mutant::name`].
    pub mutant: String,
    /// Why no check can or may tell it from the solution.
    pub why: String,
    /// Whether it may as well be caught: what it changes shows only when two
    /// things happen at the same moment.
    #[serde(default)]
    pub sometimes: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    survivor: Vec<Explained>,
}

impl Explained {
    /// The explanations of an exercise; none if it has no such file.
    ///
    /// # Errors
    ///
    /// The file cannot be read or parsed, names a mutant twice, or gives no reason.
    pub fn of(entry: &Entry) -> Result<Vec<Explained>> {
        let path = entry.folder.join("mutants.toml");
        match fs::read_to_string(&path) {
            Ok(text) => parse(&text).with_context(|| path.display().to_string()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(error).with_context(|| path.display().to_string()),
        }
    }
}

fn parse(text: &str) -> Result<Vec<Explained>> {
    let explained = toml::from_str::<File>(text)?.survivor;
    for (index, one) in explained.iter().enumerate() {
        if one.why.trim().is_empty() {
            bail!("`{}` has no reason", one.mutant);
        }
        if explained[..index]
            .iter()
            .any(|other| other.mutant == one.mutant)
        {
            bail!("`{}` is explained twice", one.mutant);
        }
    }
    Ok(explained)
}

/// Where what became of the mutants is not what was written down: the mutant
/// and what is wrong, first in the order of the mutants.
pub fn disagreements<'a>(
    fates: impl Iterator<Item = (&'a str, &'a Fate)>,
    explained: &[Explained],
) -> Vec<(String, String)> {
    let mut left: BTreeMap<&str, &Explained> = explained
        .iter()
        .map(|one| (one.mutant.as_str(), one))
        .collect();
    let mut found = Vec::new();
    for (name, fate) in fates {
        let wrong = match (fate, left.remove(name)) {
            (Fate::Survived, None) => "survives, and mutants.toml does not say why".into(),
            (Fate::Caught(_), Some(one)) if one.sometimes => continue,
            (Fate::Caught(check), Some(_)) => {
                format!("is explained in mutants.toml, and {check} catches it")
            }
            (Fate::Unviable, Some(_)) => {
                "is explained in mutants.toml, and does not even compile".into()
            }
            (Fate::Unjudged(why), _) => format!("could not be judged: {why}"),
            (Fate::Survived, Some(_)) | (Fate::Caught(_) | Fate::Unviable, None) => continue,
        };
        found.push((name.to_owned(), wrong));
    }
    for one in left.keys() {
        let wrong = "is explained in mutants.toml, and there is no such mutant".into();
        found.push(((*one).to_owned(), wrong));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_survivor_has_one_reason() {
        let one = "[[survivor]]\nmutant = \"a\"\nwhy = \"b\"\n";
        assert_eq!(
            parse(one).unwrap(),
            [Explained {
                mutant: "a".into(),
                why: "b".into(),
                sometimes: false
            }]
        );
        assert_eq!(parse("").unwrap(), []);
        let error = |text: &str| format!("{:#}", parse(text).unwrap_err());
        assert!(error(&one.repeat(2)).contains("twice"));
        assert!(error("[[survivor]]\nmutant = \"a\"\nwhy = \" \"\n").contains("no reason"));
        assert!(error("[[survivor]]\nmutant = \"a\"\n").contains("why"));
        assert!(error("[[survivors]]\n").contains("survivors"));
    }

    #[test]
    fn survivors_and_explanations_are_held_against_each_other() {
        let explained: Vec<Explained> = [
            "expected", "caught", "gone", "unviable", "unjudged", "lucky", "unlucky",
        ]
        .map(|name| Explained {
            mutant: name.into(),
            why: "it is the same".into(),
            sometimes: name.ends_with("lucky"),
        })
        .into();
        let fates = [
            ("expected", Fate::Survived),
            ("caught", Fate::Caught("echoes_a_line".into())),
            ("unviable", Fate::Unviable),
            ("lucky", Fate::Survived),
            ("unlucky", Fate::Caught("echoes_a_line".into())),
            ("unjudged", Fate::Unjudged("no cell".into())),
            ("as it must be", Fate::Caught("echoes_a_line".into())),
            ("also well", Fate::Unviable),
            ("a hole", Fate::Survived),
        ];
        let found = disagreements(fates.iter().map(|(name, fate)| (*name, fate)), &explained);
        let told: Vec<String> = found
            .iter()
            .map(|(name, wrong)| format!("{name} {wrong}"))
            .collect();
        assert_eq!(
            told,
            [
                "caught is explained in mutants.toml, and echoes_a_line catches it",
                "unviable is explained in mutants.toml, and does not even compile",
                "unjudged could not be judged: no cell",
                "a hole survives, and mutants.toml does not say why",
                "gone is explained in mutants.toml, and there is no such mutant",
            ]
        );
    }
}
