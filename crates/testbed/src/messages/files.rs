//! The messages of the file service (exercise 14), and the files that its
//! programs serve and write.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::{HEADER, big_endian, header, message, number, take};
use crate::bytes;
use crate::lab::Lab;
use crate::peer::Peer;
use crate::story::{Outcome, Wrong};

/// The request for a file.
pub const GET: u8 = 16;
/// The reply with the size of the whole file.
pub const SIZE: u8 = 144;
/// Some bytes of a file; an empty one is the last.
pub const BLOCK: u8 = 145;
/// The longest block, in bytes.
pub const MAX_BLOCK: u64 = 64 << 10;

/// The request for a file from an offset on.
pub fn get(offset: u64, name: impl AsRef<[u8]>) -> Vec<u8> {
    let mut payload = big_endian(offset, 8);
    payload.extend_from_slice(name.as_ref());
    message(GET, &payload)
}

/// The reply with the size of the whole file.
pub fn size(size: u64) -> Vec<u8> {
    message(SIZE, &big_endian(size, 8))
}

/// A part of a file.
pub fn block(content: &[u8]) -> Vec<u8> {
    message(BLOCK, content)
}

/// The whole reply with a file, or with the rest of it: `content` is what lies
/// behind the offset.
pub fn reply(whole: u64, content: &[u8]) -> Vec<u8> {
    let mut bytes = size(whole);
    for piece in content.chunks(MAX_BLOCK as usize) {
        bytes.extend(block(piece));
    }
    bytes.extend(block(b""));
    bytes
}

/// The peer is sent the file, or the rest of it, in blocks of any size that is
/// allowed: `content` is what lies behind the offset.
///
/// # Errors
///
/// Something else comes.
pub fn expect_file(lab: &Lab, peer: &mut Peer, whole: u64, content: &[u8]) -> Outcome {
    lab.step(format!(
        "the size {} and {} in blocks are to come back",
        bytes::thousands(usize::try_from(whole).unwrap_or(usize::MAX)),
        bytes::count(content.len()),
    ));
    peer.expect(&size(whole))?;
    expect_blocks(lab, peer, content.len() as u64, |at, piece| {
        let at = usize::try_from(at).unwrap_or(usize::MAX);
        let expected = content.get(at..).unwrap_or_default();
        let common = expected.len().min(piece.len());
        match expected[..common] == piece[..common] {
            true => Ok(()),
            false => Err(bytes::difference(&expected[..common], piece)),
        }
    })
}

/// The peer is sent blocks up to the empty one, `length` bytes in all. Each
/// piece is shown to `look` with its place, and not kept.
///
/// # Errors
///
/// Something else comes, or `look` finds a difference.
pub fn expect_blocks(
    lab: &Lab,
    peer: &mut Peer,
    length: u64,
    mut look: impl FnMut(u64, &[u8]) -> Result<(), Vec<String>>,
) -> Outcome {
    let mut came = 0;
    loop {
        let here = expect_block(lab, peer)?;
        if here == 0 {
            break;
        }
        let mut difference = Vec::new();
        peer.take_stream(here, |piece| {
            if difference.is_empty() && came < length {
                let left = usize::try_from(length - came).unwrap_or(usize::MAX);
                let known = &piece[..piece.len().min(left)];
                difference = look(came, known).err().unwrap_or_default();
            }
            came += piece.len() as u64;
            Ok(())
        })?;
        require_same(lab, peer, &difference)?;
        if came > length {
            break;
        }
    }
    if came == length {
        return Ok(());
    }
    let shown = |n: u64| bytes::count(usize::try_from(n).unwrap_or(usize::MAX));
    let expected = format!("the blocks before the empty one hold {}", shown(length));
    let seen = match came < length {
        true => format!("The empty block came after {}.", shown(came)),
        false => "More came.".to_string(),
    };
    Err(lab.wrong(&expected, &[seen]))
}

fn require_same(lab: &Lab, peer: &Peer, difference: &[String]) -> Outcome {
    if difference.is_empty() {
        return Ok(());
    }
    let expected = format!("{} receives the bytes of the file", peer.name());
    Err(lab.wrong(&expected, difference))
}

