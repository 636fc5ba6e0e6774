use std::thread;
use std::time::{Duration, SystemTime};

use grader::report::Verdict::{Failed, NotRun, Passed, Ungraded};

use small_lab::Lab;

use super::*;
use crate::testing::{catalogue_of, result};

/// So many seconds after the beginning.
fn at(seconds: u64) -> Moment {
    Moment::from(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
}

const FILE: &str = ".lab/progress.toml";

#[test]
fn what_was_found_out_is_read_back() {
    let lab = Lab::new();
    let catalogue = catalogue_of(&lab);
    let entry = &catalogue.entries[0];
    let mut progress = Progress::open(&catalogue).unwrap();
    assert!(progress.last(entry).is_none() && progress.notice().is_none());
    let failed = result(entry, [Passed, Failed, NotRun]);
    progress.record_at(entry, &failed, at(10));
    assert_eq!(progress.use_hint(entry, "one"), 1);
    assert_eq!(progress.use_hint(entry, "one"), 2);
    progress.save().unwrap();

    let again = Progress::open(&catalogue).unwrap();
    let last = again.last(entry).unwrap();
    assert_eq!((last.judged, last.score, last.max_score), (at(10), 60, 100));
    assert_eq!(last.verdict("one"), Some(Failed));
    assert_eq!(last.first_failed(entry).unwrap().name, "one");
    assert!(last.is(&failed) && !last.is(&result(entry, [Passed, Passed, NotRun])));
    assert_eq!(again.hints_used(entry, "one"), 2);
    assert_eq!(again.hints_used(entry, "zero"), 0);
    assert_eq!(again.all_hints_used(entry), 2);
    assert_eq!(again.passed(entry), None);
    assert!(again.last(&catalogue.entries[1]).is_none());
}

#[test]
fn a_folder_that_is_renamed_keeps_its_progress() {
    let lab = Lab::new();
    let catalogue = catalogue_of(&lab);
    let mut progress = Progress::open(&catalogue).unwrap();
    let entry = &catalogue.entries[0];
    progress.record(entry, &result(entry, [Passed, Failed, NotRun]));
    progress.use_hint(entry, "one");
    progress.save().unwrap();
    fs::rename(lab.path("exercises/01-one"), lab.path("exercises/07-uno")).unwrap();
    let catalogue = catalogue_of(&lab);
    let entry = catalogue.get("07-uno").unwrap();
    let progress = Progress::open(&catalogue).unwrap();
    assert_eq!(progress.last(entry).unwrap().score, 60);
    assert_eq!(progress.hints_used(entry, "one"), 1);
}

#[test]
fn the_first_pass_stays_when_a_later_change_fails() {
    let lab = Lab::new();
    let catalogue = catalogue_of(&lab);
    let entry = &catalogue.entries[0];
    let mut progress = Progress::open(&catalogue).unwrap();
    // What is beyond the course is not asked for.
    progress.record_at(entry, &result(entry, [Passed, Passed, Failed]), at(10));
    progress.save().unwrap();
    progress.record_at(entry, &result(entry, [Passed, Passed, Passed]), at(20));
    progress.record_at(entry, &result(entry, [Failed, NotRun, NotRun]), at(30));
    progress.save().unwrap();
    let progress = Progress::open(&catalogue).unwrap();
    assert_eq!(progress.passed(entry), Some(at(10)));
    assert!(!progress.last(entry).unwrap().passes(entry));
}

#[test]
fn what_the_lab_could_not_judge_is_no_pass() {
    let lab = Lab::new();
    let catalogue = catalogue_of(&lab);
    let entry = &catalogue.entries[0];
    let mut progress = Progress::open(&catalogue).unwrap();
    let ungraded = result(entry, [Passed, Ungraded, Passed]);
    progress.record(entry, &ungraded);
    assert_eq!(progress.passed(entry), None);
    assert!(!progress.last(entry).unwrap().passes(entry));
}

#[test]
fn what_does_not_compile_leaves_what_is_known() {
    let lab = Lab::new();
    let catalogue = catalogue_of(&lab);
    let entry = &catalogue.entries[0];
    let mut progress = Progress::open(&catalogue).unwrap();
    progress.record(entry, &result(entry, [Passed, Failed, NotRun]));
    let mut refused = result(entry, [Failed; 3]);
    refused.checks.clear();
    refused.status = Status::BuildFailed;
    progress.record(entry, &refused);
    assert_eq!(progress.last(entry).unwrap().score, 60);
    // What was done is done no longer.
    progress.record(entry, &result(entry, [Passed; 3]));
    progress.record(entry, &refused);
    assert!(progress.last(entry).is_none() && progress.passed(entry).is_some());
}

#[test]
fn no_more_hints_are_used_than_there_are() {
    let lab = Lab::new();
    let catalogue = catalogue_of(&lab);
    let entry = &catalogue.entries[0];
    let mut progress = Progress::open(&catalogue).unwrap();
    let used: Vec<usize> = (0..5).map(|_| progress.use_hint(entry, "one")).collect();
    assert_eq!(used, [1, 2, 3, 3, 3]);
    assert_eq!(progress.use_hint(entry, "no such check"), 0);
}

#[test]
fn a_file_that_is_no_progress_is_moved_aside_and_said_to_be() {
    let half = "format = 1\n[exercise.one.last]\njudged = \"2026-1";
    for (bytes, what) in [
        (&b"\xff\xfe"[..], "is damaged"),
        (b"", "is damaged"),
        (half.as_bytes(), "is damaged"),
        (b"format = 1\nother = 2\n", "is damaged"),
        (
            b"format = 2\n[exercise.one]\nnew = 1\n",
            "written by a newer lab",
        ),
    ] {
        let lab = Lab::new();
        let catalogue = catalogue_of(&lab);
        lab.write(FILE, "");
        fs::write(lab.path(FILE), bytes).unwrap();
        let mut progress = Progress::open(&catalogue).unwrap();
        let notice = progress.notice().unwrap();
        assert!(notice.contains(what) && !notice.contains('\n'), "{notice}");
        let [aside] = &lab.backups()[..] else {
            panic!("{:?}", lab.backups());
        };
        let aside = aside.join("progress.toml");
        assert!(notice.contains(aside.to_str().unwrap()), "{notice}");
        assert_eq!(fs::read(&aside).unwrap(), bytes);
        assert!(!lab.path(FILE).exists());
        // From here on as ever.
        let entry = &catalogue.entries[0];
        progress.record(entry, &result(entry, [Passed; 3]));
        progress.save().unwrap();
        let again = Progress::open(&catalogue).unwrap();
        assert!(again.notice().is_none() && again.passed(entry).is_some());
    }
}

#[test]
fn a_file_that_is_damaged_after_it_was_read_is_not_overwritten() {
    let lab = Lab::new();
    let catalogue = catalogue_of(&lab);
    let entry = &catalogue.entries[0];
    let mut progress = Progress::open(&catalogue).unwrap();
    lab.write(FILE, "damaged");
    progress.record(entry, &result(entry, [Passed; 3]));
    progress.save().unwrap();
    assert_eq!(
        fs::read(lab.backups()[0].join("progress.toml")).unwrap(),
        b"damaged"
    );
    assert!(progress.notice().is_some());
    assert!(Progress::open(&catalogue).unwrap().passed(entry).is_some());
}

#[test]
fn two_at_once_lose_nothing_of_each_other() {
    let lab = Lab::new();
    let catalogue = catalogue_of(&lab);
    let [one, two] = &catalogue.entries[..] else {
        panic!("two exercises");
    };
    let mut first = Progress::open(&catalogue).unwrap();
    let mut second = Progress::open(&catalogue).unwrap();
    first.record_at(one, &result(one, [Failed, NotRun, NotRun]), at(50));
    first.use_hint(one, "zero");
    first.save().unwrap();
    second.record(two, &result(two, [Passed; 3]));
    second.save().unwrap();
    assert_eq!(second.hints_used(one, "zero"), 1, "it is read, too");
    // A clock that goes wrong makes nobody's verdict an old one.
    second.record_at(one, &result(one, [Passed; 3]), at(40));
    second.save().unwrap();
    let progress = Progress::open(&catalogue).unwrap();
    assert_eq!(progress.last(one).unwrap().score, 100);
    assert_eq!(progress.hints_used(one, "zero"), 1);
    assert!(progress.passed(two).is_some());
    // Nothing was found out since: what others have found stays.
    first.save().unwrap();
    assert_eq!(first.last(one).unwrap().score, 100);
}

#[test]
fn many_at_once_lose_nothing_of_each_other() {
    let lab = Lab::new();
    let catalogue = catalogue_of(&lab);
    thread::scope(|scope| {
        for number in 0..8 {
            let (lab, catalogue) = (&lab, &catalogue);
            scope.spawn(move || {
                let key = format!("of-{number}");
                let mut entry = catalogue.entries[0].clone();
                entry.data.key = key;
                for check in ["zero", "one", "beyond"] {
                    let mut progress = Progress::of(lab.root()).unwrap();
                    progress.use_hint(&entry, check);
                    progress.save().unwrap();
                }
            });
        }
    });
    let progress = Progress::open(&catalogue).unwrap();
    assert_eq!(progress.kept.exercise.len(), 8);
    assert!(
        progress
            .kept
            .exercise
            .values()
            .all(|of| of.hints.len() == 3)
    );
}

#[test]
fn two_machines_that_git_could_not_merge_are_put_together() {
    let lab = Lab::new();
    let catalogue = catalogue_of(&lab);
    let entry = &catalogue.entries[0];
    let text = |passed: u64, judged: u64, score: u32, hints: usize| {
        format!(
            "[exercise.one]\npassed = \"{}\"\n[exercise.one.last]\njudged = \"{}\"\nscore = {score}\n\
             max_score = 100\n[exercise.one.last.checks]\n[exercise.one.hints]\none = {hints}\n",
            at(passed),
            at(judged)
        )
    };
    for style in ["", "||||||| 1234\nbase = 1\n"] {
        let conflict = format!(
            "format = 1\n<<<<<<< HEAD\n{}{style}=======\n{}>>>>>>> other\n",
            text(10, 10, 40, 1),
            text(5, 20, 80, 3)
        );
        lab.write(FILE, &conflict);
        let mut progress = Progress::open(&catalogue).unwrap();
        assert_eq!(progress.notice(), None);
        assert_eq!(progress.last(entry).unwrap().score, 80);
        assert_eq!(progress.passed(entry), Some(at(5)));
        assert_eq!(progress.hints_used(entry, "one"), 3);
        progress.use_hint(entry, "zero");
        progress.save().unwrap();
        assert!(!lab.read(FILE).contains("<<<<"));
    }
}

#[test]
fn what_is_forgotten_stays_so_though_the_file_still_has_it() {
    let lab = Lab::new();
    let catalogue = catalogue_of(&lab);
    let entry = &catalogue.entries[0];
    let mut progress = Progress::open(&catalogue).unwrap();
    progress.record_at(entry, &result(entry, [Passed; 3]), at(10));
    progress.use_hint(entry, "one");
    progress.save().unwrap();
    progress.forget(entry);
    progress.save().unwrap();
    let mut progress = Progress::open(&catalogue).unwrap();
    assert!(progress.last(entry).is_none());
    assert_eq!(progress.passed(entry), Some(at(10)));
    assert_eq!(progress.hints_used(entry, "one"), 1);
    // Judged again, it is known again.
    progress.forget(entry);
    progress.record_at(entry, &result(entry, [Failed, NotRun, NotRun]), at(5));
    progress.save().unwrap();
    assert_eq!(
        Progress::open(&catalogue)
            .unwrap()
            .last(entry)
            .unwrap()
            .score,
        0
    );
}

#[test]
fn what_another_lab_knows_of_stays_in_the_file() {
    let lab = Lab::new();
    let catalogue = catalogue_of(&lab);
    lab.write(FILE, "format = 1\n[exercise.of-next-year.hints]\nx = 2\n");
    let mut progress = Progress::open(&catalogue).unwrap();
    progress.use_hint(&catalogue.entries[0], "one");
    progress.save().unwrap();
    assert!(
        lab.read(FILE)
            .contains("[exercise.of-next-year.hints]\nx = 2\n")
    );
}

#[test]
fn git_takes_the_progress_and_neither_the_lock_nor_a_backup() {
    let lab = Lab::new();
    let catalogue = catalogue_of(&lab);
    let mut progress = Progress::open(&catalogue).unwrap();
    progress.save().unwrap();
    backup::take(lab.root(), &catalogue.entries[0]).unwrap();
    let git = |arguments: &[&str]| {
        let mut git = std::process::Command::new("git");
        git.arg("-C").arg(lab.root()).args(arguments).output()
    };
    if git(&["init", "--quiet"]).is_err() {
        eprintln!("no git: nothing to see");
        return;
    }
    git(&["add", ".lab"]).unwrap();
    let staged = git(&["ls-files", ".lab"]).unwrap().stdout;
    let staged = String::from_utf8(staged).unwrap();
    assert_eq!(staged, ".lab/.gitignore\n.lab/progress.toml\n");
}

#[test]
fn a_place_that_cannot_be_written_is_named() {
    let lab = Lab::new();
    let catalogue = catalogue_of(&lab);
    let mut progress = Progress::open(&catalogue).unwrap();
    lab.write(".lab", "a file");
    let error = format!("{:#}", progress.save().unwrap_err());
    assert!(error.contains(".lab"), "{error}");
    assert!(format!("{:#}", Progress::open(&catalogue).unwrap_err()).contains(FILE));
}
