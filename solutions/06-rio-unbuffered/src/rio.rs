//! Robust input and output without a buffer of its own.

use std::os::fd::AsFd;

use nix::errno::Errno;
use nix::unistd::{read, write};

/// Reads until `buffer` is full or the input ends, and gives the number of
/// bytes read: less than asked for means end of file. It never takes a byte
/// more than fits into `buffer`.
pub fn readn(fd: impl AsFd, buffer: &mut [u8]) -> nix::Result<usize> {
    // <student: fill the buffer, up to its end or end of file, whatever a single read gives>
    let mut filled = 0;
    while filled < buffer.len() {
        match read(&fd, &mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(Errno::EINTR) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
    // </student>
}

/// Writes all of `bytes`, at the pace of whoever reads them.
pub fn writen(fd: impl AsFd, bytes: &[u8]) -> nix::Result<()> {
    // <student: write all the bytes, each once, whatever a single write takes>
    let mut rest = bytes;
    while !rest.is_empty() {
        match write(&fd, rest) {
            Ok(count) => rest = &rest[count..],
            Err(Errno::EINTR) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
    // </student>
}
