//! `/etc` of a cell: the same on every machine as far as programs can tell.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::Path;

use super::mounts::{Access, bind, folder};
use crate::command::CellOptions;
use crate::fault::{During, Fault};

/// Taken from the machine where it has them: what the loader, the compilers
/// and the interpreters need to find their own parts.
const COPIED: [&str; 8] = [
    "ld.so.cache",
    "ld.so.conf",
    "ld-musl-x86_64.path",
    "ld-musl-aarch64.path",
    "localtime",
    "protocols",
    "gai.conf",
    "os-release",
];
const BOUND: [&str; 6] = [
    "alternatives",
    "ld.so.conf.d",
    "ssl",
    "pki",
    "java",
    "static",
];

/// Files above this size are no configuration that a program here needs.
const LARGEST_COPY: u64 = 1 << 20;

/// Names come from the files beside it, never from a server.
const NSSWITCH: &str = "\
passwd: files
group: files
hosts: files
networks: files
services: files
protocols: files
";

/// The services that the lecture names, and two of the lab's own whose numbers
/// nobody knows by heart. A small machine has no such file (`man 5 services`).
const SERVICES: &str = "\
echo 7/tcp
echo 7/udp
ssh 22/tcp
smtp 25/tcp mail
domain 53/tcp
domain 53/udp
http 80/tcp www
https 443/tcp
submissions 465/tcp smtps
lab-echo 4321/tcp
lab-calc 26640/tcp
";

/// Fills `/etc`; `old` is the machine's root. `uid` is who the student's program is.
pub(super) fn write(old: &Path, options: &CellOptions, uid: u32) -> Result<(), Fault> {
    let etc = Path::new("/etc");
    folder(etc)?;
    let users = format!(
        "root:x:0:0:root:/scratch:/bin/sh\n\
         student:x:{uid}:{uid}:student:/scratch:/bin/sh\n\
         nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n"
    );
    let groups = format!("root:x:0:\ntty:x:5:\nstudent:x:{uid}:\nnogroup:x:65534:\n");
    for (name, text) in [
        ("hosts", options.hosts.as_encoded_bytes()),
        ("host.conf", b"multi on\n"),
        ("hostname", b"lab\n"),
        ("nsswitch.conf", NSSWITCH.as_bytes()),
        ("resolv.conf", b""),
        ("services", SERVICES.as_bytes()),
        ("passwd", users.as_bytes()),
        ("group", groups.as_bytes()),
    ] {
        let at = etc.join(name);
        fs::write(&at, text).during(|| format!("write {}", at.display()))?;
    }
    for name in COPIED {
        copy(&old.join("etc").join(name), &etc.join(name))
            .during(|| format!("copy /etc/{name}"))?;
    }
    let bound = BOUND.into_iter().map(OsString::from);
    for name in bound.chain(of_java(&old.join("etc"))) {
        let from = old.join("etc").join(&name);
        if fs::symlink_metadata(&from).is_ok_and(|kind| kind.is_dir()) {
            bind(&from, &etc.join(&name), Access::Read)?;
        }
    }
    Ok(())
}

/// The folders of Debian's Java, without which it does not start: each version
/// has one, e.g. `java-17-openjdk`.
fn of_java(etc: &Path) -> Vec<OsString> {
    let all = fs::read_dir(etc).into_iter().flatten().flatten();
    let names = all.map(|entry| entry.file_name());
    names
        .filter(|name| name.as_encoded_bytes().starts_with(b"java-"))
        .collect()
}

fn copy(from: &Path, at: &Path) -> io::Result<()> {
    // A link into another part of the machine (localtime → /usr/share/…) is followed
    // where it leads inside the new root.
    match fs::symlink_metadata(from) {
        Ok(kind) if kind.is_symlink() => std::os::unix::fs::symlink(fs::read_link(from)?, at),
        Ok(kind) if kind.is_file() && kind.len() <= LARGEST_COPY => {
            let content = match fs::read(from) {
                Err(error) if error.kind() == io::ErrorKind::PermissionDenied => return Ok(()),
                content => content?,
            };
            fs::write(at, content)
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_java_is_each_version_and_nothing_else() {
        let etc = tempfile::tempdir().expect("a folder for the test");
        for name in ["java-17-openjdk", "java", "javascript-common", "ssl"] {
            fs::create_dir(etc.path().join(name)).expect("a folder in it");
        }
        assert_eq!(of_java(etc.path()), ["java-17-openjdk"]);
        assert!(of_java(&etc.path().join("missing")).is_empty());
    }
}
