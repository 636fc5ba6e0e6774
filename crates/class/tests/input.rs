//! Classes as they come: archives as learning platforms write them, and archives
//! that somebody made to do harm.

// The lint's exemption for tests does not reach the functions beside them.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use class::input::{Damaged, Opener};
use grader::submission::{Error, Intake};
use zip::write::SimpleFileOptions;

mod archives;
mod handed_in;

use archives::{header, named, stored, tar_gz, zip};
use handed_in::{Class, MOST, SERVER};

/// Folders and archives that one student has put together.
#[test]
fn folders_and_archives_are_one_submission_where_that_is_said() {
    let class = Class::new();
    class.write(&format!("in/old/{SERVER}"), b"nine").write(
        "in/week 2.zip",
        &zip(&[("08-echo-client/src/client.rs", b"eight")]),
    );
    let whole = |name: &str| {
        let work = tempfile::tempdir_in(class.folder.path()).unwrap();
        let mut opener = Opener::new(&class.catalogue, work.path());
        let one = opener.open_whole(&class.path(name)).unwrap();
        let take = |id: &str| one.take(class.catalogue.get(id).unwrap()).unwrap();
        (one.name.clone(), take("08"), take("09"))
    };
    let (name, eight, nine) = whole("in");
    assert_eq!(name, "in");
    assert!(matches!(eight, Intake::Taken(files) if files["src/client.rs"] == "eight"));
    assert!(matches!(nine, Intake::Taken(files) if files["src/server.rs"] == "nine"));
    let (name, eight, nine) = whole("in/week 2.zip");
    assert_eq!(name, "week 2");
    assert!(matches!(eight, Intake::Taken(_)) && matches!(nine, Intake::Missing(_)));
    class.write("in/broken.zip", b"PK no archive");
    assert!(matches!(whole("in").1, Intake::Refused(why) if why.starts_with("broken.zip: ")));
}

fn pairs<const N: usize>(pairs: [(&str, &str); N]) -> BTreeMap<String, String> {
    let pairs = pairs.into_iter();
    pairs
        .map(|(one, other)| (one.into(), other.into()))
        .collect()
}

#[test]
fn a_moodle_archive_holds_a_folder_a_student() {
    let class = Class::new();
    let cleo = zip(&[(&format!("my lab/{SERVER}"), b"cleo's")]);
    let dan = tar_gz(&[(SERVER, b"dan's")]);
    let folder =
        |name: &str, id: u32, rest: &str| format!("{name}_{id}_assignsubmission_file_/{rest}");
    let all = zip(&[
        (&folder("Ada Lovelace", 11, SERVER), b"ada's"),
        (
            &folder("Ben", 12, &format!("deep/exercises/{SERVER}")),
            b"ben's",
        ),
        (&folder("Cleo", 13, "lab.zip"), &cleo),
        (&folder("Dan", 14, "lab.tar.gz"), &dan),
        (&folder("Eve", 15, "notes.pdf"), b"no lab"),
    ]);
    class.write("class.zip", &all);
    let of = |name: &str, id: u32| format!("{name}_{id}_assignsubmission_file_");
    let taken = class.taken("class.zip");
    assert_eq!(taken[&of("Ada Lovelace", 11)], "ada's");
    assert_eq!(taken[&of("Ben", 12)], "ben's");
    assert_eq!(taken[&of("Cleo", 13)], "cleo's");
    assert_eq!(taken[&of("Dan", 14)], "dan's");
}

