//! Updates that are cut off, at each step that there is.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufRead, BufReader, Read};
use std::process::Stdio;

use super::*;
use crate::durable::{self, power};

/// What is in a folder.
type Tree = BTreeMap<String, Vec<u8>>;

/// A learner with something of everything: a merge, a conflict, a changed file of the
/// lab's, one of their own, an exercise that moves.
fn scene() -> Packages {
    let mut old = Files::first();
    old.set("crates/checks/old.rs", "//! Old.\n");
    let mut new = Files::second();
    new.edit(
        "solutions/02-frames/src/frames.rs",
        "Frames.",
        "The lab's frames.",
    );
    for folder in ["exercises", "solutions"] {
        new.rename(
            &format!("{folder}/02-frames/"),
            &format!("{folder}/03-frames/"),
        );
    }
    let scene = Packages::new(&old, &new);
    scene.edit(SERVER, FILLED.0, FILLED.1);
    scene.write("exercises/02-frames/src/extra.rs", "// mine\n");
    scene.edit("exercises/02-frames/src/frames.rs", "Frames.", "My frames.");
    scene.edit("crates/checks/src/lib.rs", "Checks", "My checks");
    scene
}

/// Holds a learner's folder against what it shall be; says the paths that differ.
#[track_caller]
fn is_as(scene: &Packages, wanted: &Tree, when: &str) {
    let found = tree(&scene.mine());
    let paths: BTreeSet<&String> = found.keys().chain(wanted.keys()).collect();
    let differ: Vec<String> = paths
        .into_iter()
        .filter(|path| found.get(*path) != wanted.get(*path))
        .map(|path| {
            let text = |tree: &Tree| {
                let bytes = tree.get(path);
                bytes.map(|bytes| String::from_utf8_lossy(bytes).into_owned())
            };
            format!("{path}: {:?}, not {:?}", text(&found), text(wanted))
        })
        .collect();
    assert!(differ.is_empty(), "{when}: {}", differ.join("\n"));
}

/// Makes a learner's folder what it was.
fn restore(scene: &Packages, files: &Tree) {
    for entry in fs::read_dir(scene.mine()).unwrap() {
        let path = entry.unwrap().path();
        if path.ends_with(".git") {
            continue;
        }
        if path.is_dir() {
            fs::remove_dir_all(path).unwrap();
        } else {
            fs::remove_file(path).unwrap();
        }
    }
    for (path, bytes) in files {
        let path = scene.mine().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

/// Lets a number of steps happen.
fn only(mut steps: usize) -> impl FnMut() -> io::Result<()> {
    move || match steps.checked_sub(1) {
        Some(left) => {
            steps = left;
            Ok(())
        }
        None => Err(io::Error::other("cut off")),
    }
}

/// Whether an error is of the test's own making.
fn was_cut_off(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| cause.to_string() == "cut off")
}

/// What cuts an update off.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Cut {
    /// It ends, and all that it did is there.
    Killed,
    /// Of what it did not wait for nothing came to the disk.
    PowerCut,
}

impl Cut {
    /// What is there before something is cut off is on the disk.
    fn await_it(self, scene: &Packages) {
        if self == Cut::PowerCut {
            power::forget();
            durable::tree(&scene.mine()).unwrap();
        }
    }

    fn strike(self, scene: &Packages) {
        if self == Cut::PowerCut {
            power::cut(&scene.mine());
        }
    }
}

#[test]
fn cut_off_on_its_way_it_is_finished_or_taken_back() {
    cut_off_at_every(5, Cut::Killed);
}

#[test]
fn after_a_power_cut_it_is_finished_or_taken_back() {
    cut_off_at_every(7, Cut::PowerCut);
}

#[test]
#[ignore = "the same at each single step, which takes a minute: cargo test -p study -- --ignored"]
fn cut_off_at_any_step_it_is_finished_or_taken_back() {
    cut_off_at_every(1, Cut::Killed);
    cut_off_at_every(1, Cut::PowerCut);
    taking_back_is_cut_off(1, Cut::Killed);
    taking_back_is_cut_off(1, Cut::PowerCut);
}

fn cut_off_at_every(some: usize, by: Cut) {
    let scene = scene();
    let wish = Wish {
        finisher: Some(scene.mine().join("README.md")),
        ..scene.wish()
    };
    let before = tree(&scene.mine());
    by.await_it(&scene);
    let mut steps = 0;
    let summary = done(update_with(&wish, &mut || {
        steps += 1;
        Ok(())
    }));
    assert_eq!((summary.merged.len(), summary.conflicts.len()), (1, 1));
    assert!(steps > 30, "{steps}");
    by.strike(&scene);
    let after = tree(&scene.mine());
    assert!(after != before);

    let mut begun = 0;
    for cut in (0..steps).step_by(some) {
        cut_off(&scene, &wish, &before, cut, by);
        let has_begun = has_begun(&scene);
        if !has_begun && !is_done(&scene) {
            is_as(&scene, &before, &format!("not begun at {cut}"));
        }
        let again = update(&wish).unwrap();
        let finished = matches!(again, Outcome::Finished(_));
        assert_eq!(finished, has_begun, "{cut}: {again:?}");
        is_as(&scene, &after, &format!("finished after {cut}"));
        nothing_is_left_behind(&scene);
        if has_begun {
            begun += 1;
            cut_off(&scene, &wish, &before, cut, by);
            undo(&scene.mine()).unwrap();
            is_as(&scene, &before, &format!("undone after {cut}"));
            nothing_is_left_behind(&scene);
        }
    }
    let cuts = steps.div_ceil(some);
    assert!(begun > 2 && begun < cuts - 2, "{begun} of {cuts}");
}

