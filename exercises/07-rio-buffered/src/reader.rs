//! A reader with a buffer of its own: lines, and so many bytes, out of one
//! stream.

use std::os::fd::AsFd;

use nix::errno::Errno;
use nix::unistd::read;

/// So many bytes are asked of the kernel at once.
const CAPACITY: usize = 8192;

/// Reads from a descriptor, many bytes at once, and hands them out as they are
/// asked for.
pub struct Reader<F> {
    fd: F,
    buffer: Vec<u8>,
    /// What was read and not yet handed out is `buffer[start..end]`.
    start: usize,
    end: usize,
}

impl<F: AsFd> Reader<F> {
    pub fn new(fd: F) -> Self {
        Reader {
            fd,
            buffer: vec![0; CAPACITY],
            start: 0,
            end: 0,
        }
    }

    /// The next line, with its `\n`, in `line`, which is emptied first. Of a
    /// line longer than `max` (1 or more) the next `max` bytes. Gives the
    /// length; 0 is the end of the stream.
    pub fn read_line(&mut self, max: usize, line: &mut Vec<u8>) -> nix::Result<usize> {
        line.clear();
        todo!("bytes up to and with `\\n`, or up to `max` of them, or up to end of file")
    }

    /// The next `count` bytes in `bytes`, which is emptied first; fewer at the
    /// end of the stream alone. Gives how many.
    pub fn read_n(&mut self, count: usize, bytes: &mut Vec<u8>) -> nix::Result<usize> {
        bytes.clear();
        todo!("`count` bytes, or as many as come before end of file")
    }

    /// Whether everything that was read was handed out.
    fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// Moves the next `count` bytes of the buffer to the end of `out`.
    fn take(&mut self, count: usize, out: &mut Vec<u8>) {
        todo!("these bytes, and the buffer without them")
    }

    /// Fills the buffer, which is empty, by one `read` that is not
    /// interrupted. Gives how many bytes came; 0 is the end of the stream.
    fn fill(&mut self) -> nix::Result<usize> {
        todo!("as many bytes as one read gives, whatever signals arrive")
    }
}
