use small_lab::Lab;

use super::*;

const DATA: &str = "exercises/01-one/exercise.toml";

#[test]
fn an_exercise_answers_to_its_number_and_its_names() {
    let lab = Lab::new();
    let catalogue = Catalogue::find(&lab.path("exercises/01-one")).unwrap();
    for asked in ["1", "01", "01-one", "one", "exercises/01-one/"] {
        assert_eq!(catalogue.get(asked).unwrap().id, "01-one", "{asked}");
    }
}

#[test]
fn an_unknown_exercise_is_answered_with_the_nearest() {
    let lab = Lab::new();
    let catalogue = Catalogue::load(lab.root()).unwrap();
    let error = catalogue.get("onne").unwrap_err().to_string();
    assert!(error.contains("did you mean `01-one`"), "{error}");
    let error = catalogue.get("xyzzy-plugh-plover").unwrap_err().to_string();
    assert!(error.contains("cargo xtask list"), "{error}");
    assert!(catalogue.get("0").is_err() && catalogue.get("").is_err());
}

#[test]
fn of_a_named_exercise_no_other_is_read() {
    let lab = Lab::new();
    lab.write("exercises/02-two/exercise.toml", "no data");
    for asked in ["1", "01", "ex01-one", "exercises/01-one/"] {
        let catalogue = Catalogue::load_one(lab.root(), asked).unwrap();
        assert_eq!(catalogue.get(asked).unwrap().id, "01-one");
        assert_eq!(catalogue.entries.len(), 1, "{asked}");
    }
    let ids = Catalogue::ids(lab.root()).unwrap();
    assert_eq!(ids, ["01-one", "02-two"]);
    for asked in ["02", "no such exercise"] {
        assert!(Catalogue::load_one(lab.root(), asked).is_err(), "{asked}");
    }
    std::fs::remove_dir_all(lab.path("exercises/02-two")).unwrap();
    let all = Catalogue::load_one(lab.root(), "onne").unwrap();
    let error = all.get("onne").unwrap_err().to_string();
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
    let lab = Lab::new();
    let bin = "[[bin]]";
    let more = "[lints.rust]\ndead_code = \"allow\"\n[dependencies]\nsockets.workspace = true\n";
    let manifest = "exercises/01-one/Cargo.toml";
    lab.edit(manifest, bin, &format!("{more}{bin}"));
    let entry = &Catalogue::load(lab.root()).unwrap().entries[0];
    assert_eq!(entry.programs[0].path, "src/main.rs");
    assert_eq!(entry.dependencies, ["sockets"]);
    assert_eq!(entry.allowed_lints, ["dead_code"]);
}

#[test]
fn data_without_a_flaw_has_none() {
    let lab = Lab::new();
    assert_eq!(
        Catalogue::load(lab.root()).unwrap().flaws().unwrap(),
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
        (
            "[\"vague\", \"clearer\", \"plain\"]",
            "[\"vague\"]",
            "has 1 hints",
        ),
        (
            "requirement = \"1\"",
            "requirement = \"1\"\nafter = [\"one\"]",
            "no earlier check",
        ),
        (
            "files = [\"src/main.rs\"]",
            "files = [\"src/other.rs\"]",
            "has no skeleton",
        ),
        ("name = \"one\"", "name = \"zero\"", "two checks are named"),
        ("key = \"one\"\n", "", "its key is \"\""),
        ("key = \"one\"", "key = \"One \"", "its key is \"One "),
        ("key = \"one\"", "key = \"two\"", "is that of 01-one too"),
    ] {
        let lab = Lab::new();
        lab.edit(DATA, from, to);
        let flaws = Catalogue::load(lab.root())
            .unwrap()
            .flaws()
            .unwrap()
            .join("\n");
        assert!(flaws.contains(flaw), "{to}: {flaws}");
    }
}

#[test]
fn tests_and_data_are_held_against_each_other() {
    let lab = Lab::new();
    let entry = &Catalogue::load(lab.root()).unwrap().entries[0];
    let listed = ["zero", "beyond", "extra"].map(str::to_owned);
    let found = entry.disagreements(&listed);
    assert_eq!(found.len(), 2);
    assert!(found[0].contains("no test is named one"));
    assert!(found[1].contains("does not name the test extra"));
}
