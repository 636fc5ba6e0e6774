//! Unusual and right: recursion in place of a loop, a byte at a time in one direction, at most
//! 97 in the other, and noise on standard error.

use std::os::fd::AsFd;

use nix::errno::Errno;
use nix::unistd::{read, write};

pub fn readn(fd: impl AsFd, buffer: &mut [u8]) -> nix::Result<usize> {
    eprintln!("reading");
    let mut total = 0;
    for byte in buffer.chunks_mut(1) {
        let count = loop {
            match read(&fd, byte) {
                Err(Errno::EINTR) => eprintln!("again"),
                other => break other?,
            }
        };
        if count == 0 {
            return Ok(total);
        }
        total += 1;
    }
    Ok(total)
}

pub fn writen(fd: impl AsFd, bytes: &[u8]) -> nix::Result<()> {
    for piece in bytes.chunks(97) {
        all_of(&fd, piece)?;
    }
    Ok(())
}

fn all_of(fd: &impl AsFd, piece: &[u8]) -> nix::Result<()> {
    match write(fd, piece) {
        Ok(count) if count == piece.len() => Ok(()),
        Ok(count) => all_of(fd, &piece[count..]),
        Err(Errno::EINTR) => all_of(fd, piece),
        Err(error) => Err(error),
    }
}
