//! What is taken of a submission, and what is refused by name.

// The lint's exemption for tests does not reach the functions beside them.
#![allow(clippy::unwrap_used)]

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use grader::catalogue::Catalogue;
use grader::submission::{Error, Intake, Submission, tell_apart};
use tempfile::TempDir;

/// The lab itself is the catalogue: its exercises have the names and files
/// that submissions are made of.
struct Class {
    folder: TempDir,
    catalogue: Catalogue,
}

const SERVER: &str = "09-echo-iterative/src/server.rs";

impl Class {
    fn new() -> Class {
        let catalogue = Catalogue::find(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
        Class {
            folder: tempfile::tempdir().unwrap(),
            catalogue,
        }
    }

    fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(path)
    }

    fn write(&self, path: impl AsRef<Path>, bytes: impl AsRef<[u8]>) -> &Class {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
        self
    }

    fn discover(&self, path: &str) -> Vec<Submission> {
        Submission::discover(&self.path(path), &self.catalogue).unwrap()
    }

    fn names(&self, path: &str) -> Vec<String> {
        self.discover(path)
            .into_iter()
            .map(|one| one.name)
            .collect()
    }

    fn take(&self, path: &str) -> Intake {
        let submissions = self.discover(path);
        assert_eq!(submissions.len(), 1, "{submissions:?}");
        submissions[0]
            .take(self.catalogue.get("09").unwrap())
            .unwrap()
    }

    fn refusal(&self, path: &str) -> String {
        match self.take(path) {
            Intake::Refused(why) => why,
            other => panic!("not refused: {other:?}"),
        }
    }
}

fn text(intake: Intake) -> String {
    match intake {
        Intake::Taken(files) => files["src/server.rs"].clone(),
        other => panic!("not taken: {other:?}"),
    }
}

#[test]
fn only_the_named_files_are_taken() {
    let class = Class::new();
    class
        .write(format!("ada/{SERVER}"), "fn a() {}\n")
        .write("ada/09-echo-iterative/Cargo.toml", "[package]")
        .write("ada/09-echo-iterative/src/main.rs", "fn main() {}")
        .write("ada/.cargo/config.toml", "[build]");
    match class.take("ada") {
        Intake::Taken(files) => assert_eq!(files.keys().collect::<Vec<_>>(), ["src/server.rs"]),
        other => panic!("{other:?}"),
    }
}

#[test]
fn exercises_are_found_in_folders_of_their_own_and_one_level_too_deep() {
    for place in [
        "",
        "exercises/",
        "solutions/",
        "lab-main/",
        "lab-main/exercises/",
    ] {
        let class = Class::new();
        class.write(format!("class/ada/{place}{SERVER}"), place);
        class.write(format!("class/bob/{SERVER}"), "");
        let submissions = class.discover("class");
        assert_eq!(submissions[0].name, "ada", "{place}");
        let taken = submissions[0]
            .take(class.catalogue.get("09").unwrap())
            .unwrap();
        assert_eq!(text(taken), place);
    }
}

#[test]
fn a_folder_of_submissions_has_a_row_for_everybody() {
    let class = Class::new();
    class
        .write(format!("class/bob/{SERVER}"), "")
        .write("class/ada/notes.txt", "");
    class
        .write("class/.git/config", "")
        .write("class/__MACOSX/x", "")
        .write("class/list.csv", "");
    assert_eq!(class.names("class"), ["ada", "bob"]);
    assert!(matches!(
        class.discover("class")[0]
            .take(class.catalogue.get("09").unwrap())
            .unwrap(),
        Intake::Missing(_)
    ));
}

/// What somebody hands in who puts several folders together.
#[test]
fn exercises_in_several_folders_are_one_submission_where_that_is_said() {
    let class = Class::new();
    const CLIENT: &str = "08-echo-client/src/client.rs";
    class
        .write(format!("in/first try/{SERVER}"), "nine")
        .write(format!("in/week 2/mine/{CLIENT}"), "eight")
        .write("in/week 2/mine/10-echo-forking/src/server.rs", "ten")
        .write("in/week 3/10-echo-forking/src/server.rs", "again")
        .write("in/11-stop/src/signals.rs", "half")
        .write("in/resolve.rs", "one");
    let whole = |path: &str| Submission::whole(&class.path(path), &class.catalogue).unwrap();
    let take = |one: &Submission, id: &str| one.take(class.catalogue.get(id).unwrap()).unwrap();
    let one = whole("in");
    assert_eq!(one.name, "in");
    assert_eq!(text(take(&one, "09")), "nine");
    let eight = take(&one, "08");
    assert!(
        matches!(&eight, Intake::Taken(files) if files["src/client.rs"] == "eight"),
        "{eight:?}"
    );
    let twice = "10-echo-forking was handed in 2 times (week 2/mine/10-echo-forking, \
                 week 3/10-echo-forking); leave the one that counts";
    assert_eq!(take(&one, "10"), Intake::Refused(twice.into()));
    let half = take(&one, "11");
    assert!(
        matches!(&half, Intake::Missing(why) if why.starts_with("no src/server.rs in 11-stop")),
        "{half:?}"
    );
    let loose = "no folder 01-resolve (there is resolve.rs; it belongs at \
                 01-resolve/src/resolve.rs)";
    assert_eq!(take(&one, "01"), Intake::Missing(loose.into()));
    assert!(matches!(take(&one, "02"), Intake::Missing(why) if why == "no folder 02-byte-order"));

    // A lab as a whole: its skeletons were not handed in.
    class
        .write(format!("lab/exercises/{SERVER}"), "mine")
        .write(format!("lab/skeletons/{SERVER}"), "todo!()");
    assert_eq!(text(take(&whole("lab"), "09")), "mine");
    // Nothing at all is nothing, and no trouble.
    class.write("none/notes.txt", "");
    assert!(matches!(take(&whole("none"), "09"), Intake::Missing(_)));
    assert!(Submission::whole(&class.path("no"), &class.catalogue).is_err());
}

