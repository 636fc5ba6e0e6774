//! What is on the instructor's pages: `index.html`, and the same by score.

use std::cmp::Reverse;
use std::sync::Arc;

use grader::report::Status;
use jail::Tier;
use minijinja::value::{Serde, Value};
use serde::Serialize;

use super::Texts;
use super::chart::chart;
use super::names::anchor;
use super::remarks::{remarks, unmatched};
use super::student::{cites, words};
use super::tally::{Cell, Note, Row, Tally, percent};
use crate::grades::Class;
use crate::policy::Show;

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
    /// The scale of the grades; none where there are none.
    out_of: Option<String>,
    /// Whether a mark for what is flaky is to be explained.
    has_flaky: bool,
    /// Rows are made one after another while the page is written.
    students: Value,
    hardest: Value,
    concepts: Value,
    unbuilt: Value,
    refused: Value,
    ungraded: Value,
    flaky: Value,
    late: Value,
    /// Whether this is a part of a class.
    is_part: bool,
    /// Of students and submissions that do not fit, who it is and why.
    unmatched: Vec<(String, &'static str)>,
    shown: &'static str,
    isolation: &'static str,
    foot: Vec<String>,
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
    id: &'a Option<String>,
    page: &'a str,
    grade: Option<String>,
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
    flaky: bool,
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

impl Page {
    /// The name of its file.
    pub fn file(&self) -> &'static str {
        self.file
    }
}

/// The instructor's pages, `index.html` last.
pub fn pages(tally: Tally, class: &Class<'_>, texts: &Texts, foot: &[String]) -> [Page; 2] {
    let tally = Arc::new(tally);
    let rows = &tally.rows;
    let mut by_score: Vec<usize> = (0..rows.len()).collect();
    by_score.sort_by_key(|at| Reverse(rows[*at].share()));
    let few = tally.exercises.len() <= FEW;
    let index = Page {
        by_score: false,
        file: FILE,
        other: BY_SCORE,
        submissions: rows.len(),
        figures: Value::from(Serde(figures(&tally))),
        chart: Value::from(Serde(chart(rows))),
        exercises: Value::from(Serde(exercises(&tally, texts))),
        few,
        out_of: tally.graded.then(|| class.policy.out_of.to_string()),
        has_flaky: !tally.flaky.is_empty(),
        students: students(&tally, (0..rows.len()).collect(), few),
        hardest: Value::from(Serde(hardest(&tally, texts))),
        concepts: Value::from(Serde(concepts(&tally, texts))),
        unbuilt: remarks(&tally, |tally| &tally.unbuilt),
        refused: remarks(&tally, |tally| &tally.refused),
        ungraded: remarks(&tally, |tally| &tally.ungraded),
        flaky: remarks(&tally, |tally| &tally.flaky),
        late: remarks(&tally, |tally| &tally.late),
        is_part: class.is_part,
        unmatched: unmatched(class),
        shown: match class.policy.show {
            Show::Full => "every check with its story",
            Show::Verdicts => "the verdict of every check, without stories",
            Show::Score => "the points of each exercise only",
        },
        isolation: isolation(class.head.tier),
        foot: foot.to_vec(),
    };
    let sorted = Page {
        by_score: true,
        file: BY_SCORE,
        other: FILE,
        students: students(&tally, by_score, few),
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
            "Each check ran in namespaces of its own, its programs without rights over \
             anything outside of them."
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

fn figures(tally: &Tally) -> Vec<Figure> {
    let rows = &tally.rows;
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
    let mut figures = vec![
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
            tally.unbuilt.len().to_string(),
            of_students(&tally.unbuilt),
        ),
        figure(
            "Not judged",
            tally.ungraded.len().to_string(),
            of_students(&tally.ungraded),
        ),
    ];
    if !tally.flaky.is_empty() {
        let flaky = tally.flaky.len().to_string();
        figures.push(figure("Flaky checks", flaky, of_students(&tally.flaky)));
    }
    if !tally.late.is_empty() {
        let mut late: Vec<usize> = tally.late.iter().map(|note| note.row).collect();
        late.dedup();
        figures.push(figure("Came late", late.len().to_string(), String::new()));
    }
    figures
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

fn exercises(tally: &Tally, texts: &Texts) -> Vec<Exercise> {
    let exercises = tally.exercises.iter().enumerate();
    let exercises = exercises.map(|(number, exercise)| {
        let cells: Vec<Cell> = tally
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

fn students(tally: &Arc<Tally>, order: Vec<usize>, few: bool) -> Value {
    let tally = Arc::clone(tally);
    let order = Arc::new(order);
    Value::make_iterable(move || {
        let (tally, order) = (Arc::clone(&tally), Arc::clone(&order));
        (0..order.len()).map(move |at| {
            let row = &tally.rows[order[at]];
            Value::from(Serde(Student {
                name: &row.name,
                id: &row.id,
                page: &row.page,
                grade: row.grade.map(|grade| grade.to_string()),
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
                flaky: cell.flaky,
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
        flaky: cell.flaky,
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
fn hardest(tally: &Tally, texts: &Texts) -> Vec<Check> {
    let exercises = tally.exercises.iter();
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
fn concepts(tally: &Tally, texts: &Texts) -> Vec<Concept> {
    let all = u32::try_from(tally.rows.len()).unwrap_or(u32::MAX);
    let missed = tally.concepts.iter().filter(|(_, sums)| sums.missed > 0);
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