/// An update of a learner's folder that ends after some steps.
fn cut_off(scene: &Packages, wish: &Wish, before: &Tree, steps: usize, by: Cut) {
    restore(scene, before);
    by.await_it(scene);
    let error = update_with(wish, &mut only(steps)).unwrap_err();
    assert!(was_cut_off(&error), "{error:?}");
    by.strike(scene);
}

fn has_begun(scene: &Packages) -> bool {
    let journals = Journal::all(&scene.mine()).unwrap();
    journals
        .iter()
        .any(|journal| journal.state() == State::Open)
}

fn is_done(scene: &Packages) -> bool {
    let journals = Journal::all(&scene.mine()).unwrap();
    journals
        .iter()
        .any(|journal| journal.state() == State::Done)
}

fn nothing_is_left_behind(scene: &Packages) {
    let all = lab::everything(&journal::updates(&scene.mine()));
    let scrap = |path: &&String| {
        path.contains("staged/") || path.contains("preparing") || path.as_str() == "finish"
    };
    assert_eq!(all.keys().find(scrap), None);
}

#[test]
fn taking_back_can_be_cut_off_too() {
    taking_back_is_cut_off(6, Cut::Killed);
}

#[test]
fn the_power_may_go_while_it_is_taken_back() {
    taking_back_is_cut_off(6, Cut::PowerCut);
}

fn taking_back_is_cut_off(some: usize, by: Cut) {
    let scene = scene();
    let before = tree(&scene.mine());
    done(update(&scene.wish()));
    by.await_it(&scene);
    let mut steps = 0;
    undo_with(&scene.mine(), &mut || {
        steps += 1;
        Ok(())
    })
    .unwrap();
    by.strike(&scene);
    is_as(&scene, &before, "taken back");
    for cut in (0..steps).step_by(some) {
        restore(&scene, &before);
        done(update(&scene.wish()));
        by.await_it(&scene);
        let error = undo_with(&scene.mine(), &mut only(cut)).unwrap_err();
        assert!(was_cut_off(&error), "{error:?}");
        by.strike(&scene);
        let all = Journal::all(&scene.mine()).unwrap();
        if all.last().unwrap().state() != State::Undone {
            undo(&scene.mine()).unwrap();
        }
        is_as(&scene, &before, &format!("taken back after {cut}"));
    }
}

#[test]
fn what_was_edited_after_the_cut_is_not_lost() {
    let scene = scene();
    let before = tree(&scene.mine());
    let mut steps = 0;
    update_with(&scene.wish(), &mut || {
        steps += 1;
        Ok(())
    })
    .unwrap();
    let edits = [
        (SERVER, "// newest work\n"),
        ("crates/checks/src/lib.rs", "// newest checks\n"),
        ("exercises/02-frames/src/frames.rs", "// newest frames\n"),
    ];
    for cut in (0..steps).step_by(6) {
        restore(&scene, &before);
        update_with(&scene.wish(), &mut only(cut)).unwrap_err();
        for (path, text) in edits {
            scene.write(path, text);
        }
        update(&scene.wish()).unwrap();
        assert_eq!(scene.read(SERVER), "// newest work\n", "{cut}");
        let all = lab::everything(&scene.mine());
        for (path, text) in edits {
            let kept = all.values().any(|bytes| bytes == text.as_bytes());
            assert!(kept, "{path} edited after {cut}");
        }
    }
}

#[test]
fn what_was_edited_since_is_not_taken_back() {
    let scene = scene();
    done(update(&scene.wish()));
    scene.write(SERVER, "// newest work\n");
    let Outcome::Undone { left, .. } = undo(&scene.mine()).unwrap() else {
        panic!("it is undone")
    };
    assert_eq!(left, [SERVER]);
    assert_eq!(scene.read(SERVER), "// newest work\n");
    assert!(scene.read("crates/checks/src/lib.rs").contains("My checks"));
    let said = refusal(undo(&scene.mine()));
    assert!(said.contains("no update was made here"), "{said}");
}

#[test]
fn the_permissions_of_the_learners_file_stay() {
    use std::os::unix::fs::PermissionsExt;

    let scene = scene();
    let path = scene.mine().join(SERVER);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(done(update(&scene.wish())).merged, [SERVER]);
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
}

const CHILD: &str = "LAB_UPDATE_TEST_FOLDER";

/// Killed in the middle, as the system kills: no code of the update's runs any more.
#[test]
fn killed_in_the_middle_it_is_finished_by_the_next() {
    let scene = scene();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "update::tests::interrupted::waits_to_be_killed"])
        .args(["--ignored", "--nocapture"])
        .env(CHILD, scene.0.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let reached = lines
        .map(Result::unwrap)
        .any(|line| line.ends_with("in the middle"));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(reached);
    let half = tree(&scene.mine());
    assert!(matches!(
        update(&scene.wish()).unwrap(),
        Outcome::Finished(_)
    ));
    assert_ne!(tree(&scene.mine()), half);
    assert!(is_up_to_date(update(&scene.wish())));
    nothing_is_left_behind(&scene);
}

#[test]
#[ignore = "the child of the test above, which starts it"]
fn waits_to_be_killed() {
    let Some(root) = std::env::var_os(CHILD) else {
        return;
    };
    let root = PathBuf::from(root);
    let (root, new) = (root.join("mine"), root.join("new"));
    let wish = Wish {
        root: root.clone(),
        source: Source::Folder(new),
        dry_run: false,
        finisher: None,
        begins: || {},
    };
    let mut after_the_start = 0;
    let _ = update_with(&wish, &mut || {
        let journals = Journal::all(&root).unwrap();
        after_the_start += usize::from(!journals.is_empty());
        if after_the_start == 5 {
            println!("in the middle");
            // Its end never comes.
            let _ = io::stdin().read(&mut [0]);
        }
        Ok(())
    });
}
