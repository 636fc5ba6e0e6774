//! Exercises and files that get other names.

use super::*;

/// The second version, with the first exercise under another number and name.
fn renamed() -> Files {
    let mut files = Files::second();
    for folder in ["exercises", "solutions"] {
        files.rename(
            &format!("{folder}/01-echo/"),
            &format!("{folder}/05-mirror/"),
        );
    }
    files
}

const MOVED: &str = "exercises/05-mirror/src/server.rs";

#[test]
fn the_learners_files_move_with_an_exercise_that_is_renamed() {
    let scene = Scene::at(&Files::first());
    scene.edit(SERVER, FILLED.0, FILLED.1);
    scene.write("exercises/01-echo/src/util.rs", "// mine\n");
    scene.write("exercises/01-echo/notes.txt", "mine\n");
    scene.edit("exercises/01-echo/src/main.rs", "{}", "{ mine() }");
    scene.release(&renamed());
    let summary = scene.update();
    let text = scene.read(MOVED);
    assert!(
        text.contains("my_listener(7)") && text.contains("u8 = 100"),
        "{text}"
    );
    assert_eq!(scene.read("exercises/05-mirror/src/util.rs"), "// mine\n");
    assert_eq!(scene.read("exercises/05-mirror/notes.txt"), "mine\n");
    assert!(!scene.has("exercises/01-echo"));
    assert_eq!(summary.merged, [MOVED]);
    assert_eq!(summary.moved.len(), 3);
    assert_eq!(summary.overruled, ["exercises/01-echo/src/main.rs"]);
    let kept = format!("{}/before/exercises/01-echo/src/main.rs", summary.folder);
    assert!(scene.read(&kept).contains("mine()"));
    assert_eq!(summary.exercises[0].was.as_deref(), Some("01-echo"));
    assert!(is_up_to_date(update(&scene.wish())));
}

#[test]
fn a_conflict_moves_along_too() {
    let scene = Packages::at(&Files::first());
    scene.edit(SERVER, "BETWEEN: u8 = 1", "BETWEEN: u8 = 42");
    let mine = scene.read(SERVER);
    scene.release(&renamed());
    let summary = scene.update();
    assert_eq!(scene.read(MOVED), mine);
    assert!(!scene.has(SERVER));
    assert_eq!(summary.conflicts[0].path, MOVED);
}

#[test]
fn exercises_that_change_numbers_do_not_get_mixed_up() {
    let scene = Packages::at(&Files::first());
    scene.edit(SERVER, FILLED.0, FILLED.1);
    let frames = "exercises/02-frames/src/frames.rs";
    scene.write(frames, "// my frames\n");
    let mut new = Files::first();
    for folder in ["exercises", "solutions"] {
        new.rename(&format!("{folder}/01-echo/"), &format!("{folder}/aside/"));
        new.rename(
            &format!("{folder}/02-frames/"),
            &format!("{folder}/01-echo/"),
        );
        new.rename(&format!("{folder}/aside/"), &format!("{folder}/02-frames/"));
    }
    scene.release(&new);
    let summary = scene.update();
    assert!(
        scene
            .read("exercises/02-frames/src/server.rs")
            .contains("my_listener(7)")
    );
    assert_eq!(
        scene.read("exercises/01-echo/src/frames.rs"),
        "// my frames\n"
    );
    assert!(!scene.has(SERVER) && !scene.has(frames));
    assert!(
        summary.overruled.is_empty() && summary.conflicts.is_empty(),
        "{summary:?}"
    );
}

#[test]
fn a_file_to_hand_in_may_get_another_name_and_folder() {
    let scene = Packages::at(&Files::first());
    scene.edit(SERVER, FILLED.0, FILLED.1);
    let mut new = Files::second();
    new.rename(
        "solutions/01-echo/src/server.rs",
        "solutions/01-echo/src/net/mod.rs",
    );
    new.edit(
        "exercises/01-echo/exercise.toml",
        "src/server.rs",
        "src/net/mod.rs",
    );
    scene.release(&new);
    let summary = scene.update();
    let text = scene.read("exercises/01-echo/src/net/mod.rs");
    assert!(
        text.contains("my_listener(7)") && text.contains("u8 = 100"),
        "{text}"
    );
    assert!(!scene.has(SERVER));
    assert_eq!(summary.moved.len(), 1);
}

