//! Unusual and right: a queue in place of a window into a buffer, handed out byte by byte, filled
//! by reads of an odd size.

use std::collections::VecDeque;
use std::os::fd::AsFd;

use nix::errno::Errno;
use nix::unistd::read;

const AT_ONCE: usize = 4_999;

pub struct Reader<F> {
    fd: F,
    queue: VecDeque<u8>,
    ended: bool,
}

impl<F: AsFd> Reader<F> {
    pub fn new(fd: F) -> Self {
        eprintln!("a reader was made");
        Reader {
            fd,
            queue: VecDeque::new(),
            ended: false,
        }
    }

    pub fn read_line(&mut self, max: usize, line: &mut Vec<u8>) -> nix::Result<usize> {
        self.until(line, |line| line.len() == max || line.ends_with(b"\n"))
    }

    pub fn read_n(&mut self, count: usize, bytes: &mut Vec<u8>) -> nix::Result<usize> {
        self.until(bytes, |bytes| bytes.len() == count)
    }

    fn until(&mut self, out: &mut Vec<u8>, enough: impl Fn(&[u8]) -> bool) -> nix::Result<usize> {
        out.clear();
        while !enough(out) {
            match self.byte()? {
                Some(byte) => out.push(byte),
                None => break,
            }
        }
        Ok(out.len())
    }

    fn byte(&mut self) -> nix::Result<Option<u8>> {
        while self.queue.is_empty() && !self.ended {
            let mut some = [0; AT_ONCE];
            match read(&self.fd, &mut some) {
                Ok(count) => {
                    self.ended = count == 0;
                    self.queue.extend(&some[..count]);
                }
                Err(Errno::EINTR) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(self.queue.pop_front())
    }
}
