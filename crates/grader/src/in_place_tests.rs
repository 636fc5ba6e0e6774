use std::time::{Duration, SystemTime};

use small_lab::Lab;

use super::*;
use crate::catalogue::Catalogue;

/// A lab in which cargo has built the program of its one exercise.
struct Built {
    lab: Lab,
    catalogue: Catalogue,
    program: PathBuf,
}

impl Built {
    fn new() -> Built {
        let lab = Lab::new();
        let catalogue = Catalogue::load(lab.root()).unwrap();
        let built = Built {
            program: lab.path("target/debug/one"),
            lab,
            catalogue,
        };
        built.lab.write("crates/sockets/src/lib.rs", "//! It.\n");
        built.lab.write("target/debug/one", "a program");
        built.made_from(&["exercises/01-one/src/main.rs", "crates/sockets/src/lib.rs"]);
        built.young();
        built
    }

    /// The program is as if building it had taken a minute: no source is as young.
    fn young(&self) {
        let file = fs::File::options().write(true).open(&self.program).unwrap();
        let later = SystemTime::now() + Duration::from_secs(60);
        file.set_modified(later).unwrap();
    }

    fn made_from(&self, sources: &[&str]) {
        let absolute = |path: &&str| {
            let path = self.lab.path(path).display().to_string();
            path.replace(' ', "\\ ")
        };
        let all: Vec<String> = sources.iter().map(absolute).collect();
        let rule = format!("{}: {}\n", self.program.display(), all.join(" "));
        self.lab.write("target/debug/one.d", &rule);
    }

    fn entry(&self) -> &Entry {
        &self.catalogue.entries[0]
    }

    fn tree(&self) -> Tree {
        Tree::read(self.lab.root(), self.entry()).unwrap().unwrap()
    }

    fn holds(&self, before: &Tree) -> bool {
        let tree = self.tree();
        tree.is_all_of(before, self.lab.root(), self.entry(), &self.program)
    }
}

#[test]
fn a_program_made_from_what_was_there_before_and_nothing_else_is_recorded() {
    let built = Built::new();
    assert!(built.holds(&built.tree()));
}

#[test]
fn every_file_that_a_program_may_be_made_from_changes_the_digest() {
    let built = Built::new();
    let mut seen = vec![built.tree().digest];
    for path in [
        "exercises/01-one/src/main.rs",
        "exercises/01-one/src/given.rs",
        "exercises/01-one/src/greeting.txt",
        "exercises/01-one/Cargo.toml",
        "exercises/01-one/tests/checks.rs",
        "Cargo.toml",
        ".cargo/config.toml",
        "rust-toolchain.toml",
    ] {
        built.lab.write(path, "another");
        seen.push(built.tree().digest);
    }
    let count = seen.len();
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), count);
    let before = built.tree().digest;
    built
        .lab
        .write("exercises/01-one/bugs/one.patch", "of the bank");
    assert_eq!(built.tree().digest, before);
}

#[test]
fn the_same_text_saved_again_while_cargo_ran_is_not_trusted() {
    let built = Built::new();
    let before = built.tree();
    let path = built.entry().folder.join("src/main.rs");
    let text = fs::read(&path).unwrap();
    fs::write(&path, "something else\n").unwrap();
    fs::remove_file(&path).unwrap();
    fs::write(&path, text).unwrap();
    assert_eq!(built.tree().digest, before.digest);
    assert!(!built.holds(&before));
}

#[test]
fn a_source_younger_than_the_program_is_not_what_it_was_made_from() {
    let built = Built::new();
    let time = |path: &Path| {
        fs::metadata(path)
            .map(|it| (it.ctime(), it.ctime_nsec()))
            .unwrap()
    };
    let source = built.entry().folder.join("src/main.rs");
    let (seconds, more) = time(&source).max(time(&built.lab.path("crates/sockets/src/lib.rs")));
    let since_1970 = Duration::from_secs(seconds as u64) + Duration::from_nanos(more as u64);
    let file = fs::File::options()
        .write(true)
        .open(&built.program)
        .unwrap();
    file.set_modified(SystemTime::UNIX_EPOCH + since_1970)
        .unwrap();
    // What the program is not made from may be younger: the next version of a check.
    let checks = "exercises/01-one/tests/checks.rs";
    built.lab.write(checks, "younger");
    while time(&built.lab.path(checks)) <= (seconds, more) {
        built.lab.write(checks, "younger");
    }
    assert!(built.holds(&built.tree()));
    let text = fs::read(&source).unwrap();
    fs::write(&source, text).unwrap();
    assert!(!built.holds(&built.tree()));
}

