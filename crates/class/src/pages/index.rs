//! What is on the instructor's pages: `index.html`, and the same by score.

use std::cmp::Reverse;
use std::sync::Arc;

use grader::report::{Head, Status};
use jail::Tier;
use minijinja::value::{Serde, Value};
use serde::Serialize;

use super::chart::chart;
use super::names::anchor;
use super::student::{cites, words};
use super::tally::{Cell, Class, Note, Row, percent};
use super::{Shown, Texts};

/// The first page.
pub const FILE: &str = "index.html";

/// The same, its students by their score.
const BY_SCORE: &str = "by-score.html";

/// How many checks are among the hardest.
const HARDEST: usize = 15;

/// With more exercises than this, a word in each cell would make the table wider
/// than a screen: there are marks, which are explained below it.
const FEW: usize = 6;

/// The width of a bar in its own units.
const BAR: u32 = 1000;

/// An instructor's page.
#[derive(Debug, Clone, Serialize)]
pub struct Page {
    by_score: bool,
    file: &'static str,
    other: &'static str,
    submissions: usize,
    figures: Value,
    chart: Value,
    exercises: Value,
    few: bool,
    /// Rows are made one after another while the page is written.
    students: Value,
    hardest: Value,
    concepts: Value,
    unbuilt: Value,
    refused: Value,
    ungraded: Value,
    shown: &'static str,
    isolation: &'static str,
    lab: String,
}

#[derive(Debug, Serialize)]
struct Figure {
    name: &'static str,
    value: String,
    of: String,
}

#[derive(Debug, Serialize)]
struct Exercise {
    id: String,
    number: String,
    anchor: String,
    title: Option<String>,
    handed_in: usize,
    full: usize,
    median: Option<String>,
    max: u32,
    missing: usize,
    unbuilt: usize,
    refused: usize,
    open: usize,
}

#[derive(Debug, Serialize)]
struct Student<'a> {
    name: &'a str,
    page: &'a str,
    score: u32,
    max: u32,
    percent: u32,
    is_final: bool,
    cells: Vec<Option<Shade>>,
}

/// A cell of the table of students.
#[derive(Debug, Serialize)]
struct Shade {
    kind: &'static str,
    text: String,
    /// What the text stands for, where it is a mark.
    words: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct Check {
    exercise: String,
    anchor: String,
    name: String,
    cites: String,
    shows: Option<String>,
    failed: u32,
    judged: u32,
    not_judged: u32,
    bar: Bar,
}

#[derive(Debug, Serialize)]
struct Concept {
    tag: String,
    means: Option<String>,
    missed: u32,
    judged: u32,
    bar: Bar,
}

/// Those who failed, those who did not, and, as the rest, who was not judged.
#[derive(Debug, Serialize)]
struct Bar {
    failed: u32,
    passed: u32,
}

#[derive(Debug, Serialize)]
struct Remark<'a> {
    name: &'a str,
    page: &'a str,
    exercise: &'a str,
    anchor: String,
    text: &'a str,
}

impl Page {
    /// The name of its file.
    pub fn file(&self) -> &'static str {
        self.file
    }
}

/// The instructor's pages, `index.html` last.
pub fn pages(class: Class, head: &Head, texts: &Texts, shown: Shown, lab: &str) -> [Page; 2] {
    let class = Arc::new(class);
    let rows = &class.rows;
    let mut by_score: Vec<usize> = (0..rows.len()).collect();
    by_score.sort_by_key(|at| Reverse(rows[*at].share()));
    let few = class.exercises.len() <= FEW;
    let index = Page {
        by_score: false,
        file: FILE,
        other: BY_SCORE,
        submissions: rows.len(),
        figures: Value::from(Serde(figures(&class))),
        chart: Value::from(Serde(chart(rows))),
        exercises: Value::from(Serde(exercises(&class, texts))),
        few,
        students: students(&class, (0..rows.len()).collect(), few),
        hardest: Value::from(Serde(hardest(&class, texts))),
        concepts: Value::from(Serde(concepts(&class, texts))),
        unbuilt: remarks(&class, |class| &class.unbuilt),
        refused: remarks(&class, |class| &class.refused),
        ungraded: remarks(&class, |class| &class.ungraded),
        shown: match shown {
            Shown::Full => "every check with its story",
            Shown::Verdicts => "the verdict of every check, without stories",
            Shown::Score => "the points of each exercise only",
        },
        isolation: isolation(head.tier),
        lab: lab.to_owned(),
    };
    let sorted = Page {
        by_score: true,
        file: BY_SCORE,
        other: FILE,
        students: students(&class, by_score, few),
        ..index.clone()
    };
    [sorted, index]
}

