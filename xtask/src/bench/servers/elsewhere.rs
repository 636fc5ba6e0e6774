//! Where a program cannot choose its processor.

use std::io;

/// Whatever the system chooses.
#[derive(Debug, Clone, Copy)]
pub struct Processors;

impl Processors {
    /// As the system chooses.
    ///
    /// # Errors
    ///
    /// None.
    pub fn all() -> io::Result<Processors> {
        Ok(Processors)
    }

    /// As the system chooses.
    pub fn one(self) -> Processors {
        self
    }

    /// Leaves it to the system.
    ///
    /// # Errors
    ///
    /// None.
    pub fn hold(self, _pid: u32) -> io::Result<()> {
        Ok(())
    }
}
