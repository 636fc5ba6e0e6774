//! Lines and counted bytes out of one buffer.

use super::read;
use std::io;
use std::os::fd::AsFd;

/// How much a reader asks the kernel for at once, unless told.
const CAPACITY: usize = 8 * 1024;

/// Reads lines, or so many bytes, with a `read` call for many of them.
///
/// Both share one buffer: what follows a line is still there for the next call, whichever it is.
///
/// ```
/// use sockets::rio::{Reader, writen};
///
/// let (reading, writing) = nix::unistd::pipe()?;
/// writen(&writing, b"PUT 5\nhelloGET\n")?;
/// drop(writing);
///
/// let mut reader = Reader::new(&reading);
/// let mut line = Vec::new();
/// reader.read_line(100, &mut line)?;
/// assert_eq!(line, b"PUT 5\n");
/// let mut body = [0; 5];
/// assert_eq!(reader.readn(&mut body)?, 5);
/// assert_eq!(&body, b"hello");
/// reader.read_line(100, &mut line)?;
/// assert_eq!(line, b"GET\n");
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Reader<F> {
    fd: F,
    buffer: Box<[u8]>,
    /// The bytes read and not yet handed out are `buffer[start..end]`.
    start: usize,
    end: usize,
}

impl<F: AsFd> Reader<F> {
    /// A reader of `fd` (a reference will do) with a buffer of 8 KiB.
    ///
    /// ```
    /// # use sockets::rio::Reader;
    /// let mut reader = Reader::new(std::io::stdin());
    /// assert!(reader.buffer().is_empty());
    /// ```
    pub fn new(fd: F) -> Self {
        Self::with_capacity(fd, CAPACITY)
    }

    /// A reader with a buffer of `capacity` bytes (at least one).
    ///
    /// ```
    /// # use sockets::rio::{Reader, writen};
    /// let (reading, writing) = nix::unistd::pipe()?;
    /// writen(&writing, b"a line longer than the buffer\n")?;
    /// let mut line = Vec::new();
    /// assert_eq!(Reader::with_capacity(&reading, 4).read_line(100, &mut line)?, 30);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn with_capacity(fd: F, capacity: usize) -> Self {
        Reader {
            fd,
            buffer: vec![0; capacity.max(1)].into_boxed_slice(),
            start: 0,
            end: 0,
        }
    }

    /// Reads a line into `line` (which is emptied first) and gives its length: the bytes up to and
    /// with `\n`, or up to the end of the stream; 0 is the end of the stream. A line longer than
    /// `max` comes in pieces of `max` bytes, the last as long as what remains.
    ///
    /// # Errors
    ///
    /// Those of `man 2 read`, except `EINTR`. What had come of the line is in `line`.
    ///
    /// # Panics
    ///
    /// When `max` is 0: no line fits, and 0 is the end of the stream.
    ///
    /// ```
    /// # use sockets::rio::{Reader, writen};
    /// let (reading, writing) = nix::unistd::pipe()?;
    /// writen(&writing, b"hello\nlo")?;
    /// drop(writing);
    /// let mut reader = Reader::new(reading);
    /// let mut line = Vec::new();
    /// assert_eq!(reader.read_line(4, &mut line)?, 4); // "hell"
    /// assert_eq!(reader.read_line(4, &mut line)?, 2); // "o\n"
    /// assert_eq!(reader.read_line(4, &mut line)?, 2); // "lo", without its '\n'
    /// assert_eq!(reader.read_line(4, &mut line)?, 0);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn read_line(&mut self, max: usize, line: &mut Vec<u8>) -> io::Result<usize> {
        assert_ne!(max, 0, "a line of at most 0 bytes");
        line.clear();
        while line.len() < max {
            if self.start == self.end && self.fill()? == 0 {
                break;
            }
            let there = &self.buffer[self.start..self.end];
            let there = &there[..there.len().min(max - line.len())];
            let newline = there.iter().position(|&byte| byte == b'\n');
            let piece = newline.map_or(there, |at| &there[..=at]);
            line.extend_from_slice(piece);
            self.start += piece.len();
            if newline.is_some() {
                break;
            }
        }
        Ok(line.len())
    }

    /// Reads until `out` is full or the stream ends, as [`readn`](super::readn) does, taking first
    /// what the buffer holds.
    ///
    /// # Errors
    ///
    /// Those of `man 2 read`, except `EINTR`. What had come before is in `out`.
    ///
    /// ```
    /// # use sockets::rio::{Reader, writen};
    /// let (reading, writing) = nix::unistd::pipe()?;
    /// writen(&writing, b"12345")?;
    /// drop(writing);
    /// let mut reader = Reader::new(reading);
    /// let mut bytes = [0; 4];
    /// assert_eq!(reader.readn(&mut bytes)?, 4);
    /// assert_eq!(reader.readn(&mut bytes)?, 1);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn readn(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while filled < out.len() {
            let rest = &mut out[filled..];
            if self.start < self.end {
                let count = rest.len().min(self.end - self.start);
                rest[..count].copy_from_slice(&self.buffer[self.start..self.start + count]);
                self.start += count;
                filled += count;
                continue;
            }
            // As much as the buffer holds, or more, need not pass through it.
            let count = if rest.len() >= self.buffer.len() {
                let count = read(&self.fd, rest)?;
                filled += count;
                count
            } else {
                self.fill()?
            };
            if count == 0 {
                break;
            }
        }
        Ok(filled)
    }

    /// What was read and not yet handed out. Whoever takes the descriptor over must take this first.
    ///
    /// ```
    /// # use sockets::rio::{Reader, writen};
    /// let (reading, writing) = nix::unistd::pipe()?;
    /// writen(&writing, b"one\ntwo\n")?;
    /// let mut reader = Reader::new(reading);
    /// reader.read_line(100, &mut Vec::new())?;
    /// assert_eq!(reader.buffer(), b"two\n");
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn buffer(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// One `read` into the empty buffer; 0 is the end of the stream.
    fn fill(&mut self) -> io::Result<usize> {
        debug_assert_eq!(self.start, self.end);
        self.start = 0;
        self.end = 0;
        self.end = read(&self.fd, &mut self.buffer)?;
        Ok(self.end)
    }
}
