//! What a student's program can read and write.

use std::fs;
use std::path::{Path, PathBuf};

use jail::{Jail, Limits, UNAVAILABLE};

use crate::bench::{answer, bench, cells, open_to_all, output, places};

const NOT_THERE: &str = "No such file or directory (os error 2)";
const DENIED: &str = "Permission denied (os error 13)";
const READ_ONLY: &str = "Read-only file system (os error 30)";

#[test]
fn nothing_of_the_machine_exists_in_a_cell_but_what_was_asked_for() {
    let repository = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    for place in cells() {
        for path in [
            "/root",
            "/home",
            "/var/log",
            "/sys",
            "/.machine",
            repository,
        ] {
            let script = format!("ls -d {path}");
            let output = output(place.shell(&place.cell(), &script));
            assert!(!output.status.success(), "{place:?} {path} {output:?}");
        }
        let output = output(place.shell(&place.cell(), "ls -A /tmp /run /var/tmp /scratch"));
        let bench = bench().folder().file_name().unwrap().to_str().unwrap();
        let expected = format!("/run:\n\n/scratch:\n\n/tmp:\n{bench}\n\n/var/tmp:\n");
        assert_eq!(output.stdout, expected, "{place:?}");
    }
}

#[test]
fn a_jailed_program_reads_what_was_named_and_the_system() {
    let hidden = bench().scratch("hidden");
    fs::write(hidden.join("answer"), "42").unwrap();
    open_to_all(&hidden.join("answer"), 0o644);
    for place in places() {
        let attacker = bench().path("attacker");
        assert_eq!(
            place.attacked(&format!("read:{}", attacker.display())),
            "done"
        );
        assert_eq!(place.attacked("read:/etc/hosts"), "done", "{place:?}");
        assert_eq!(place.attacked("read:/proc/self/stat"), "done", "{place:?}");
    }
    for place in places() {
        // This jail names nothing: only the program itself is readable.
        let jail = Jail::new(place.tier).scratch(place.cell().scratch());
        let name = format!("read:{}", hidden.join("answer").display());
        let output = output(place.shell(&place.cell(), &place.attack(jail, &name)));
        assert_eq!(answer(&output.stdout), DENIED, "{place:?}");
    }
}

#[test]
fn writing_outside_the_scratch_folder_is_refused() {
    for place in places() {
        for path in ["/usr/x", "/etc/hosts", "/x", "/proc/self/comm"] {
            let answer = place.attacked(&format!("write:{path}"));
            assert!(
                [DENIED, READ_ONLY].contains(&&*answer),
                "{place:?} {path}: {answer}"
            );
        }
        let scratch = place.cell().scratch().join("written");
        let answer = place.attacked(&format!("write:{}", scratch.display()));
        assert_eq!(answer, "done", "{place:?}");
        assert_eq!(place.attacked("write:/dev/null"), "done", "{place:?}");
    }
}

/// Where a program may expect to write: a cell has one of its own, the machine's is closed.
#[test]
fn the_folder_of_temporary_files_is_the_programs_own() {
    for place in places() {
        let answer = place.attacked("write:/var/tmp/x");
        match place.tier.has_cell() {
            true => assert_eq!(answer, "done", "{place:?}"),
            false => assert_eq!(answer, DENIED, "{place:?}"),
        }
    }
    assert!(!Path::new("/var/tmp/x").exists());
}

/// What of the lab is mounted there is closed all the same.
#[test]
fn a_folder_of_temporary_files_with_the_lab_in_it_is_closed() {
    for place in cells() {
        let cell = place
            .cell()
            .read_only_at(bench().path("attacker"), "/var/tmp/lab/attacker");
        let output = output(place.shell(&cell, &place.attack(place.jail(), "write:/var/tmp/x")));
        assert_eq!(answer(&output.stdout), DENIED, "{place:?}");
    }
}

#[test]
fn the_judge_finds_the_system_read_only() {
    for place in cells() {
        for path in ["/usr/x", "/x", "/bin/x"] {
            let script = format!("touch {path}");
            let output = output(place.shell(&place.cell(), &script));
            assert!(!output.status.success(), "{place:?} {path}: {output:?}");
        }
    }
}

