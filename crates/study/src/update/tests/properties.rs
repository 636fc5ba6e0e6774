//! Whatever both sides do, nothing that a learner wrote is lost.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::select;

use super::*;

/// The old skeleton of everything: few different lines, as in real sources.
const LINES: &[&str] = &[
    "{",
    "}",
    "",
    "    a();",
    "    b();",
    "fn f() {",
    "    todo!(\"it\");",
];

/// An edit of a text: at which line, how many go, what comes.
#[derive(Debug, Clone)]
struct Edit {
    at: usize,
    goes: usize,
    comes: Vec<String>,
}

fn edits(who: &'static str) -> impl Strategy<Value = Vec<Edit>> {
    let line = prop_oneof![
        select(LINES).prop_map(str::to_owned),
        (0..9_u8).prop_map(move |number| format!("    {who}{number}();")),
    ];
    let edit = (0..12_usize, 0..3_usize, prop::collection::vec(line, 0..3));
    let edit = edit.prop_map(|(at, goes, comes)| Edit { at, goes, comes });
    prop::collection::vec(edit, 0..4)
}

fn edited(text: &str, edits: &[Edit]) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for edit in edits {
        let from = edit.at.min(lines.len());
        let to = (from + edit.goes).min(lines.len());
        lines.splice(from..to, edit.comes.iter().cloned());
    }
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn base() -> String {
    let order = [5, 3, 6, 1, 2, 5, 4, 6, 1, 2, 0, 1];
    order.map(|at| format!("{}\n", LINES[at])).concat()
}

/// What a version or a learner may do with an exercise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Stays,
    Renamed,
    FileRenamed,
    Gone,
    Given,
}

fn version(text: &str, fate: Fate) -> Files {
    let mut files = Files::first();
    let solution = "solutions/02-frames/src/frames.rs";
    files.set(solution, text);
    match fate {
        Fate::Stays => {}
        Fate::Renamed => {
            for folder in ["exercises", "solutions"] {
                files.rename(
                    &format!("{folder}/02-frames/"),
                    &format!("{folder}/07-packets/"),
                );
            }
        }
        Fate::FileRenamed => {
            files.rename(solution, "solutions/02-frames/src/packets.rs");
            files.edit(
                "exercises/02-frames/exercise.toml",
                "src/frames.rs",
                "src/packets.rs",
            );
        }
        Fate::Gone => {
            for path in Files::first().whole().keys() {
                if path.contains("/02-frames/") && path != "exercises/02-frames/src/frames.rs" {
                    files.remove(path);
                }
            }
        }
        Fate::Given => {
            files.remove(solution);
            files.set("exercises/02-frames/src/frames.rs", text);
            files.edit("exercises/02-frames/exercise.toml", "\"src/frames.rs\"", "");
        }
    }
    files
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 24,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn no_line_that_a_learner_wrote_is_lost(
        mine in edits("mine"),
        new in edits("lab"),
        fate in select(&[Fate::Stays, Fate::Stays, Fate::Renamed, Fate::FileRenamed, Fate::Gone, Fate::Given][..]),
        crlf in any::<bool>(),
        cut in 0..60_usize,
    ) {
        let folder = TempDir::new().unwrap();
        let root = folder.path().join("mine");
        lab::write_all(&root, &version(&base(), Fate::Stays).package("old"));
        let fresh = version(&edited(&base(), &new), fate).package("new");
        lab::write_all(&folder.path().join("new"), &fresh);
        let mut text = edited(&base(), &mine);
        if crlf {
            text = text.replace('\n', "\r\n");
        }
        let place = "exercises/02-frames/src/frames.rs";
        small_lab::write(&root, place, &text);
        small_lab::write(&root, "exercises/02-frames/src/added.rs", "added\n");
        let wish = Wish {
            root: root.clone(),
            source: Source::Folder(folder.path().join("new")),
            dry_run: false,
            finisher: None,
            begins: || {},
        };

        // Now and then it is cut off on its way.
        let mut steps = 0;
        let _ = update_with(&wish, &mut || {
            steps += 1;
            if steps > cut { Err(std::io::Error::other("cut off")) } else { Ok(()) }
        });
        update(&wish).unwrap();

        let all = lab::everything(&root);
        // The file as it was is somewhere, to the byte: in its place or kept.
        let unchanged = text == base();
        prop_assert!(unchanged || all.values().any(|bytes| bytes == text.as_bytes()));
        prop_assert!(all.values().any(|bytes| bytes == b"added\n"));
        // And each line of the learner's is in a file of the tree, unless the lab has
        // the file now, or nobody changed it.
        if fate != Fate::Given && fate != Fate::Gone {
            let tree = tree(&root);
            let lines: BTreeSet<&str> = tree
                .iter()
                .filter(|(path, _)| path.starts_with("exercises/"))
                .flat_map(|(_, bytes)| std::str::from_utf8(bytes).unwrap().lines())
                .collect();
            for line in text.lines().filter(|line| line.contains("mine")) {
                prop_assert!(lines.contains(line), "{}", line);
            }
        }
        // Every file of the lab's is the new one.
        let own: BTreeSet<&str> = fresh
            .keys()
            .filter_map(|path| path.strip_prefix("skeletons/"))
            .collect();
        for (path, text) in &fresh {
            if !path.strip_prefix("exercises/").is_some_and(|path| own.contains(path)) {
                prop_assert_eq!(all.get(path).map(Vec::as_slice), Some(text.as_bytes()), "{}", path);
            }
        }
        prop_assert!(is_up_to_date(update(&wish)));
        // Taken back, all is as it was.
        if !Journal::all(&root).unwrap().is_empty() {
            undo(&root).unwrap();
        }
        prop_assert_eq!(read(&root, place), Some(text));
    }
}
