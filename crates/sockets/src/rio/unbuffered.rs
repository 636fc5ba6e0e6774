//! Reads and writes without a buffer of their own.

use nix::errno::Errno;
use std::io;
use std::os::fd::AsFd;

/// Reads until `buffer` is full or the stream ends; gives the number of bytes read, which is less
/// than asked for at the end of the stream alone. It never takes a byte more.
///
/// # Errors
///
/// Those of `man 2 read`, except `EINTR`. What had come before is in `buffer`.
///
/// ```
/// use sockets::rio;
///
/// let (reading, writing) = nix::unistd::pipe()?;
/// rio::writen(&writing, b"hello")?;
/// drop(writing);
///
/// let mut buffer = [0; 3];
/// assert_eq!(rio::readn(&reading, &mut buffer)?, 3);
/// assert_eq!(rio::readn(&reading, &mut buffer)?, 2); // "lo", then the end
/// assert_eq!(rio::readn(&reading, &mut buffer)?, 0);
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn readn(fd: impl AsFd, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match read(&fd, &mut buffer[filled..])? {
            0 => break,
            count => filled += count,
        }
    }
    Ok(filled)
}

/// Writes all of `bytes`, at the pace of whoever reads them.
///
/// # Errors
///
/// Those of `man 2 write`, except `EINTR`. A reader that is gone is
/// [`BrokenPipe`](io::ErrorKind::BrokenPipe): Rust's runtime ignores SIGPIPE. How many bytes went
/// out before is not known, and on a socket would say nothing about how many arrived.
///
/// ```
/// use sockets::rio;
///
/// let (reading, writing) = nix::unistd::pipe()?;
/// drop(reading);
/// let gone = rio::writen(&writing, b"hello").unwrap_err();
/// assert_eq!(gone.kind(), std::io::ErrorKind::BrokenPipe);
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn writen(fd: impl AsFd, bytes: &[u8]) -> io::Result<()> {
    let mut rest = bytes;
    while !rest.is_empty() {
        match nix::unistd::write(&fd, rest) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => rest = &rest[count..],
            Err(Errno::EINTR) => (),
            Err(errno) => return Err(errno.into()),
        }
    }
    Ok(())
}

/// One `read(2)`, again when a signal interrupts it: waits for bytes, and gives as many as are
/// there, up to the length of `buffer`; 0 at the end of the stream.
///
/// # Errors
///
/// Those of `man 2 read`, except `EINTR`.
///
/// ```
/// use sockets::rio;
///
/// let (reading, writing) = nix::unistd::pipe()?;
/// rio::writen(&writing, b"hello")?;
/// assert_eq!(rio::read(&reading, &mut [0; 100])?, 5); // and does not wait for 95 more
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn read(fd: impl AsFd, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match nix::unistd::read(&fd, buffer) {
            Err(Errno::EINTR) => (),
            result => return Ok(result?),
        }
    }
}
