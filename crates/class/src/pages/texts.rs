//! The sentences of the lab that make names readable.

use std::collections::BTreeMap;

use grader::catalogue::{Catalogue, Error};

/// Titles of exercises, what a check shows, what a concept means. What is not
/// known is left out of the pages; the default knows nothing.
#[derive(Debug, Clone, Default)]
pub struct Texts {
    /// By the exercise's id, the handout's title.
    pub titles: BTreeMap<String, String>,
    /// By the exercise's id and the check's name, the requirement in one sentence.
    pub shows: BTreeMap<(String, String), String>,
    /// By the concept's tag, the sentence that explains it.
    pub concepts: BTreeMap<String, String>,
}

impl Texts {
    /// What a catalogue says of its exercises.
    ///
    /// # Errors
    ///
    /// Its list of concepts cannot be read.
    pub fn of(catalogue: &Catalogue) -> Result<Texts, Error> {
        let mut texts = Texts {
            concepts: catalogue.concepts()?,
            ..Texts::default()
        };
        for entry in &catalogue.entries {
            texts
                .titles
                .insert(entry.id.clone(), entry.data.title.clone());
            for check in &entry.data.checks {
                let key = (entry.id.clone(), check.name.clone());
                texts.shows.insert(key, check.shows.clone());
            }
        }
        Ok(texts)
    }

    pub(super) fn title(&self, id: &str) -> Option<String> {
        self.titles.get(id).cloned()
    }

    pub(super) fn shows(&self, id: &str, check: &str) -> Option<String> {
        self.shows.get(&(id.to_owned(), check.to_owned())).cloned()
    }

    pub(super) fn means(&self, concept: &str) -> Option<String> {
        self.concepts.get(concept).cloned()
    }
}