/// The header of the next block comes; gives the length of the block.
///
/// # Errors
///
/// Another message comes, or a block that is too long.
pub fn expect_block(lab: &Lab, peer: &mut Peer) -> Outcome<u64> {
    let came = take(peer, HEADER).map_err(|mut wrong| {
        if let Wrong::Failed(failure) = &mut wrong {
            failure.expected =
                format!("{} receives the next block; the last is empty", peer.name());
        }
        wrong
    })?;
    let right = header(BLOCK, 0);
    if came[..4] != right[..4] {
        let expected = format!(
            "{} receives a block: {}",
            peer.name(),
            bytes::quote(&right[..4])
        );
        return Err(lab.wrong(&expected, &bytes::difference(&right[..4], &came)));
    }
    let length = number(&came[4..]);
    if length > MAX_BLOCK {
        // What the program does next is the same in each run then.
        lab.settle();
    }
    lab.require(
        length <= MAX_BLOCK,
        "no block has more than 65,536 bytes",
        format!(
            "There is one of {}.",
            bytes::count(usize::try_from(length).unwrap_or(usize::MAX))
        ),
    )?;
    Ok(length)
}

/// A request for this file comes; gives its offset.
///
/// # Errors
///
/// Another one comes.
pub fn expect_get(peer: &mut Peer, name: &str) -> Outcome<u64> {
    let whole = get(0, name);
    peer.expect(&whole[..HEADER])?;
    let offset = number(&take(peer, 8)?);
    peer.expect(name.as_bytes())?;
    Ok(offset)
}

/// Where the programs of a check find and write their files.
pub struct Files {
    root: PathBuf,
    /// Whether programs run in `root`. Else it is the check's own, and goes with this.
    here: bool,
}

impl Files {
    /// The folder in which programs run; where that is no folder of this check
    /// alone, a new one.
    pub fn new(lab: &Lab) -> Files {
        let here = std::env::var_os("LAB_SCRATCH").is_some();
        let mut root = lab.scratch();
        if !here {
            let check = std::thread::current();
            let check = check.name().unwrap_or("check").replace("::", "-");
            root.push(format!("lab-{}-{check}", std::process::id()));
            let _ = fs::create_dir_all(&root);
        }
        Files { root, here }
    }

    /// Whether programs run in this folder, so that a name alone leads into it.
    pub fn are_here(&self) -> bool {
        self.here
    }

    /// Where a file lies, for the check.
    pub fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// How a program is told of it.
    pub fn argument(&self, name: &str) -> String {
        match self.here {
            true => name.into(),
            false => self.path(name).display().to_string(),
        }
    }

    /// Makes a folder that every program may read and write.
    ///
    /// # Errors
    ///
    /// Ungraded when it cannot be made.
    pub fn folder(&self, lab: &Lab, name: &str) -> Outcome {
        let path = self.path(name);
        fs::create_dir_all(&path)
            .and_then(|()| open_to_all(&path, 0o777))
            .map_err(|error| lab.ungraded(&format!("make {}: {error}", path.display())))
    }

    /// Makes a file that every program may read.
    ///
    /// # Errors
    ///
    /// Ungraded when it cannot be made.
    pub fn file(&self, lab: &Lab, name: &str, content: &[u8]) -> Outcome {
        let path = self.path(name);
        fs::write(&path, content)
            .and_then(|()| open_to_all(&path, 0o666))
            .map_err(|error| lab.ungraded(&format!("make {}: {error}", path.display())))
    }

    /// Makes a symbolic link.
    ///
    /// # Errors
    ///
    /// Ungraded when it cannot be made.
    pub fn link(&self, lab: &Lab, name: &str, target: &str) -> Outcome {
        std::os::unix::fs::symlink(target, self.path(name))
            .map_err(|error| lab.ungraded(&format!("make the link {name}: {error}")))
    }

    /// Makes a FIFO that every program may open (`man 7 fifo`).
    ///
    /// # Errors
    ///
    /// Ungraded when it cannot be made.
    pub fn fifo(&self, lab: &Lab, name: &str) -> Outcome {
        let path = self.path(name);
        nix::unistd::mkfifo(&path, nix::sys::stat::Mode::from_bits_truncate(0o666))
            .map_err(std::io::Error::from)
            .and_then(|()| open_to_all(&path, 0o666))
            .map_err(|error| lab.ungraded(&format!("make the FIFO {name}: {error}")))
    }

    /// A file that a program has written is exactly this.
    ///
    /// # Errors
    ///
    /// It is not there, or another.
    pub fn expect(&self, lab: &Lab, name: &str, content: &[u8]) -> Outcome {
        let expected = format!("the file `{name}` holds {}", bytes::show(content));
        match fs::read(self.path(name)) {
            Ok(there) if there == content => Ok(()),
            Ok(there) => {
                let mut seen = vec![format!("It holds {}.", bytes::count(there.len()))];
                seen.extend(bytes::difference(content, &there));
                Err(lab.wrong(&expected, &seen))
            }
            Err(error) => {
                let why = crate::peer::system_text(&error);
                Err(lab.wrong(&expected, &[format!("It cannot be read: {why}.")]))
            }
        }
    }

