//! What the lab itself could not do.

use std::fmt;
use std::io;

/// An operation of the cell or the jail that failed: which, and why.
#[derive(Debug)]
pub struct Fault {
    operation: String,
    cause: io::Error,
}

impl Fault {
    pub(crate) fn new(operation: impl Into<String>, cause: impl Into<io::Error>) -> Self {
        Fault {
            operation: operation.into(),
            cause: cause.into(),
        }
    }

    pub(crate) fn said(operation: impl Into<String>, why: &str) -> Self {
        Fault::new(operation, io::Error::other(why))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.operation, self.cause)
    }
}

impl std::error::Error for Fault {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.cause)
    }
}

/// Names the operation that an error belongs to.
pub(crate) trait During<T> {
    fn during(self, operation: impl FnOnce() -> String) -> Result<T, Fault>;
}

impl<T, E: Into<io::Error>> During<T> for Result<T, E> {
    fn during(self, operation: impl FnOnce() -> String) -> Result<T, Fault> {
        self.map_err(|cause| Fault::new(operation(), cause))
    }
}