#[test]
fn one_exercises_folder_is_a_submission_too() {
    let class = Class::new();
    class.write(format!("ada/{SERVER}"), "x");
    assert_eq!(text(class.take("ada/09-echo-iterative")), "x");
}

#[test]
fn an_empty_folder_is_a_submission_with_nothing_in_it() {
    let class = Class::new();
    fs::create_dir(class.path("ada")).unwrap();
    assert_eq!(
        class.take("ada"),
        Intake::Missing("no folder 09-echo-iterative".into())
    );
}

#[test]
fn a_file_that_is_elsewhere_is_missed_with_a_hint() {
    let class = Class::new();
    class.write("ada/09-echo-iterative/server.rs", "");
    match class.take("ada") {
        Intake::Missing(what) => {
            assert!(what.contains("no src/server.rs"), "{what}");
            assert!(
                what.contains("there is server.rs; it belongs at src/server.rs"),
                "{what}"
            );
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn windows_line_ends_and_a_byte_order_mark_are_accepted() {
    let class = Class::new();
    class.write(format!("ada/{SERVER}"), b"\xef\xbb\xbfa\r\nb\r\n");
    assert_eq!(text(class.take("ada")), "a\nb\n");
}

#[test]
fn links_are_refused_wherever_they_are() {
    let class = Class::new();
    class.write("secret/src/server.rs", "solution");
    for (link, target) in [
        (
            "ada/09-echo-iterative/src/server.rs",
            "secret/src/server.rs",
        ),
        ("bob/09-echo-iterative/src", "secret/src"),
        ("cleo/09-echo-iterative", "secret"),
    ] {
        let path = class.path(link);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        symlink(class.path(target), path).unwrap();
        let why = class.refusal(link.split('/').next().unwrap());
        assert!(why.contains("is a link"), "{why}");
    }
    let whole = Class::new();
    whole
        .write(format!("elsewhere/{SERVER}"), "")
        .write(format!("class/bob/{SERVER}"), "");
    symlink(whole.path("elsewhere"), whole.path("class/ada")).unwrap();
    let submissions = whole.discover("class");
    assert_eq!(submissions[0].name, "ada");
    let taken = submissions[0]
        .take(whole.catalogue.get("09").unwrap())
        .unwrap();
    assert_eq!(
        taken,
        Intake::Refused("ada is a link; links are not followed".into())
    );
}

#[test]
fn a_folder_that_the_command_line_names_may_be_a_link() {
    let class = Class::new();
    class.write(format!("ada/{SERVER}"), "x");
    symlink(class.path("ada"), class.path("link")).unwrap();
    assert_eq!(text(class.take("link")), "x");
}

#[test]
fn what_is_no_plain_file_is_refused_without_being_opened() {
    use nix::sys::stat::Mode;
    use nix::unistd::mkfifo;

    let class = Class::new();
    let folder = class.path("ada/09-echo-iterative/src");
    fs::create_dir_all(&folder).unwrap();
    mkfifo(&folder.join("server.rs"), Mode::S_IRWXU).unwrap();
    let why = class.refusal("ada");
    assert_eq!(why, "09-echo-iterative/src/server.rs is a fifo, not a file");
    fs::create_dir_all(class.path("bob/09-echo-iterative/src/server.rs")).unwrap();
    assert!(class.refusal("bob").ends_with("is a folder, not a file"));
    class.write("cleo/09-echo-iterative/src", "");
    assert_eq!(
        class.refusal("cleo"),
        "09-echo-iterative/src is a file, not a folder"
    );
}

#[test]
fn what_is_no_source_text_is_refused() {
    let class = Class::new();
    class.write(format!("ada/{SERVER}"), b"fn \xff() {}");
    assert!(class.refusal("ada").ends_with("is not UTF-8 text"));
    class.write(format!("bob/{SERVER}"), b"fn a() {}\0");
    assert!(class.refusal("bob").contains("NUL"));
    class.write(format!("cleo/{SERVER}"), vec![b' '; (1 << 20) + 1]);
    assert!(class.refusal("cleo").ends_with("is larger than 1024 KiB"));
    class.write(format!("dan/{SERVER}"), vec![b' '; 1 << 20]);
    assert_eq!(text(class.take("dan")).len(), 1 << 20);
}

#[test]
fn a_name_that_could_not_be_printed_is_refused_and_escaped() {
    let class = Class::new();
    class.write(format!("class/ada/{SERVER}"), "");
    class.write(format!("class/e\x1b[31mve/{SERVER}"), "");
    let odd = Path::new("class")
        .join(OsStr::from_bytes(b"f\xffay"))
        .join(SERVER);
    class.write(odd, "");
    let submissions = class.discover("class");
    assert_eq!(submissions[1].name, "e\\u{1b}[31mve");
    for odd in &submissions[1..] {
        let taken = odd.take(class.catalogue.get("09").unwrap()).unwrap();
        assert!(matches!(taken, Intake::Refused(why) if why.contains("no plain text")));
    }
}

#[test]
fn names_that_a_list_or_a_command_would_misread_are_refused() {
    let class = Class::new();
    for name in ["-rf", "Ada", "ada", "o'brien", "say\"what"] {
        class.write(format!("class/{name}/{SERVER}"), "");
    }
    let submissions = class.discover("class");
    let entry = class.catalogue.get("09").unwrap();
    let why = |name: &str| {
        let one = submissions.iter().find(|one| one.name == name).unwrap();
        match one.take(entry).unwrap() {
            Intake::Refused(why) => why,
            other => format!("{other:?}"),
        }
    };
    assert!(why("-rf").contains("begins with a dash"));
    assert!(why("Ada").contains("upper and lower case"));
    assert!(why("ada").contains("upper and lower case"));
    assert!(why("o'brien").starts_with("Taken"));
    assert!(why("say\\\"what").contains("no plain text"));
}

#[test]
fn two_submissions_in_one_are_refused() {
    let class = Class::new();
    class
        .write(format!("class/ada/v1/{SERVER}"), "")
        .write(format!("class/ada/v2/{SERVER}"), "");
    class.write(format!("class/bob/{SERVER}"), "");
    let taken = class.discover("class")[0]
        .take(class.catalogue.get("09").unwrap())
        .unwrap();
    assert!(matches!(taken, Intake::Refused(why) if why.contains("several submissions (v1, v2)")));
}

#[test]
fn a_path_that_is_no_folder_is_said_to_be_none() {
    let class = Class::new();
    class.write("file", "");
    let error = |path: &str| Submission::discover(&class.path(path), &class.catalogue).unwrap_err();
    assert!(matches!(error("nothing"), Error::NoSuchPath(_)));
    assert!(matches!(error("file"), Error::NoFolder(_)));
}

/// As root, nothing is unreadable, so this thread becomes somebody else to
/// the file system (`man 2 setfsuid`).
#[test]
#[cfg(target_os = "linux")]
fn what_cannot_be_read_is_named() {
    use nix::unistd::{Uid, geteuid, setfsuid};
    use std::os::unix::fs::PermissionsExt;

    let class = Class::new();
    class
        .write(format!("class/ada/{SERVER}"), "")
        .write(format!("class/bob/{SERVER}"), "");
    class.write(format!("cleo/{SERVER}"), "");
    let close = |path: &str, mode| {
        fs::set_permissions(class.path(path), fs::Permissions::from_mode(mode)).unwrap();
    };
    close("", 0o755);
    close("class/ada", 0);
    close(&format!("class/bob/{SERVER}"), 0);
    close("cleo", 0);
    if geteuid().is_root() {
        setfsuid(Uid::from_raw(65534));
    }
    let whole = Submission::discover(&class.path("cleo"), &class.catalogue).unwrap_err();
    assert!(matches!(whole, Error::Unreadable(..)), "{whole}");
    assert!(whole.to_string().contains("ermission denied"), "{whole}");
    let entry = class.catalogue.get("09").unwrap();
    let submissions = class.discover("class");
    for one in &submissions {
        match one.take(entry).unwrap() {
            Intake::Refused(why) => assert!(why.contains("ermission denied"), "{why}"),
            other => panic!("{}: {other:?}", one.name),
        }
    }
    setfsuid(geteuid());
    close("class/ada", 0o755);
    close("cleo", 0o755);
}

#[test]
fn submissions_of_one_name_are_told_apart() {
    let class = Class::new();
    class
        .write(format!("monday/ada/{SERVER}"), "")
        .write(format!("friday/ada/{SERVER}"), "");
    let mut submissions = class.discover("monday/ada");
    submissions.extend(class.discover("friday/ada"));
    tell_apart(&mut submissions);
    assert!(
        submissions[0].name.ends_with("monday/ada"),
        "{}",
        submissions[0].name
    );
    assert!(
        submissions[1].name.ends_with("friday/ada"),
        "{}",
        submissions[1].name
    );
}