/// Whoever packs a folder `class` gets it around everything.
#[test]
fn a_class_may_be_packed_with_the_folder_around_it() {
    let class = Class::new();
    let of = |rest: &str| format!("class/{rest}");
    let moodle = |name: &str, id: u32| format!("{name}_{id}_assignsubmission_file_");
    let (ada, ben) = (moodle("Ada Lovelace", 11), moodle("Ben", 12));
    let zipped = zip(&[(SERVER, b"zipped")]);
    let kinds = [
        (
            [of(&format!("ada/{SERVER}")), of(&format!("ben/{SERVER}"))],
            ["ada", "ben"].map(String::from),
            &b"plain"[..],
            "plain",
        ),
        (
            [of("ada.zip"), of("ben.zip")],
            ["ada", "ben"].map(String::from),
            &zipped,
            "zipped",
        ),
        (
            [of(&format!("{ada}/lab.zip")), of(&format!("{ben}/lab.zip"))],
            [ada, ben],
            &zipped,
            "zipped",
        ),
    ];
    for (paths, names, bytes, text) in kinds {
        let mut entries: Vec<(&str, &[u8])> = paths.iter().map(|path| (&path[..], bytes)).collect();
        entries.push(("class/finn/server.rs", b"no exercise"));
        entries.push(("__MACOSX/class/._ada", b"no folder"));
        for (archive, packed) in [("c.zip", zip(&entries)), ("c.tar.gz", tar_gz(&entries))] {
            class.write(archive, &packed);
            let taken = class.taken(archive);
            for name in &names {
                assert_eq!(taken[name], text, "{taken:?}");
            }
            assert!(taken["finn"].starts_with("missing"), "{taken:?}");
            assert_eq!(taken.len(), 3, "{taken:?}");
            fs::remove_dir_all(class.path("work")).unwrap();
        }
    }
}

#[test]
fn what_is_wrong_in_an_outer_folder_refuses_its_submission_alone() {
    let class = Class::new();
    let all = [
        (&format!("./class/ada/{SERVER}")[..], &b"ada's"[..]),
        (&format!("class/ben/../{SERVER}"), b"up"),
        (&format!("class/cleo\n/{SERVER}"), b"two lines"),
        (&format!("/class/dan/{SERVER}"), b"root"),
    ];
    for (name, bytes) in [("c.zip", zip(&all)), ("c.tar.gz", tar_gz(&all))] {
        class.write(name, &bytes);
        let taken = class.taken(name);
        assert_eq!(taken["ada"], "ada's", "{taken:?}");
        assert!(taken["ben"].contains("leads out"), "{taken:?}");
        assert!(taken["cleo\\n"].contains("is no plain text"), "{taken:?}");
        assert!(taken["dan"].contains("is an absolute path"), "{taken:?}");
        assert_eq!(taken.len(), 4, "{taken:?}");
        fs::remove_dir_all(class.path("work")).unwrap();
    }
    // Also where nothing is left to take.
    for outer in ["", "class/"] {
        let paths = ["ada", "ben"].map(|name| format!("{outer}{name}/../{SERVER}"));
        class.write("bad.zip", &zip(&[(&paths[0], b""), (&paths[1], b"")]));
        let taken = class.taken("bad.zip");
        assert!(taken["ada"].contains("leads out"), "{taken:?}");
        assert!(taken["ben"].contains("leads out"), "{taken:?}");
        assert_eq!(taken.len(), 2, "{taken:?}");
        fs::remove_dir_all(class.path("work")).unwrap();
    }
}

/// The same, unpacked by whoever grades it.
#[test]
fn an_unpacked_class_may_lie_in_the_folder_around_it() {
    let class = Class::new();
    class
        .write(&format!("in/class/ada/{SERVER}"), b"ada's")
        .write("in/class/ben.zip", &zip(&[(SERVER, b"ben's")]))
        .write("in/class/finn/server.rs", b"no exercise")
        .write("in/.DS_Store", b"of a program");
    let taken = class.taken("in");
    assert_eq!(taken["ada"], "ada's", "{taken:?}");
    assert_eq!(taken["ben"], "ben's", "{taken:?}");
    assert!(taken["finn"].starts_with("missing"), "{taken:?}");
    assert_eq!(taken.len(), 3, "{taken:?}");
    fs::remove_dir_all(class.path("work")).unwrap();
    // One who is somebody's is nobody's outer folder, nor is what a link leads to.
    class
        .write(&format!("one/ada/lab/{SERVER}"), b"ada's")
        .write("one/ada/notes/a.txt", b"of hers");
    assert_eq!(class.taken("one"), pairs([("ada", "ada's")]));
    fs::create_dir(class.path("linked")).unwrap();
    std::os::unix::fs::symlink(class.path("in/class"), class.path("linked/class")).unwrap();
    let taken = class.taken("linked");
    assert!(!taken.contains_key("ada"), "{taken:?}");
}

