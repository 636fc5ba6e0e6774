//! Lists of the instructor's pages: what is to be said of an exercise of a student,
//! and what does not fit the roster.

use std::sync::Arc;

use minijinja::value::{Serde, Value};
use serde::Serialize;

use super::names::anchor;
use super::tally::{Note, Tally};
use super::visible;
use crate::grades::Class;

/// The longest name of somebody without a page, in characters.
const NAME: usize = 80;

#[derive(Debug, Serialize)]
struct Remark<'a> {
    name: &'a str,
    page: &'a str,
    exercise: &'a str,
    anchor: String,
    text: &'a str,
}

/// Notes as rows, which are made one after another while the page is written.
pub fn remarks(tally: &Arc<Tally>, of: fn(&Tally) -> &Vec<Note>) -> Value {
    if of(tally).is_empty() {
        return Value::from(Vec::<Value>::new());
    }
    let tally = Arc::clone(tally);
    Value::make_iterable(move || {
        let tally = Arc::clone(&tally);
        (0..of(&tally).len()).map(move |at| {
            let note = &of(&tally)[at];
            let row = &tally.rows[note.row];
            let exercise = &tally.exercises[note.exercise].id;
            Value::from(Serde(Remark {
                name: &row.name,
                page: &row.page,
                exercise,
                anchor: anchor(exercise),
                text: &note.text,
            }))
        })
    })
}

/// Who handed in nothing, and what is nobody's, as far as there is a roster.
pub fn unmatched(class: &Class<'_>) -> Vec<(String, &'static str)> {
    if class.roster.is_none() {
        return Vec::new();
    }
    let mut unmatched = Vec::new();
    for student in class.without_grade() {
        let who = format!("{} {}", student.name, student.id);
        unmatched.push((visible::line(&who, NAME), "no submission"));
    }
    let submission = |at: &usize| visible::name(&class.names[*at]);
    for at in &class.matched.without_student {
        unmatched.push((submission(at), "not in the roster"));
    }
    let several = class.matched.ambiguous.iter();
    for at in several.flat_map(|several| &several.submissions) {
        unmatched.push((submission(at), "whose submission it is cannot be told"));
    }
    unmatched
}
