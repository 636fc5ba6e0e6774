//! Attacks by archives, which are refused one by one.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use zip::write::SimpleFileOptions;

use crate::class::{Class, LISTEN};
use crate::results::graded;
use crate::{alone, repository};

const SOURCE: &str = "04-listen/src/listen.rs";

fn zip(path: &Path, entries: &[(&str, &[u8])]) {
    let mut archive = zip::ZipWriter::new(File::create(path).unwrap());
    for (name, bytes) in entries {
        let options = SimpleFileOptions::default();
        archive.start_file(*name, options).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap();
}

/// Names and kinds as they are: the crate refuses to write some.
fn tar(path: &Path, entries: &[(&str, tar::EntryType, &[u8])]) {
    let mut archive = tar::Builder::new(File::create(path).unwrap());
    for (name, kind, bytes) in entries {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(*kind);
        header.set_size(bytes.len() as u64);
        header.set_mode(0o6777);
        if kind.is_symlink() || kind.is_hard_link() {
            header.set_link_name("/etc/shadow").unwrap();
        }
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_cksum();
        archive.append(&header, *bytes).unwrap();
    }
    archive.finish().unwrap();
}

/// One of each kind, and what is said of it.
const REFUSED: &[(&str, &str)] = &[
    ("bomb", "is larger than 1024 KiB"),
    ("tarbomb", "unpacks to more than 256 MiB"),
    ("nested", "is larger than 64 MiB"),
    ("up", "leads out of the archive"),
    ("root", "is an absolute path"),
    ("link", "is a link"),
    ("hardlink", "is a link"),
    ("device", "is neither a file nor a folder"),
    ("fifo", "is neither a file nor a folder"),
    ("twice", "is there twice"),
    ("Twins", "upper and lower case"),
    ("twins", "upper and lower case"),
    ("lines", "is no plain text"),
    ("windows", "has backslashes in its name"),
    ("damaged", "damaged.zip: "),
    ("cut", "cut.tar: "),
];

#[test]
fn malformed_archives_are_refused_one_by_one() {
    let _alone = alone();
    let class = Class::new();
    let solution = repository().join("solutions").join(SOURCE);
    let solution = fs::read(solution).unwrap();
    let at = |name: &str| class.path().join(name);
    let zeros = vec![0; 8 << 20];
    let regular = tar::EntryType::Regular;
    zip(&at("bomb.zip"), &[(SOURCE, &zeros)]);
    bomb(&at("tarbomb.tar"));
    zip(&at("nested.zip"), &[("inner.zip", &vec![0; 64 << 20])]);
    zip(&at("up.zip"), &[(&format!("../../{SOURCE}"), &solution)]);
    tar(
        &at("root.tar"),
        &[(&format!("/{SOURCE}"), regular, &solution)],
    );
    for (name, kind) in [
        ("link", tar::EntryType::Symlink),
        ("hardlink", tar::EntryType::Link),
        ("device", tar::EntryType::Char),
        ("fifo", tar::EntryType::Fifo),
    ] {
        tar(&at(&format!("{name}.tar")), &[(SOURCE, kind, b"")]);
    }
    let two = [(SOURCE, regular, &b"one"[..]), (SOURCE, regular, b"two")];
    tar(&at("twice.tar"), &two);
    for name in ["Twins.zip", "twins.zip"] {
        zip(&at(name), &[(SOURCE, &solution)]);
    }
    zip(&at("lines.zip"), &[(&format!("a\nb/{SOURCE}"), &solution)]);
    zip(
        &at("windows.zip"),
        &[(&SOURCE.replace('/', "\\"), &solution)],
    );
    fs::write(at("damaged.zip"), b"PK\x03\x04 and no more").unwrap();
    tar(&at("whole.tar"), &[(SOURCE, regular, &solution)]);
    let whole = fs::read(at("whole.tar")).unwrap();
    fs::write(at("cut.tar"), &whole[..700]).unwrap();
    fs::remove_file(at("whole.tar")).unwrap();
    zip(&at("z-honest.zip"), &[(SOURCE, &solution)]);

    let report = graded(&class, 1.0, &["--only", LISTEN]);
    let all = report.all();
    for (name, says) in REFUSED {
        let found = all
            .iter()
            .find(|one| one.name == *name && one.status() == "refused");
        let found = found.unwrap_or_else(|| panic!("{name} was taken: {:#}", report.0));
        found.says(says);
    }
    report.of("honest").passes();
    let places = [class.path(), Path::new("/")];
    for place in places.iter().chain(class.path().parent().iter()) {
        assert!(!place.join(SOURCE).exists(), "{}", place.display());
    }
}

/// Little that becomes much: a header says how long it is, and it is.
fn bomb(path: &Path) {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(tar::EntryType::Regular);
    header.set_size(300 << 20);
    header.set_mode(0o644);
    header.set_path("junk").unwrap();
    header.set_cksum();
    let mut file = File::create(path).unwrap();
    file.write_all(header.as_bytes()).unwrap();
    // Of the disk it takes nothing.
    file.set_len((300 << 20) + 2048).unwrap();
    io::Write::flush(&mut file).unwrap();
}
