//! What is refused, in one line, with nothing changed.

use std::os::unix::fs::symlink;

use super::*;

fn nothing_changes(scene: &Scene, wish: &Wish, says: &str) {
    let before = tree(&scene.mine());
    let said = refusal(update(wish));
    assert!(said.contains(says), "{said}");
    assert_eq!(tree(&scene.mine()), before);
}

#[test]
fn a_merge_in_progress_is_to_be_ended_first() {
    let scene = Scene::at(&Files::first());
    scene.edit(SERVER, "u8 = 1", "u8 = 42");
    commit(&scene.mine());
    scene.release(&Files::second());
    let pull = ["pull", "--quiet", "--no-rebase", "--no-edit"];
    assert!(!try_git(&scene.mine(), &pull).status.success());
    nothing_changes(&scene, &scene.wish(), "a merge is in progress");
    git(&scene.mine(), &["merge", "--abort"]);
    let rebase = ["pull", "--quiet", "--rebase"];
    assert!(!try_git(&scene.mine(), &rebase).status.success());
    nothing_changes(&scene, &scene.wish(), "a rebase is in progress");
    git(&scene.mine(), &["rebase", "--abort"]);
    assert_eq!(scene.update().conflicts.len(), 1);
}

#[test]
fn without_a_network_it_is_said_what_else_there_is() {
    let scene = Scene::at(&Files::first());
    scene.edit(SERVER, FILLED.0, FILLED.1);
    fs::rename(scene.lab(), scene.folder.path().join("away")).unwrap();
    let before = tree(&scene.mine());
    let said = update(&scene.wish()).unwrap_err();
    assert!(!said.is::<Refusal>(), "nobody typed anything wrong");
    let said = said.to_string();
    assert!(
        said.contains("origin") && said.contains("cargo xtask update FOLDER"),
        "{said}"
    );
    assert_eq!(said.lines().count(), 1, "{said}");
    assert_eq!(tree(&scene.mine()), before);
}

#[test]
fn a_remote_that_is_none_is_answered_with_those_there_are() {
    let scene = Scene::at(&Files::first());
    let from = |name: &str| Wish {
        source: Source::Git(Some(name.to_owned())),
        ..scene.wish()
    };
    nothing_changes(&scene, &from("upstrem"), "there are: origin");
    nothing_changes(&scene, &from("--upload-pack=x"), "there are: origin");
    git(&scene.mine(), &["remote", "remove", "origin"]);
    nothing_changes(&scene, &scene.wish(), "has no remote");
    let said = update(&from("../no/such:thing")).unwrap_err().to_string();
    assert!(said.contains("nothing could be fetched"), "{said}");
}

#[test]
fn links_are_not_written_through() {
    let scene = Scene::at(&Files::first());
    let elsewhere = scene.folder.path().join("elsewhere");
    fs::rename(scene.mine().join("exercises/01-echo"), &elsewhere).unwrap();
    symlink(&elsewhere, scene.mine().join("exercises/01-echo")).unwrap();
    scene.release(&Files::second());
    let there = lab::everything(&elsewhere);
    nothing_changes(&scene, &scene.wish(), "exercises/01-echo is a link");
    assert_eq!(lab::everything(&elsewhere), there);

    fs::remove_file(scene.mine().join("exercises/01-echo")).unwrap();
    fs::rename(&elsewhere, scene.mine().join("exercises/01-echo")).unwrap();
    fs::rename(scene.mine().join(SERVER), &elsewhere).unwrap();
    symlink(&elsewhere, scene.mine().join(SERVER)).unwrap();
    nothing_changes(&scene, &scene.wish(), "src/server.rs is a link");
}

#[test]
fn a_new_version_with_links_is_none() {
    let scene = Scene::at(&Files::first());
    Files::second().replace(&scene.lab());
    symlink("/etc/passwd", scene.lab().join("crates/link")).unwrap();
    commit(&scene.lab());
    nothing_changes(&scene, &scene.wish(), "crates/link is a link");
}

#[test]
fn a_new_version_with_names_that_lead_elsewhere_is_none() {
    let scene = Scene::at(&Files::first());
    let mut new = Files::second();
    new.set("target/x", "x");
    scene.release(&new);
    nothing_changes(&scene, &scene.wish(), "which no lab holds");
    // Git refuses some of these itself; a list of files may name anything.
    for path in [
        "../x",
        "/etc/x",
        "a/../../x",
        ".git/config",
        "a/.GIT/hooks/x",
        "a\\b",
        "new\nline",
    ] {
        let folder = scene.folder.path().join("bad");
        let mut files = Files::second().package("bad");
        let named = format!("[files]\n{path:?} = \"\"\n");
        files.insert(FILE.into(), files[FILE].replace("[files]\n", &named));
        lab::write_all(&folder, &files);
        let wish = Wish {
            source: Source::Folder(folder),
            ..scene.wish()
        };
        nothing_changes(&scene, &wish, "which no lab holds");
    }
}

#[test]
fn what_is_in_the_way_is_named() {
    let scene = Scene::at(&Files::first());
    scene.write("crates/checks/src/new.rs/mine.txt", "mine\n");
    scene.release(&Files::second());
    nothing_changes(
        &scene,
        &scene.wish(),
        "crates/checks/src/new.rs/mine.txt is in the way",
    );
}

#[test]
fn what_is_no_lab_is_none() {
    let scene = Scene::at(&Files::first());
    let other = scene.folder.path().join("other");
    small_lab::write(&other, "README.md", "something else\n");
    git(&other, &["init", "--quiet", "--initial-branch=main"]);
    commit(&other);
    let from = |source| Wish {
        source,
        ..scene.wish()
    };
    let address = other.display().to_string();
    nothing_changes(&scene, &from(Source::Git(Some(address))), "this is no lab");
    for (folder, says) in [
        (other.clone(), "no lab is in this folder"),
        (other.join("README.md"), "is a file: unpack it"),
        (other.join("no"), "no such folder"),
        (scene.mine(), "is this lab itself"),
    ] {
        nothing_changes(&scene, &from(Source::Folder(folder)), says);
    }
}

#[test]
fn two_updates_do_not_run_at_once() {
    let scene = Scene::at(&Files::first());
    scene.release(&Files::second());
    let other = alone(&scene.mine()).unwrap();
    assert!(scene.refusal().contains("another update is running"));
    drop(other);
    scene.update();
}