/// Each of these is somebody's alone.
#[test]
fn a_folder_around_one_submission_is_no_class() {
    let class = Class::new();
    let moodle = "Ada_1_assignsubmission_file_";
    let server = |outer: &str| format!("{outer}/{SERVER}");
    let lab = zip(&[(SERVER, b"one")]);
    for (name, paths, bytes, told) in [
        (
            "lab",
            [server("lab"), "lab/notes/a.txt".into()],
            &b"one"[..],
            "one",
        ),
        (
            "ada",
            [server("ada/lab"), "ada/notes/a.txt".into()],
            b"one",
            "one",
        ),
        (
            "ada",
            ["ada/lab.zip".into(), "ada/notes/a.txt".into()],
            &lab,
            "one",
        ),
        (
            moodle,
            [
                server(&format!("{moodle}/v1")),
                server(&format!("{moodle}/v2")),
            ],
            b"",
            "several",
        ),
        (
            "lab",
            [server("lab/exercises"), server("lab/solutions")],
            b"one",
            "one",
        ),
        (
            "one",
            [
                server("exercises/.."),
                "exercises/../10-echo-forking/src/server.rs".into(),
            ],
            b"",
            "leads out",
        ),
    ] {
        class.write("one.zip", &zip(&[(&paths[0], bytes), (&paths[1], bytes)]));
        let taken = class.taken("one.zip");
        assert!(taken[name].contains(told), "{taken:?}");
        assert_eq!(taken.len(), 1, "{taken:?}");
        fs::remove_dir_all(class.path("work")).unwrap();
    }
}

/// What spoils its submission, and none beside it.
#[test]
fn damage_within_an_archive_refuses_its_submission_alone() {
    let class = Class::new();
    let mut inner = zip(&[(SERVER, &[b'x'; 4000])]);
    inner.truncate(inner.len() / 2);
    let honest = format!("ada/{SERVER}");
    let cut = format!("ben/{SERVER}");
    let long = format!("cleo/{}/{SERVER}", "x".repeat(300));
    let both = format!("dan/lab.zip/{SERVER}");
    let deep = format!("fay/{}{SERVER}", "x/".repeat(3000));
    let all = [
        (&honest[..], &b"ada's"[..]),
        (&cut, b"0123456789 stored as it is"),
        (&long, b""),
        ("dan/lab.zip", &lab_of("dan's")),
        (&both, b""),
        ("eve/lab.zip", &inner),
        (&deep, b""),
    ];
    let mut packed = stored(&all);
    let at = packed.windows(10).position(|part| part == b"0123456789");
    packed[at.unwrap()] = b'9';
    class.write("class.zip", &packed);
    let taken = class.taken("class.zip");
    assert_eq!(taken["ada"], "ada's", "{taken:?}");
    assert!(taken["ben"].contains("cannot be unpacked"), "{taken:?}");
    assert!(taken["cleo"].contains("too long a name"), "{taken:?}");
    assert!(taken["dan"].contains("is there twice"), "{taken:?}");
    assert!(taken["eve"].starts_with("refused: lab.zip: "), "{taken:?}");
    assert!(taken["fay"].contains("too long a name"), "{taken:?}");
    assert_eq!(taken.len(), 6, "{taken:?}");
}

fn lab_of(text: &str) -> Vec<u8> {
    zip(&[(SERVER, text.as_bytes())])
}

