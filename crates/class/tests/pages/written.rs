//! What is on the pages, and where they are.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use class::grades::{Class, Results};
use class::policy::{Policy, Show};
use grader::report::{Head, Status, SubmissionResult};
use jail::Promises;

use crate::class::{class, head, pages, student, texts, ungraded, without, write_into};
use crate::html::{self, select, text};

fn files(dir: &Path) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    for folder in [dir.to_owned(), dir.join("students")] {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                let text = fs::read_to_string(&path).unwrap();
                files.insert(path.strip_prefix(dir).unwrap().display().to_string(), text);
            }
        }
    }
    files
}

#[test]
fn an_empty_class_has_a_page_that_says_so() {
    let dir = pages(Vec::new(), Show::Full);
    let pages = html::pages(dir.path());
    assert_eq!(pages.len(), 2);
    assert!(text(&pages["index.html"], "main").contains("no submission"));
}

#[test]
fn one_student_has_a_page_of_every_check() {
    let dir = pages(vec![student("Ada Lovelace", 1)], Show::Full);
    let pages = html::pages(dir.path());
    let (path, page) = pages.iter().find(|(path, _)| path.contains('/')).unwrap();
    assert!(path.starts_with("students/ada-lovelace-"), "{path}");
    assert_eq!(text(page, "h1"), "Ada Lovelace");
    assert_eq!(select(page, ".checks tbody tr").len(), 6);
    assert!(text(page, ".checks").contains("requirement 2"));
    assert!(text(page, ".checks").contains("rule R3"));
    assert!(text(page, ".story pre").contains("ada connected"));
}

#[test]
fn three_hundred_students_have_a_page_and_a_row_each() {
    let dir = pages(class(300), Show::Full);
    let pages = html::pages(dir.path());
    assert_eq!(pages.len(), 302);
    for index in ["index.html", "by-score.html"] {
        assert_eq!(select(&pages[index], ".students tbody tr").len(), 300);
    }
    let scores: Vec<u32> = select(&pages["by-score.html"], ".students tbody .percent")
        .iter()
        .map(|cell| {
            cell.text()
                .collect::<String>()
                .trim_end_matches("? not final")
                .parse()
                .unwrap()
        })
        .collect();
    assert!(scores.is_sorted_by(|a, b| a >= b));
}

#[test]
fn what_the_lab_could_not_judge_is_nobodys_zero() {
    let dir = pages(vec![ungraded("ada"), ungraded("ben")], Show::Full);
    let pages = html::pages(dir.path());
    let index = &pages["index.html"];
    assert!(text(index, "#ungraded ~ .scroll").contains("no cell can be made"));
    assert!(text(index, ".figures").contains("—"), "there is no median");
    assert_eq!(select(index, ".chart .sure").len(), 0);
    assert_eq!(select(index, ".students .zero").len(), 0);
    let students = pages.iter().filter(|(path, _)| path.contains('/'));
    for (_, page) in students {
        assert!(text(page, "header").contains("not final"));
    }
}

#[test]
fn what_the_machine_did_not_prevent_stands_on_every_page() {
    let line = "Not prevented where this was judged: ports below 1024 are open.";
    let all = Promises {
        forging_refused: true,
        network_closed: true,
        files_closed: true,
        scratch_bounded: true,
        processes_counted: true,
        memory_counted: true,
        low_ports_refused: true,
    };
    for (promises, is_told) in [
        (all, false),
        (
            Promises {
                low_ports_refused: false,
                ..all
            },
            true,
        ),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let head = Head { promises, ..head() };
        let results = class(2);
        let policy = Policy::default();
        let class = Class::new(&head, &results, &policy, None).unwrap();
        ::class::pages::write(dir.path(), &class, &texts()).unwrap();
        let pages = html::pages(dir.path());
        assert_eq!(pages.len(), 4);
        for (path, page) in pages {
            let lines = select(&page, "footer p");
            let told = lines
                .iter()
                .any(|one| one.text().collect::<String>() == line);
            assert_eq!(told, is_told, "{path}");
            assert_eq!(text(&page, "footer").contains("Not prevented"), is_told);
        }
    }
}

