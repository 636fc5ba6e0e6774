//! Attacks on who reads a report: a terminal, a spreadsheet, a browser, a build system.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::class::{Class, ITERATIVE};
use crate::results::graded;
use crate::table::ATTACKS;
use crate::{alone, repository};

/// Names of folders that a format could obey.
const NAMES: [&str; 5] = [
    "=HYPERLINK(1)",
    "::error file=x::owned",
    "<img src=x onerror=alert(1)>",
    "]]><failure>",
    "@SUM(1);'&,",
];

#[test]
fn no_format_obeys_what_students_say() {
    let _alone = alone();
    let mut class = Class::new();
    let speaks = |name: &str| ATTACKS.iter().find(|one| one.name == name).unwrap();
    class.attack(speaks("speaks-as-a-report"));
    class.attack(speaks("speaks-as-a-report-early"));
    for name in NAMES {
        let folder = class.path().join(name).join(ITERATIVE).join("src");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("server.rs"), "fn").unwrap();
    }
    let report = graded(&class, 0.5, &["--only", "09"]);
    let out = tempfile::tempdir().unwrap();
    let json = out.path().join("report.json");
    fs::write(&json, serde_json::to_vec(&report.0).unwrap()).unwrap();
    let roster = out.path().join("roster.csv");
    let ids: Vec<String> = report.0["submissions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| format!("\"{}\"\n", one["name"].as_str().unwrap()))
        .collect();
    fs::write(&roster, format!("id\n{}", ids.concat())).unwrap();

    for format in ["text", "csv", "moodle", "gradescope", "junit", "github"] {
        let place = out.path().join(format);
        let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
            .current_dir(repository())
            .args(["merge", "--format", format, "--out"])
            .args([&place, &json, Path::new("--roster"), &roster])
            .args(["--html".as_ref(), out.path().join("pages").as_os_str()])
            .output()
            .unwrap();
        let complaints = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{format}: {complaints}");
        let written = texts(&place);
        assert!(!written.is_empty(), "{format} is empty");
        for text in &written {
            obeys_nothing(format, text);
        }
    }
    for page in texts(&out.path().join("pages")) {
        obeys_nothing("html", &page);
    }
}

fn obeys_nothing(format: &str, text: &str) {
    let plain = text.replace("\r\n", "\n");
    let turns = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let found = plain.find(|c: char| turns(c) || c.is_control() && c != '\n' && c != '\t');
    assert_eq!(found, None, "{format}: {plain}");
    // What is printed in a workflow; GitHub looks behind blanks too, and the lab's own
    // annotations begin otherwise.
    let printed = ["text", "github"].contains(&format);
    for line in plain.lines().map(str::trim_start).filter(|_| printed) {
        for obeyed in ["::error file=x", "::set-output", "##["] {
            assert!(!line.starts_with(obeyed), "{format}: {line}");
        }
    }
    match format {
        "csv" | "moodle" => {
            let cells = plain
                .split([',', '\n'])
                .map(|cell| cell.trim_start_matches('"'));
            let formula = cells.filter(|cell| cell.starts_with(['=', '@']) || is_a_sum(cell));
            assert_eq!(
                formula.collect::<Vec<_>>(),
                Vec::<&str>::new(),
                "{format}: {plain}"
            );
        }
        "junit" | "html" => {
            for tag in ["<script>alert", "<failure/>", "<failure>", "<img"] {
                assert!(!plain.contains(tag), "{format}: {plain}");
            }
        }
        "gradescope" => {
            serde_json::from_str::<Value>(text).unwrap();
        }
        _ => {}
    }
}

fn is_a_sum(cell: &str) -> bool {
    let rest = cell.strip_prefix(['+', '-']);
    rest.is_some_and(|rest| rest.parse::<f64>().is_err() && !rest.is_empty())
}

/// A file, or all files in a folder.
fn texts(place: &Path) -> Vec<String> {
    match fs::read_dir(place) {
        Err(_) => fs::read_to_string(place).into_iter().collect(),
        Ok(entries) => entries
            .flatten()
            .flat_map(|entry| texts(&entry.path()))
            .collect(),
    }
}
