use super::*;

const EXERCISE: &str = r#"
title = "An iterative echo server"
key = "echo-iterative"
part = 4
concepts = ["eof"]
files = ["src/server.rs"]
programs = ["echo-iterative"]
[[check]]
name = "echoes_a_line"
requirement = "1"
points = 60
concepts = ["eof"]
shows = "It echoes."
hints = ["a", "b", "c"]
[[check]]
name = "ends_at_end_of_file"
requirement = "3"
points = 40
concepts = ["eof"]
shows = "It ends."
hints = ["a", "b", "c"]
after = ["echoes_a_line"]
"#;

const MANIFEST: &str = r#"
[package]
name = "ex09-echo-iterative"
[lints.rust]
dead_code = "allow"
[dependencies]
sockets.workspace = true
[[bin]]
name = "echo-iterative"
path = "src/main.rs"
"#;

/// A lab of one exercise, 09-echo-iterative, that does nothing.
pub fn small_lab() -> tempfile::TempDir {
    lab_with(EXERCISE)
}

fn lab_with(exercise: &str) -> tempfile::TempDir {
    let lab = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = lab.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("crates/checks/Cargo.toml", "");
    write("exercises/concepts.toml", "eof = \"End of file.\"\n");
    write("exercises/09-echo-iterative/exercise.toml", exercise);
    write("exercises/09-echo-iterative/Cargo.toml", MANIFEST);
    write("exercises/09-echo-iterative/src/main.rs", "mod server;\n");
    write("exercises/09-echo-iterative/src/server.rs", "todo!();\n");
    write("solutions/09-echo-iterative/src/server.rs", "// done\n");
    lab
}

#[test]
fn an_exercise_answers_to_its_number_and_its_names() {
    let lab = small_lab();
    let catalogue = Catalogue::find(&lab.path().join("exercises/09-echo-iterative")).unwrap();
    for asked in [
        "9",
        "09",
        "09-echo-iterative",
        "echo-iterative",
        "exercises/09-echo-iterative/",
    ] {
        assert_eq!(
            catalogue.get(asked).unwrap().id,
            "09-echo-iterative",
            "{asked}"
        );
    }
}

#[test]
fn an_unknown_exercise_is_answered_with_the_nearest() {
    let lab = small_lab();
    let catalogue = Catalogue::load(lab.path()).unwrap();
    let error = catalogue.get("echo-itrative").unwrap_err().to_string();
    assert!(
        error.contains("did you mean `09-echo-iterative`"),
        "{error}"
    );
    let error = catalogue.get("xyzzy-plugh-plover").unwrap_err().to_string();
    assert!(error.contains("cargo xtask list"), "{error}");
    assert!(catalogue.get("0").is_err() && catalogue.get("").is_err());
}

#[test]
fn of_a_named_exercise_no_other_is_read() {
    let lab = small_lab();
    let other = lab.path().join("exercises/10-other");
    fs::create_dir(&other).unwrap();
    fs::write(other.join("exercise.toml"), "no data").unwrap();
    for asked in [
        "9",
        "09",
        "ex09-echo-iterative",
        "exercises/09-echo-iterative/",
    ] {
        let catalogue = Catalogue::load_one(lab.path(), asked).unwrap();
        assert_eq!(catalogue.get(asked).unwrap().id, "09-echo-iterative");
        assert_eq!(catalogue.entries.len(), 1, "{asked}");
    }
    let ids = Catalogue::ids(lab.path()).unwrap();
    assert_eq!(ids, ["09-echo-iterative", "10-other"]);
    for asked in ["10", "no such exercise"] {
        assert!(Catalogue::load_one(lab.path(), asked).is_err(), "{asked}");
    }
    fs::remove_dir_all(&other).unwrap();
    let all = Catalogue::load_one(lab.path(), "echo-itrative").unwrap();
    let error = all.get("echo-itrative").unwrap_err().to_string();
    assert!(error.contains("did you mean"), "{error}");
}

#[test]
fn a_folder_outside_any_lab_is_said_to_be_none() {
    let folder = tempfile::tempdir().unwrap();
    let error = Catalogue::find(folder.path()).unwrap_err().to_string();
    assert!(error.starts_with("no lab here"), "{error}");
}

#[test]
fn the_manifest_tells_programs_dependencies_and_lints() {
    let lab = small_lab();
    let entry = &Catalogue::load(lab.path()).unwrap().entries[0];
    assert_eq!(entry.programs[0].path, "src/main.rs");
    assert_eq!(entry.dependencies, ["sockets"]);
    assert_eq!(entry.allowed_lints, ["dead_code"]);
}

#[test]
fn data_without_a_flaw_has_none() {
    let lab = small_lab();
    assert_eq!(
        Catalogue::load(lab.path()).unwrap().flaws().unwrap(),
        Vec::<String>::new()
    );
}

#[test]
fn every_flaw_is_named() {
    for (from, to, flaw) in [
        ("points = 60", "points = 50", "add up to 90"),
        (
            "concepts = [\"eof\"]\nfiles",
            "concepts = [\"foo\"]\nfiles",
            "`foo` is not in",
        ),
        ("[\"a\", \"b\", \"c\"]", "[\"a\"]", "has 1 hints"),
        ("after = [\"echoes", "after = [\"ends", "no earlier check"),
        (
            "files = [\"src/server.rs\"]",
            "files = [\"src/other.rs\"]",
            "has no skeleton",
        ),
        (
            "ends_at_end_of_file",
            "echoes_a_line",
            "two checks are named",
        ),
        ("key = \"echo-iterative\"\n", "", "its key is \"\""),
        ("key = \"echo-", "key = \"Echo ", "its key is \"Echo "),
    ] {
        let text = EXERCISE.replacen(from, to, 1);
        assert_ne!(text, EXERCISE, "{from}");
        let lab = lab_with(&text);
        let flaws = Catalogue::load(lab.path())
            .unwrap()
            .flaws()
            .unwrap()
            .join("\n");
        assert!(flaws.contains(flaw), "{to}: {flaws}");
    }
}

#[test]
fn tests_and_data_are_held_against_each_other() {
    let lab = small_lab();
    let entry = &Catalogue::load(lab.path()).unwrap().entries[0];
    let listed = ["echoes_a_line".to_owned(), "extra".to_owned()];
    let found = entry.disagreements(&listed);
    assert_eq!(found.len(), 2);
    assert!(found[0].contains("no test is named ends_at_end_of_file"));
    assert!(found[1].contains("does not name the test extra"));
}

#[test]
fn no_two_exercises_have_the_same_key() {
    let lab = small_lab();
    for (path, text) in [
        ("exercise.toml", EXERCISE),
        ("Cargo.toml", MANIFEST),
        ("src/server.rs", "todo!();\n"),
    ] {
        let path = lab.path().join("exercises/10-echo-forking").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let flaws = Catalogue::load(lab.path()).unwrap().flaws().unwrap();
    let twice = "10-echo-forking: its key is that of 09-echo-iterative too";
    assert!(flaws.iter().any(|flaw| flaw == twice), "{flaws:?}");
}
