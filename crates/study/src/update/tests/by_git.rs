//! Clones, forks and templates.

use super::*;

#[test]
fn who_changed_nothing_has_the_new_version_and_git_is_as_it_was() {
    let scene = Scene::at(&Files::first());
    scene.release(&Files::second());
    let before = scene.in_git();
    let summary = scene.update();
    let mut expected = tree(&scene.lab());
    let mut mine = tree(&scene.mine());
    assert!(mine.remove(FILE).is_some());
    assert_eq!(mine, expected);
    expected.clear();
    assert_eq!(scene.in_git(), before);
    assert!(summary.conflicts.is_empty() && summary.merged.is_empty());
    assert!(summary.overruled.is_empty(), "{summary:?}");
    assert_eq!((summary.added, summary.removed), (1, 0));
    let news = &summary.exercises;
    assert_eq!(news.len(), 1);
    assert_eq!(news[0].new_checks, ["works_well"]);
    assert_eq!(news[0].gone_checks, ["works"]);
    assert!(news[0].handout && news[0].given && news[0].skeleton);
    assert!(is_up_to_date(update(&scene.wish())));
}

#[test]
fn what_the_lab_left_alone_stays_committed_or_not() {
    let scene = Scene::at(&Files::first());
    let frames = "exercises/02-frames/src/frames.rs";
    scene.write(frames, "// mine, committed\n");
    commit(&scene.mine());
    scene.write("exercises/02-frames/src/extra.rs", "// mine\n");
    scene.edit(
        "exercises/02-frames/Cargo.toml",
        "[package]",
        "# mine\n[package]",
    );
    scene.release(&Files::second());
    let summary = scene.update();
    assert_eq!(scene.read(frames), "// mine, committed\n");
    assert_eq!(scene.read("exercises/02-frames/src/extra.rs"), "// mine\n");
    assert!(
        scene
            .read("exercises/02-frames/Cargo.toml")
            .starts_with("# mine")
    );
    assert!(summary.overruled.is_empty(), "{summary:?}");
}

#[test]
fn changes_of_both_come_together_and_what_was_there_is_kept() {
    let scene = Scene::at(&Files::first());
    scene.edit(SERVER, FILLED.0, FILLED.1);
    let before = scene.read(SERVER);
    scene.release(&Files::second());
    let summary = scene.update();
    assert_eq!(summary.merged, [SERVER]);
    let text = scene.read(SERVER);
    assert!(text.contains("my_listener(7)") && text.contains("BETWEEN: u8 = 100"));
    assert!(text.contains("todo!(\"echo what comes\")"), "{text}");
    assert_eq!(
        scene.read(&format!("{}/before/{SERVER}", summary.folder)),
        before
    );
    assert!(is_up_to_date(update(&scene.wish())));
}

#[test]
fn in_a_conflict_the_learners_file_stays_to_the_byte_and_both_are_kept() {
    let scene = Scene::at(&Files::first());
    scene.edit(SERVER, "BETWEEN: u8 = 1", "BETWEEN: u8 = 42");
    let mine = scene.read(SERVER);
    scene.release(&Files::second());
    let summary = scene.update();
    assert_eq!(scene.read(SERVER), mine);
    let conflict = &summary.conflicts[0];
    assert_eq!(conflict.path, SERVER);
    assert_eq!(
        scene.read(&conflict.new),
        read(&scene.lab(), SERVER).unwrap()
    );
    let marked = scene.read(conflict.marked.as_ref().unwrap());
    for line in [
        "<<<<<<< yours\n",
        "= 42;\n",
        "= 100;\n",
        ">>>>>>> the lab's, now\n",
    ] {
        assert!(marked.contains(line), "{marked}");
    }
    // The rest of the lab is new all the same, and it is said once.
    assert!(scene.read("crates/checks/src/lib.rs").contains("Better"));
    assert!(is_up_to_date(update(&scene.wish())));
    assert_eq!(scene.read(SERVER), mine);
}

#[test]
fn what_is_staged_stays_staged_as_it_is() {
    let scene = Scene::at(&Files::first());
    scene.edit(SERVER, FILLED.0, "staged(7)");
    git(&scene.mine(), &["add", "--all"]);
    scene.edit(SERVER, "staged(7)", "newest(7)");
    scene.release(&Files::second());
    let before = scene.in_git();
    scene.update();
    assert_eq!(scene.in_git(), before);
    assert!(before[1].contains("staged(7)"));
    assert!(scene.read(SERVER).contains("newest(7)"));
    assert!(scene.read(SERVER).contains("u8 = 100"));
}