    /// There is no such file.
    ///
    /// # Errors
    ///
    /// There is one.
    pub fn expect_none(&self, lab: &Lab, name: &str) -> Outcome {
        match fs::read(self.path(name)) {
            Err(_) => Ok(()),
            Ok(there) => Err(lab.wrong(
                &format!("there is no file `{name}`"),
                &[format!("It is there, with {}.", bytes::count(there.len()))],
            )),
        }
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        if !self.here {
            let _ = fs::remove_dir_all(&self.root);
        }
    }
}

fn open_to_all(path: &Path, mode: u32) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
}

/// The content of a file of many megabytes, most of it zeros, which nobody has
/// to hold in memory. Its chunks of 64 KiB differ wherever they are not zero.
pub struct Large {
    zeros: Vec<u8>,
    /// A chunk that is not zero; its first bytes are those of `present`.
    island: Vec<u8>,
    present: u64,
    /// Its size, in bytes.
    pub size: u64,
}

impl Large {
    /// How much of it is looked at at once, in bytes.
    pub const CHUNK: u64 = 64 << 10;
    /// Of so many chunks the first is not zero.
    const ISLANDS: u64 = 16;

    /// A content of so many chunks.
    pub fn new(lab: &mut Lab, chunks: u64) -> Large {
        Large {
            zeros: vec![0; Large::CHUNK as usize],
            island: lab.bytes(Large::CHUNK as usize),
            present: u64::MAX,
            size: chunks * Large::CHUNK,
        }
    }

    /// One chunk of it.
    pub fn chunk(&mut self, index: u64) -> &[u8] {
        if index % Large::ISLANDS != 0 {
            return &self.zeros;
        }
        if self.present != index {
            self.island[..8].copy_from_slice(&big_endian(index + 1, 8));
            self.present = index;
        }
        &self.island
    }

    /// Whether these bytes are its own at this place.
    ///
    /// # Errors
    ///
    /// What differs first, as a story shows it.
    pub fn compare(&mut self, mut at: u64, mut piece: &[u8]) -> Result<(), Vec<String>> {
        while !piece.is_empty() {
            let from = (at % Large::CHUNK) as usize;
            let expected = &self.chunk(at / Large::CHUNK)[from..];
            let common = expected.len().min(piece.len());
            if expected[..common] != piece[..common] {
                let mut seen = vec!["The bytes differ from those of the file:".to_string()];
                seen.extend(bytes::difference(&expected[..common], &piece[..common]));
                return Err(seen);
            }
            at += common as u64;
            piece = &piece[common..];
        }
        Ok(())
    }

    /// Makes the file, with holes where it is zero (`man 2 lseek`).
    ///
    /// # Errors
    ///
    /// Ungraded when it cannot be made.
    pub fn make(&mut self, lab: &Lab, files: &Files, name: &str) -> Outcome {
        use std::os::unix::fs::FileExt;
        files.file(lab, name, b"")?;
        let path = files.path(name);
        let file = fs::OpenOptions::new().write(true).open(&path);
        file.and_then(|file| {
            file.set_len(self.size)?;
            for index in (0..self.size / Large::CHUNK).step_by(Large::ISLANDS as usize) {
                file.write_all_at(self.chunk(index), index * Large::CHUNK)?;
            }
            Ok(())
        })
        .map_err(|error| lab.ungraded(&format!("make {}: {error}", path.display())))
    }

    /// A file that a program has written is exactly this; it is read a chunk
    /// at a time.
    ///
    /// # Errors
    ///
    /// It is not there, or another.
    pub fn expect(&mut self, lab: &Lab, files: &Files, name: &str) -> Outcome {
        let expected = format!(
            "the file `{name}` holds all {} MiB, byte for byte",
            self.size >> 20
        );
        let wrong = |seen: Vec<String>| Err(lab.wrong(&expected, &seen));
        let mut file = match fs::File::open(files.path(name)) {
            Ok(file) => file,
            Err(error) => {
                let why = crate::peer::system_text(&error);
                return wrong(vec![format!("It cannot be read: {why}.")]);
            }
        };
        let mut at = 0;
        let mut piece = vec![0; Large::CHUNK as usize];
        while at <= self.size {
            let count = match file.read(&mut piece) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) => {
                    let why = crate::peer::system_text(&error);
                    return wrong(vec![format!("It cannot be read: {why}.")]);
                }
            };
            if at + count as u64 > self.size {
                at = self.size + 1;
                break;
            }
            if let Err(seen) = self.compare(at, &piece[..count]) {
                return wrong(seen);
            }
            at += count as u64;
        }
        if at == self.size {
            return Ok(());
        }
        wrong(vec!["It has another length.".into()])
    }
}