/// What the tier promises, so that nobody believes in more.
fn isolation(tier: Tier) -> &'static str {
    match tier {
        Tier::Vm => {
            "Programs ran as a user of their own, each check in namespaces of its own, \
             with limits on the whole."
        }
        Tier::Cell => {
            "Programs ran as the user who graded, each check in namespaces of its own; \
             memory and processes were limited process by process."
        }
        Tier::Jail => {
            "Programs ran without namespaces of their own: they shared the machine's \
             network and its files, behind Landlock and seccomp."
        }
        Tier::None => {
            "Programs ran without isolation, with limits on resources only: these \
             scores say nothing about a program that tries to cheat."
        }
    }
}

fn figures(class: &Class) -> Vec<Figure> {
    let rows = &class.rows;
    let sure: Vec<u32> = rows
        .iter()
        .filter(|row| row.is_final())
        .map(Row::percent)
        .collect();
    let open = rows.len() - sure.len();
    let left_out = match open {
        0 => String::new(),
        1 => "1 that is not final left out".to_owned(),
        open => format!("{open} that are not final left out"),
    };
    let full = rows
        .iter()
        .filter(|row| row.max > 0 && row.score == row.max);
    let empty = rows.iter().filter(|row| row.is_empty()).count();
    let figure = |name, value: String, of: String| Figure { name, value, of };
    vec![
        figure("Submissions", rows.len().to_string(), String::new()),
        figure(
            "Median score",
            median(sure).map_or_else(|| "—".to_owned(), |half| format!("{half} %")),
            left_out,
        ),
        figure("Full score", full.count().to_string(), String::new()),
        figure("Handed in nothing", empty.to_string(), String::new()),
        figure(
            "Builds failed",
            class.unbuilt.len().to_string(),
            of_students(&class.unbuilt),
        ),
        figure(
            "Not judged",
            class.ungraded.len().to_string(),
            of_students(&class.ungraded),
        ),
    ]
}

fn of_students(notes: &[Note]) -> String {
    let mut rows: Vec<usize> = notes.iter().map(|note| note.row).collect();
    rows.dedup();
    match rows.len() {
        0 => String::new(),
        1 => "from 1 student".to_owned(),
        count => format!("from {count} students"),
    }
}

/// The one in the middle; half way between two, with its half.
fn median(mut values: Vec<u32>) -> Option<String> {
    values.sort_unstable();
    let (low, high) = (values.len().checked_sub(1)? / 2, values.len() / 2);
    let twice = values[low] + values[high];
    let half = if twice % 2 == 0 { "" } else { ".5" };
    Some(format!("{}{half}", twice / 2))
}

fn exercises(class: &Class, texts: &Texts) -> Vec<Exercise> {
    let exercises = class.exercises.iter().enumerate();
    let exercises = exercises.map(|(number, exercise)| {
        let cells: Vec<Cell> = class
            .rows
            .iter()
            .filter_map(|row| row.cells[number])
            .collect();
        let count = |status: Status| cells.iter().filter(|one| one.status == status).count();
        let graded = cells.iter().filter(|one| one.status == Status::Graded);
        Exercise {
            id: exercise.id.clone(),
            number: short(&exercise.id),
            anchor: anchor(&exercise.id),
            title: texts.title(&exercise.id),
            handed_in: cells.len() - count(Status::Missing),
            full: graded.clone().filter(|one| one.score == one.max).count(),
            median: median(graded.map(|one| one.score).collect()),
            max: cells.iter().map(|one| one.max).max().unwrap_or(0),
            missing: count(Status::Missing),
            unbuilt: count(Status::BuildFailed),
            refused: count(Status::Refused),
            open: count(Status::Ungraded),
        }
    });
    exercises.collect()
}

/// The number of an exercise, e.g. `09`.
fn short(id: &str) -> String {
    id.split('-').next().unwrap_or(id).to_owned()
}

