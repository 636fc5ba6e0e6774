//! The students' package, which has no history.

use super::*;

#[test]
fn a_package_becomes_the_new_one() {
    let packages = Packages::new(&Files::first(), &Files::second());
    let summary = done(update(&packages.wish()));
    assert_eq!(tree(&packages.mine()), tree(&packages.0.path().join("new")));
    assert!(
        summary.overruled.is_empty() && !summary.guessed,
        "{summary:?}"
    );
    assert_eq!(summary.exercises[0].new_checks, ["works_well"]);
    assert!(is_up_to_date(update(&packages.wish())));
}

#[test]
fn merges_conflicts_and_changed_files_are_as_with_git() {
    let packages = Packages::new(&Files::first(), &Files::second());
    packages.edit(SERVER, FILLED.0, FILLED.1);
    packages.edit("crates/checks/src/lib.rs", "Checks", "My checks");
    let summary = done(update(&packages.wish()));
    assert_eq!(summary.merged, [SERVER]);
    assert_eq!(summary.overruled, ["crates/checks/src/lib.rs"]);

    let packages = Packages::new(&Files::first(), &Files::second());
    packages.edit(SERVER, "u8 = 1", "u8 = 42");
    let mine = read(&packages.mine(), SERVER);
    let summary = done(update(&packages.wish()));
    assert_eq!(summary.conflicts.len(), 1);
    assert!(summary.conflicts[0].marked.is_some());
    assert_eq!(read(&packages.mine(), SERVER), mine);
    assert!(is_up_to_date(update(&packages.wish())));
}

#[test]
fn it_is_the_same_in_a_repository_of_the_learners_own() {
    let packages = Packages::new(&Files::first(), &Files::second());
    let home = packages.0.path();
    // The package lies in a folder of it.
    fs::write(home.join(".gitignore"), "/new\n").unwrap();
    git(home, &["init", "--quiet", "--initial-branch=main"]);
    commit(home);
    packages.edit(SERVER, FILLED.0, FILLED.1);
    commit(home);
    let summary = done(update(&packages.wish()));
    assert_eq!(summary.merged, [SERVER]);
    assert!(
        !summary.guessed && summary.overruled.is_empty(),
        "{summary:?}"
    );
}

#[test]
fn a_package_in_git_is_updated_from_there() {
    let packages = Packages::new(&Files::first(), &Files::second());
    let home = packages.0.path();
    git(home, &["init", "--quiet", "--initial-branch=main", "mine"]);
    commit(&packages.mine());
    git(home, &["clone", "--quiet", "--bare", "mine", "class"]);
    git(&packages.mine(), &["remote", "add", "upstream", "../class"]);
    git(home, &["clone", "--quiet", "class", "teacher"]);
    let teacher = home.join("teacher");
    lab::write_all(&teacher, &Files::second().package("new"));
    commit(&teacher);
    git(&teacher, &["push", "--quiet"]);

    packages.edit(SERVER, FILLED.0, FILLED.1);
    let wish = Wish {
        source: Source::Git(None),
        ..packages.wish()
    };
    let summary = done(update(&wish));
    assert_eq!(summary.merged, [SERVER]);
    assert!(summary.overruled.is_empty(), "{summary:?}");
    assert!(is_up_to_date(update(&wish)));
    // And from the folder there is nothing more to get.
    assert!(is_up_to_date(update(&packages.wish())));
}

#[test]
fn a_package_from_before_there_was_a_list_is_updated_from_its_skeletons() {
    let packages = Packages::new(&Files::first(), &Files::second());
    fs::remove_file(packages.mine().join(FILE)).unwrap();
    packages.edit(SERVER, FILLED.0, FILLED.1);
    let summary = done(update(&packages.wish()));
    assert!(summary.guessed);
    assert_eq!(summary.merged, [SERVER]);
    assert!(summary.conflicts.is_empty());
    assert!(is_up_to_date(update(&packages.wish())));
}

#[test]
fn a_skeleton_that_was_changed_too_is_no_base() {
    let packages = Packages::new(&Files::first(), &Files::second());
    packages.edit(SERVER, FILLED.0, FILLED.1);
    let shipped = SERVER.replace("exercises/", "skeletons/");
    packages.edit(&shipped, "Listens", "Hears");
    let summary = done(update(&packages.wish()));
    assert_eq!(summary.conflicts.len(), 1);
    assert_eq!(summary.conflicts[0].marked, None);
    assert_eq!(summary.overruled, [shipped]);
}

#[test]
fn a_new_package_that_is_damaged_is_refused() {
    let packages = Packages::new(&Files::first(), &Files::second());
    let new = packages.0.path().join("new");
    let before = tree(&packages.mine());
    small_lab::write(&new, "crates/checks/src/lib.rs", "//! Cut");
    assert!(
        refusal(update(&packages.wish())).contains("crates/checks/src/lib.rs is not as it was")
    );
    fs::remove_file(new.join("crates/checks/src/lib.rs")).unwrap();
    assert!(refusal(update(&packages.wish())).contains("crates/checks/src/lib.rs is not there"));
    assert_eq!(tree(&packages.mine()), before);
}

#[test]
fn somebodys_work_in_the_new_package_is_no_part_of_it() {
    let packages = Packages::new(&Files::first(), &Files::second());
    let new = packages.0.path().join("new");
    small_lab::write(&new, SERVER, "// tried there first\n");
    done(update(&packages.wish()));
    let skeleton = read(&new, &SERVER.replace("exercises/", "skeletons/"));
    assert_eq!(read(&packages.mine(), SERVER), skeleton);
}

#[test]
fn a_folder_too_deep_is_found() {
    let packages = Packages::new(&Files::first(), &Files::second());
    let deep = packages.0.path().join("deep");
    fs::create_dir(&deep).unwrap();
    fs::rename(packages.0.path().join("new"), deep.join("socket-lab")).unwrap();
    let wish = Wish {
        source: Source::Folder(deep),
        ..packages.wish()
    };
    done(update(&wish));
}

#[test]
fn the_package_and_the_whole_lab_do_not_become_each_other() {
    let packages = Packages::new(&Files::first(), &Files::second());
    let whole = packages.0.path().join("whole");
    Files::second().write(&whole);
    let wish = Wish {
        source: Source::Folder(whole.clone()),
        ..packages.wish()
    };
    assert!(refusal(update(&wish)).contains("ask for the new package"));
    let wish = Wish {
        root: whole,
        ..packages.wish()
    };
    assert!(refusal(update(&wish)).contains("is a students' package"));
}

#[test]
fn without_git_the_folder_is_asked_for() {
    let packages = Packages::new(&Files::first(), &Files::second());
    let wish = Wish {
        source: Source::Git(None),
        ..packages.wish()
    };
    assert!(refusal(update(&wish)).contains("cargo xtask update FOLDER"));
}

#[test]
fn the_whole_lab_without_git_is_updated_from_a_folder() {
    let folder = TempDir::new().unwrap();
    let (mine, new) = (folder.path().join("mine"), folder.path().join("new"));
    Files::first().write(&mine);
    Files::second().write(&new);
    let text = read(&mine, SERVER).unwrap().replace(FILLED.0, FILLED.1);
    small_lab::write(&mine, SERVER, &text);
    let wish = Wish {
        root: mine.clone(),
        source: Source::Folder(new),
        dry_run: false,
        finisher: None,
        begins: || {},
    };
    let summary = done(update(&wish));
    assert!(summary.guessed);
    assert_eq!(summary.merged, [SERVER]);
    assert!(is_up_to_date(update(&wish)));
}
