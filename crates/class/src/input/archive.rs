//! Unpacking with suspicion: nothing outside of the folder, no links and no devices,
//! bounded in everything, and only what an exercise asks for.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::path::{Component, Path, PathBuf};

use flate2::read::MultiGzDecoder;
use grader::catalogue::Catalogue;

/// The ends of names that tell an archive's kind.
pub(super) const KINDS: [&str; 4] = [".tar.gz", ".tgz", ".tar", ".zip"];

/// The largest source file that is unpacked, in bytes. The intake refuses it for
/// its size then; how large it would be is not found out.
const FILE: u64 = (1 << 20) + 1;

/// The largest archive within an archive, in bytes.
const NESTED: u64 = 64 << 20;

/// What unpacking an archive may come to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// How many entries it may have.
    entries: usize,
    /// How many bytes may be unpacked, in all.
    pub bytes: u64,
    /// Whether its folders are submissions of their own.
    is_class: bool,
}

impl Bounds {
    /// An archive of a whole class.
    pub const CLASS: Bounds = Bounds {
        entries: 1_000_000,
        bytes: 8 << 30,
        is_class: true,
    };
    /// An archive of one submission.
    pub const SUBMISSION: Bounds = Bounds {
        entries: 100_000,
        bytes: 256 << 20,
        is_class: false,
    };
}

/// Whether a file's name says that it is an archive.
pub fn is_archive(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name = name.to_lowercase();
    KINDS.iter().any(|kind| name.ends_with(kind))
}

/// Unpacks what is wanted of an archive into a folder. Gives what is refused, by
/// the first part of its path, with the reason.
///
/// # Errors
///
/// It is no archive, is damaged, or is too large.
pub(super) fn unpack(
    archive: &Path,
    into: &Path,
    catalogue: &Catalogue,
    bounds: Bounds,
) -> io::Result<BTreeMap<String, String>> {
    let mut unpacker = Unpacker {
        into,
        catalogue,
        bounds,
        entries: 0,
        bytes: 0,
        refused: BTreeMap::new(),
    };
    let name = archive.to_string_lossy().to_lowercase();
    let file = BufReader::new(File::open(archive)?);
    if name.ends_with(".zip") {
        unpacker.zip(file)?;
    } else if name.ends_with(".tar") {
        unpacker.tar(file)?;
    } else {
        unpacker.tar(MultiGzDecoder::new(file))?;
    }
    Ok(unpacker.refused)
}

struct Unpacker<'a> {
    into: &'a Path,
    catalogue: &'a Catalogue,
    bounds: Bounds,
    entries: usize,
    bytes: u64,
    refused: BTreeMap<String, String>,
}

/// What an entry of an archive is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Folder,
    File,
    Link,
    Other,
}

