use std::collections::BTreeMap;

use proptest::prelude::*;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use serde_json::Value;

use super::*;
use crate::policy::{Policy, Show};
use crate::sample::{self, HOSTILE};

const RULES: &str = include_str!("../../../schema/junit-rules.json");

fn xml(show: Show) -> String {
    xml_of(sample::class(), show)
}

fn xml_of(results: Vec<grader::report::SubmissionResult>, show: Show) -> String {
    let head = sample::head();
    let policy = Policy {
        show,
        ..Policy::default()
    };
    let class = Class::new(&head, &results, &policy, None).unwrap();
    let mut out = Vec::new();
    write(&class, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn has(rule: &Value, name: &str) -> bool {
    rule.as_array().unwrap().iter().any(|one| one == name)
}

fn attributes(tag: &BytesStart<'_>) -> BTreeMap<String, String> {
    tag.attributes()
        .map(|attribute| {
            let attribute = attribute.unwrap();
            let key = String::from_utf8(attribute.key.0.to_vec()).unwrap();
            let raw = std::str::from_utf8(&attribute.value).unwrap();
            (key, quick_xml::escape::unescape(raw).unwrap().into_owned())
        })
        .collect()
}

fn opened(tag: &BytesStart<'_>, parents: &[String], rules: &Value) -> String {
    let name = String::from_utf8(tag.name().0.to_vec()).unwrap();
    let rule = &rules[&name];
    assert!(rule.is_object(), "nobody knows <{name}>");
    match parents.last() {
        Some(parent) => assert!(has(&rules[parent]["inside"], &name), "{name} in {parent}"),
        None => assert_eq!(name, "testsuites"),
    }
    let found = attributes(tag);
    for key in found.keys() {
        assert!(has(&rule["attributes"], key), "{key} of {name}");
    }
    for key in rule["required"].as_array().unwrap() {
        assert!(
            found.contains_key(key.as_str().unwrap()),
            "{name} lacks {key}"
        );
    }
    name
}

/// Panics where a document breaks a rule; gives the number of each element.
fn count(xml: &str) -> BTreeMap<String, usize> {
    let rules: Value = serde_json::from_str(RULES).unwrap();
    let mut reader = Reader::from_str(xml);
    reader.config_mut().check_end_names = true;
    let mut open: Vec<String> = Vec::new();
    let mut counts = BTreeMap::new();
    loop {
        match reader.read_event().unwrap() {
            Event::Start(tag) => {
                let name = opened(&tag, &open, &rules);
                *counts.entry(name.clone()).or_default() += 1;
                open.push(name);
            }
            Event::Empty(tag) => {
                let name = opened(&tag, &open, &rules);
                *counts.entry(name).or_default() += 1;
            }
            Event::End(_) => {
                open.pop();
            }
            Event::Text(text) => {
                let blank = text.iter().all(u8::is_ascii_whitespace);
                let may = open.last().is_some_and(|name| rules[name]["text"] == true);
                assert!(blank || may, "text in {open:?}");
            }
            Event::GeneralRef(_) => {
                assert!(open.last().is_some_and(|name| rules[name]["text"] == true));
            }
            Event::Decl(_) => {}
            Event::Eof => break,
            other => panic!("{other:?} has no place here"),
        }
    }
    assert!(open.is_empty());
    counts
}

/// What XML 1.0 lets stand in a document.
fn may_stand(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

#[test]
fn the_file_keeps_the_rules_and_says_whose_fault_it_was() {
    let count_of = |show| {
        let counts = count(&xml(show));
        ["testsuite", "testcase", "failure", "error", "skipped"]
            .map(|name| counts.get(name).copied().unwrap_or(0))
    };
    // ada fails what is beyond; the hostile one a check and all of an exercise;
    // cleo does not compile; dora is the lab's fault.
    assert_eq!(count_of(Show::Full), [8, 20, 4, 1, 3]);
    assert_eq!(count_of(Show::Verdicts), [8, 20, 4, 1, 3]);
    assert_eq!(count_of(Show::Score), [8, 8, 3, 1, 0]);
}

#[test]
#[should_panic(expected = "nobody knows <story>")]
fn the_rules_refuse_what_jenkins_does_not_know() {
    count("<testsuites><testsuite name='a' tests='0'><story/></testsuite></testsuites>");
}

#[test]
fn nothing_that_a_student_wrote_leaves_its_place() {
    let text = xml(Show::Full);
    assert!(text.chars().all(may_stand));
    assert!(!text.contains("<script>") && !text.contains("]]>"));
    assert!(text.contains("&lt;script"));
    assert!(!text.contains(['\u{1b}', '\u{202e}', '\r']));
    // Not one byte of it was lost on the way: it is told as `plain` tells it.
    let told = super::super::escape::plain(HOSTILE);
    let unescaped = quick_xml::escape::unescape(&text).unwrap();
    assert!(unescaped.contains(&told), "{unescaped}");
}

#[test]
fn what_the_policy_does_not_show_is_not_there() {
    assert!(xml(Show::Full).contains("story of"));
    let verdicts = xml(Show::Verdicts);
    assert!(!verdicts.contains("story of") && verdicts.contains("flaky 2/4"));
    assert!(verdicts.contains("does not compile") && !verdicts.contains("E0425"));
    let score = xml(Show::Score);
    assert!(!score.contains("stops_at_eof") && !score.contains("compile"));
    assert!(score.contains("failed: 60 of 100 points"));
}

proptest! {
    #[test]
    fn whatever_is_written_stays_text(
        name in "(?s)(.|\\PC|<|>|&|\"|\u{1b}\\[)*",
        story in "(?s)(.|]]>|</failure>|&#0;|\u{1b}\\[31m|\u{fffe})*",
    ) {
        let mut results = sample::class();
        results[1].name = name;
        results[1].exercises[0].checks[1].story = Some(story.clone());
        let text = xml_of(results, Show::Full);
        prop_assert!(text.chars().all(may_stand));
        prop_assert_eq!(count(&text)["failure"], 4);
        let unescaped = quick_xml::escape::unescape(&text).unwrap();
        let told = super::super::escape::plain(&story).replace('\t', "    ");
        prop_assert!(unescaped.contains(&told), "{}", unescaped);
    }
}
