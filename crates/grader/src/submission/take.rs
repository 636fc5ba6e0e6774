//! Taking the named files of one exercise, and nothing else.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Component, Path};

use nix::errno::Errno;
use nix::fcntl::{AtFlags, OFlag, openat};
use nix::sys::stat::{FileStat, Mode, SFlag, fstat, fstatat};

use super::{Place, Submission};
use crate::catalogue::Entry;

/// The largest file that is taken, in bytes.
const LARGEST: u64 = 1 << 20;

/// What taking an exercise's files came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Intake {
    /// Every file, by its path in the exercise's folder; UTF-8, with `\n` at
    /// the line ends and without a byte order mark.
    Taken(BTreeMap<String, String>),
    /// Not handed in, or not whole; the text says what is not there.
    Missing(String),
    /// Something that is not taken; the text names it and says why.
    Refused(String),
}

impl Submission {
    /// Takes the files that an exercise asks for.
    ///
    /// # Errors
    ///
    /// The submission's own folder cannot be opened.
    pub fn take(&self, entry: &Entry) -> io::Result<Intake> {
        if let Some(reason) = &self.refused {
            return Ok(Intake::Refused(reason.clone()));
        }
        let mut found = Vec::new();
        let mut loose = None;
        for place in &self.places {
            let base = OwnedFd::from(File::open(&place.base)?);
            match walk(base.as_fd(), &place.inside.join(&entry.id)) {
                Ok(folder) => found.push((place, folder)),
                Err(Trouble::Absent) => loose = loose.or_else(|| place.loose(&base, entry)),
                Err(Trouble::Refused(at, why)) => return Ok(refusal(&at, &why)),
            }
        }
        if found.len() > 1 {
            let found = found.iter().map(|(place, _)| place.shown(entry));
            let found: Vec<String> = found.collect();
            let why = format!(
                "was handed in {} times ({}); leave the one that counts",
                found.len(),
                found.join(", ")
            );
            return Ok(refusal(&entry.id, &why));
        }
        let Some((_, folder)) = found.pop() else {
            let missing = format!("no folder {}{}", entry.id, loose.unwrap_or_default());
            return Ok(Intake::Missing(missing));
        };
        let mut taken = BTreeMap::new();
        let mut absent = Vec::new();
        for file in &entry.data.files {
            match text_of(folder.as_fd(), file) {
                Ok(text) => {
                    taken.insert(file.clone(), text);
                }
                Err(Trouble::Absent) => absent.push(file.as_str()),
                Err(Trouble::Refused(at, why)) => {
                    return Ok(refusal(&format!("{}/{at}", entry.id), &why));
                }
            }
        }
        if absent.is_empty() {
            return Ok(Intake::Taken(taken));
        }
        Ok(Intake::Missing(format!(
            "no {} in {}{}",
            absent.join(", "),
            entry.id,
            misplaced(folder.as_fd(), &absent, "").unwrap_or_default()
        )))
    }
}

impl Place {
    /// The path of an exercise, for people to read.
    fn shown(&self, entry: &Entry) -> String {
        self.inside.join(&entry.id).display().to_string()
    }

    /// A file of an exercise that lies where its folder should be.
    fn loose(&self, base: &OwnedFd, entry: &Entry) -> Option<String> {
        let folder = walk(base.as_fd(), &self.inside).ok()?;
        let files: Vec<&str> = entry.data.files.iter().map(String::as_str).collect();
        misplaced(folder.as_fd(), &files, &format!("{}/", entry.id))
    }
}

fn refusal(at: &str, why: &str) -> Intake {
    Intake::Refused(format!("{at} {why}"))
}

/// Why a path did not lead to a file.
enum Trouble {
    Absent,
    /// Where, and why: the two read as one sentence.
    Refused(String, String),
}

/// Walks down folders without following links.
fn walk(from: impl AsFd, path: &Path) -> Result<OwnedFd, Trouble> {
    let mut folder = from
        .as_fd()
        .try_clone_to_owned()
        .map_err(|error| Trouble::Refused(path.display().to_string(), error.to_string()))?;
    let mut walked = String::new();
    for part in path.components() {
        let Component::Normal(name) = part else {
            continue;
        };
        if !walked.is_empty() {
            walked.push('/');
        }
        walked.push_str(&name.to_string_lossy());
        let found = look(&folder, Path::new(name), &walked)?;
        if kind(&found) != SFlag::S_IFDIR {
            return Err(Trouble::Refused(walked, not_a("folder", &found)));
        }
        let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        folder = openat(&folder, name, flags, Mode::empty())
            .map_err(|errno| cannot_read(&walked, errno))?;
    }
    Ok(folder)
}

