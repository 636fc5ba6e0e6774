//! The same as an ordinary user, where root runs the tests: in a cell of a
//! user namespace, and without a cell.
//!
//! What root has, others cannot reach: the toolchain lies in root's home, and
//! what is built belongs to root. So the lab is run in a mount namespace in
//! which these folders are to be walked to, at the paths that they have, with
//! a copy of what is built that belongs to the user.

use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use crate::class::Class;
use crate::results::{self, Report};
use crate::{is_root, repository, target};

/// Makes the namespace and becomes nobody. Arguments: a folder for its own
/// use, the repository, cargo's home, rustup's home, the target, the command.
const BECOME_NOBODY: &str = r#"
set -e
own=$1; shift
mount --make-rprivate /
number=0
for folder in "$1" "$2" "$3" "$4"; do
    number=$((number + 1))
    mkdir -p "$own/$number"
    if [ $number = 4 ]; then from=$own/target; else from=$folder; fi
    mount --bind "$from" "$own/$number"
done
number=0
for folder in "$1" "$2" "$3" "$4"; do
    number=$((number + 1))
    closed=
    above=$folder
    while [ "$above" != / ]; do
        above=$(dirname "$above")
        case $(stat -c %A "$above") in *x|*t) ;; *) closed=$above ;; esac
    done
    # An empty folder takes the place of one that is closed.
    if [ -n "$closed" ]; then mount -t tmpfs -o mode=755 none "$closed"; fi
done
number=0
for folder in "$1" "$2" "$3" "$4"; do
    number=$((number + 1))
    mkdir -p "$folder"
    mount --bind "$own/$number" "$folder"
done
cd "$1"
shift 4
exec setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
"#;

/// A copy of what is built, for nobody.
pub struct Nobody {
    folder: TempDir,
}

impl Nobody {
    /// None where root does not run the tests, or no mount namespace is to be had.
    pub fn where_root_runs_the_tests() -> Option<Nobody> {
        if !is_root() {
            println!("all other tests were an ordinary user's");
            return None;
        }
        let possible = Command::new("unshare")
            .args(["-m", "mount", "--make-rprivate", "/"])
            .output()
            .is_ok_and(|output| output.status.success());
        if !possible || Command::new("setpriv").arg("--version").output().is_err() {
            println!("not tried as an ordinary user: no mount namespace, or no setpriv");
            return None;
        }
        let folder = tempfile::Builder::new()
            .prefix("lab-nobody-")
            .tempdir()
            .unwrap();
        let script = r#"
            set -e
            chmod 755 "$1"
            mkdir -p "$1/target/debug" "$1/reports"
            cd "$2"
            cp -a .rustc_info.json CACHEDIR.TAG "$1/target/" 2>/dev/null || true
            cp -a debug/.cargo-lock debug/.fingerprint debug/build debug/deps "$1/target/debug/"
            find debug -maxdepth 1 -type f -exec cp -a {} "$1/target/debug/" \;
            chown -R 65534:65534 "$1/target" "$1/reports"
        "#;
        let status = Command::new("sh")
            .args(["-c", script, "sh"])
            .args([folder.path(), &target()])
            .status();
        assert!(status.unwrap().success());
        Some(Nobody { folder })
    }

    /// Grades a class, as nobody.
    pub fn graded(&self, class: &Class, patience: f64, more: &[&str]) -> Report {
        let plain = results::command(class.path(), more);
        let home = |variable: &str, folder: &str| {
            std::env::var_os(variable).map_or_else(
                || PathBuf::from(std::env::var_os("HOME").unwrap()).join(folder),
                PathBuf::from,
            )
        };
        let (cargo, rustup) = (home("CARGO_HOME", ".cargo"), home("RUSTUP_HOME", ".rustup"));
        let output = Command::new("unshare")
            .args(["-m", "sh", "-c", BECOME_NOBODY, "sh"])
            .args([self.folder.path(), repository(), &cargo, &rustup, &target()])
            .arg(plain.get_program())
            .args(plain.get_args())
            .env("HOME", "/nonexistent")
            .env("CARGO_HOME", &cargo)
            .env("RUSTUP_HOME", &rustup)
            .env("CARGO_TARGET_DIR", target())
            .env("CARGO_NET_OFFLINE", "true")
            .env("LAB_PATIENCE", patience.to_string())
            .env_remove("TMPDIR")
            .output()
            .unwrap();
        class.mark.assert_nothing_is_left();
        let complaints = String::from_utf8_lossy(&output.stderr);
        println!("{complaints}");
        Report::read(&output.stdout, &complaints)
    }
}
