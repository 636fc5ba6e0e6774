//! Attacks by what lies in a submission's folder.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use nix::sys::stat::{Mode, SFlag, makedev, mknod};

use crate::class::{Class, ITERATIVE};
use crate::results::graded;
use crate::{alone, is_root, repository};

/// A submission whose source is made by `make`, at its place.
fn source(class: &Class, name: &str, make: impl FnOnce(&Path)) {
    let folder = class.path().join(name).join(ITERATIVE).join("src");
    fs::create_dir_all(&folder).unwrap();
    make(&folder.join("server.rs"));
}

fn solution() -> PathBuf {
    repository()
        .join("solutions")
        .join(ITERATIVE)
        .join("src/server.rs")
}

/// Names without the number that a class gives.
const REFUSED: &[(&str, &str)] = &[
    ("x-link", "src/server.rs is a link"),
    ("x-linked-folder", "src is a link"),
    ("x-folder", "is a folder, not a file"),
    ("x-fifo", "is a fifo, not a file"),
    ("x-socket", "is a socket, not a file"),
    ("x-latin-1", "is not UTF-8 text"),
    ("x-nul", "holds NUL bytes"),
    ("x-large", "is larger than 1024 KiB"),
    ("x-itself-a-link", "is a link; links are not followed"),
];

#[test]
fn what_is_no_source_is_refused_by_name() {
    let _alone = alone();
    let mut class = Class::new();
    source(&class, "x-link", |path| symlink(solution(), path).unwrap());
    let folder = class.path().join("x-linked-folder").join(ITERATIVE);
    fs::create_dir_all(&folder).unwrap();
    symlink(solution().parent().unwrap(), folder.join("src")).unwrap();
    source(&class, "x-folder", |path| fs::create_dir(path).unwrap());
    source(&class, "x-fifo", |path| {
        nix::unistd::mkfifo(path, Mode::S_IRWXU).unwrap();
    });
    source(&class, "x-socket", |path| {
        drop(UnixListener::bind(path).unwrap())
    });
    source(&class, "x-latin-1", |path| {
        fs::write(path, b"// caf\xe9\n").unwrap()
    });
    source(&class, "x-nul", |path| fs::write(path, b"//\0\n").unwrap());
    source(&class, "x-large", |path| {
        let file = fs::File::create(path).unwrap();
        file.set_len(100 << 20).unwrap();
    });
    symlink(
        repository().join("solutions"),
        class.path().join("x-itself-a-link"),
    )
    .unwrap();
    let mut refused = REFUSED.to_vec();
    if is_root() {
        let device = SFlag::S_IFCHR;
        source(&class, "x-device", |path| {
            mknod(path, device, Mode::S_IRUSR, makedev(1, 5)).unwrap();
        });
        refused.push(("x-device", "is a device, not a file"));
    } else {
        source(&class, "x-closed", |path| {
            fs::write(path, "").unwrap();
            fs::set_permissions(path, fs::Permissions::from_mode(0o000)).unwrap();
        });
        refused.push(("x-closed", "cannot be read: Permission denied"));
    }
    // Names that would upset a terminal, a shell or a table; of the last five
    // none can be shown as it is.
    for name in [
        &b"-rf"[..],
        b"--help",
        b"$(reboot)",
        b"two\nlines",
        b"\x1b[2J",
        b"no \xff text",
        "\u{202e}gnorw".as_bytes(),
        "two\u{2028}lines".as_bytes(),
    ] {
        let folder = class.path().join(OsStr::from_bytes(name));
        fs::create_dir_all(folder.join(ITERATIVE).join("src")).unwrap();
        // Around the source, names of the same kind: nobody looks at them.
        fs::write(folder.join(OsStr::from_bytes(name)), "").unwrap();
        let source = folder.join(ITERATIVE).join("src/server.rs");
        fs::write(source, "not a program").unwrap();
    }
    class.honest(ITERATIVE);
    let report = graded(&class, 1.0, &["--only", "09"]);
    let all = report.all();
    let status = |name: &str| {
        let whole = |result: &&crate::results::Result<'_>| result.name == name;
        all.iter().find(whole).unwrap_or_else(|| panic!("{name}"))
    };
    for (name, says) in refused {
        // The report's names go on behind the first `-`.
        let result = status(name.trim_start_matches("x-"));
        result.assert(result.status() == "refused", "was taken");
        result.says(says);
    }
    status("$(reboot)").does_not_build();
    for name in ["rf", "-help"] {
        let result = status(name);
        result.assert(result.status() == "refused", "was taken");
        result.says("begins with a dash; rename it");
    }
    for name in [
        "two\\nlines",
        "\\u{1b}[2J",
        "no \u{fffd} text",
        "\\u{202e}gnorw",
        "two\\u{2028}lines",
    ] {
        let result = status(name);
        result.assert(result.status() == "refused", "was taken");
        result.says("is no plain text; rename it");
    }
    report.assert_the_honest_are_untouched();
}