impl Unpacker<'_> {
    fn zip(&mut self, file: impl Read + io::Seek) -> io::Result<()> {
        let mut archive = zip::ZipArchive::new(file)?;
        for index in 0..archive.len() {
            self.count()?;
            let mut entry = match archive.by_index(index) {
                Ok(entry) => entry,
                Err(error) => return Err(io::Error::other(error.to_string())),
            };
            let kind = if entry.is_dir() {
                Kind::Folder
            } else if entry.is_symlink() {
                Kind::Link
            } else {
                Kind::File
            };
            let name = entry.name().to_owned();
            self.entry(&name, kind, &mut entry)?;
        }
        Ok(())
    }

    fn tar(&mut self, file: impl Read) -> io::Result<()> {
        // Everything is read, wanted or not: all of it counts.
        let most = self.bounds.bytes;
        let mut bounded = file.take(most);
        let walked = self.walk(&mut bounded);
        if bounded.limit() == 0 {
            return Err(too_much(most));
        }
        walked
    }

    fn walk(&mut self, file: impl Read) -> io::Result<()> {
        let mut archive = tar::Archive::new(file);
        for entry in archive.entries()? {
            self.count()?;
            let mut entry = entry?;
            let kind = entry.header().entry_type();
            let kind = if kind.is_dir() {
                Kind::Folder
            } else if kind.is_file() || kind.is_contiguous() {
                Kind::File
            } else if kind.is_symlink() || kind.is_hard_link() {
                Kind::Link
            } else if kind.is_pax_global_extensions() {
                continue;
            } else {
                Kind::Other
            };
            let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            self.entry(&name, kind, &mut entry)?;
        }
        Ok(())
    }

    fn count(&mut self) -> io::Result<()> {
        self.entries += 1;
        if self.entries > self.bounds.entries {
            let most = self.bounds.entries;
            return Err(io::Error::other(format!("it has more than {most} entries")));
        }
        Ok(())
    }

    fn entry(&mut self, name: &str, kind: Kind, content: &mut dyn Read) -> io::Result<()> {
        let path = match inside(name) {
            Ok(path) => path,
            Err(why) => {
                self.refuse(name, why);
                return Ok(());
            }
        };
        let of_programs = |part: Component<'_>| {
            let part = part.as_os_str().to_string_lossy();
            part.starts_with('.') || part == "__MACOSX" || part == "target"
        };
        if path.components().any(of_programs) {
            return Ok(());
        }
        let most = match kind {
            Kind::Folder => {
                self.show(&path);
                return Ok(());
            }
            _ if is_archive(&path) => NESTED,
            _ if self.is_wanted(&path) => FILE,
            _ => {
                // Not every archive names its folders.
                self.show(path.parent().unwrap_or(Path::new("")));
                return Ok(());
            }
        };
        match kind {
            Kind::Link => self.refuse(name, "is a link; links are not followed"),
            Kind::Other => self.refuse(name, "is neither a file nor a folder"),
            Kind::Folder | Kind::File => self.write(name, &path, most, content)?,
        }
        Ok(())
    }

    /// Makes the folder of a submission: a student who handed in nothing that counts is
    /// seen.
    fn show(&self, inside: &Path) {
        if self.bounds.is_class {
            let folder: PathBuf = inside.components().take(1).collect();
            // Where a file lies in its place, that is told.
            let _ = fs::create_dir_all(self.into.join(folder));
        }
    }

    fn write(
        &mut self,
        name: &str,
        path: &Path,
        most: u64,
        content: &mut dyn Read,
    ) -> io::Result<()> {
        let place = self.into.join(path);
        if let Some(folder) = place.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut file = match File::create_new(&place) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                self.refuse(name, "is there twice");
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        let written = io::copy(&mut content.take(most), &mut file)?;
        self.bytes += written;
        if self.bytes > self.bounds.bytes {
            return Err(too_much(self.bounds.bytes));
        }
        if most == NESTED && written == NESTED {
            self.refuse(name, "is larger than 64 MiB");
        }
        Ok(())
    }

    /// Whether an exercise asks for a file at the end of this path.
    fn is_wanted(&self, path: &Path) -> bool {
        self.catalogue.entries.iter().any(|entry| {
            let mut files = entry.data.files.iter();
            files.any(|file| path.ends_with(Path::new(&entry.id).join(file)))
        })
    }

    /// Refuses the submission that an entry belongs to. The first reason counts.
    fn refuse(&mut self, name: &str, why: &str) {
        let first = name
            .split('/')
            .find(|part| !part.is_empty() && *part != "..");
        let first = printable(first.unwrap_or(name));
        let name = printable(name);
        self.refused
            .entry(first)
            .or_insert_with(|| format!("{name} {why}"));
    }
}

/// A name with escapes for what cannot be printed; an apostrophe can.
fn printable(name: &str) -> String {
    name.escape_debug().to_string().replace("\\'", "'")
}

fn too_much(most: u64) -> io::Error {
    io::Error::other(format!("it unpacks to more than {} MiB", most >> 20))
}

/// The path of an entry, if it stays within the folder and can be printed.
fn inside(name: &str) -> Result<PathBuf, &'static str> {
    if name.contains(|c: char| c.is_control() || c == '\u{fffd}') {
        return Err("is no plain text");
    }
    let mut path = PathBuf::new();
    for component in Path::new(name).components() {
        match component {
            Component::Normal(part) => path.push(part),
            Component::CurDir => {}
            Component::ParentDir => return Err("leads out of the archive"),
            Component::RootDir | Component::Prefix(_) => return Err("is an absolute path"),
        }
    }
    // Written on Windows by programs that do not know better.
    if name.contains('\\') {
        return Err("has backslashes in its name");
    }
    Ok(path)
}