/// The text of one file under an open folder.
fn text_of(folder: impl AsFd, file: &str) -> Result<String, Trouble> {
    let refused = |why: String| Trouble::Refused(file.to_owned(), why);
    let path = Path::new(file);
    let parent = walk(folder, path.parent().unwrap_or(Path::new("")))?;
    let name = Path::new(path.file_name().unwrap_or_default());
    let found = look(&parent, name, file)?;
    if kind(&found) != SFlag::S_IFREG {
        return Err(refused(not_a("file", &found)));
    }
    // O_NONBLOCK: should a fifo have taken its place meanwhile, nobody waits.
    let flags = OFlag::O_RDONLY | OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
    let opened =
        openat(&parent, name, flags, Mode::empty()).map_err(|errno| cannot_read(file, errno))?;
    let opened_is = fstat(&opened).map_err(|errno| cannot_read(file, errno))?;
    if kind(&opened_is) != SFlag::S_IFREG {
        return Err(refused(not_a("file", &opened_is)));
    }
    // Room for all of it and the end is one read, not one for each doubling.
    let size = u64::try_from(opened_is.st_size).unwrap_or(0).min(LARGEST);
    let mut bytes = Vec::with_capacity(size as usize + 1);
    File::from(opened)
        .take(LARGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| refused(format!("cannot be read: {error}")))?;
    if bytes.len() as u64 > LARGEST {
        return Err(refused(format!("is larger than {} KiB", LARGEST / 1024)));
    }
    normalised(bytes).map_err(|why| refused(why.to_owned()))
}

fn look(folder: impl AsFd, name: &Path, walked: &str) -> Result<FileStat, Trouble> {
    fstatat(folder, name, AtFlags::AT_SYMLINK_NOFOLLOW).map_err(|errno| match errno {
        Errno::ENOENT => Trouble::Absent,
        errno => cannot_read(walked, errno),
    })
}

fn cannot_read(at: &str, errno: Errno) -> Trouble {
    Trouble::Refused(
        at.to_owned(),
        format!("cannot be read: {}", io::Error::from(errno)),
    )
}

fn kind(found: &FileStat) -> SFlag {
    SFlag::from_bits_truncate(found.st_mode) & SFlag::S_IFMT
}

fn not_a(wanted: &str, found: &FileStat) -> String {
    let kind = match kind(found) {
        SFlag::S_IFLNK => return "is a link; links are not followed".into(),
        SFlag::S_IFDIR => "a folder",
        SFlag::S_IFREG => "a file",
        SFlag::S_IFIFO => "a fifo",
        SFlag::S_IFCHR | SFlag::S_IFBLK => "a device",
        SFlag::S_IFSOCK => "a socket",
        _ => "something else",
    };
    format!("is {kind}, not a {wanted}")
}

/// Source text as the compiler and the hash shall see it.
fn normalised(bytes: Vec<u8>) -> Result<String, &'static str> {
    let text = String::from_utf8(bytes).map_err(|_| "is not UTF-8 text")?;
    if text.contains('\0') {
        return Err("holds NUL bytes and is no source text");
    }
    let text = match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    };
    // Mostly there is nothing to replace, and one byte is found faster than two.
    Ok(match text.contains('\r') {
        true => text.replace("\r\n", "\n"),
        false => text,
    })
}

/// Where a file that is absent may have been put instead; it belongs below `at`.
fn misplaced(folder: impl AsFd, absent: &[&str], at: &str) -> Option<String> {
    let name = Path::new(absent.first()?).file_name()?;
    fstatat(folder, Path::new(name), AtFlags::AT_SYMLINK_NOFOLLOW).ok()?;
    Some(format!(
        " (there is {}; it belongs at {at}{})",
        name.to_string_lossy(),
        absent[0]
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_and_byte_order_mark_are_normalised() {
        let bytes = b"\xef\xbb\xbffn main() {\r\n}\r\n".to_vec();
        assert_eq!(normalised(bytes).unwrap(), "fn main() {\n}\n");
    }

    #[test]
    fn a_carriage_return_of_its_own_stays() {
        assert_eq!(normalised(b"a\rb\n".to_vec()).unwrap(), "a\rb\n");
    }
}