#[test]
fn the_scratch_folder_is_full_at_its_size() {
    for place in cells() {
        let cell = place.cell().scratch_size(4 << 20);
        let output = output(place.shell(&cell, &place.attack(place.jail(), "fill:/scratch/x")));
        let (written, error) = answer(&output.stdout).split_once(' ').unwrap();
        assert_eq!(error, "No space left on device (os error 28)", "{place:?}");
        assert_eq!(written.parse(), Ok(4 << 20), "{place:?}");
    }
}

#[test]
fn empty_files_fill_the_scratch_folder_too() {
    for place in cells() {
        let cell = place.cell().scratch_size(4 << 20);
        let output = output(place.shell(&cell, &place.attack(place.jail(), "many-files:/scratch")));
        let made: u32 = answer(&output.stdout).parse().unwrap();
        assert!((100..=1024).contains(&made), "{place:?}: {made}");
    }
}

#[test]
fn a_file_is_bounded_where_the_folder_is_not() {
    for place in places() {
        let limits = Limits {
            file_size: 1 << 20,
            ..Default::default()
        };
        let path = place.cell().scratch().join("large");
        let attack = place.attack(
            place.jail().limits(limits),
            &format!("fill:{}", path.display()),
        );
        let output = output(place.shell(&place.cell(), &format!("{attack}; echo $?")));
        // SIGXFSZ ends it.
        assert!(output.stdout.ends_with("153\n"), "{place:?}: {output:?}");
    }
}

#[test]
fn a_bind_may_be_elsewhere_and_writable() {
    let folder = bench().scratch("shared");
    for place in cells() {
        let cell = place
            .cell()
            .writable_at(&folder, "/lab/out")
            .read_only_at(&folder, "/lab/in");
        let script =
            "echo seen > /lab/out/note && cat /lab/in/note; echo x > /lab/in/note || echo refused";
        let output = output(place.shell(&cell, script));
        assert_eq!(output.stdout, "seen\nrefused\n", "{place:?}: {output:?}");
        fs::remove_file(folder.join("note")).unwrap();
    }
}

#[test]
fn what_cannot_be_bound_is_said() {
    for place in cells() {
        let cell = place.cell().read_only("/no/such/thing");
        let output = output(place.shell(&cell, "true"));
        assert_eq!(output.status.code(), Some(UNAVAILABLE));
        let expected = format!("cell: /no/such/thing: {NOT_THERE}\n");
        assert_eq!(output.stderr, expected);
    }
}

/// Two folders of the system, each with a file in it.
fn two_folders_of_the_system() -> Option<[PathBuf; 2]> {
    let file_in = |folder: PathBuf| {
        let files = fs::read_dir(folder).ok()?.flatten();
        let plain = |path: &PathBuf| fs::symlink_metadata(path).is_ok_and(|kind| kind.is_file());
        files.map(|entry| entry.path()).find(plain)
    };
    let folders = fs::read_dir("/usr/share").ok()?.flatten();
    let mut files = folders.filter_map(|entry| file_in(entry.path()));
    Some([files.next()?, files.next()?])
}

#[test]
fn a_folder_within_one_of_the_systems_can_be_hidden() {
    let Some([hidden, beside]) = two_folders_of_the_system() else {
        return;
    };
    let folder = hidden.parent().unwrap();
    for place in places() {
        let read = |path: &Path| {
            let attack = place.attack(
                place.jail().hide(folder),
                &format!("read:{}", path.display()),
            );
            let output = output(place.shell(&place.cell().hide(folder), &attack));
            answer(&output.stdout).to_owned()
        };
        assert!(
            [DENIED, NOT_THERE].contains(&&*read(&hidden)),
            "{place:?} {hidden:?}"
        );
        assert_eq!(read(&beside), "done", "{place:?} {beside:?}");
        assert_eq!(read(Path::new("/usr/bin/env")), "done", "{place:?}");
    }
}