#[test]
fn a_file_of_the_lab_that_was_changed_is_kept_and_named() {
    let scene = Scene::at(&Files::first());
    let checks = "exercises/01-echo/tests/checks.rs";
    scene.write(checks, "// no check fails\n");
    scene.write("crates/checks/src/new.rs", "// mine, by chance\n");
    commit(&scene.mine());
    scene.release(&Files::second());
    let summary = scene.update();
    assert_eq!(summary.overruled, ["crates/checks/src/new.rs", checks]);
    assert_eq!(scene.read(checks), "fn works_well() {}\n");
    let kept = |path: &str| scene.read(&format!("{}/before/{path}", summary.folder));
    assert_eq!(kept(checks), "// no check fails\n");
    assert_eq!(kept("crates/checks/src/new.rs"), "// mine, by chance\n");
}

#[test]
fn what_the_lab_removed_goes_unless_it_was_changed() {
    let mut old = Files::first();
    for name in ["one", "two"] {
        old.set(&format!("crates/checks/old/{name}.rs"), "//! Old.\n");
    }
    let scene = Scene::at(&old);
    scene.write("crates/checks/old/two.rs", "// mine\n");
    scene.release(&Files::second());
    let summary = scene.update();
    assert!(!scene.has("crates/checks/old/one.rs"));
    assert_eq!(scene.read("crates/checks/old/two.rs"), "// mine\n");
    assert_eq!(summary.left[0].0, "crates/checks/old/two.rs");
    assert_eq!(summary.removed, 1);
}

#[test]
fn the_next_update_starts_from_the_last_one() {
    let scene = Scene::at(&Files::first());
    scene.edit(SERVER, FILLED.0, FILLED.1);
    commit(&scene.mine());
    scene.release(&Files::second());
    scene.update();
    // Once with a commit between them, once without.
    for (number, value) in [(1, "200"), (2, "300")] {
        if number == 1 {
            commit(&scene.mine());
        }
        let mut third = Files::second();
        third.edit(
            "solutions/01-echo/src/server.rs",
            "u8 = 100",
            &format!("u8 = {value}"),
        );
        scene.release(&third);
        let summary = scene.update();
        assert_eq!(summary.merged, [SERVER], "{summary:?}");
        assert!(summary.overruled.is_empty(), "{summary:?}");
        assert!(scene.read(SERVER).contains(&format!("u8 = {value}")));
        assert!(scene.read(SERVER).contains("my_listener(7)"));
    }
}

#[test]
fn who_stashed_an_update_gets_it_again() {
    let scene = Scene::at(&Files::first());
    scene.release(&Files::second());
    scene.update();
    git(&scene.mine(), &["stash"]);
    assert!(scene.has(FILE) && !scene.read(SERVER).contains("u8 = 100"));
    let summary = scene.update();
    assert!(summary.overruled.is_empty(), "{summary:?}");
    assert!(scene.read(SERVER).contains("u8 = 100"));
}

#[test]
fn who_pulled_is_up_to_date_and_who_updated_can_pull() {
    let scene = Scene::at(&Files::first());
    scene.edit(SERVER, FILLED.0, FILLED.1);
    commit(&scene.mine());
    scene.release(&Files::second());
    scene.update();
    commit(&scene.mine());
    git(
        &scene.mine(),
        &["pull", "--quiet", "--no-rebase", "--no-edit"],
    );
    assert!(scene.read(SERVER).contains("my_listener(7)"));
    assert!(is_up_to_date(update(&scene.wish())));

    let mut third = Files::second();
    third.edit("README.md", "lab", "new lab");
    scene.release(&third);
    git(
        &scene.mine(),
        &["pull", "--quiet", "--no-rebase", "--no-edit"],
    );
    assert!(is_up_to_date(update(&scene.wish())));
}

#[test]
fn an_older_version_is_no_update() {
    let scene = Scene::at(&Files::first());
    git(&scene.lab(), &["branch", "old"]);
    scene.release(&Files::second());
    scene.update();
    let wish = Wish {
        source: Source::Git(Some("origin/old".into())),
        ..scene.wish()
    };
    let outcome = update(&wish).unwrap();
    assert!(
        matches!(outcome, Outcome::UpToDate { newer: true, .. }),
        "{outcome:?}"
    );
    assert!(scene.read(SERVER).contains("u8 = 100"));
}

#[test]
fn a_detached_head_has_a_version_too() {
    let scene = Scene::at(&Files::first());
    git(&scene.mine(), &["checkout", "--quiet", "--detach"]);
    scene.edit(SERVER, FILLED.0, FILLED.1);
    scene.release(&Files::second());
    assert_eq!(scene.update().merged, [SERVER]);
}

