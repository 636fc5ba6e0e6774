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
        // <student: bytes up to and with `\n`, or up to `max` of them, or up to end of file>
        while line.len() < max && !line.ends_with(b"\n") {
            if self.is_empty() && self.fill()? == 0 {
                break;
            }
            let there = &self.buffer[self.start..self.end];
            let most = there.len().min(max - line.len());
            let newline = there[..most].iter().position(|&byte| byte == b'\n');
            let count = newline.map_or(most, |at| at + 1);
            self.take(count, line);
        }
        Ok(line.len())
        // </student>
    }

    /// The next `count` bytes in `bytes`, which is emptied first; fewer at the
    /// end of the stream alone. Gives how many.
    pub fn read_n(&mut self, count: usize, bytes: &mut Vec<u8>) -> nix::Result<usize> {
        bytes.clear();
        // <student: `count` bytes, or as many as come before end of file>
        while bytes.len() < count {
            if self.is_empty() && self.fill()? == 0 {
                break;
            }
            let there = self.end - self.start;
            self.take(there.min(count - bytes.len()), bytes);
        }
        Ok(bytes.len())
        // </student>
    }

    /// Whether everything that was read was handed out.
    fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// Moves the next `count` bytes of the buffer to the end of `out`.
    fn take(&mut self, count: usize, out: &mut Vec<u8>) {
        // <student: these bytes, and the buffer without them>
        out.extend_from_slice(&self.buffer[self.start..self.start + count]);
        self.start += count;
        // </student>
    }

    /// Fills the buffer, which is empty, by one `read` that is not
    /// interrupted. Gives how many bytes came; 0 is the end of the stream.
    fn fill(&mut self) -> nix::Result<usize> {
        // <student: as many bytes as one read gives, whatever signals arrive>
        let count = loop {
            match read(&self.fd, &mut self.buffer) {
                Err(Errno::EINTR) => {}
                result => break result?,
            }
        };
        self.start = 0;
        self.end = count;
        Ok(count)
        // </student>
    }
}
