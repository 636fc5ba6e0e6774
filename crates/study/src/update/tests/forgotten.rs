//! What updates have kept, and what is left of it when it is not wanted any more.

use super::*;

/// A learner's package after some updates, of which each was done.
fn updated(times: usize) -> Packages {
    let mut files = Files::first();
    let scene = Packages::at(&files);
    for number in 1..=times {
        files.set("README.md", &format!("# The lab, {number}\n"));
        files.release_to(&scene, number);
        scene.update();
    }
    scene
}

impl Files {
    /// Puts a version of this number where the learner's updates come from.
    fn release_to(&self, scene: &Packages, number: usize) {
        let package = self.package(&format!("number {number}"));
        lab::write_all(&scene.0.path().join("new"), &package);
    }
}

fn forgotten(outcome: Result<Outcome>) -> (usize, Option<String>) {
    match outcome.unwrap() {
        Outcome::Forgotten { gone, kept } => {
            assert_eq!(gone.bytes > 0, gone.updates > 0, "{gone:?}");
            (gone.updates, kept)
        }
        other => panic!("{other:?}"),
    }
}

/// The folders that updates have left.
fn folders(scene: &Packages) -> Vec<String> {
    let entries = fs::read_dir(journal::updates(&scene.mine())).unwrap();
    let folders = entries
        .map(Result::unwrap)
        .filter(|entry| entry.path().is_dir());
    folders
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect()
}

#[test]
fn all_but_the_last_update_are_forgotten_and_that_can_be_taken_back() {
    let scene = updated(3);
    assert_eq!(past(&scene.mine()).updates, 2);
    let (gone, kept) = forgotten(forget(&scene.mine()));
    assert_eq!(gone, 2);
    assert_eq!(past(&scene.mine()), Past::default());
    let [folder] = &folders(&scene)[..] else {
        panic!("{:?}", folders(&scene));
    };
    assert_eq!(kept, Some(format!(".lab/updates/{folder}")));
    assert_eq!(forgotten(forget(&scene.mine())), (0, kept));
    undo(&scene.mine()).unwrap();
    assert_eq!(scene.read("README.md"), "# The lab, 2\n");
    assert_eq!(forgotten(forget(&scene.mine())), (1, None));
    assert!(folders(&scene).is_empty());
    assert!(refusal(undo(&scene.mine())).contains("no update was made here"));
}

#[test]
fn where_there_was_no_update_there_is_nothing_to_forget() {
    let scene = Packages::at(&Files::first());
    assert_eq!(past(&scene.mine()), Past::default());
    assert_eq!(forgotten(forget(&scene.mine())), (0, None));
}

#[test]
fn an_update_that_was_cut_off_is_not_forgotten() {
    let scene = updated(2);
    let before = tree(&scene.mine());
    let mut files = Files::first();
    files.set("README.md", "# The lab, at last\n");
    files.release_to(&scene, 3);
    let mut left = 0;
    let _ = update_with(&scene.wish(), &mut || {
        left += usize::from(Journal::all(&scene.mine()).unwrap().len() == 3);
        match left {
            0 => Ok(()),
            _ => Err(std::io::Error::other("cut off")),
        }
    });
    let kept = folders(&scene);
    let said = refusal(forget(&scene.mine()));
    assert!(said.contains("--undo"), "{said}");
    assert_eq!(folders(&scene), kept);
    undo(&scene.mine()).unwrap();
    assert_eq!(tree(&scene.mine()), before);
}

#[test]
fn forgetting_that_is_cut_off_leaves_no_half_of_an_update() {
    for steps in 0..4 {
        let scene = updated(3);
        let mut left = steps;
        let cut_off = forget_with(&scene.mine(), &mut || {
            left -= 1;
            match left {
                0.. => Ok(()),
                _ => Err(std::io::Error::other("cut off")),
            }
        });
        assert!(cut_off.is_err());
        for journal in Journal::all(&scene.mine()).unwrap() {
            let before = scene.mine().join(journal.inside()).join("before");
            assert!(before.join("README.md").exists(), "{steps}");
        }
        forget(&scene.mine()).unwrap();
        assert_eq!(folders(&scene).len(), 1, "{steps}");
        undo(&scene.mine()).unwrap();
        assert_eq!(scene.read("README.md"), "# The lab, 2\n");
    }
}
