//! The map of the course agrees with the folders, and no link between the
//! lab's own texts leads nowhere.

// The lint's exemption for tests does not reach the functions beside them.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use grader::catalogue::Catalogue;

fn catalogue() -> Catalogue {
    Catalogue::find(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap()
}

#[test]
fn the_map_has_every_exercise_in_its_part() {
    let catalogue = catalogue();
    let map = fs::read_to_string(catalogue.root.join("exercises/README.md")).unwrap();
    let (mut part, mut rows) = (None, Vec::new());
    for line in map.lines() {
        if line.starts_with('#') {
            part = line
                .strip_prefix("### Part ")
                .and_then(|rest| rest.split('.').next()?.parse::<u8>().ok());
        }
        rows.extend(links(line).map(|target| (part, target)));
    }
    for entry in &catalogue.entries {
        let handout = format!("{}/README.md", entry.id);
        let found: Vec<_> = rows.iter().filter(|(_, link)| *link == handout).collect();
        assert_eq!(found.len(), 1, "exercises/README.md links {handout} once");
        assert_eq!(
            found[0].0,
            Some(entry.data.part),
            "the part of {}",
            entry.id
        );
    }
}

#[test]
fn the_parts_are_called_the_same_wherever_they_are_named() {
    let catalogue = catalogue();
    let parts = catalogue.parts().unwrap();
    let titles = |name: &str, part: fn(&str) -> Option<&str>| {
        let text = fs::read_to_string(catalogue.root.join(name)).unwrap();
        let titles = text.lines().filter_map(part).filter_map(|line| {
            let (number, title) = line.split_once(". ")?;
            Some((number.parse().ok()?, title.trim().to_owned()))
        });
        titles.collect::<BTreeMap<u8, String>>()
    };
    let map = titles("exercises/README.md", |line| line.strip_prefix("### Part "));
    assert_eq!(map, parts);
    // The table of the front page: `| 1. Title | exercises |`.
    let front = titles("README.md", |line| {
        line.strip_prefix("| ")?.split('|').next()
    });
    assert_eq!(front, parts);
}

#[test]
fn every_link_from_a_text_to_a_file_leads_to_one() {
    let root = catalogue().root;
    let mut lost = Vec::new();
    for text in texts(&root) {
        let folder = text.parent().unwrap();
        for target in links(&prose(&fs::read_to_string(&text).unwrap())) {
            let file = target.split('#').next().unwrap_or_default();
            let elsewhere = file.contains("://") || file.starts_with("mailto:");
            if file.is_empty() || elsewhere {
                continue;
            }
            let path = folder.join(file);
            if !path.exists() && !is_still_to_come(&path) {
                lost.push(format!("{}: {target}", text.display()));
            }
        }
    }
    assert!(lost.is_empty(), "{}", lost.join("\n"));
}

/// Whether a path leads into an exercise that is not there yet. One whose number
/// another exercise has was renamed, and is lost.
fn is_still_to_come(path: &Path) -> bool {
    let parts: Vec<String> = path
        .components()
        .map(|part| part.as_os_str().to_string_lossy().into_owned())
        .collect();
    let is_exercise = |name: &str| {
        name.split_once('-').is_some_and(|(number, _)| {
            number.len() == 2 && number.bytes().all(|it| it.is_ascii_digit())
        })
    };
    let Some(exercise) = parts.iter().rfind(|part| is_exercise(part)) else {
        return false;
    };
    !catalogue()
        .entries
        .iter()
        .any(|entry| entry.number() == &exercise[..2])
}

/// The Markdown files of the lab.
fn texts(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = entry.path();
        if entry.file_type().unwrap().is_dir() {
            if name != "target" && !name.starts_with('.') {
                found.extend(texts(&path));
            }
        } else if name.ends_with(".md") {
            found.push(path);
        }
    }
    found
}

/// A text without what stands in it as code.
fn prose(text: &str) -> String {
    let mut fenced = false;
    let mut prose = String::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            prose.push_str(line);
            prose.push('\n');
        }
    }
    prose
}

/// Where the links of a text, `[words](target)`, lead.
fn links(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices("](").filter_map(|(at, _)| {
        let target = &text[at + 2..];
        let end = target.find([')', '\n'])?;
        Some(target[..end].trim())
    })
}

#[test]
fn a_renamed_exercise_is_lost_and_a_missing_one_is_to_come() {
    assert!(is_still_to_come(Path::new(
        "exercises/99-of-next-year/README.md"
    )));
    assert!(!is_still_to_come(Path::new(
        "exercises/09-echo-renamed/README.md"
    )));
    assert!(!is_still_to_come(Path::new("crates/none/README.md")));
}

#[test]
fn links_are_found_in_prose_and_not_in_code() {
    let text = "see [a](x/a.md) and [b](b.md#c)\n```text\nargs[i](k)\n```\nend";
    assert_eq!(
        links(&prose(text)).collect::<Vec<_>>(),
        ["x/a.md", "b.md#c"]
    );
}