#[test]
fn a_file_that_is_handed_in_no_more_stays_if_it_was_written() {
    let mut old = Files::first();
    old.edit(
        "exercises/02-frames/exercise.toml",
        "[\"",
        "[\"src/a.rs\", \"src/b.rs\", \"",
    );
    for name in ["a", "b"] {
        old.set(&format!("solutions/02-frames/src/{name}.rs"), "//! More.\n");
    }
    let scene = Packages::at(&old);
    scene.write("exercises/02-frames/src/a.rs", "// mine\n");
    scene.release(&Files::first());
    let summary = scene.update();
    assert_eq!(scene.read("exercises/02-frames/src/a.rs"), "// mine\n");
    assert!(!scene.has("exercises/02-frames/src/b.rs"));
    assert_eq!(summary.left[0].0, "exercises/02-frames/src/a.rs");
}

#[test]
fn what_becomes_given_code_is_the_labs_and_the_learners_is_kept() {
    let scene = Packages::at(&Files::first());
    scene.edit(SERVER, FILLED.0, FILLED.1);
    let mine = scene.read(SERVER);
    let mut new = Files::first();
    new.remove("solutions/01-echo/src/server.rs");
    new.set(SERVER, "//! Given now.\n");
    new.set("solutions/01-echo/src/other.rs", "//! Another.\n");
    new.set("solutions/01-echo/src/third.rs", "//! Another.\n");
    let files = "src/other.rs\", \"src/third.rs";
    new.edit("exercises/01-echo/exercise.toml", "src/server.rs", files);
    scene.release(&new);
    let summary = scene.update();
    assert_eq!(scene.read(SERVER), "//! Given now.\n");
    assert_eq!(summary.overruled, [SERVER]);
    assert_eq!(
        scene.read(&format!("{}/before/{SERVER}", summary.folder)),
        mine
    );
}

#[test]
fn what_the_learner_removed_comes_back_only_with_something_new() {
    let scene = Packages::at(&Files::first());
    let frames = "exercises/02-frames/src/frames.rs";
    for path in [SERVER, frames, "README.md"] {
        fs::remove_file(scene.mine().join(path)).unwrap();
    }
    scene.release(&Files::second());
    scene.update();
    assert!(scene.read(SERVER).contains("u8 = 100"));
    assert!(!scene.has(frames) && !scene.has("README.md"));
}

#[test]
fn the_work_of_an_exercise_that_is_gone_stays() {
    let scene = Packages::at(&Files::first());
    scene.edit(SERVER, FILLED.0, FILLED.1);
    let mine = scene.read(SERVER);
    let mut new = Files::first();
    for path in Files::first().whole().keys() {
        if path.contains("/01-echo/") && *path != SERVER {
            new.remove(path);
        }
    }
    scene.release(&new);
    let summary = scene.update();
    assert_eq!(scene.read(SERVER), mine);
    assert!(!scene.has("exercises/01-echo/Cargo.toml"));
    assert!(summary.exercises[0].gone);
}

#[test]
fn a_file_becomes_a_folder_and_a_folder_a_file() {
    let mut old = Files::first();
    old.set("crates/a", "a file\n");
    old.set("crates/b/c/d", "in a folder\n");
    let scene = Packages::at(&old);
    let mut new = Files::first();
    new.set("crates/a/in", "in a folder\n");
    new.set("crates/b", "a file\n");
    scene.release(&new);
    scene.update();
    assert_eq!(scene.read("crates/a/in"), "in a folder\n");
    assert_eq!(scene.read("crates/b"), "a file\n");
    undo(&scene.mine()).unwrap();
    assert_eq!(scene.read("crates/a"), "a file\n");
    assert_eq!(scene.read("crates/b/c/d"), "in a folder\n");
}
