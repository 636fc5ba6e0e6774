//! A number that a process and its children share.
//!
//! This file is given. After fork each process has a copy of every variable;
//! this one lies in memory of which there is one piece for all of them (`man 2
//! mmap`, MAP_SHARED).

use std::io;
use std::ptr;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use nix::libc;

/// Starts at 0, and is what all processes together have added.
pub struct Count(&'static AtomicU64);

impl Count {
    /// Makes it; those that are forked later share it.
    ///
    /// # Errors
    ///
    /// There is no memory.
    pub fn new() -> io::Result<Count> {
        // SAFETY: asks for new memory, and touches none that is there.
        let memory = unsafe {
            libc::mmap(
                ptr::null_mut(),
                size_of::<AtomicU64>(),
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_SHARED | libc::MAP_ANON,
                -1,
                0,
            )
        };
        if memory == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the memory is all zeroes, begins at a page, is large enough
        // and stays to the end of the process.
        Ok(Count(unsafe { &*memory.cast::<AtomicU64>() }))
    }

    /// Adds one, in whichever process.
    pub fn add_one(&self) {
        self.0.fetch_add(1, SeqCst);
    }

    /// What all processes have added so far.
    pub fn get(&self) -> u64 {
        self.0.load(SeqCst)
    }
}