#[test]
fn a_folder_may_hold_folders_and_archives_side_by_side() {
    let class = Class::new();
    class
        .write(&format!("class/ada/{SERVER}"), b"ada's")
        .write("class/ben.zip", &zip(&[(SERVER, b"ben's")]))
        .write("class/cleo.tar.gz", &tar_gz(&[(SERVER, b"cleo's")]))
        .write("class/dan/v1.zip", &zip(&[(SERVER, b"old")]))
        .write("class/dan/v2.zip", &zip(&[(SERVER, b"new")]))
        .write("class/eve.zip", b"no archive at all")
        .write("class/grades.csv", b"id,grade\n");
    let taken = class.taken("class");
    assert_eq!(taken["ada"], "ada's");
    assert_eq!(taken["ben"], "ben's");
    assert_eq!(taken["cleo"], "cleo's");
    assert!(taken["dan"].contains("several archives (v1.zip, v2.zip)"));
    assert!(
        taken["eve"].starts_with("refused: eve.zip: "),
        "{}",
        taken["eve"]
    );
    assert_eq!(taken.len(), 5);
}

#[test]
fn an_archive_of_one_student_is_called_by_its_name() {
    let class = Class::new();
    class.write("ada.tgz", &tar_gz(&[(SERVER, b"ada's")]));
    assert_eq!(class.taken("ada.tgz"), pairs([("ada", "ada's")]));
}

#[test]
fn what_leads_out_of_an_archive_refuses_its_submission_alone() {
    let class = Class::new();
    let up = format!("ada/../../{SERVER}");
    let root = format!("/ben/{SERVER}");
    let all = [
        (up.as_str(), &b"up"[..]),
        (&root, b"root"),
        (&format!("cleo/{SERVER}"), b"cleo's"),
        (&format!("dan\\{SERVER}"), b"windows"),
        (&format!("eve\n/{SERVER}"), b"two lines"),
        (&format!("fay o'neil/../{SERVER}"), b"up"),
    ];
    for (name, bytes) in [("class.zip", zip(&all)), ("class.tar.gz", tar_gz(&all))] {
        class.write(name, &bytes);
        let taken = class.taken(name);
        assert!(
            taken["ada"].contains("leads out of the archive"),
            "{taken:?}"
        );
        assert!(taken["ben"].contains("is an absolute path"), "{taken:?}");
        assert_eq!(taken["cleo"], "cleo's");
        assert!(taken["fay o'neil"].contains("leads out"), "{taken:?}");
        assert!(taken["eve\\n"].contains("is no plain text"), "{taken:?}");
        fs::remove_dir_all(class.path("work")).unwrap();
    }
    assert!(!class.path(SERVER).exists());
}

#[test]
fn links_and_devices_refuse_their_submission_alone() {
    let class = Class::new();
    let mut archive = tar::Builder::new(File::create(class.path("class.tar")).unwrap());
    for (student, kind) in [
        ("ada", tar::EntryType::Symlink),
        ("ben", tar::EntryType::Link),
        ("cleo", tar::EntryType::Char),
        ("dan", tar::EntryType::Fifo),
        ("eve", tar::EntryType::Regular),
    ] {
        let mut header = header(kind, 0);
        header.set_link_name("/etc/passwd").unwrap();
        let header = named(header, format!("{student}/{SERVER}").as_bytes());
        archive.append(&header, io::empty()).unwrap();
    }
    archive.finish().unwrap();
    let mut linked = zip::ZipWriter::new(File::create(class.path("fay.zip")).unwrap());
    linked
        .add_symlink(SERVER, "/etc/passwd", SimpleFileOptions::default())
        .unwrap();
    linked.finish().unwrap();

    let taken = class.taken("class.tar");
    for (name, why) in [
        ("ada", "is a link"),
        ("ben", "is a link"),
        ("cleo", "is neither a file nor a folder"),
        ("dan", "is neither a file nor a folder"),
    ] {
        assert!(taken[name].contains(why), "{taken:?}");
    }
    assert_eq!(taken["eve"], "");
    fs::remove_dir_all(class.path("work")).unwrap();
    assert!(class.taken("fay.zip")["fay"].contains("is a link"));
}