fn students(class: &Arc<Class>, order: Vec<usize>, few: bool) -> Value {
    let class = Arc::clone(class);
    let order = Arc::new(order);
    Value::make_iterable(move || {
        let (class, order) = (Arc::clone(&class), Arc::clone(&order));
        (0..order.len()).map(move |at| {
            let row = &class.rows[order[at]];
            Value::from(Serde(Student {
                name: &row.name,
                page: &row.page,
                score: row.score,
                max: row.max,
                percent: row.percent(),
                is_final: row.is_final(),
                cells: row
                    .cells
                    .iter()
                    .map(|cell| cell.map(|cell| shade(cell, few)))
                    .collect(),
            }))
        })
    })
}

fn shade(cell: Cell, few: bool) -> Shade {
    let (kind, words) = words(cell.status, cell.score, cell.max);
    let (short, mark) = match cell.status {
        Status::Graded => {
            return Shade {
                kind: shade_of(cell),
                text: cell.score.to_string(),
                words: None,
            };
        }
        Status::Missing => ("missing", "-"),
        Status::Refused => ("refused", "x"),
        Status::BuildFailed => ("no build", "!"),
        Status::Ungraded => ("not judged", "?"),
    };
    Shade {
        kind,
        text: if few { short } else { mark }.to_owned(),
        words: (!few).then_some(words),
    }
}

/// Better and worse scores are told apart by lightness too.
fn shade_of(cell: Cell) -> &'static str {
    match percent(cell.score, cell.max) {
        _ if cell.score == cell.max => "full",
        67.. => "most",
        1.. => "part",
        0 => "zero",
    }
}

/// The checks that most students fail; of equal ones those that fewer pass.
fn hardest(class: &Class, texts: &Texts) -> Vec<Check> {
    let exercises = class.exercises.iter();
    let mut checks: Vec<_> = exercises
        .flat_map(|exercise| exercise.checks.iter().map(|check| (&exercise.id, check)))
        .filter(|(_, check)| check.failed > 0)
        .collect();
    checks.sort_by_key(|(_, check)| (Reverse(check.failed), check.passed));
    let checks = checks.into_iter().take(HARDEST);
    let checks = checks.map(|(id, check)| Check {
        exercise: id.clone(),
        anchor: anchor(id),
        name: check.name.clone(),
        cites: cites(&check.requirement),
        shows: texts.shows(id, &check.name),
        failed: check.failed,
        judged: check.judged(),
        not_judged: check.not_judged,
        bar: bar(
            check.failed,
            check.passed,
            check.judged() + check.not_judged,
        ),
    });
    checks.collect()
}

/// The concepts that most students miss; of equal ones those that fewer keep.
fn concepts(class: &Class, texts: &Texts) -> Vec<Concept> {
    let all = u32::try_from(class.rows.len()).unwrap_or(u32::MAX);
    let missed = class.concepts.iter().filter(|(_, sums)| sums.missed > 0);
    let concepts = missed.map(|(tag, sums)| Concept {
        tag: tag.clone(),
        means: texts.means(tag),
        missed: sums.missed,
        judged: sums.judged,
        bar: bar(sums.missed, sums.judged - sums.missed, all),
    });
    let mut concepts: Vec<Concept> = concepts.collect();
    concepts.sort_by_key(|concept| (Reverse(concept.missed), concept.judged));
    concepts
}

fn bar(failed: u32, passed: u32, all: u32) -> Bar {
    let share = |part: u32| u64::from(part) * u64::from(BAR) / u64::from(all.max(1));
    let share = |part: u32| u32::try_from(share(part)).unwrap_or(BAR);
    Bar {
        failed: share(failed),
        passed: share(failed + passed) - share(failed),
    }
}

fn remarks(class: &Arc<Class>, of: fn(&Class) -> &Vec<Note>) -> Value {
    if of(class).is_empty() {
        return Value::from(Vec::<Value>::new());
    }
    let class = Arc::clone(class);
    Value::make_iterable(move || {
        let class = Arc::clone(&class);
        (0..of(&class).len()).map(move |at| {
            let note = &of(&class)[at];
            let row = &class.rows[note.row];
            let exercise = &class.exercises[note.exercise].id;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_is_in_the_middle() {
        assert_eq!(median(vec![]), None);
        assert_eq!(median(vec![7]).unwrap(), "7");
        assert_eq!(median(vec![9, 1]).unwrap(), "5");
        assert_eq!(median(vec![9, 2]).unwrap(), "5.5");
        assert_eq!(median(vec![100, 0, 30]).unwrap(), "30");
    }

    #[test]
    fn a_bar_is_never_longer_than_all() {
        let bar = bar(3, 4, 7);
        assert_eq!(bar.failed + bar.passed, BAR);
    }
}
