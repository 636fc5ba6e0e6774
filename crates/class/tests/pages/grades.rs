//! Grades on the pages, and what else an instructor's files and wishes put there.

use std::collections::BTreeMap;

use class::policy::{Policy, Show};
use class::roster::Roster;
use grader::report::{Repeats, Verdict};
use scraper::Html;

use crate::class::{class, graded, pages, student, ungraded};
use crate::html::{self, select, text};

const IDS: [&str; 3] = ["08-echo-client", "09-echo-iterative", "10-echo-forking"];

/// Ada was in time, Ben two days late, Cleo is another one's, Zoé sent nothing.
fn roster() -> Roster {
    let text = "id,name,submitted\ns1,\"Lovelace, Ada\",2026-11-20T12:00Z\n\
                s2,Ben,2026-11-22T12:00Z\ns9,Zoé,\n";
    Roster::parse(text.as_bytes()).unwrap()
}

fn policy(show: &str) -> Policy {
    let text = format!(
        "out-of = 20\nshow = '{show}'\ndeadline = '2026-11-20T23:59:00Z'\n[late]\nper-day = 10\n\
         [exercises]\n8 = {{ weight = 2 }}\n9 = {{}}\n"
    );
    Policy::parse(&text, &IDS).unwrap()
}

fn page_of<'a>(pages: &'a BTreeMap<String, Html>, name: &str) -> &'a Html {
    let prefix = format!("students/{name}-");
    let found = pages.iter().find(|(path, _)| path.starts_with(&prefix));
    found.unwrap().1
}

#[test]
fn grades_are_on_the_pages_where_there_is_a_policy() {
    // 08 in part and 09 whole; 08 whole and 09 missing; nobody in the roster.
    let results = vec![student("s1", 1), student("Ben", 2), student("cleo", 4)];
    let dir = graded(results, &policy("full"), Some(&roster()));
    let pages = html::pages(dir.path());

    let ada = page_of(&pages, "s1");
    assert_eq!(text(ada, "h1"), "Lovelace, Ada");
    assert_eq!(text(ada, ".also"), "s1");
    // (2 * 50 + 100) / 3 of 20.
    assert_eq!(text(ada, ".score"), "13.33 of 20");
    let cells = |page: &Html| -> Vec<String> {
        let cells = select(page, ".overview .graded");
        cells.iter().map(|cell| cell.text().collect()).collect()
    };
    assert_eq!(cells(ada), ["50 %", "100 %", "—counts nowhere"]);

    let ben = page_of(&pages, "ben");
    let late = "2 days late, counts 80 %";
    assert_eq!(text(ben, ".score"), "10.67 of 20");
    assert_eq!(
        cells(ben),
        [
            &format!("80 %{late}"),
            &format!("0 %{late}"),
            "—counts nowhere"
        ]
    );
    assert!(text(page_of(&pages, "cleo"), "header").contains("Nobody knows when"));

    let index = &pages["index.html"];
    let rows = text(index, ".students");
    assert!(rows.contains("Lovelace, Ada s1") && rows.contains("13.33/20"));
    assert!(text(index, "#late ~ .scroll").contains(&format!("{late}; so does another")));
    let unmatched = text(index, "#roster ~ .scroll");
    assert!(unmatched.contains("Zoé s9") && unmatched.contains("no submission"));
    assert!(unmatched.contains("cleo") && unmatched.contains("not in the roster"));
}

#[test]
fn points_alone_are_there_where_nobody_says_how_to_grade() {
    let dir = pages(vec![student("ada", 1)], Show::Full);
    let pages = html::pages(dir.path());
    for page in pages.values() {
        assert!(!text(page, "main").contains("Grade"));
        assert!(select(page, ".graded, #late, #roster").is_empty());
    }
}

#[test]
fn what_could_not_be_judged_has_no_grade_and_says_which() {
    let dir = graded(vec![ungraded("ada")], &policy("full"), None);
    let pages = html::pages(dir.path());
    let header = text(page_of(&pages, "ada"), "header");
    assert!(header.contains("no grade yet"), "{header}");
    assert!(header.contains("09-echo-iterative"), "{header}");
    assert_eq!(text(&pages["index.html"], ".students tbody .sum"), "—");
}

#[test]
fn flaky_checks_are_marked_as_far_as_checks_are_shown() {
    let mut ada = student("ada", 1);
    let failed = ada.exercises.iter_mut().flat_map(|one| &mut one.checks);
    let failed = failed.filter(|check| check.verdict == Verdict::Failed);
    for check in failed {
        check.repeats = Some(Repeats { passed: 2, runs: 4 });
    }
    for (show, marks) in [
        (Show::Full, true),
        (Show::Verdicts, true),
        (Show::Score, false),
    ] {
        let dir = pages(vec![ada.clone(), student("ben", 2)], show);
        let pages = html::pages(dir.path());
        let page = page_of(&pages, "ada");
        assert_eq!(text(page, "body").contains("flaky 2/4"), marks);
        assert!(!text(page_of(&pages, "ben"), "body").contains("flaky"));
        // The instructor sees it whatever students are shown.
        let index = &pages["index.html"];
        let told = text(index, "#flaky ~ .scroll");
        assert!(
            told.contains("second_client_waits: 2 of 4 runs passed"),
            "{told}"
        );
        assert!(!select(index, ".students .flaky-mark").is_empty());
    }
}

#[test]
fn a_page_of_a_student_leads_nowhere_else() {
    let dir = graded(class(3), &policy("full"), Some(&roster()));
    for (path, page) in html::pages(dir.path()) {
        if path.starts_with("students/") {
            for link in select(&page, "a") {
                let to = link.attr("href").unwrap();
                assert!(to.starts_with('#'), "{path} leads to {to}");
            }
        }
    }
}