#[test]
fn a_shallow_clone_is_updated_too() {
    let scene = Scene::at(&Files::first());
    fs::remove_dir_all(scene.mine()).unwrap();
    let address = format!("file://{}", scene.lab().display());
    git(
        scene.folder.path(),
        &["clone", "--quiet", "--depth=1", &address, "mine"],
    );
    scene.edit(SERVER, FILLED.0, FILLED.1);
    scene.release(&Files::second());
    let summary = scene.update();
    assert_eq!(summary.merged, [SERVER]);
    assert!(
        summary.overruled.is_empty() && !summary.guessed,
        "{summary:?}"
    );
}

#[test]
fn a_fork_is_updated_from_what_it_is_a_fork_of() {
    let scene = Scene::at(&Files::first());
    // The learner's own repository has their work in it, and is no new version.
    git(
        scene.folder.path(),
        &["clone", "--quiet", "--bare", "lab", "fork"],
    );
    let mine = scene.mine();
    git(&mine, &["remote", "set-url", "origin", "../fork"]);
    scene.edit(SERVER, FILLED.0, FILLED.1);
    commit(&mine);
    git(&mine, &["push", "--quiet", "origin", "main"]);
    scene.release(&Files::second());
    git(&mine, &["reset", "--quiet", "--hard", "HEAD~1"]);
    scene.edit(SERVER, "todo!(\"echo what comes\")", "on_this_machine()");
    let before = scene.read(SERVER);
    assert!(is_up_to_date(update(&scene.wish())));
    assert_eq!(scene.read(SERVER), before);

    git(&mine, &["remote", "add", "upstream", "../lab"]);
    assert_eq!(scene.update().merged, [SERVER]);
    let text = scene.read(SERVER);
    assert!(text.contains("on_this_machine()") && text.contains("u8 = 100"));
}

#[test]
fn a_copy_without_the_labs_history_is_updated_from_its_skeletons() {
    let scene = Scene::at(&Files::first());
    let mine = scene.mine();
    fs::remove_dir_all(mine.join(".git")).unwrap();
    git(&mine, &["init", "--quiet", "--initial-branch=main"]);
    // With the words of the lab's own commit it would be that commit, within a second.
    git(&mine, &["add", "--all"]);
    git(&mine, &["commit", "--quiet", "--message", "my copy"]);
    scene.edit(SERVER, FILLED.0, FILLED.1);
    scene.edit("crates/checks/src/lib.rs", "Checks", "My checks");
    scene.release(&Files::second());
    let wish = Wish {
        source: Source::Git(Some(scene.lab().display().to_string())),
        ..scene.wish()
    };
    let summary = done(update(&wish));
    assert!(summary.guessed);
    assert_eq!(summary.merged, [SERVER]);
    assert!(summary.conflicts.is_empty());
    let kept = format!("{}/before/crates/checks/src/lib.rs", summary.folder);
    assert!(scene.read(&kept).contains("My checks"));
    // From now on it is known.
    assert!(is_up_to_date(update(&wish)));
}

#[test]
fn a_dry_run_says_the_same_and_changes_nothing() {
    let scene = Scene::at(&Files::first());
    scene.edit(SERVER, "BETWEEN: u8 = 1", "BETWEEN: u8 = 42");
    scene.release(&Files::second());
    let before = lab::everything(&scene.mine());
    let dry = Wish {
        dry_run: true,
        ..scene.wish()
    };
    let Outcome::Would(would) = update(&dry).unwrap() else {
        panic!("it would do something")
    };
    let mut after = lab::everything(&scene.mine());
    let mut expected = before;
    for files in [&mut after, &mut expected] {
        files.retain(|path, _| !path.starts_with(".git/"));
    }
    assert_eq!(after, expected);
    let did = scene.update();
    assert_eq!(would.exercises, did.exercises);
    assert_eq!(would.conflicts.len(), did.conflicts.len());
    assert_eq!((would.replaced, would.added), (did.replaced, did.added));
}

#[test]
fn line_ends_of_another_system_are_no_change_and_stay() {
    let scene = Scene::at(&Files::first());
    for path in [
        SERVER,
        "exercises/02-frames/src/frames.rs",
        "crates/checks/src/lib.rs",
    ] {
        let text = scene.read(path).replace('\n', "\r\n");
        scene.write(path, &text);
    }
    let mut second = Files::second();
    second.edit(
        "solutions/02-frames/src/frames.rs",
        "Frames.",
        "Frames, and more.",
    );
    scene.edit(SERVER, FILLED.0, FILLED.1);
    scene.release(&second);
    let summary = scene.update();
    assert!(
        summary.overruled.is_empty() && summary.conflicts.is_empty(),
        "{summary:?}"
    );
    assert_eq!(summary.merged, [SERVER]);
    for path in [SERVER, "exercises/02-frames/src/frames.rs"] {
        let text = scene.read(path);
        assert_eq!(text.replace("\r\n", "").find('\n'), None, "{path}");
    }
    assert!(
        scene
            .read("exercises/02-frames/src/frames.rs")
            .contains("and more")
    );
}