#[test]
fn what_is_made_from_more_than_its_folder_is_judged_each_time() {
    let built = Built::new();
    for path in [
        "notes with blanks.txt",
        "exercises/08-echo-client/src/client.rs",
        "exercises/01-one/bugs/one.rs",
        "crates/sockets/src/names.txt",
        "crates/study/src/lib.rs",
    ] {
        built.lab.write(path, "elsewhere");
        built.made_from(&[path]);
        built.young();
        assert!(!built.holds(&built.tree()), "{path}");
    }
    built.lab.write("exercises/01-one/src/a name.txt", "here");
    built.made_from(&["exercises/01-one/src/a name.txt"]);
    built.young();
    assert!(built.holds(&built.tree()));

    let built = Built::new();
    built
        .lab
        .write("exercises/01-one/src/main.rs", "option_env!(\"WHO\")");
    assert!(!built.holds(&built.tree()), "a variable");

    let built = Built::new();
    built.lab.write("exercises/01-one/build.rs", "fn main() {}");
    assert!(!built.holds(&built.tree()), "a build script");

    let built = Built::new();
    fs::remove_file(built.program.with_extension("d")).unwrap();
    assert!(!built.holds(&built.tree()), "nobody knows what");

    let built = Built::new();
    std::os::unix::fs::symlink("/", built.entry().folder.join("src/all")).unwrap();
    assert_eq!(Tree::read(built.lab.root(), built.entry()).unwrap(), None);
}

#[test]
fn an_editors_link_to_nowhere_hinders_nobody() {
    let built = Built::new();
    let lock = built.entry().folder.join("src/.#main.rs");
    std::os::unix::fs::symlink("me@here.1234", lock).unwrap();
    assert!(built.holds(&built.tree()));
}

#[test]
fn a_rule_for_make_is_read_with_blanks_in_names() {
    let rule = "/t/debug/one: /a/b.rs /a\\ b/c.rs /d\\e.rs\n";
    assert_eq!(
        sources(rule),
        ["/a/b.rs", "/a b/c.rs", "/d\\e.rs"].map(PathBuf::from)
    );
    assert!(sources("").is_empty());
}

/// A manifest as the lab has them.
const MANIFEST: &str = r#"
[package]
name = "ex09-echo-iterative"
edition.workspace = true
[lints.rust]
dead_code = "allow"
[dependencies]
nix = { workspace = true, features = ["signal"] }
[[bin]]
name = "echo-iterative"
path = "src/main.rs"
"#;

#[test]
fn what_the_grader_made_is_what_cargo_makes_where_the_sources_alone_decide() {
    assert!(concerns_the_compiler("CARGO_PROFILE_DEV_OVERFLOW_CHECKS"));
    assert!(!concerns_the_compiler("CARGO_PROFILE_DEV_DEBUG"));
    if variables()
        .keys()
        .any(|name| concerns_the_compiler(&name.to_string_lossy()))
    {
        eprintln!("skipped: a variable of the compiler's is set");
        return;
    }
    let built = Built::new();
    let manifest = "exercises/01-one/Cargo.toml";
    let is_staged = || built.tree().is_as_staged(&built.tree());
    built.lab.write(manifest, MANIFEST);
    assert!(is_staged());
    for (path, text) in [
        (
            "exercises/01-one/src/main.rs",
            r#"const TEXT: &str = include_str!("../README.md");"#,
        ),
        (
            "exercises/01-one/src/main.rs",
            r#"const TEXT: &str = env!("HOME");"#,
        ),
        ("exercises/01-one/build.rs", "fn main() {}"),
        (manifest, "no manifest"),
        (manifest, &format!("{MANIFEST}[features]\ndefault = []\n")),
        (
            manifest,
            &MANIFEST.replace("edition.workspace = true", "edition = \"2018\""),
        ),
        (manifest, &MANIFEST.replace("\"allow\"", "\"deny\"")),
        ("Cargo.toml", "[profile.dev]\noverflow-checks = false\n"),
        (".cargo/config.toml", "[build]\nrustflags = []\n"),
    ] {
        let place = built.lab.path(path);
        let as_it_was = fs::read(&place);
        built.lab.write(path, text);
        assert!(!is_staged(), "{path}: {text}");
        match as_it_was {
            Ok(bytes) => fs::write(place, bytes).unwrap(),
            Err(_) => fs::remove_file(place).unwrap(),
        }
        assert!(is_staged(), "{path}: {text}");
    }
    let before = built.tree();
    built.lab.write("exercises/01-one/src/main.rs", "another");
    assert!(!built.tree().is_as_staged(&before));
}

/// What `watch` finds is on record for `check` only if nothing in them does.
#[test]
fn the_labs_own_settings_leave_the_compiler_as_it_is() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for file in AT_THE_ROOT.iter().chain(&[".cargo/config.toml"]) {
        let text = fs::read_to_string(root.join(file)).unwrap_or_default();
        assert!(!concerns_the_compiler(&text), "{file}");
    }
    assert!(concerns_the_compiler(
        "# why\n[profile.dev]\npanic = \"abort\"\n"
    ));
}
