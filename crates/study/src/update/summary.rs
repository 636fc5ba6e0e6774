//! What an update did, or would do.

use serde::{Deserialize, Serialize};

use super::record::Label;

/// What is to be told of an update.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// The version that the learner had.
    pub from: Label,
    /// The version that they have now.
    pub to: Label,
    /// Whether it was not known what they had, so that every file that is another one
    /// counts as changed by them.
    pub guessed: bool,
    /// How many of the lab's files were replaced.
    pub replaced: usize,
    /// How many are new.
    pub added: usize,
    /// How many are gone.
    pub removed: usize,
    /// The exercises in which something is new.
    pub exercises: Vec<News>,
    /// The learner's files in which both changes are now.
    pub merged: Vec<String>,
    /// The learner's files that are as they were, although the lab's are others now.
    pub conflicts: Vec<Conflict>,
    /// The lab's files that the learner had changed: what they had is kept in
    /// `before/`.
    pub overruled: Vec<String>,
    /// The learner's files that moved: from where, and to where.
    pub moved: Vec<(String, String)>,
    /// What stays although the lab has no use for it any more, and why.
    pub left: Vec<(String, String)>,
    /// What was edited while the update was interrupted, and stayed.
    pub touched: Vec<String>,
    /// The folder that holds what was there before, from the root of the lab on.
    pub folder: String,
}

/// What is new in an exercise.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct News {
    /// Its folder.
    pub id: String,
    /// Its folder before, if that was another.
    pub was: Option<String>,
    /// Whether it was not there before.
    pub fresh: bool,
    /// Whether it is gone.
    pub gone: bool,
    /// Whether the handout is another.
    pub handout: bool,
    /// The checks that are new.
    pub new_checks: Vec<String>,
    /// The checks that are gone.
    pub gone_checks: Vec<String>,
    /// Whether the checks are others, whatever their names.
    pub checks: bool,
    /// Whether the given code is another.
    pub given: bool,
    /// Whether a skeleton is another.
    pub skeleton: bool,
}

impl News {
    /// Whether there is any.
    pub fn any(&self) -> bool {
        let renamed = self.was.is_some() || self.fresh || self.gone;
        renamed || self.handout || self.checks || self.given || self.skeleton
    }
}

/// A file that both changed in one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conflict {
    /// The learner's file, which is as it was.
    pub path: String,
    /// Where the lab's new one is kept, from the root of the lab on.
    pub new: String,
    /// Where both are kept in one text with marks, if that can be made.
    pub marked: Option<String>,
}
