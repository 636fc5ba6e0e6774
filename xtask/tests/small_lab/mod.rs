//! A small lab in which a shell script stands for cargo and another for the checks, so
//! that what is tried is the command line alone, within a second. A program is a text;
//! a check passes if its name stands in it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use assert_cmd::Command;
use assert_cmd::assert::Assert;
use tempfile::TempDir;

const CARGO: &str = r#"#!/bin/sh
echo started >> cargo.log
artifact() {
    printf '{"reason":"compiler-artifact","package_id":"path+file:///lab/%s@0.1.0",' "$1"
    printf '"target":{"name":"%s","kind":["%s"]},"filenames":[],' "$2" "$3"
    printf '"executable":"%s/target/debug/%s","fresh":true}\n' "$PWD" "$4"
}
artifact jail#jail jail bin jail
artifact jail#jail cell bin cell
status=0
for id in 01-one 02-two; do
    name=${id#*-}
    artifact checks#checks "ex$id" test "checks-$name"
    source=exercises/$id/src/main.rs
    case " $* " in *" --bin $name "*) ;; *) continue ;; esac
    if grep -q BROKEN "$source"; then
        printf '{"reason":"compiler-message","package_id":"path+file:///lab/x#ex%s@0.1.0",' "$id"
        printf '"target":{"name":"%s","kind":["bin"]},' "$name"
        printf '"message":{"rendered":"error: it is BROKEN\\n --> %s:1:1\\n"}}\n' "$source"
        echo "error: could not compile \`ex$id\` (bin \"$name\") due to 1 previous error" >&2
        status=101
        continue
    fi
    program=target/debug/$name
    if ! cmp -s "$source" "$program"; then
        cp "$source" "$program.new" && chmod +x "$program.new" && mv "$program.new" "$program"
    fi
    echo "$PWD/$program: $PWD/$source" > "$program.d"
    artifact "x#ex$id" "$name" bin "$name"
    if [ -e saved-meanwhile ]; then
        cp saved-meanwhile "$source"
    fi
done
exit $status
"#;

const CHECKS: &str = r#"#!/bin/sh
if [ "$1" = --list ]; then
    printf 'zero: test\none: test\nbeyond: test\n'
    exit
fi
tell() { printf '{"verdict":"%s","story":"What happened instead\\n  no %s"}' "$1" "$2" > "$LAB_STORY"; }
if grep -q UNSURE "$PROGRAM"; then
    tell ungraded "$2"
    exit 70
fi
grep -q "$2" "$PROGRAM" && exit
tell failed "$2"
exit 101
"#;

/// Without isolation, whatever is asked for.
const CELL: &str = r#"#!/bin/sh
[ "$2" = none ] || exit 1
while [ "$1" != -- ]; do shift; done
shift
exec "$@"
"#;

/// What says which compiler it is.
pub const RUSTC: &str = r#"#!/bin/sh
echo "rustc 1.85.0"
echo "host: x86_64-unknown-linux-gnu"
"#;

const EXERCISE: &str = r#"
concepts = []
files = ["src/main.rs"]
[[check]]
name = "zero"
requirement = "1"
points = 60
concepts = []
shows = "It does."
hints = ["vague", "clearer", "plain"]
[[check]]
name = "one"
requirement = "2"
points = 40
concepts = []
shows = "It does more."
hints = ["a vague one", "a clearer one", "a plain one"]
[[check]]
name = "beyond"
requirement = "3"
points = 5
level = "advanced"
concepts = []
shows = "It does all."
hints = ["vague", "clearer", "plain"]
"#;

/// What the exercises are handed out as.
pub const SKELETON: &str = "todo!(\"say what it does\");\n";

/// A lab of two exercises.
pub struct Lab(pub TempDir);

impl Lab {
    /// Nothing is written yet; as students get it, but with the solutions.
    pub fn new() -> Lab {
        let lab = Lab(tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap());
        lab.write("Cargo.toml", "[workspace]\n");
        lab.write("Cargo.lock", "version = 4\n");
        lab.write("crates/checks/src/lib.rs", "//! Nothing.\n");
        lab.write(
            "exercises/parts.toml",
            "1 = \"First things\"\n2 = \"More\"\n",
        );
        for (id, name, part) in [("01-one", "one", 1), ("02-two", "two", 2)] {
            let folder = format!("exercises/{id}");
            let head = format!(
                "title = \"Number {name}\"\nkey = \"{name}\"\npart = {part}\nprograms = [\"{name}\"]"
            );
            lab.write(
                &format!("{folder}/exercise.toml"),
                &format!("{head}{EXERCISE}"),
            );
            let manifest = format!("[[bin]]\nname = \"{name}\"\npath = \"src/main.rs\"\n");
            lab.write(&format!("{folder}/Cargo.toml"), &manifest);
            lab.write(&format!("{folder}/tests/checks.rs"), "// the checks\n");
            lab.write(&format!("{folder}/src/main.rs"), SKELETON);
            lab.write(
                &format!("solutions/{id}/src/main.rs"),
                "// <student: say what it does>\nzero one beyond\n// </student>\n",
            );
            let checks = CHECKS.replace("$PROGRAM", &format!("$CARGO_BIN_EXE_{name}"));
            lab.program(&format!("target/debug/checks-{name}"), &checks);
        }
        lab.program("bin/cargo", CARGO);
        lab.program("bin/rustc", RUSTC);
        lab.program("target/debug/cell", CELL);
        lab.program("target/debug/jail", "#!/bin/sh\nexit 1\n");
        // It looks for the others, and for the records, around itself.
        fs::hard_link(env!("CARGO_BIN_EXE_xtask"), lab.path("target/debug/xtask")).unwrap();
        lab
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    pub fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn program(&self, path: &str, text: &str) {
        self.write(path, text);
        fs::set_permissions(self.path(path), fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// What the student writes for the first exercise.
    pub fn save(&self, text: &str) {
        self.write("exercises/01-one/src/main.rs", text);
    }

    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    pub fn xtask(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.path("target/debug/xtask"));
        command
            .current_dir(self.0.path())
            .env("CARGO", self.path("bin/cargo"))
            .env("RUSTC", self.path("bin/rustc"))
            .env_remove("LAB_PATIENCE")
            .args(arguments);
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Assert {
        self.xtask(arguments).assert()
    }

    /// How often cargo was started so far.
    pub fn builds(&self) -> usize {
        fs::read_to_string(self.path("cargo.log")).map_or(0, |log| log.lines().count())
    }

    pub fn backups(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.path(".lab/backups"))
            .into_iter()
            .flatten();
        let mut found: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        found.retain(|path| path.is_dir());
        found
    }
}