#[test]
fn a_student_sees_no_more_than_is_shown() {
    let on_the_page = |shown| {
        let dir = pages(vec![student("ada", 1)], shown);
        let files = files(dir.path());
        let mut students = files.into_iter().filter(|(path, _)| path.contains('/'));
        students.next().unwrap().1
    };
    let story = |page: &str| page.contains("ada connected");
    let check = |page: &str| page.contains("second_client_waits");
    let full = on_the_page(Show::Full);
    assert!(story(&full) && check(&full));
    let verdicts = on_the_page(Show::Verdicts);
    assert!(!story(&verdicts) && check(&verdicts));
    let score = on_the_page(Show::Score);
    assert!(!story(&score) && !check(&score) && !score.contains("eof"));
}

#[test]
fn a_page_of_a_student_names_no_other() {
    let dir = pages(vec![student("ada", 1), student("zuse", 2)], Show::Full);
    for (path, page) in files(dir.path()) {
        if path.starts_with("students/ada") {
            assert!(!page.contains("zuse"));
        }
    }
}

#[test]
fn two_runs_write_the_same_bytes() {
    let twice = [pages(class(12), Show::Full), pages(class(12), Show::Full)];
    assert_eq!(files(twice[0].path()), files(twice[1].path()));
}

#[test]
fn the_next_run_takes_up_the_folder() {
    let dir = pages(class(12), Show::Full);
    write_into(dir.path(), &class(4), &Policy::default(), None).unwrap();
    assert_eq!(html::pages(dir.path()).len(), 6);
}

#[test]
fn a_folder_of_somebody_else_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("index.html"), "mine").unwrap();
    let error = write_into(dir.path(), &class(1), &Policy::default(), None);
    assert!(error.unwrap_err().to_string().contains("index.html"));
    assert_eq!(
        fs::read_to_string(dir.path().join("index.html")).unwrap(),
        "mine"
    );
}

/// Results that are gone through twice: for the names, and for the pages. What
/// happens the second time is for the test to say.
struct Watched<F>(Vec<SubmissionResult>, Cell<bool>, F);

impl<F: Fn(usize) -> io::Result<()>> Results for Watched<F> {
    fn each(&self) -> Box<dyn Iterator<Item = io::Result<SubmissionResult>> + '_> {
        let again = self.1.replace(true);
        let results = self.0.iter().enumerate();
        Box::new(results.map(move |(number, result)| {
            if again {
                (self.2)(number)?;
            }
            Ok(result.clone())
        }))
    }
}

#[test]
fn results_that_end_in_trouble_leave_the_old_index() {
    let dir = pages(class(3), Show::Full);
    let before = fs::read_to_string(dir.path().join("index.html")).unwrap();
    let broken = Watched(class(6), Cell::new(false), |number| match number {
        5 => Err(io::Error::other("the disk is gone")),
        _ => Ok(()),
    });
    let error = write_into(dir.path(), &broken, &Policy::default(), None);
    assert!(format!("{:#}", error.unwrap_err()).contains("the disk is gone"));
    assert_eq!(
        fs::read_to_string(dir.path().join("index.html")).unwrap(),
        before
    );
    html::pages(dir.path());
}

#[test]
fn a_result_is_on_its_page_before_the_next_is_looked_at() {
    let dir = tempfile::tempdir().unwrap();
    let asked = Cell::new(0);
    let results = Watched(class(20), Cell::new(false), |number| {
        let written = fs::read_dir(dir.path().join("students")).unwrap().count();
        assert_eq!(written, number);
        asked.set(number + 1);
        Ok(())
    });
    write_into(dir.path(), &results, &Policy::default(), None).unwrap();
    assert_eq!(asked.get(), 20);
}

#[test]
fn exercises_are_in_order_whatever_came_first() {
    let one = |ids: &[&str]| {
        let exercises = ids.iter().map(|id| without(id, Status::Missing, "no"));
        SubmissionResult::new(ids.join(" "), exercises.collect())
    };
    let results = vec![one(&["10-b", "08-a"]), one(&["09-c"])];
    let dir = pages(results, Show::Full);
    let index = &html::pages(dir.path())["index.html"];
    let heads: Vec<String> = select(index, ".students thead th a")
        .iter()
        .map(|head| head.text().collect())
        .collect();
    assert_eq!(heads, ["Exercise 08", "Exercise 09", "Exercise 10"]);
    let cells: Vec<String> = select(index, ".students tbody tr:nth-child(2) .cell")
        .iter()
        .map(|cell| cell.text().collect())
        .collect();
    assert_eq!(cells, ["", "missing", ""]);
}
