//! Unpacking with suspicion: nothing outside of the folder, no links and no devices,
//! bounded in everything, and only what an exercise asks for.

use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::path::{Component, Path, PathBuf};

use flate2::read::MultiGzDecoder;
use grader::catalogue::Catalogue;
use zip::result::ZipError;

use super::refused::{Refused, printable};

/// The ends of names that tell an archive's kind.
pub(super) const KINDS: [&str; 4] = [".tar.gz", ".tgz", ".tar", ".zip"];

/// The largest source file that is unpacked, in bytes. The intake refuses it for
/// its size then; how large it would be is not found out.
const FILE: u64 = (1 << 20) + 1;

/// The largest archive within an archive, in bytes.
const NESTED: u64 = 64 << 20;

/// The longest path in an archive, and the longest part of one, in bytes: Linux takes no
/// longer ones (`man 7 path_resolution`), and the folder around it has some of it.
const LONGEST_PATH: usize = 2048;
const LONGEST_PART: usize = 255;

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

/// Unpacks what is wanted of an archive into a folder. Gives what is refused.
///
/// # Errors
///
/// It is no archive, is damaged, or is too large.
pub(super) fn unpack(
    archive: &Path,
    into: &Path,
    catalogue: &Catalogue,
    bounds: Bounds,
) -> io::Result<Refused> {
    let mut unpacker = Unpacker {
        into,
        catalogue,
        bounds,
        entries: 0,
        bytes: 0,
        refused: Refused::default(),
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
    refused: Refused,
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
        let mut archive = zip::ZipArchive::new(file).map_err(|error| match error {
            // Where it is cut off, the list of what is in it is missing.
            ZipError::InvalidArchive(_) => {
                io::Error::other("it is no zip archive, or a damaged one")
            }
            error => error.into(),
        })?;
        for index in 0..archive.len() {
            self.count()?;
            // What is locked or packed in another way spoils itself alone, and only where
            // somebody asks for it.
            let locked = archive.by_index(index).err().map(|error| error.to_string());
            let mut entry = match locked {
                None => archive.by_index(index)?,
                Some(_) => archive.by_index_raw(index)?,
            };
            let kind = if entry.is_dir() {
                Kind::Folder
            } else if entry.is_symlink() {
                Kind::Link
            } else {
                Kind::File
            };
            let name = entry.name().to_owned();
            let taken = match locked {
                None => self.entry(&name, kind, &mut entry),
                Some(why) => self.entry(&name, kind, &mut Locked(why)),
            };
            match taken {
                Err(error) if self.is_damage(&error) => {
                    self.refuse(&name, &format!("cannot be unpacked: {error}"));
                }
                taken => taken?,
            }
        }
        Ok(())
    }

    /// Whether an error is an entry's own, and neither the machine's nor the sum of all.
    fn is_damage(&self, error: &io::Error) -> bool {
        self.bytes <= self.bounds.bytes && super::is_damage(error)
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

    /// Makes the folder of a submission, and one in it (there may be a folder around all
    /// submissions): a student who handed in nothing that counts is seen.
    fn show(&self, inside: &Path) {
        if self.bounds.is_class {
            let parts = inside.components().take(2);
            // An exercise of which nothing was taken is not there.
            let folder: PathBuf = parts.take_while(|part| !self.is_exercise(*part)).collect();
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
        let folder = place.parent().map_or(Ok(()), fs::create_dir_all);
        let mut file = match folder.and_then(|()| File::create_new(&place)) {
            Ok(file) => file,
            Err(error) if is_taken(&error) => {
                self.refuse(name, "is there twice");
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        let copied = io::copy(&mut content.take(most), &mut file);
        // What was unpacked before the damage counts too.
        self.bytes += file.metadata()?.len();
        if copied.is_err() {
            fs::remove_file(&place)?;
        }
        let written = copied?;
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

    fn is_exercise(&self, part: Component<'_>) -> bool {
        let mut entries = self.catalogue.entries.iter();
        entries.any(|entry| part.as_os_str() == entry.id.as_str())
    }

    /// Refuses the submission that an entry belongs to. The first reason counts.
    fn refuse(&mut self, name: &str, why: &str) {
        let shown = printable(name);
        self.refused.add(name, format!("{shown} {why}"));
    }
}

/// What says in place of its bytes why they cannot be had.
struct Locked(String);

impl Read for Locked {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::Error::other(self.0.clone()))
    }
}

/// Whether a place has something already: the file, or a file where a folder should be.
fn is_taken(error: &io::Error) -> bool {
    use io::ErrorKind::{AlreadyExists, IsADirectory, NotADirectory};
    matches!(error.kind(), AlreadyExists | IsADirectory | NotADirectory)
}

fn too_much(most: u64) -> io::Error {
    io::Error::other(format!("it unpacks to more than {} MiB", most >> 20))
}

/// The path of an entry, if it stays within the folder and can be printed.
fn inside(name: &str) -> Result<PathBuf, &'static str> {
    if name.contains(|c: char| c.is_control() || c == '\u{fffd}') {
        return Err("is no plain text");
    }
    let mut parts = name.split('/');
    if name.len() > LONGEST_PATH || parts.any(|part| part.len() > LONGEST_PART) {
        return Err("has too long a name");
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