#[test]
fn an_archive_that_would_fill_the_disk_does_not() {
    let class = Class::new();
    let zeros = vec![0; 4 << 20];
    class
        .write("class/ada.zip", &zip(&[(SERVER, &zeros), ("junk", &zeros)]))
        .write(
            "class/ben.tar.gz",
            &tar_gz(&[("junk", &zeros), (SERVER, b"")]),
        )
        .write("class/cleo.zip", &zip(&[(SERVER, b"cleo's")]));
    let taken = class.taken("class");
    assert!(taken["ada"].contains("larger than 1024 KiB"), "{taken:?}");
    assert!(
        taken["ben"].contains("unpacks to more than 3 MiB"),
        "{taken:?}"
    );
    assert_eq!(taken["cleo"], "cleo's");
    let unpacked = walk(&class.path("work"));
    assert!(unpacked < MOST, "{unpacked} bytes");
}

fn walk(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    entries
        .map(|entry| match entry.file_type().unwrap().is_dir() {
            true => walk(&entry.path()),
            false => entry.metadata().unwrap().len(),
        })
        .sum()
}

#[test]
fn names_that_differ_in_case_alone_or_come_twice_are_refused() {
    let class = Class::new();
    class.write(
        "class.tar.gz",
        &tar_gz(&[
            (&format!("Ada/{SERVER}"), b"one"),
            (&format!("ada/{SERVER}"), b"two"),
            (&format!("ben/{SERVER}"), b"one"),
            (&format!("ben/{SERVER}"), b"two"),
        ]),
    );
    let taken = class.taken("class.tar.gz");
    assert!(taken["ada"].contains("upper and lower case"), "{taken:?}");
    assert!(taken["Ada"].contains("upper and lower case"), "{taken:?}");
    assert!(taken["ben"].contains("is there twice"), "{taken:?}");
}

#[test]
fn what_is_neither_a_folder_nor_an_archive_is_an_error() {
    let class = Class::new();
    class
        .write("broken.zip", b"PK\x03\x04 and no more")
        .write("notes.txt", b"");
    fs::create_dir(class.path("work")).unwrap();
    let work = class.path("work");
    let mut opener = Opener::new(&class.catalogue, &work);
    for name in ["broken.zip", "notes.txt", "absent.zip", "absent"] {
        assert!(opener.open(&class.path(name)).is_err(), "{name}");
    }
}

#[test]
fn what_is_named_and_is_no_archive_is_said_by_its_name() {
    let class = Class::new();
    class
        .write("text.zip", b"text")
        .write("empty.zip", &zip(&[]))
        .write("text.tar.gz", b"text");
    let work = class.path("work");
    fs::create_dir_all(&work).unwrap();
    for (name, why) in [
        ("text.zip", "no zip archive, or a damaged one"),
        ("empty.zip", "empty.zip: there is no submission in it"),
        ("text.tar.gz", "cannot be unpacked"),
        ("none.zip", "no such file"),
    ] {
        let mut opener = Opener::new(&class.catalogue, &work);
        let error = opener.open(&class.path(name)).unwrap_err();
        let is_missing = matches!(error.downcast_ref(), Some(Error::NoSuchPath(_)));
        assert_eq!(is_missing, name == "none.zip", "{error:#}");
        assert_eq!(error.is::<Damaged>(), name != "none.zip", "{error:#}");
        let said = error.to_string();
        assert!(said.contains(name) && said.contains(why), "{said}");
        fs::remove_dir_all(&work).unwrap();
        fs::create_dir_all(&work).unwrap();
    }
}

#[test]
fn whoever_handed_in_only_what_nobody_asked_for_is_there() {
    let class = Class::new();
    let mut zip = zip::ZipWriter::new(File::create(class.path("class.zip")).unwrap());
    for name in ["ada/09-echo-iterative/src/server.rs", "finn/server.rs"] {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(b"fn main() {}").unwrap();
    }
    zip.finish().unwrap();
    let names: Vec<String> = class
        .open("class.zip")
        .into_iter()
        .map(|one| one.name)
        .collect();
    assert_eq!(names, ["ada", "finn"]);
}
