//! The small lab, in which a shell script stands for cargo and another for the checks, so
//! that what is tried is the command line alone, within a second. A program is a text;
//! a check passes if its name stands in it.

use std::fs;
use std::ops::Deref;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use assert_cmd::Command;
use assert_cmd::assert::Assert;
use small_lab::Lab;

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

/// A lab of two exercises.
pub struct Scripted(Lab);

impl Deref for Scripted {
    type Target = Lab;

    fn deref(&self) -> &Lab {
        &self.0
    }
}

impl Scripted {
    /// Nothing is written yet; as students get it, but with the solutions.
    pub fn new() -> Scripted {
        let lab = Scripted(Lab::below(Path::new(env!("CARGO_TARGET_TMPDIR"))));
        for (id, name) in [("01-one", "one"), ("02-two", "two")] {
            lab.write(
                &format!("exercises/{id}/tests/checks.rs"),
                "// the checks\n",
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

    pub fn program(&self, path: &str, text: &str) {
        self.write(path, text);
        fs::set_permissions(self.path(path), fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// What the student writes for the first exercise.
    pub fn save(&self, text: &str) {
        self.write("exercises/01-one/src/main.rs", text);
    }

    pub fn xtask(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.path("target/debug/xtask"));
        command
            .current_dir(self.root())
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
}
